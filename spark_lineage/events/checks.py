"""Results of checks in events: which of them an event has, and the standard facet of assertions.

Sampled values (``CheckResult.details``) stay out of events: they never leave the store.
"""

from __future__ import annotations

from collections.abc import Sequence

from spark_lineage.events.specified import Document, facet, present
from spark_lineage.model import CheckResult, CheckStatus

KIND = {True: "rule", False: "built-in check"}


def by_dataset(results: Sequence[CheckResult]) -> dict[str, list[CheckResult]]:
    """The results that events have, by dataset id.

    A column that passed a built-in check has none: there are too many.
    """
    found: dict[str, list[CheckResult]] = {}
    for result in results:
        if result.dataset is not None and (result.rule or result.column is None or not result.passed):
            found.setdefault(result.dataset, []).append(result)
    return found


def assertions(results: Sequence[CheckResult]) -> Document | None:
    """The standard facet; None if there is nothing for it.

    The standard knows success and failure only. A check that could not tell stands in our own facet alone.
    """
    told = [result for result in results if result.status is not CheckStatus.UNKNOWN]
    if not told:
        return None
    return facet("DataQualityAssertionsDatasetFacet", assertions=list(map(_assertion, told)))


def _assertion(result: CheckResult) -> Document:
    return present(
        {
            "assertion": result.check, "success": result.passed, "column": result.column, "severity": "error",
            "description": f"{KIND[result.rule]} of {result.step}", "expected": result.expected,
            "actual": result.actual,
        }
    )  # fmt: skip
