"""Where the audit tables of a store are: in its folder, or beside its runs in a store elsewhere.

There commits are made by conditional puts (on HDFS by a rename that fails if the name is taken), so that of several
drivers that want the same next version of a table one gets it, and the others try the one after it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from spark_lineage.config.addresses import Kind
from spark_lineage.privacy.files import close_to_others, make_folder
from spark_lineage.store import places
from spark_lineage.store.places.cloud import is_plain_http
from spark_lineage.store.places.objects import Unreachable, at_once
from spark_lineage.store.places.remote import Remote

if TYPE_CHECKING:
    import pyarrow as pa

Table = tuple[str, Any]  # name and rows
Answer = TypeVar("Answer")


class TablePlace(Protocol):
    def table(self, name: str) -> Any:
        """A table as ``deltalake`` has it; None where there is none."""

    def opened(self, name: str) -> Any:
        """A table that is there."""

    def create(self, name: str, schema: Any, configuration: Mapping[str, str]) -> Any: ...

    def remove(self, name: str) -> None: ...

    def close(self, name: str) -> None:
        """What was written is closed to others, where that is ours to say."""

    def exists(self) -> bool:
        """Whether there may be tables."""

    def rows(self, table: Any, columns: Sequence[str] | None = None, run: str | None = None) -> pa.Table:
        """The rows of a table; only some columns, and only those of one run, if they are given."""

    def is_unreachable(self, error: Exception) -> bool:
        """Whether an error says nothing about the tables, but that nothing is known of them now."""

    def each(self, ask: Callable[[Table], Answer], tables: Iterable[Table]) -> Iterator[Answer]:
        """What is done to several tables in their order; over a network to all at once but the last."""


def table_place(folder: Path) -> TablePlace:
    """``folder``: the folder ``audit`` of a store."""
    remote = places.place_of(folder.parent)
    return _InFolder(folder) if remote is None else _Elsewhere(remote)


class _InFolder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def table(self, name: str) -> Any:
        import deltalake

        path = str(self._folder / name)
        return deltalake.DeltaTable(path) if deltalake.DeltaTable.is_deltatable(path) else None

    def opened(self, name: str) -> Any:
        import deltalake

        return deltalake.DeltaTable(str(self._folder / name))

    def create(self, name: str, schema: Any, configuration: Mapping[str, str]) -> Any:
        import deltalake

        make_folder(self._folder / name)
        path = str(self._folder / name)
        return deltalake.DeltaTable.create(path, schema, mode="error", configuration=configuration)

    def remove(self, name: str) -> None:
        shutil.rmtree(self._folder / name, ignore_errors=True)

    def close(self, name: str) -> None:
        close_to_others(self._folder / name)

    def exists(self) -> bool:
        return self._folder.is_dir()

    def rows(self, table: Any, columns: Sequence[str] | None = None, run: str | None = None) -> pa.Table:
        filters = [("run_id", "=", run)] if run is not None else None
        return table.to_pyarrow_table(columns=columns, filters=filters)

    def is_unreachable(self, error: Exception) -> bool:
        return False

    def each(self, ask: Callable[[Table], Answer], tables: Iterable[Table]) -> Iterator[Answer]:
        return map(ask, tables)


class _Elsewhere:
    def __init__(self, remote: Remote) -> None:
        self._remote = remote
        mounted = remote.address.kind is Kind.MOUNTED
        self._root = f"{remote.address.folder if mounted else remote.name}/audit"
        self._options = _options(remote)

    def table(self, name: str) -> Any:
        from deltalake.exceptions import TableNotFoundError

        try:
            return self.opened(name)
        except TableNotFoundError:
            return None

    def opened(self, name: str) -> Any:
        import deltalake

        return deltalake.DeltaTable(self._uri(name), storage_options=self._options)

    def create(self, name: str, schema: Any, configuration: Mapping[str, str]) -> Any:
        import deltalake

        if self._remote.address.kind is Kind.MOUNTED:
            make_folder(Path(self._uri(name)))
        return deltalake.DeltaTable.create(
            self._uri(name), schema, mode="error", configuration=configuration, storage_options=self._options
        )

    def remove(self, name: str) -> None:
        objects = self._remote.objects
        objects.delete([entry.name for entry in objects.entries(f"audit/{name}/")])

    def close(self, name: str) -> None:
        """Who may read an object is said by the place."""

    def exists(self) -> bool:
        return True

    def rows(self, table: Any, columns: Sequence[str] | None = None, run: str | None = None) -> pa.Table:
        """File by file, and only files that may have rows of the run.

        Not by ``to_pyarrow_table``: pyarrow's threads then read through Python, and the process may abort at its end.
        """
        import pyarrow as pa
        from pyarrow import compute

        schema = pa.schema(table.schema().to_arrow())
        wanted = [name for name in schema.names if columns is None or name in columns]
        actions = pa.table(table.get_add_actions(flatten=True))
        files = [action["path"] for action in actions.to_pylist() if run is None or _may_have(action, run)]
        name = table.table_uri.rstrip("/").rpartition("/")[2]
        read = at_once(lambda file: self._file(f"audit/{name}/{file}", schema), files)
        parts = [part.select(wanted) for part in read]
        found = pa.concat_tables(parts) if parts else schema.empty_table().select(wanted)
        return found.filter(compute.field("run_id") == run) if run is not None else found

    def _file(self, name: str, schema: pa.Schema) -> pa.Table:
        import pyarrow as pa
        from pyarrow import parquet

        content = self._remote.objects.get(name)
        if content is None:
            raise FileNotFoundError(f"{name} is missing")
        read = parquet.ParquetFile(pa.BufferReader(content)).read(use_threads=False)
        # A file of an earlier version has not all columns.
        columns = [
            read.column(field.name).cast(field.type)
            if field.name in read.schema.names
            else pa.nulls(read.num_rows, field.type)
            for field in schema
        ]
        return pa.table(columns, schema=schema)

    def is_unreachable(self, error: Exception) -> bool:
        return isinstance(error, Unreachable) or "Error performing" in str(error)

    def each(self, ask: Callable[[Table], Answer], tables: Iterable[Table]) -> Iterator[Answer]:
        *first, last = tables
        yield from at_once(ask, first)
        yield ask(last)

    def _uri(self, name: str) -> str:
        return f"{self._root}/{name}"


def _may_have(action: Mapping[str, Any], run: str) -> bool:
    """By the statistics of a file."""
    least, most = action.get("min.run_id"), action.get("max.run_id")
    return least is None or most is None or least <= run <= most


def _options(remote: Remote) -> Mapping[str, str]:
    # A store that does not answer is not waited for: what was not written is written by the next run.
    options = {"connect_timeout": "5s", "timeout": "60s", "max_retries": "3", "retry_timeout": "20s"}
    if remote.address.kind is not Kind.OBJECTS:
        return {}
    if remote.address.scheme == "s3":
        options["conditional_put"] = "etag"
    if remote.address.kind is Kind.OBJECTS and is_plain_http(os.environ):
        options["allow_http"] = "true"
    return options
