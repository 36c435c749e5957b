"""What a plan says: storage, columns and how they are made, and the operators that decide which rows there are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Storage:
    """A dataset in storage, named by the OpenLineage naming rules."""

    namespace: str
    name: str
    format: str | None = None
    version: str | None = None
    table: str | None = None  # catalog name, where there is one
    columns: tuple[tuple[str, str], ...] = ()  # (name, type as DDL)
    files: str | None = None  # what was listed of its files: files1:<number>:<names and sizes>:<with times>


@dataclass(frozen=True)
class ColumnInput:
    """One input column of an output column. ``dataset`` is a DataFrame id or ``source:<index>``."""

    dataset: str
    column: str
    kind: str  # DIRECT, INDIRECT
    subtype: str  # IDENTITY, TRANSFORMATION, AGGREGATION; JOIN, FILTER, GROUP_BY, SORT, WINDOW, CONDITIONAL
    masking: bool = False

    def through(self, inner: ColumnInput) -> ColumnInput:
        """How what uses this column hangs on ``inner``, which this one is made from: as ``Use.through`` in Scala."""
        masking = self.masking or inner.masking
        if self.kind != "DIRECT":
            return ColumnInput(inner.dataset, inner.column, self.kind, self.subtype, masking)
        if inner.kind != "DIRECT":
            return ColumnInput(inner.dataset, inner.column, inner.kind, inner.subtype, masking)
        subtypes = {self.subtype, inner.subtype}
        if "AGGREGATION" in subtypes:
            subtype = "AGGREGATION"
        else:
            subtype = "IDENTITY" if subtypes == {"IDENTITY"} else "TRANSFORMATION"
        return ColumnInput(inner.dataset, inner.column, "DIRECT", subtype, masking)


@dataclass(frozen=True)
class ColumnDefinition:
    column: str
    expression: str  # readable SQL over the input columns
    inputs: tuple[ColumnInput, ...]


@dataclass(frozen=True)
class Clash:
    """What does not fit together at one position (from 0) of a union by position: the first branch, another one."""

    position: int
    name: str
    type: str
    other_name: str
    other_type: str


@dataclass(frozen=True)
class RowOperator:
    """One operator of a fragment that decides which rows there are; what passes its rows on is left out."""

    op: str  # input, opaque, filter, join, union, aggregate, deduplicate, limit, sample, generate, set, other
    children: tuple[int, ...] = ()  # positions in Fragment.row_operators; an operator stands after those it reads
    kind: str | None = None  # of joins ("left outer"), set operations and deduplications: which
    text: str | None = None  # readable condition
    equi: bool = False  # a join that compares for equality
    datasets: tuple[str, ...] = ()  # what an input is
    keys: tuple[str, ...] = ()  # names: grouping, deduplication keys
    supplied: tuple[int, ...] = ()  # output columns (positions) that hold NULL where this outer join found nothing
    undone: tuple[tuple[int, str], ...] = ()  # of filters: (outer join, condition that drops its rows without partner)
    drops: tuple[
        tuple[str, tuple[tuple[str, str], ...]], ...
    ] = ()  # (condition, (dataset, column)s): all NULL: dropped
    clashes: tuple[Clash, ...] = ()  # of unions by position


@dataclass(frozen=True)
class ColumnNote:
    """Something of a column that the text of its expression does not tell safely."""

    kind: str  # literal; cast (may make NULL of a value); filled (0 for NULL); average; average_of_filled
    column: str
    text: str
    input: tuple[str, str] | None = None  # (dataset, column) that it is made from


@dataclass(frozen=True)
class Fragment:
    """The plan between a marked DataFrame and the inputs of its step."""

    dataset: str
    columns: tuple[tuple[str, str, bool], ...]  # name, type as DDL, nullable
    plan_hash: str
    operators: tuple[str, ...]  # readable, root first
    plan_text: str  # redacted, bounded
    deterministic: bool
    nondeterminism: tuple[str, ...]
    inputs: tuple[str, ...]  # DataFrame ids that the plan really stands on
    sources: tuple[Storage, ...]
    opaque: tuple[str, ...]  # leaves that are neither: "rdd", "local", "range"
    definitions: tuple[ColumnDefinition, ...]
    indirect: tuple[ColumnInput, ...]  # inputs that decide which rows there are: filters, joins, grouping, sorts
    sample_key: tuple[str, ...]
    covers: tuple[str, ...] = ()  # what the hash covers beside the plan: name@hash of functions, local@hash of rows
    row_operators: tuple[RowOperator, ...] = ()  # the last is the root; empty: not known
    notes: tuple[ColumnNote, ...] = ()
