"""The patches of pyarrow's module functions that read and write files, or make tables of tables.

Methods of its classes take no patch (``tables/handed.py``): in these functions a program of Arrow alone is heard.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Mapping
from types import FrameType, FunctionType
from typing import Any

from spark_lineage.capture.code.frames import Frames
from spark_lineage.capture.following.tables import files
from spark_lineage.capture.following.tables.handed import HandedTables, is_table
from spark_lineage.guard import leave
from spark_lineage.patches import Patch, dressed

_Paths = dict[str, dict[str, tuple[str, str | None]]]
# Module -> functions, each with the name of the argument that is the path, and the format.
_READS: _Paths = {
    "pyarrow.parquet": {"read_table": ("source", "parquet"), "read_pandas": ("source", "parquet")},
    "pyarrow.csv": {"read_csv": ("input_file", "csv"), "open_csv": ("input_file", "csv")},
    "pyarrow.json": {"read_json": ("input_file", "json")},
    "pyarrow.feather": {"read_table": ("source", "feather"), "read_feather": ("source", "feather")},
    "pyarrow.orc": {"read_table": ("source", "orc")},
    "pyarrow.dataset": {"dataset": ("source", None)},
}
_WRITES: _Paths = {
    "pyarrow.parquet": {"write_table": ("where", "parquet")},
    "pyarrow.csv": {"write_csv": ("output_file", "csv")},
    "pyarrow.feather": {"write_feather": ("dest", "feather")},
    "pyarrow.orc": {"write_table": ("where", "orc")},
    "pyarrow.dataset": {"write_dataset": ("base_dir", None)},
}
_UNNAMED = {"pyarrow.ipc": ("open_file", "open_stream", "new_file", "new_stream")}
_MAKERS = {
    "pyarrow": ("table", "record_batch", "concat_tables"),
    "pyarrow.compute": ("filter", "take", "drop_null", "sum", "mean", "min_max", "count", "unique", "max", "min"),
    "pyarrow.acero": ("_filter_table", "_perform_join", "_perform_join_asof", "_group_by", "_sort_source"),
}


def patches(handed: HandedTables, frames: Frames, module: str) -> list[Patch]:
    """Those of one module, which is imported."""
    told = Told(handed, frames)
    found: list[Patch] = []
    owner = sys.modules[module]
    for table in (_READS, _WRITES, _UNNAMED, _MAKERS):
        for name in table.get(module, ()):
            original = getattr(owner, name, None)
            if callable(original):
                found += [Patch(place, name, _around(told, module, name)) for place in _places(owner, original, name)]
    return found


def _places(owner: Any, original: Any, name: str) -> list[Any]:
    """The module, and the one that it has the function from: where pickle looks for it by its name."""
    home = sys.modules.get(getattr(original, "__module__", None) or "")
    return [owner, home] if home is not None and home is not owner and vars(home).get(name) is original else [owner]


class Told:
    """What is observed around a call of one of them."""

    def __init__(self, handed: HandedTables, frames: Frames) -> None:
        self.handed, self.tables, self._frames = handed, handed.tables, frames
        self.guard = handed.tables.guard

    def begins(
        self, module: str, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any], frame: FrameType | None
    ) -> bool:
        """Before the call; whether the program itself calls."""
        if frame is None or self.tables.thread.busy or not self.tables.follows or not self._frames.code(frame).owned:
            return False
        position = self._frames.position(frame)
        if position is None:
            return False
        self.tables.thread.busy = True
        try:
            called = f"{module}.{name}"
            given_tables = _tables_in((*args, *kwargs.values()))
            for value in given_tables:
                self.handed.taken(value, position, called)
            argument, format_ = _WRITES.get(module, {}).get(name, (None, None))
            if argument is not None:
                given = kwargs.get(argument, args[1] if len(args) > 1 else None)
                storage = files.of_path(given, str(format_ or kwargs.get("format") or "dataset"))
                if storage is not None and given_tables:
                    self.handed.written(given_tables[0], storage, position, called)
                elif storage is not None:
                    self.tables.storages.told_written(storage, None, position, called)
            if name in _UNNAMED.get(module, ()):
                what = "source" if name.startswith("open") else "sink"
                self.tables.storages.unknown(position, what, f"{called}: what goes through it is not followed")
        finally:
            self.tables.thread.busy = False
        return True

    def ended(
        self,
        module: str,
        name: str,
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        result: Any,
        frame: FrameType | None,
    ) -> None:
        """After the call has given ``result``."""
        position = self._frames.position(frame)
        if position is None:
            return
        self.tables.thread.busy = True
        try:
            called = f"{module}.{name}"
            argument, format_ = _READS.get(module, {}).get(name, (None, None))
            if argument is not None:
                given = kwargs.get(argument, args[0] if args else None)
                for each in given if isinstance(given, list) else [given]:
                    storage = files.of_path(each, str(format_ or kwargs.get("format") or "dataset"))
                    if storage is not None:
                        self.tables.storages.told_read(storage, position, called)
            if is_table(result):
                self.handed.given(result, position, called)
        finally:
            self.tables.thread.busy = False


def _tables_in(values: Iterable[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if is_table(value):
            found.append(value)
        elif type(value) in (list, tuple):
            found += [each for each in value[:100] if is_table(each)]
    return found


def _around(told: Told, module: str, name: str) -> Callable[[Any], Any]:
    from_caller, begins, ended = told.guard.from_caller, told.begins, told.ended

    def make(original: Any) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            begun = from_caller("tables", begins, module, name, args, kwargs)
            try:
                result = original(*args, **kwargs)
            except BaseException as error:
                leave(error)
                raise
            if begun:
                from_caller("tables", ended, module, name, args, kwargs, result)
            return result

        return (
            dressed(call, original) if isinstance(original, FunctionType) else functools.update_wrapper(call, original)
        )

    return make
