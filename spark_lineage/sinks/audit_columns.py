"""How a column of an audit table is declared: its name, its Arrow type, and its value for one thing of the run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import pyarrow as pa

Value = Callable[[Any], Any]


@dataclass(frozen=True)
class Column:
    """``of`` gives the value for what a row stands for; None is NULL."""

    name: str
    type: pa.DataType
    of: Value


def text(name: str, of: Value | None = None) -> Column:
    """Without ``of``, as in the functions below, the value is the property that is called as the column."""
    return Column(name, pa.string(), of or attrgetter(name))


def texts(name: str, of: Value | None = None) -> Column:
    given = of or attrgetter(name)
    return Column(name, pa.list_(pa.string()), lambda thing: _listed(given(thing)))


def number(name: str, of: Value | None = None) -> Column:
    return Column(name, pa.int64(), of or attrgetter(name))


def decimal(name: str, of: Value | None = None) -> Column:
    return Column(name, pa.float64(), of or attrgetter(name))


def flag(name: str, of: Value | None = None) -> Column:
    return Column(name, pa.bool_(), of or attrgetter(name))


def mapping(name: str, values: pa.DataType, of: Value | None = None) -> Column:
    return Column(name, pa.map_(pa.string(), values), of or attrgetter(name))


def time(name: str, of: Value) -> Column:
    """``of`` gives seconds since the epoch, or None."""
    return Column(name, pa.timestamp("us", tz="UTC"), lambda thing: _moment(of(thing)))


def duration_ms(of_start_and_end: Callable[[Any], tuple[float, float | None]]) -> Column:
    return Column("duration_ms", pa.float64(), lambda thing: _milliseconds(*of_start_and_end(thing)))


def _listed(values: Any) -> list[Any] | None:
    return list(values) if values is not None else None


def _moment(seconds: float | None) -> int | None:
    return round(seconds * 1_000_000) if seconds is not None else None


def _milliseconds(started: float, ended: float | None) -> float | None:
    return round((ended - started) * 1000, 3) if ended is not None else None
