"""What checks said of a dataset, in events: the standard facet of assertions, and ours with what could not be told.

Sampled values (``CheckResult.details``) stay out of events: they never leave the store.
"""

from __future__ import annotations

from collections.abc import Sequence

from openlineage.client import facet_v2

from spark_lineage.model import CheckResult, CheckStatus

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
