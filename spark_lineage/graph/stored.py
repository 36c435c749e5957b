"""One source or one sink of a run, while it is put together."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

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
    amends: bool = False  # changes what is there, which it reads itself
    id: str = ""


def address(storage: Storage) -> Address:
    return (storage.namespace, storage.name)


def within(storage: Storage, places: Container[Address]) -> bool:
    """Whether it is a file inside of one of ``places``: Spark reads such files for a schema, or a table's log."""
    parts = storage.name.split("/")
    folders = ["/".join(parts[:end]) for end in range(len(parts), 1, -1)]
    return "_delta_log" in parts or any((storage.namespace, folder) in places for folder in folders)


def overwrites(sink: Stored) -> bool:
    return any(mode.lower().startswith(OVERWRITES) for mode in sink.modes)


def changes_in_place(sink: Stored) -> bool:
    """Whether its plan says what the whole table holds afterwards, made from what it held before."""
    return bool(sink.modes) and sink.modes[-1] in IN_PLACE


def richer(a: Storage, b: Storage) -> Storage:
    """One from two sightings of a place: each property from the one that has it, the version from the later one."""
    return Storage(
        a.namespace, a.name, a.format or b.format, b.version or a.version, a.table or b.table, a.columns or b.columns,
        a.files or b.files,
    )  # fmt: skip
