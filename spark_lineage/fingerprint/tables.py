"""Rows, nulls, fingerprints, float sketches and sample of an Arrow table: ``docs/fingerprint.md`` in numpy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from spark_lineage.fingerprint.columns import SEED, Unhashable, hashes, type_name
from spark_lineage.fingerprint.text import shown
from spark_lineage.fingerprint.xxh64 import Hashes
from spark_lineage.model import ProbedColumn, Sample

FACTOR = np.uint64(0x9E3779B97F4A7C17)


@dataclass(frozen=True)
class TableFacts:
    rows: int
    columns: tuple[ProbedColumn, ...]
    fingerprint: str | None  # "row1:" + 32 hex digits
    sample: Sample | None
    order: str | None = None  # of the rows as they stand: 16 hex digits; nothing that Spark could give


def measure(table: pa.Table, key: Sequence[str] = (), sample_rows: int = 20) -> TableFacts:
    """The facts of a table, as the probe gives them for the same rows in Spark.

    ``key`` are the columns whose hash chooses the sample; none: all that are not floats.
    """
    arrays = [_whole(column) for column in table.columns]
    hashed = [_hashes(array) for array in arrays]
    floating = [pa.types.is_floating(field.type) for field in table.schema]
    indices = range(len(arrays))
    exact = [i for i in indices if not floating[i]]
    order = [*exact, *(i for i in indices if floating[i])]
    with np.errstate(over="ignore"):
        prefix = _folded([hashed[i] for i in exact], table.num_rows)
        row = _folded([hashed[i] for i in order], table.num_rows)
        columns = tuple(
            _column(table.schema.field(i), arrays[i], hashed[i], prefix if floating[i] else None) for i in indices
        )
        whole = bool(arrays) and all(h is not None for h in hashed)
        fingerprint = f"row1:{_sum(_mix_a(row)):016x}{_sum(_mix_b(row)):016x}" if whole else None
        sample = _sample(table, arrays, hashed, order, row, key, sample_rows)
        standing = (
            f"{_sum(row * (FACTOR * (np.arange(table.num_rows, dtype=np.uint64) * np.uint64(2) + np.uint64(1)))):016x}"
        )
    return TableFacts(table.num_rows, columns, fingerprint, sample, standing if whole else None)


def measure_pandas(frame: Any, key: Sequence[str] = (), sample_rows: int = 20) -> TableFacts:
    """The facts of a pandas DataFrame without its index; NaN, NaT and None are null."""
    return measure(pa.Table.from_pandas(frame, preserve_index=False), key, sample_rows)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    array = column.combine_chunks()
    return array.dictionary_decode() if pa.types.is_dictionary(array.type) else array


def _hashes(array: pa.Array) -> Hashes | None:
    try:
        return hashes(array)
    except Unhashable:
        return None


def _folded(columns: Sequence[Hashes | None], rows: int) -> Hashes:
    folded = np.full(rows, SEED, dtype=np.uint64)
    for column in columns:
        if column is not None:
            folded = folded * FACTOR + column
    return folded


def _mix_a(h: Hashes) -> Hashes:
    h = (h ^ (h >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    h = (h ^ (h >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))


def _mix_b(h: Hashes) -> Hashes:
    h = ~h
    h = (h ^ (h >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    h = (h ^ (h >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return h ^ (h >> np.uint64(33))


def _sum(values: Hashes) -> int:
    return int(values.sum(dtype=np.uint64))


def _column(field: pa.Field, array: pa.Array, hashed: Hashes | None, signs: Hashes | None) -> ProbedColumn:
    fingerprint = None if hashed is None else f"xxh64:{_sum(hashed):016x}"
    facts = (field.name, type_name(field.type), array.null_count, fingerprint)
    if signs is None:
        return ProbedColumn(*facts)
    numbers = np.asarray(pc.fill_null(array.cast(pa.float64()), float("nan")))
    finite = np.isfinite(numbers)
    values = numbers[finite]
    signed = np.where(signs[finite].view(np.int64) < 0, -values, values)
    nans = int(np.isnan(numbers).sum()) - array.null_count
    with np.errstate(over="ignore"):
        sums = (float(values.sum()), float((values * values).sum()), float(signed.sum()))
    return ProbedColumn(*facts, *sums, nans)


def _sample(
    table: pa.Table,
    arrays: Sequence[pa.Array],
    hashed: Sequence[Hashes | None],
    order: Sequence[int],
    row: Hashes,
    wanted: Sequence[str],
    rows: int,
) -> Sample | None:
    able = [i for i in order if hashed[i] is not None]
    if rows <= 0 or not able:
        return None
    named = [i for i in able if table.column_names[i] in wanted]
    exact = [i for i in able if not pa.types.is_floating(table.schema.field(i).type)]
    chosen = named or exact or able
    keys = _folded([hashed[i] for i in chosen], table.num_rows).view(np.int64)
    by_key = np.lexsort((row.view(np.int64), keys))
    _, first, counts = np.unique(keys[by_key], return_index=True, return_counts=True)
    shown_rows = tuple(
        tuple(shown(array[int(by_key[at])].as_py(), array.type) for array in arrays) for at in first[:rows]
    )
    key = tuple(table.column_names[i] for i in sorted(chosen))
    return Sample(key, tuple(table.column_names), shown_rows, tuple(int(n) for n in counts[:rows]))
