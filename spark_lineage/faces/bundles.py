"""A bundle as a file: the parts that the answers give, the report, and a manifest over all of them."""

from __future__ import annotations

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

from spark_lineage.answers.bundles import FORMAT, MANIFEST, MANIFEST_SIGNATURE, README, REPORT
from spark_lineage.answers.bundles.exporting import Bundle
from spark_lineage.answers.bundles.verifying import manifest_statement
from spark_lineage.answers.documents import moment
from spark_lineage.answers.page import Page, document
from spark_lineage.faces import files, html
from spark_lineage.version import VERSION

MARKS = (README,)  # its name stands in the head of the file
MOMENT = (1980, 1, 1, 0, 0, 0)  # of every part: when it was made says the manifest
SHORT, LONGEST_NAME = 13, 80  # letters of the run's id and of the application's name in the name of a file

Signs = Callable[[bytes], dict[str, str]]


def makes_report(page: Page) -> tuple[str, str] | None:
    """The report, and the SHA-256 of the template that it is made from; None where the page has not been built."""
    try:
        template = html.template()
    except html.NotBuilt:
        return None
    return html.page(document(page), template), hashlib.sha256(template.encode()).hexdigest()


def refuse(path: Path) -> None:
    """Raises Refusal if a bundle could not be written there, as far as that can be told now."""
    html.template()
    files.refuse(path, MARKS, "bundle")


def save(bundle: Bundle, path: Path, signs: Signs | None) -> None:
    """Writes the file; ``signs`` makes the signature over its manifest. Raises Refusal."""
    template = html.template()
    report = html.page(document(bundle.page), template)
    parts = {README: bundle.parts[README], REPORT: report.encode(), **bundle.parts}
    manifest = {
        "format": FORMAT, "version": VERSION, "run": bundle.run, "app": bundle.app,
        "made_at": moment(bundle.page.made), "left_out": list(bundle.page.left_out),
        "template": hashlib.sha256(template.encode()).hexdigest(),
        "files": {name: hashlib.sha256(text).hexdigest() for name, text in parts.items()},
    }  # fmt: skip
    parts[MANIFEST] = json.dumps(manifest, indent=1).encode("ascii") + b"\n"
    if signs is not None:
        signature = signs(manifest_statement(parts[MANIFEST]))
        parts[MANIFEST_SIGNATURE] = json.dumps(signature, indent=1).encode("ascii") + b"\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            info = zipfile.ZipInfo(name, MOMENT)
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            archive.writestr(info, text)
    files.save(packed.getvalue(), path, MARKS, "bundle")


def default_name(bundle: Bundle) -> str:
    """``bundle-job-01a22749-7fe2.zip``"""
    app = re.sub(r"[^\w.-]+", "_", bundle.app).strip("._-")[:LONGEST_NAME] or "run"
    return f"bundle-{app}-{bundle.run[:SHORT]}.zip"
