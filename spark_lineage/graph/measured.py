"""Decides which of a DataFrame's measurements counts, and says why where none is complete.

A DataFrame has several measurements (one per action or materialisation). They are never summed: those that are
complete saw the same rows, so each column's facts may be taken from any of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from spark_lineage.graph.observed import Observed, ancestors, op_of_query
from spark_lineage.graph.sketches import close
from spark_lineage.model import (
    Column,
    Mode,
    OperationKind,
    Outcome,
    Partial,
    Probed,
    ProbedColumn,
    RuleAnswer,
    Sample,
    fingerprints,
)

NONE_DROPPED = "the filters for NULL that ran below the probe have dropped no row: its columns have none"
MOST_PARTIAL = 4  # of one dataset: as many are kept
REASONS_BY_WORTH = ("filter_pushed", "limit", "partial", "failed", "served_from_cache", "fixed_plan", "stepped_aside")


@dataclass(frozen=True)
class Measured:
    """What is known of one dataset: ``rows`` only if exact, of ``columns`` what complete measurements saw."""

    rows: int | None
    complete: bool
    reason: str | None
    detail: str | None
    pushed: tuple[str, ...]
    columns: tuple[ProbedColumn, ...]
    fingerprint: str | None
    sample: Sample | None
    measurements: int
    differ: str | None = None  # how complete measurements disagree
    partial: tuple[Partial, ...] = ()
    answers: tuple[RuleAnswer, ...] = ()


# Why not all rows of a dataset are known, for people.
NOT_KNOWN = {
    "never_executed": "nothing that ran needed it",
    "plan_mode": "plan mode measures nothing",
    "limit": "a limit stopped before the last row",
    "filter_pushed": "a filter of a later step ran below it",
    "stepped_aside": "measuring it would have changed how Spark runs the query",
    "served_from_cache": "its rows came from a cache that was filled before",
    "exchange_reused": "Spark took its rows from another query",
    "several_writes": "it was written several times",
    "fixed_plan": "its plan was fixed before it could be measured",
    "partial": "not all of its partitions were read to their end",
    "failed": "what read it failed",
}


def not_known(measured: Measured) -> str:
    """A sentence: why not all rows are known, and what is known of them."""
    said = NOT_KNOWN.get(measured.reason or "")
    details = [detail for detail in (measured.detail, *measured.pushed) if detail and detail != said]
    if said is None and not details:
        return f"it is not known: {(measured.reason or 'no reason').replace('_', ' ')}"
    return ": ".join(filter(None, (said, ", ".join(details))))


def unknown(reason: str, detail: str | None = None, measurements: int = 0) -> Measured:
    return Measured(None, False, reason, detail, (), (), None, None, measurements)


class Measurements:
    """The measurements of a run, by DataFrame."""

    def __init__(self, seen: Observed) -> None:
        self._seen = seen
        self._mode = seen.started.mode if seen.started else Mode.FLOW
        self._without_nulls = {
            (storage.namespace, storage.name, storage.files or "", column)
            for fragment in seen.fragments.values()
            for storage in fragment.sources
            for column in storage.without_nulls
        }
        self._by_plan = _complete_by_plan(seen.probes)
        failed = (execution for execution in seen.executions if execution.outcome is Outcome.FAIL)
        self._failed_executions = {execution.execution for execution in failed}
        self._executed: set[str] | None = None
        self._failed: set[str] | None = None

    def of(self, df: str) -> Measured:
        probes = [self._settled(probe) for probe in self._seen.probes.get(df, {}).values() if probe.read is None]
        complete = [probe for probe in probes if probe.complete and probe.rows is not None and probe.rows >= 0]
        if complete:
            return _agreed(complete, len(probes))
        for probe in probes:
            twin = self._twin(probe)
            if twin is not None:
                return replace(_agreed([twin], len(probes)), detail=f"the same rows as measured for {probe.plan_hash}")
        if probes:
            return self._incomplete(probes)
        return self._unmeasured(df)

    def _settled(self, probe: Probed) -> Probed:
        """Without the pushed filters of which it is known that they have dropped no row."""
        if not probe.needless:
            return probe
        holds: dict[str, bool] = {}
        for each in probe.needless:
            of = (each.namespace, each.name, each.files, each.column)
            holds[each.filter] = holds.get(each.filter, True) and of in self._without_nulls
        pushed = tuple(each for each in probe.pushed if not holds.get(each, False))
        if pushed or probe.reason != "filter_pushed":
            return replace(probe, pushed=pushed)
        return replace(probe, pushed=(), complete=True, reason=None, detail=NONE_DROPPED)

    def counted(self, df: str) -> tuple[tuple[int, int], ...]:
        """(rows, rows that the scan of its source had given) as often as both were counted below later filters."""
        probes = self._seen.probes.get(df, {}).values()
        return tuple((probe.rows, probe.read) for probe in probes if probe.rows is not None and probe.read is not None)

    def _twin(self, probe: Probed) -> Probed | None:
        """A measurement of the same rows.

        Exchange reuse runs one of two equal subtrees, and its facts hold for both.
        """
        if probe.reason != "exchange_reused" or probe.plan_hash is None:
            return None
        candidates = self._by_plan.get(probe.plan_hash, [])
        same_run = [other for other in candidates if other.execution == probe.execution]
        return next(iter(same_run), None)

    def _incomplete(self, probes: Sequence[Probed]) -> Measured:
        probe = min(probes, key=lambda probe: (_worth(probe), -(probe.rows or 0)))  # of equals the first
        reason = probe.reason
        if reason is None:
            reason = "failed" if probe.execution in self._failed_executions else "partial"
        detail = probe.detail
        if probe.rows is not None and probe.rows > 0:
            detail = f"{detail}; {probe.rows} rows seen" if detail else f"{probe.rows} rows seen"
        return replace(unknown(reason, detail, len(probes)), pushed=probe.pushed, partial=_partial(probes))

    def _unmeasured(self, df: str) -> Measured:
        if self._mode is Mode.PLAN:
            return unknown("plan_mode", "plan mode measures nothing")
        if self._executed is None or self._failed is None:
            self._executed, self._failed = _executed(self._seen), _failed(self._seen)
        if df in self._failed and df not in self._executed:
            return unknown("failed", "the action that would have run it failed")
        if df not in self._seen.marks and not op_of_query(df):
            maker = self._seen.makers.get(df)
            if maker is not None and "rdd" in maker.detail:
                return unknown("not_measured", "it is an RDD, at whose rows no probe looks")
            why = "it was not marked before it was used"
            return unknown("not_measured", why) if df in self._executed else self._unexecuted()
        if df in self._executed:
            return unknown("not_measured", "an action ran on it and no measurement of it arrived")
        return self._unexecuted()

    def ran(self, dfs: Iterable[str]) -> bool:
        """Whether an action may have run one of the DataFrames, be it by another that was made from it."""
        if self._executed is None or self._failed is None:
            self._executed, self._failed = _executed(self._seen), _failed(self._seen)
        return any(
            df in self._executed or df in self._failed or self._seen.probes.get(df) or self._has_no_plan(df)
            for df in dfs
        )

    def _has_no_plan(self, df: str) -> bool:
        """Whether it is an RDD, a model, or an object of pandas: what runs it is not seen."""
        maker = self._seen.makers.get(df)
        return maker is not None and not {"rdd", "model", "file"}.isdisjoint(maker.detail)

    def _unexecuted(self) -> Measured:
        if self._seen.ended is None:  # what a killed run did in its last second is not known
            return unknown("not_measured", "it had not run when the run was last heard of")
        return unknown("never_executed")


def _partial(probes: Iterable[Probed]) -> tuple[Partial, ...]:
    """Measurements of all rows that passed filters of later steps, one for each set of filters."""
    found: dict[tuple[str, ...], Partial] = {}
    for probe in probes:
        if probe.reason == "filter_pushed" and probe.rows is not None:
            filters = tuple(sorted(probe.pushed))
            seen = Partial(probe.pushed, probe.rows, probe.columns, probe.fingerprint)
            found[filters] = _merged(found[filters], seen) if filters in found else seen
    return tuple(found.values())[:MOST_PARTIAL]


def _merged(a: Partial, b: Partial) -> Partial:
    """One from two measurements of the same rows and other columns. If their rows differ, the one with more columns."""
    most, least = (a, b) if len(a.columns) >= len(b.columns) else (b, a)
    if most.rows != least.rows:
        return most
    known = {column.name for column in most.columns}
    more = tuple(column for column in least.columns if column.name not in known)
    return replace(
        most, columns=(*most.columns, *more), fingerprint=fingerprints.of_most((most.fingerprint, least.fingerprint))
    )


def columns(declared: Sequence[tuple[str, str, bool]], measured: Measured) -> tuple[Column, ...]:
    """The declared columns with what was measured of them.

    Columns of one name have facts only where every column flowed: else nobody knows which of them was measured.
    """
    probed = measured.columns
    if not declared:
        return tuple(_column(column.name, column.type, True, column) for column in probed)
    names = [name for name, _, _ in declared]
    # Catalogs may write names in lower case.
    if [column.name.lower() for column in probed] == [name.lower() for name in names]:
        return tuple(_column(*column, facts) for column, facts in zip(declared, probed, strict=True))
    by_name = {column.name: column for column in probed}
    unique = {name for name, times in Counter(names).items() if times == 1}
    return tuple(_column(*column, by_name.get(column[0]) if column[0] in unique else None) for column in declared)


def _column(name: str, type_: str, nullable: bool, probed: ProbedColumn | None) -> Column:
    if probed is None:
        return Column(name, type_, nullable)
    return Column(
        name, type_, nullable, probed.nulls, probed.fingerprint, probed.sum, probed.sum_squares, probed.signed_sum,
        probed.nans,
    )  # fmt: skip


def _agreed(complete: Sequence[Probed], measurements: int) -> Measured:
    """One from all complete measurements.

    Where they disagree, ``differ`` says how, and the one with most columns counts.
    """
    best = max(complete, key=_columns_seen)  # of equals the first
    differ = _difference(best, complete)
    merged = {(column.name, position): column for position, column in enumerate(best.columns)}
    fingerprint = best.fingerprint
    sample = best.sample
    if differ is None:
        agreeing = [probe for probe in complete if len(probe.columns) == len(best.columns)]
        fingerprint = fingerprints.of_most(probe.fingerprint for probe in (best, *agreeing))
        sample = next((probe.sample for probe in (best, *complete) if probe.sample is not None), None)
        known = {column.name for column in best.columns}
        for probe in complete:
            for column in probe.columns:
                if column.name not in known:
                    known.add(column.name)
                    merged[(column.name, len(merged))] = column
    return Measured(
        best.rows, True, None, best.detail, best.pushed, tuple(merged.values()), fingerprint, sample, measurements,
        differ, answers=_answers(complete),
    )  # fmt: skip


def _answers(complete: Sequence[Probed]) -> tuple[RuleAnswer, ...]:
    """One answer for each question of a rule: the first that has a value, else the first."""
    found: dict[tuple[str, tuple[str, ...]], RuleAnswer] = {}
    for answer in (answer for probe in complete for answer in probe.answers):
        known = found.setdefault((answer.kind, answer.arguments), answer)
        if known.value is None:
            found[(answer.kind, answer.arguments)] = answer
    return tuple(found.values())


def _columns_seen(probe: Probed) -> int:
    return sum(2 if column.fingerprint is not None else 1 for column in probe.columns) + bool(probe.fingerprint)


def _difference(best: Probed, complete: Iterable[Probed]) -> str | None:
    """How other measurements differ from ``best``; None if they agree.

    A sum over shuffled rows differs in its last bits from run to run. That is no difference.
    """
    for other in complete:
        if other.rows != best.rows:
            return f"{best.rows} rows in one measurement, {other.rows} in another"
        pairs = _differing_columns(best, other)
        names = [a.name for a, b in pairs if not close(a, b)]
        if names:
            return f"values of {', '.join(names[:5])} differ between measurements"
        if not pairs and fingerprints.differ(best.fingerprint, other.fingerprint):
            return "the rows differ between measurements"
    return None


def _differing_columns(a: Probed, b: Probed) -> list[tuple[ProbedColumn, ProbedColumn]]:
    of_a, of_b = [column.name for column in a.columns], [column.name for column in b.columns]
    if of_a == of_b:
        pairs = list(zip(a.columns, b.columns, strict=True))
    else:  # different columns flowed: which of two equal names it was cannot be told
        pairs = [(x, y) for x in a.columns for y in b.columns if x.name == y.name]
        pairs = [(x, y) for x, y in pairs if of_a.count(x.name) == 1 == of_b.count(y.name)]
    return [(x, y) for x, y in pairs if x.fingerprint and y.fingerprint and x.fingerprint != y.fingerprint]


def _worth(probe: Probed) -> int:
    return REASONS_BY_WORTH.index(probe.reason) if probe.reason in REASONS_BY_WORTH else len(REASONS_BY_WORTH)


def _complete_by_plan(probes: Mapping[str, Mapping[str, Probed]]) -> dict[str, list[Probed]]:
    found: dict[str, list[Probed]] = {}
    for instances in probes.values():
        for probe in instances.values():
            if probe.complete and probe.plan_hash is not None and probe.rows is not None and probe.rows >= 0:
                found.setdefault(probe.plan_hash, []).append(probe)
    return found


def _executed(seen: Observed) -> set[str]:
    """Ids of the DataFrames that at least one action read without an error."""
    found: set[str] = set()
    for operation in seen.operations:
        if operation.kind in (OperationKind.ACTION, OperationKind.WRITE) and operation.error is None:
            ancestors(seen.makers, seen.used_by(operation), found)
    return found


def _failed(seen: Observed) -> set[str]:
    """Ids of the DataFrames that at least one action read and failed."""
    found: set[str] = set()
    for operation in seen.operations:
        if operation.kind in (OperationKind.ACTION, OperationKind.WRITE) and operation.error is not None:
            ancestors(seen.makers, seen.used_by(operation), found)
    return found
