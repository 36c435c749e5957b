"""What a check says, and its JSON (the contract ``check.schema.json``)."""

from __future__ import annotations

from dataclasses import dataclass

from spark_lineage.answers import freshness
from spark_lineage.answers.documents import Document
from spark_lineage.model import CheckResult as Result
from spark_lineage.model import CheckStatus as Status
from spark_lineage.model import Freshness

__all__ = ["Report", "Result", "Status", "document"]


@dataclass(frozen=True)
class Report:
    """All results of one run, in the order of its datasets, rules last."""

    run: str
    app: str
    results: tuple[Result, ...]
    problems: tuple[str, ...] = ()  # rules about steps or columns that there are not, functions that cannot be run
    running: bool = False  # the run had not ended: what it does next is not checked
    not_asked: tuple[str, ...] = ()  # functions of checks.py, where no code of the user's may run
    freshness: Freshness | None = None  # whether the code on disk is still the code that ran; None: nobody looked

    def of(self, status: Status) -> tuple[Result, ...]:
        return tuple(result for result in self.results if result.status is status)

    @property
    def passed(self) -> bool:
        """The run has ended and nothing failed. What could not be told is no failure, and no evidence either: see
        :attr:`status`.
        """
        return not (self.running or self.of(Status.FAILED))

    @property
    def status(self) -> Status:
        """Of the whole: could not tell where nothing failed, but a rule of the user could not be decided or the run
        still runs.
        """
        if self.of(Status.FAILED):
            return Status.FAILED
        open_rules = any(result.rule and result.status is Status.UNKNOWN for result in self.results)
        return Status.UNKNOWN if open_rules or self.running else Status.PASSED


def document(report: Report) -> Document:
    """``results``: what passed or failed, and every rule; ``could_not_tell``: built-in checks without evidence."""
    told = [result for result in report.results if result.rule or result.status is not Status.UNKNOWN]
    untold = [result for result in report.results if not result.rule and result.status is Status.UNKNOWN]
    return {
        "run": report.run,
        "app": report.app,
        "passed": report.passed,
        "status": report.status.value,
        "running": report.running,
        **freshness.document(report.freshness),
        "results": [_result(result) for result in told],
        "could_not_tell": [_result(result) for result in untold],
    }


def _result(result: Result) -> Document:
    return {
        "check": result.check,
        "step": result.step,
        "call": result.call,
        "dataset": result.dataset,
        "column": result.column,
        "passed": result.passed,
        "status": result.status.value,
        "expected": result.expected,
        "actual": result.actual,
        "rule": result.rule,
        "where": result.where,
        **({"details": dict(result.details)} if result.details else {}),
    }
