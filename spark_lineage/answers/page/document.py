"""The JSON block of a page. ``web/src/document.ts`` has its types; a test compares the two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from spark_lineage.answers.check.results import document as check_document
from spark_lineage.answers.diff.comparison import DatasetState, StepState
from spark_lineage.answers.diff.conclusion import conclusion
from spark_lineage.answers.diff.document import document as diff_document
from spark_lineage.answers.documents import Document
from spark_lineage.answers.page.columns import ColumnHop, DatasetDetail
from spark_lineage.answers.page.content import Page, PageOfTwo, RunPart
from spark_lineage.answers.show import document as show_document
from spark_lineage.answers.verify import document as verify_document
from spark_lineage.events.identity import iso
from spark_lineage.model import CheckStatus, ColumnInput, Step
from spark_lineage.version import VERSION

FORMAT = 1  # of the document
SAMPLES, SOURCE = "samples", "source"  # what can be left out


def document(page: Page | PageOfTwo) -> Document:
    """A page of one run, or of two."""
    made = {
        "format": FORMAT, "version": VERSION, "made_at": iso(page.made), "left_out": list(page.left_out),
    }  # fmt: skip
    if isinstance(page, Page):
        return {**made, "kind": "run", "run": _run(page.run, page.left_out)}
    found = conclusion(page.comparison)
    return {
        **made,
        "kind": "diff",
        "a": _run(page.a, page.left_out),
        "b": _run(page.b, page.left_out),
        "verdict": {"word": found.verdict, "where": found.where, "said": found.said},
        "diff": _diff(page),
        "datasets": [_dataset_state(each) for each in page.comparison.datasets],
        "steps": [_step_state(each) for each in page.comparison.steps],
    }


def _run(part: RunPart, left_out: Sequence[str]) -> Document:
    graph = part.graph
    repository = graph.run.repository
    texts: dict[str, int] = {}
    steps = [_step(step, texts, SOURCE in left_out) for step in graph.steps]
    failed = Counter(
        result.dataset for result in (part.report.results if part.report is not None else ())
        if result.status is CheckStatus.FAILED
    )  # fmt: skip
    return {
        "show": _show(part, left_out),
        "check": _check(part, left_out),
        "check_refused": part.refused,
        "verify": verify_document(part.verified),
        "proof": {
            "program_hash": part.program_hash,
            "root_hash": part.verified.root,
            "branch": repository.branch if repository is not None else None,
            "dirty": repository.dirty if repository is not None else None,
        },
        "sources": list(texts),
        "steps": steps,
        "datasets": [
            _detail(detail, failed[dataset.id]) for dataset, detail in zip(graph.datasets, part.details, strict=True)
        ],
    }


# --------------------------------------------------------------------------- documents of commands


def _show(part: RunPart, left_out: Sequence[str]) -> Document:
    shown = show_document(part.graph)
    if SAMPLES in left_out:
        for dataset in shown["datasets"]:
            dataset["sample"] = None
    return shown


def _check(part: RunPart, left_out: Sequence[str]) -> Document | None:
    if part.report is None:
        return None
    checked = check_document(part.report)
    if SAMPLES in left_out:  # the evidence may hold sampled values
        for result in (*checked["results"], *checked["could_not_tell"]):
            result.pop("details", None)
    return checked


def _diff(page: PageOfTwo) -> Document:
    compared = diff_document(page.comparison)
    for divergence in compared["first_divergences"]:
        if SAMPLES in page.left_out:
            divergence["sample"] = None
        if SOURCE in page.left_out:
            divergence["source_diff"] = []
    return compared


# --------------------------------------------------------------------------- beside them


def _step(step: Step, texts: dict[str, int], left_out: bool) -> Document:
    """``texts``: the sources so far, each with its number."""
    source = None if left_out or step.source is None else texts.setdefault(step.source, len(texts))
    return {
        "source": source,
        "doc": None if left_out else step.doc,
        "arguments": [] if left_out else [list(argument) for argument in step.arguments],
        "thread": step.thread,
    }


def _detail(detail: DatasetDetail, failed: int) -> Document:
    return {
        "hops": [_hop(hop) for hop in detail.hops],
        "passed_on": [
            {"dataset": each.dataset, "columns": list(each.columns), "decided": each.decided}
            for each in detail.passed_on
        ],
        "deciding": [_input(use) for use in detail.deciding],
        "made_from": list(detail.made_from),
        "definitions": dict(detail.definitions),
        "conditions": [{"kind": condition.kind, "text": condition.text} for condition in detail.conditions],
        "failed_checks": failed,
    }


def _hop(hop: ColumnHop) -> Document:
    return {
        "column": hop.column,
        "expression": hop.expression,
        "inputs": [_input(use) for use in hop.inputs],
        "decided": hop.decided,
    }


def _input(use: ColumnInput) -> Document:
    return {
        "dataset": use.dataset, "column": use.column, "kind": use.kind, "subtype": use.subtype, "masking": use.masking,
    }  # fmt: skip


def _dataset_state(each: DatasetState) -> Document:
    return {
        "a": each.a, "b": each.b, "state": each.state.value, "evidence": each.evidence, "why": each.why,
        "caused_by": list(each.caused_by), "first": each.first,
    }  # fmt: skip


def _step_state(each: StepState) -> dict[str, Any]:
    return {
        "a": list(each.a) if each.a is not None else None,
        "b": list(each.b) if each.b is not None else None,
        "state": each.state.value,
        "first": each.first,
    }
