"""A run as one file for whoever has to judge it elsewhere: ``export`` makes it, ``verify`` says whether it is whole.

A bundle is a zip file. Its journal is that of the store, byte by byte; all else in it but the sampled rows is made from
the journal, so that ``verify`` can make it again and compare.
"""

from __future__ import annotations

from spark_lineage.store import journal, signatures

FORMAT = 1  # of the bundle, in its manifest
MANIFEST, MANIFEST_SIGNATURE = "manifest.json", "manifest.signature.json"
README, REPORT, CHECKS, GAPS = "README-spark-lineage-bundle.txt", "report.html", "checks.json", "gaps.json"
SOURCE = "source/"  # the folder of the program's source
RUN = "run/"  # the folder of the journal
JOURNAL = (journal.EVENTS, journal.CHAIN, journal.SAMPLES, signatures.FILE)
NEEDED = (MANIFEST, README, REPORT, CHECKS, GAPS, RUN + journal.EVENTS, RUN + journal.CHAIN)
OTHERS = (MANIFEST_SIGNATURE, RUN + journal.SAMPLES, RUN + signatures.FILE)
