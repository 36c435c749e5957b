"""What a probe measured of the rows that passed it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ProbedColumn:
    name: str
    type: str
    nulls: int | None
    fingerprint: str | None  # "xxh64:" + 16 hex digits
    sum: float | None = None  # tolerant sketch, float and double columns only
    sum_squares: float | None = None
    signed_sum: float | None = None


@dataclass(frozen=True)
class Sample:
    key: tuple[str, ...]
    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]
    counts: tuple[int, ...]


@dataclass(frozen=True)
class RuleAnswer:
    """What a rule wanted to know of every row, found by the probe: a count, or 1 and 0 for true and false."""

    kind: str  # violations (of a condition in SQL), unique (columns)
    arguments: tuple[str, ...]
    value: int | None
    reason: str | None = None  # why there is no value


@dataclass(frozen=True)
class Probed:
    """One measurement of a marked DataFrame. A later one with the same ``instance`` replaces the earlier."""

    dataset: str
    instance: str
    execution: int | None
    rows: int | None
    complete: bool
    reason: str | None  # never_executed, limit, filter_pushed, stepped_aside, served_from_cache, failed, ...
    detail: str | None  # for people: which filter, which plan
    pushed: tuple[str, ...]  # SQL of the filters that were pushed below
    columns: tuple[ProbedColumn, ...]
    fingerprint: str | None  # "row1:" + 32 hex digits
    sample: Sample | None
    plan_hash: str | None = None  # of the physical subtree: equal hashes measure the same rows
    answers: tuple[RuleAnswer, ...] = ()
