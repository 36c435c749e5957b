"""A run of a store made ready to be put into one file."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from spark_lineage.answers.bundles import JOURNAL, RUN
from spark_lineage.answers.bundles.content import of_folder, verified
from spark_lineage.answers.errors import AnswerError
from spark_lineage.answers.page import Page
from spark_lineage.answers.page.document import SAMPLES
from spark_lineage.answers.verify import NOT_ENDED
from spark_lineage.events.identity import iso, seconds
from spark_lineage.privacy.files import write_private
from spark_lineage.store import Summary, journal, wal
from spark_lineage.store.summaries import refuse_newer_run


@dataclass(frozen=True)
class Bundle:
    """``parts`` is all but the report, which is made from ``page``, and the manifest."""

    run: str
    app: str
    page: Page
    parts: Mapping[str, bytes]


def bundle(run: Summary, samples: bool) -> Bundle:
    """Raises :class:`AnswerError` for a run whose record is not as it was written, or that has not ended."""
    refuse_newer_run(run.folder)
    if run.why is not None:
        raise AnswerError(run.why)
    if (run.folder / wal.NAME).exists():
        raise AnswerError(f"run {run.id} is not exported: {NOT_ENDED}")
    left_out = () if samples else (SAMPLES,)
    made = seconds(iso(time.time()))  # as it is read from the manifest again
    try:
        kept = {
            name: (run.folder / name).read_bytes()
            for name in JOURNAL
            if (run.folder / name).exists() and (samples or name != journal.SAMPLES)
        }
    except OSError as error:
        raise AnswerError(f"the journal in {run.folder} cannot be read ({error})") from error
    # From a copy of what goes into the bundle, as it is there and nowhere else when it is verified.
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "runs" / run.folder.name
        folder.mkdir(parents=True)
        for name, text in kept.items():
            write_private(folder / name, text)
        found = verified(folder)
        if found.why is not None:
            raise AnswerError(f"run {run.id} is not exported, as it is not as it was written: {found.why}")
        content = of_folder(folder, found, made, left_out)
    parts = {name: text.encode("utf-8", "backslashreplace") for name, text in content.parts.items()}
    return Bundle(run.id, run.app, content.page, {**parts, **{RUN + name: text for name, text in kept.items()}})
