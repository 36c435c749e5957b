"""What a plan says: storage, columns and how they are made, and the operators that decide which rows there are."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Storage:
    """A dataset in storage, named by the OpenLineage naming rules."""

    namespace: str
    name: str
    format: str | None = None  # parquet, csv, delta, jdbc, ...
    version: str | None = None  # of the table, where its format has versions
    table: str | None = None  # catalog name, where there is one
    columns: tuple[tuple[str, str], ...] = ()  # (name, type as DDL)
    files: str | None = None  # what was listed of its files: files1:<number>:<names and sizes>:<with times>
    part: str | None = None  # which part of it was read or written: partitions, files, a choice of files; None: all
    rows: int | None = None  # how many its files state that they hold; None: they were not asked
    without_nulls: tuple[str, ...] = ()  # columns of which its files state that they have no NULL


@dataclass(frozen=True, slots=True)
class ChangedRows:
    """How many rows a command has changed in a table, as the table's own format counts them; None: it does not say."""

    inserted: int | None = None
    updated: int | None = None
    deleted: int | None = None
    copied: int | None = None  # written again as they were


@dataclass(frozen=True, slots=True)
class ColumnInput:
    """How a column of an output, or its rows, use one column of an input."""

    dataset: str  # in an observation a DataFrame id, or source:<index of Fragment.sources>; in the graph a dataset id
    column: str
    kind: str  # DIRECT: its value goes into the output; INDIRECT: it only decides about it
    subtype: str  # IDENTITY, TRANSFORMATION, AGGREGATION; JOIN, FILTER, GROUP_BY, SORT, WINDOW, CONDITIONAL
    masking: bool = False  # whoever sees the output does not see the input: it was hashed, counted, ...

    def through(self, inner: ColumnInput) -> ColumnInput:
        """How the output uses ``inner``, if this column is itself made from ``inner``: as ``Use.through`` in Scala."""
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


@dataclass(frozen=True, slots=True)
class ColumnDefinition:
    """How one column of an output is made."""

    column: str
    expression: str  # readable SQL over the columns of the inputs
    inputs: tuple[ColumnInput, ...]  # none for a literal
    followed: bool = True  # False: it is made, too, from what could not be followed, as the rows of an RDD


@dataclass(frozen=True, slots=True)
class Clash:
    """Two branches of a union by position have columns of different names or types at one position."""

    position: int  # from 0
    name: str  # in the first branch
    type: str  # in the first branch, as DDL
    other_name: str  # in another branch
    other_type: str


@dataclass(frozen=True, slots=True)
class RowOperator:
    """One operator of a fragment that decides which rows there are; operators that pass rows on are left out."""

    op: str  # input, opaque, filter, join, union, aggregate, deduplicate, limit, sample, generate, set, other
    children: tuple[int, ...] = ()  # positions in Fragment.row_operators; an operator stands after those it reads
    kind: str | None = None  # which join ("left outer"), set operation or deduplication it is
    text: str | None = None  # readable condition
    equi: bool = False  # of a join: it compares for equality
    datasets: tuple[str, ...] = ()  # of an input: which datasets it is
    keys: tuple[str, ...] = ()  # names of the columns that rows are grouped or deduplicated by
    supplied: tuple[int, ...] = ()  # of an outer join: positions of output columns that are NULL where it found nothing
    undone: tuple[tuple[int, str], ...] = ()  # of a filter: (outer join, condition that drops its rows without partner)
    # Of a filter: (condition, its (dataset, column)s); a row where all these columns are NULL is dropped.
    drops: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    clashes: tuple[Clash, ...] = ()  # of a union by position
    # What decides, over the columns of the inputs: one condition under the name "", keys by their names (those of a
    # deduplication by rank after its condition), how many rows a limit lets through. Empty where it is not known.
    deciding: tuple[ColumnDefinition, ...] = ()


@dataclass(frozen=True, slots=True)
class ColumnNote:
    """Something about a column that cannot be read safely from the text of its expression."""

    kind: str  # literal; cast (may make NULL of a value); filled (0 for NULL); average; average_of_filled
    column: str  # of the output
    text: str  # the part of the expression that it is about
    input: tuple[str, str] | None = None  # (dataset, column) that the part is made from


@dataclass(frozen=True, slots=True)
class Fragment:
    """The plan between a marked DataFrame and the inputs of its step."""

    dataset: str  # DataFrame id; in the graph a dataset id
    columns: tuple[tuple[str, str, bool], ...]  # name, type as DDL, nullable
    plan_hash: str  # equal for equal plans, also of different runs
    operators: tuple[str, ...]  # readable, the root first
    plan_text: str  # as Spark prints the plan, without secrets and of bounded length
    deterministic: bool
    nondeterminism: tuple[str, ...]  # the expressions that are not deterministic
    inputs: tuple[str, ...]  # ids of the DataFrames (in the graph: of the datasets) that the plan stands on
    sources: tuple[Storage, ...]  # what the plan reads from storage
    opaque: tuple[str, ...]  # leaves of the plan that are neither: "rdd", "local", "range", "pandas"
    definitions: tuple[ColumnDefinition, ...]  # one for each column, in order
    indirect: tuple[ColumnInput, ...]  # columns that decide which rows there are: of filters, joins, grouping, sorts
    sample_key: tuple[str, ...]  # names of the columns that the step passes on unchanged, or groups by
    # What the hash covers beside the plan: name@hash of functions, local@hash of rows; and ``session time zone@zone``,
    # which it does not cover, where it matters.
    covers: tuple[str, ...] = ()
    row_operators: tuple[RowOperator, ...] = ()  # the last is the root; empty where they are not known
    notes: tuple[ColumnNote, ...] = ()
