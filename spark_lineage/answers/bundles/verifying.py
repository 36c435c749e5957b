"""Whether a bundle is what its journal gives, and its journal as it was written: on any machine, without the store."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from spark_lineage.answers.bundles import (
    JOURNAL,
    MANIFEST,
    MANIFEST_SIGNATURE,
    REPORT,
    RUN,
    SOURCE,
)
from spark_lineage.answers.bundles.content import Content, of_folder, verified
from spark_lineage.answers.bundles.opening import Manifest, Opened, opened
from spark_lineage.answers.page import Page
from spark_lineage.answers.verify import Verified
from spark_lineage.model import SHAPE_ERRORS
from spark_lineage.privacy.files import write_private
from spark_lineage.store import signatures
from spark_lineage.store.signatures import PublicKey
from spark_lineage.version import VERSION

MakesReport = Callable[[Page], tuple[str, str] | None]  # the report, and the SHA-256 of its template; None: not built


def verify_bundle(path: Path, makes_report: MakesReport, trusted: PublicKey | None = None) -> Verified:
    """Raises AnswerError and StoreError for what is no bundle, or cannot be read."""
    bundle = opened(path)
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder) / "runs" / bundle.manifest.run
        run.mkdir(parents=True)
        for name in JOURNAL:
            if RUN + name in bundle.parts:
                write_private(run / name, bundle.parts[RUN + name])
        manifest = bundle.manifest
        found = verified(run, trusted)
        if found.why is not None:
            return found
        content = of_folder(run, found, manifest.made, manifest.left_out)
    made = makes_report(content.page)
    why = next(_differences(bundle, content, made, trusted), None)
    remarks = (*found.remarks, *_remarks(bundle, made))
    return replace(found, why=why, root=found.root if why is None else None, remarks=remarks)


def manifest_statement(manifest: bytes) -> bytes:
    """What the signature of a bundle is over: its manifest has the SHA-256 of each part."""
    return f"spark-lineage signature of a bundle\n{hashlib.sha256(manifest).hexdigest()}\n".encode()


def _differences(
    bundle: Opened, content: Content, made: tuple[str, str] | None, trusted: PublicKey | None
) -> Iterator[str]:  # fmt: skip
    """A sentence for each part that is another one than it should be."""
    yield from _of_signature(bundle, trusted)
    parts, files = bundle.parts, bundle.manifest.files
    for name in sorted({*parts, *files} - {MANIFEST, MANIFEST_SIGNATURE}):
        if name not in parts or name not in files:
            yield f"{name} {'is missing' if name in files else 'was added'}: the manifest of the bundle says so"
        elif hashlib.sha256(parts[name]).hexdigest() != files[name]:
            yield f"{name} is not the one that was exported"
    if bundle.manifest.version != VERSION:
        return
    for name in sorted({*content.parts, *(name for name in parts if name.startswith(SOURCE))}):
        if name not in content.parts or parts.get(name) != content.parts[name].encode("utf-8", "backslashreplace"):
            yield f"{name} is not what the events give"
    if made is not None and made[1] == bundle.manifest.template and made[0].encode() != parts[REPORT]:
        yield f"{REPORT} is not what the events give"


def _of_signature(bundle: Opened, trusted: PublicKey | None) -> Iterator[str]:
    text = bundle.parts.get(MANIFEST_SIGNATURE)
    if text is None:
        return
    try:
        signature = {str(name): str(value) for name, value in json.loads(text).items()}
        key = signatures.key_of(signature)
    except SHAPE_ERRORS:
        yield f"{MANIFEST_SIGNATURE} cannot be read"
        return
    if signatures.holds(signature, manifest_statement(bundle.parts[MANIFEST])) is False:
        yield f"the signature of the bundle by key {key.id} does not fit: it is not what was exported"
    elif trusted is not None and key != trusted:
        yield f"the bundle is signed by key {key.id}, and should be by key {trusted.id}"


def _remarks(bundle: Opened, made: tuple[str, str] | None) -> Iterator[str]:
    manifest: Manifest = bundle.manifest
    signed = "" if MANIFEST_SIGNATURE not in bundle.parts else ", only its signature counts"
    if manifest.version != VERSION:
        yield f"made by spark-lineage {manifest.version}: what is made from the events was not made again{signed}"
    elif made is None or made[1] != manifest.template:
        yield f"{REPORT} was made by another build of the page: it was not compared{signed}"
    yield "whether a run before or after it has vanished only the store can tell: `verify --store`"
