"""What a bundle holds beside the journal: everything here is made from a journal alone, so it can be made again."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from spark_lineage.answers import verify
from spark_lineage.answers.bundles import CHECKS, GAPS, MANIFEST, README, REPORT, RUN, SOURCE
from spark_lineage.answers.check.results import Report
from spark_lineage.answers.check.results import document as checks_document
from spark_lineage.answers.documents import Document
from spark_lineage.answers.errors import AnswerError
from spark_lineage.answers.page import Page, RunPart
from spark_lineage.answers.page.columns import details
from spark_lineage.answers.page.content import program_hash
from spark_lineage.answers.verify import Verified
from spark_lineage.model import LineageGraph, StepKind
from spark_lineage.store.runs import open_folder
from spark_lineage.store.signatures import PublicKey
from spark_lineage.store.summaries import summary

LONGEST_NAME = 80  # letters of the name of a source file


@dataclass(frozen=True)
class Content:
    """``parts`` has the text of each part by its name in the bundle; the report is made from ``page``."""

    page: Page
    parts: Mapping[str, str]


def verified(folder: Path, trusted: PublicKey | None = None) -> Verified:
    """Whether the journal in a folder is as it was written. Raises AnswerError and StoreError."""
    run = summary(folder)
    if run is None:
        raise AnswerError(f"{folder.name} is no run: it has no journal")
    return verify.verify(run, False, trusted)


def of_folder(folder: Path, found: Verified, made: float, left_out: tuple[str, ...]) -> Content:
    """Of the run in a folder, whose journal is intact. ``made``: when, in seconds since the epoch."""
    graph = open_folder(folder).graph
    recorded = Report(graph.run.id, graph.run.app, graph.checks)
    part = RunPart(graph, recorded, None, _as_recorded(found), program_hash(graph), details(graph))
    parts = {
        README: _readme(graph), CHECKS: _json(checks_document(recorded)), GAPS: _json(_gaps(graph)),
        **dict(_sources(graph)),
    }  # fmt: skip
    return Content(Page(part, made, left_out), parts)


def _as_recorded(found: Verified) -> Verified:
    """Without what is found out on the machine that verifies."""
    signature = found.signature
    unchecked = replace(signature, holds=None, trusted=None) if signature is not None else None
    return replace(found, signature=unchecked, remarks=())


def _readme(graph: LineageGraph) -> str:
    return f"""spark-lineage-bundle: run {graph.run.id} of {json.dumps(graph.run.app)}

{REPORT}   the run as a page: open it in a browser, it asks nobody for anything
{CHECKS}   the checks as they were at the end of the run
{GAPS}     what was not observed, and why
{SOURCE}       the program's source, as far as it is recorded
{RUN}          the record itself: OpenLineage events, their hash chain, sampled rows if they are kept, the signature
{MANIFEST} the SHA-256 of each of these

Whether all this is what was recorded:

    pip install 'spark-lineage-agent[sign]'
    spark-lineage verify --key PUBLIC_KEY THIS_FILE.zip

The public key comes from who signs the runs, and not with this file.
"""


def _json(document: Document) -> str:
    return json.dumps(document, indent=1) + "\n"


def _gaps(graph: LineageGraph) -> Document:
    gaps = [{"step": gap.step, "dataset": gap.dataset, "what": gap.what, "why": gap.why} for gap in graph.gaps]
    return {"run": graph.run.id, "app": graph.run.app, "gaps": gaps}


def _sources(graph: LineageGraph) -> Iterator[tuple[str, str]]:
    """(name, text) for each file of the program: the source of what ran, as the record has it, by line."""
    pieces: dict[str, dict[tuple[int, str], str]] = {}
    for step in graph.steps:
        if step.source is not None and step.kind is not StepKind.APPLICATION:
            title = f"# lines {step.line} to {step.end_line}: {step.function}"
            pieces.setdefault(step.file, {})[(step.line, title)] = step.source
    for function in graph.run.functions:
        title = f"# from line {function.line} on: {function.name}"
        pieces.setdefault(function.file, {}).setdefault((function.line, title), function.source)
    for number, (file, found) in enumerate(sorted(pieces.items()), 1):
        name = re.sub(r"[^A-Za-z0-9_.-]+", "_", os.path.basename(file))[-LONGEST_NAME:].strip(".") or "source"
        listed = [f"{title}\n{text.rstrip()}\n" for (_, title), text in sorted(found.items())]
        head = f"# {json.dumps(file)}: the source of its steps and functions, as recorded (secrets are taken out)\n"
        yield f"{SOURCE}{number:03d}-{name}.txt", "\n".join([head, *listed])
