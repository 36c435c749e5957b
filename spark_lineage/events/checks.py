"""What checks said of a dataset, in events: the standard facet of assertions, and ours with what could not be told.

Sampled values (``CheckResult.details``) stay out of events: they never leave the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from openlineage.client import facet_v2

from spark_lineage.model import Answer, CheckResult, CheckStatus

Document = dict[str, Any]
KIND = {True: "rule", False: "built-in check"}


def by_dataset(results: Sequence[CheckResult]) -> dict[str, list[CheckResult]]:
    """Of columns that passed a built-in check nothing is said: there are many, and nobody asked."""
    found: dict[str, list[CheckResult]] = {}
    for each in results:
        if each.dataset is not None and (each.rule or each.column is None or not each.passed):
            found.setdefault(each.dataset, []).append(each)
    return found


def assertions(
    results: Sequence[CheckResult],
) -> facet_v2.data_quality_assertions_dataset.DataQualityAssertionsDatasetFacet | None:
    """The standard facet. What could not be told is neither success nor failure, so it stands only in ours."""
    told = [each for each in results if each.status is not CheckStatus.UNKNOWN]
    if not told:
        return None
    made = facet_v2.data_quality_assertions_dataset
    return made.DataQualityAssertionsDatasetFacet(
        assertions=[
            made.Assertion(
                assertion=each.check, success=each.passed, column=each.column, severity="error",
                description=f"{KIND[each.rule]} of {each.step}", expected=each.expected, actual=each.actual,
                params=None,
            )
            for each in told
        ]
    )  # fmt: skip


def documents(results: Sequence[CheckResult]) -> list[Document] | None:
    return [_document(each) for each in results] or None


def _document(result: CheckResult) -> Document:
    document: Document = {
        "check": result.check,
        "status": result.status.value,
        "expected": result.expected,
        "actual": result.actual,
        "column": result.column,
        "step": result.step,
        "call": result.call,
        "rule": result.rule,
        "where": result.where,
    }
    return {name: value for name, value in document.items() if value is not None}


def answer_documents(answers: Sequence[Answer]) -> list[Document] | None:
    return [_answer(each) for each in answers] or None


def _answer(answer: Answer) -> Document:
    document = {
        "kind": answer.kind,
        "arguments": list(answer.arguments),
        "value": answer.value,
        "reason": answer.reason,
    }
    return {name: value for name, value in document.items() if value is not None}
