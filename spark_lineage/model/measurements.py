"""What a probe measured of the rows that passed it.

``docs/fingerprint.md`` defines fingerprints, sketches and samples.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ProbedColumn:
    """What was measured of one column. A value that is None was not measured."""

    name: str
    type: str  # as Spark's DDL writes it; of pandas the name of the dtype
    nulls: int | None  # the number of rows where it is null
    fingerprint: str | None  # "xxh64:" and 16 hex digits: a hash of its values that does not depend on their order
    sum: float | None = None  # these three are the tolerant sketch, which only float and double columns have:
    sum_squares: float | None = None  # the sum of the finite values, of their squares,
    signed_sum: float | None = None  # and of the values with a sign that the row's other columns decide
    nans: int | None = None  # the number of rows where it is NaN; of float and double columns


@dataclass(frozen=True, slots=True)
class Sample:
    """The distinct rows with the smallest hash of the sample key. Two runs sample the same entities by it."""

    key: tuple[str, ...]  # names of the columns whose hash chooses the rows
    columns: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]  # values as text, in the order of ``columns``; None is null
    counts: tuple[int, ...]  # how many equal rows each one stands for; empty where nobody counted


@dataclass(frozen=True, slots=True)
class RuleAnswer:
    """What a rule of the user wanted to know of every row of a dataset, found by the probe."""

    kind: str  # "violations" of a condition in SQL, or whether columns are "unique"
    arguments: tuple[str, ...]  # the condition, or the names of the columns
    value: int | None  # the number of violations; 1 for unique and 0 for not; None where it could not be found
    reason: str | None = None  # why there is no value


@dataclass(frozen=True, slots=True)
class NeedlessFilter:
    """A pushed filter that has dropped no row if this column of these files has no NULL."""

    filter: str  # as in ``Probed.pushed``; a filter may hang on several columns
    namespace: str  # these three of the storage, as in Storage
    name: str
    files: str
    column: str


@dataclass(frozen=True, slots=True)
class Probed:
    """One measurement of a marked DataFrame. A later one with the same ``instance`` replaces the earlier."""

    dataset: str  # DataFrame id
    instance: str  # which probe measured: one for each time that the DataFrame stands in a plan that ran
    execution: int | None  # id of the SQL execution that it ran in; None outside of one
    rows: int | None  # the number of rows that passed; None where they were not counted
    complete: bool  # whether every row of the DataFrame passed
    reason: str | None  # why not: never_executed, limit, filter_pushed, stepped_aside, served_from_cache, failed, ...
    detail: str | None  # the same for people: which filter, which plan
    pushed: tuple[str, ...]  # the filters that Spark ran below the probe, as SQL
    columns: tuple[ProbedColumn, ...]  # those that flowed, in the order of the DataFrame
    fingerprint: str | None  # of rows, see ``model/fingerprints``; of some of the columns only in used and exact mode
    sample: Sample | None
    plan_hash: str | None = None  # of the physical plan below the probe: equal hashes measure the same rows
    answers: tuple[RuleAnswer, ...] = ()
    # Of a count below the filters of later steps (reason "counted"): how many rows the scan below has given. ``rows``
    # is exact where that is all that the source has.
    read: int | None = None
    needless: tuple[NeedlessFilter, ...] = ()  # of the pushed filters of a measurement that saw all that passed them
