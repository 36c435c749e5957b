"""One source or one sink of a run, while it is put together."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field, replace

from spark_lineage.graph.activations import Activation
from spark_lineage.model import ChangedRows, Storage

Address = tuple[str, str]  # namespace and name
IN_PLACE = {"merge", "update", "delete"}  # of commands that change rows of a table and keep the others
OVERWRITES = ("overwrite", "truncate", "replace", "createorreplace", "create", "errorifexists", "error", "ignore")


@dataclass(eq=False)
class Stored:
    """One source (``activation`` None) or one sink while it is put together."""

    storage: Storage
    activation: Activation | None
    at: float
    ended: float = 0.0
    ops: list[str | None] = field(default_factory=list)
    modes: list[str] = field(default_factory=list)
    df: str | None = None
    changed: ChangedRows | None = None
    failed: bool = False
    written_by_rdd: bool = False
    amends: bool = False  # changes what is there, which it reads itself
    id: str = ""


def address(storage: Storage) -> Address:
    return (storage.namespace, storage.name)


NOWHERE = "nowhere"  # the namespace of sinks of streams that are no dataset


def keeps_nothing(storage: Storage) -> str | None:
    """Why a sink is no dataset; None for every other one."""
    if storage.namespace != NOWHERE:
        return None
    if storage.name == "foreach":
        return "a function of the program was given the rows (foreach): what it did with them is not seen"
    return f"the {storage.name} keeps nothing of what a stream writes there: it is no dataset"


def within(storage: Storage, places: Container[Address]) -> bool:
    """Whether it is a file inside of one of ``places``: Spark reads such files for a schema, or a table's log."""
    parts = storage.name.split("/")
    folders = ["/".join(parts[:end]) for end in range(len(parts), 1, -1)]
    return "_delta_log" in parts or any((storage.namespace, folder) in places for folder in folders)


def overwrites(sink: Stored) -> bool:
    """Whether nothing is left of what was there before: a write of some partitions leaves the others."""
    return sink.storage.part is None and any(mode.lower().startswith(OVERWRITES) for mode in sink.modes)


def changes_in_place(sink: Stored) -> bool:
    """Whether its plan says what the whole table holds afterwards, made from what it held before."""
    return bool(sink.modes) and sink.modes[-1] in IN_PLACE


def with_columns_of(storage: Storage, other: Storage) -> Storage:
    """With the columns that only the other sighting of the place has."""
    known = {name for name, _ in storage.columns}
    more = (column for column in other.columns if column[0] not in known)
    return replace(storage, columns=(*storage.columns, *more))


def richer(a: Storage, b: Storage) -> Storage:
    """One from two sightings of a place: each property from the one that has it, the version from the later one.

    What is seen of a part comes second: it may lack columns of the whole.
    """
    best, other = (b, a) if a.part is not None and b.part is None else (a, b)
    if best.part is not None:  # two parts: partition columns may be columns of one of them only
        best = with_columns_of(best, other)
    return Storage(
        a.namespace, a.name, best.format or other.format, b.version or a.version, best.table or other.table,
        best.columns or other.columns, best.files or other.files, best.part,
        best.rows if best.rows is not None or best.files != other.files else other.rows,
        best.without_nulls if best.without_nulls or best.files != other.files else other.without_nulls,
    )  # fmt: skip
