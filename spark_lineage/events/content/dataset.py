"""What our facets of datasets hold: the dataset in its run, its fingerprints, and its sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from spark_lineage.events.content.declaring import Count, Earlier, Of, Ordinal, Parsed
from spark_lineage.model import CheckStatus, DatasetKind
from spark_lineage.model.fingerprints import OF_ROWS


@dataclass(frozen=True, kw_only=True)
class ColumnFacts:
    """Of one column, in format 1. Numbers of sketches are texts, since NaN and infinities are no JSON numbers."""

    nulls: Count | None = None
    fingerprint: str | None = None
    sum: str | None = None
    sum_squares: str | None = None
    signed_sum: str | None = None
    nans: Count | None = None


@dataclass(frozen=True, kw_only=True)
class PartialColumn(ColumnFacts):
    name: str = ""
    type: str = ""


# What was measured of columns, as lists in their order; see ``events.columns``.
Nulls = Annotated[tuple[Annotated[int, Of(minimum=-1)], ...], Of("per column; -1: not known; absent: of none")]
Fingerprints = Annotated[
    tuple[Annotated[str, Of(pattern="^(xxh64:[0-9a-f]{16})?$")], ...],
    Of("per column; empty: not known; absent: of none"),
]
Sketch = tuple[Count, str, str, str]
Sketches = Annotated[
    tuple[Sketch, ...],
    Of(
        "of float and double columns: position, sum, sum of squares, signed sum; as text, since NaN and infinities "
        "are no JSON numbers; empty: not known"
    ),
]
Nans = Annotated[
    tuple[tuple[Count, Count], ...],
    Of("of float and double columns: position, number of rows where it is NaN; absent: not known"),
]
RowFingerprint = Of(
    "row multiset fingerprint, prefixed by its algorithm and, where it is not over all columns, by the positions of "
    "those that it is over, from 1",
    pattern=OF_ROWS,
)


@dataclass(frozen=True, kw_only=True)
class Field:
    name: str
    type: Annotated[str, Of(required=True)] = ""


@dataclass(frozen=True, kw_only=True)
class Partial:
    pushed: tuple[str, ...]
    rows: Count
    fingerprint: Annotated[str | None, Of(pattern=OF_ROWS)] = None
    declared: Annotated[
        tuple[Field, ...] | None, Of("the columns measured; absent where they are those of the schema facet")
    ] = None
    nulls: Nulls = ()
    fingerprints: Fingerprints = ()
    sketches: Sketches = ()
    nans: Nans = ()
    columns: Annotated[tuple[PartialColumn, ...] | None, Earlier(format=1)] = None


@dataclass(frozen=True, kw_only=True)
class RuleAnswer:
    kind: Annotated[str, Of(one_of=("violations", "unique"))]
    arguments: tuple[str, ...]
    value: Annotated[int | None, Of("a count; 1 and 0 for true and false")] = None
    reason: Annotated[str | None, Of("why there is no value")] = None


@dataclass(frozen=True, kw_only=True)
class Check:
    check: Annotated[str, Of("name of a built-in check, or the text of a rule")]
    status: CheckStatus
    expected: str
    actual: str
    column: str | None = None
    step: str
    call: Annotated[int, Parsed(minimum=0)]
    rule: bool
    where: str | None = None
    details: dict[str, Any] | None = None  # never written: sampled values stay out of events


@dataclass(frozen=True, kw_only=True)
class ChangedRows:
    """Rows of a table, as its format counts them; absent: it does not say."""

    inserted: Count | None = None
    updated: Count | None = None
    deleted: Count | None = None
    copied: Annotated[Count | None, Of("written again as they were")] = None


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """What the dataset is in its run, and whether all of it was seen."""

    id: Annotated[
        str, Of("unique in the run: the name, with ~2, ~3 ... for the outputs of later calls", not_empty=True)
    ]
    kind: DatasetKind
    order: Count
    call: Ordinal
    engine: Annotated[str, Of(one_of=("spark", "pandas", "pandas-on-spark", "arrow", "polars", "python"))]
    complete: Annotated[bool, Of("every row was seen")]
    measurements: Annotated[int, Of("how many times a probe measured it", minimum=0)]
    step: Annotated[str | None, Of("the step that made it; absent for sources")] = None
    variable: str | None = None
    reason: Annotated[str | None, Of("why not complete")] = None
    detail: str | None = None
    pushed: Annotated[tuple[str, ...], Of("SQL of the filters that ran below the probe")] = ()
    not_null: Annotated[tuple[int, ...], Of("positions of the columns that are declared not null")] = ()
    format: str | None = None
    version: str | None = None
    table: str | None = None
    stored_columns: Annotated[bool, Of("the schema is that of the storage")] = False
    files: Annotated[
        str | None,
        Of(
            "what was listed of the files of a source: number, hash of names and sizes, the same with times of "
            "modification",
            pattern="^files1:",
        ),
    ] = None
    partial: Annotated[
        tuple[Partial, ...],
        Of("measurements of all rows that passed the filters in `pushed`: comparable with one of the same filters"),
    ] = ()
    part: Annotated[
        str | None, Of("which part of the storage was read or written: partitions, files; absent: all of it")
    ] = None
    mode: Annotated[str | None, Of("save mode of a sink")] = None
    mlflow_run: Annotated[str | None, Of("id of the MLflow run in which a model was fitted")] = None
    changed: Annotated[ChangedRows | None, Of("what MERGE, UPDATE or DELETE has changed in the table")] = None
    answers: Annotated[tuple[RuleAnswer, ...], Of("to rules that ask the probe; absent: no rule asked")] = ()
    checks: Annotated[
        tuple[Check, ...], Of("what checks said at the end of the run; absent: none had anything to say")
    ] = ()


@dataclass(frozen=True, kw_only=True)
class Fingerprint:
    """Order-independent hashes of all rows, and column by column in the order of the schema."""

    row_count: Count | None = None
    rows: Annotated[str | None, RowFingerprint] = None
    nulls: Nulls = ()
    fingerprints: Fingerprints = ()
    sketches: Sketches = ()
    nans: Nans = ()
    columns: Annotated[tuple[ColumnFacts, ...] | None, Earlier(format=1)] = None


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Key, size and hash of the sample; the rows only if asked for."""

    key: tuple[str, ...]
    columns: tuple[str, ...]
    size: Count
    hash: Annotated[str, Of(pattern="^sha256:[0-9a-f]{64}$")]
    rows: tuple[Annotated[str, Of("one row: a JSON array of texts and nulls")], ...] | None = None
