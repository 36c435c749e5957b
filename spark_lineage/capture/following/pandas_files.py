"""Which file a function of pandas reads or writes, as its own frame has it."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Mapping
from types import CodeType, FrameType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from spark_lineage.model import Storage
from spark_lineage.model.locations import location

# What pandas calls the argument, whichever ``read_`` function it is.
_ARGUMENTS = ("filepath_or_buffer", "path_or_buf", "path_or_buffer", "path", "io", "source")
_TARGETS = ("path_or_buf", "path_or_buffer", "path", "excel_writer", "buf", "file", "workbook", "target")
_READS, _WRITES = ("read_", "scan_"), ("to_", "write_", "sink_")  # of pandas, and of polars
_DATABASE_READS = frozenset("read_sql read_sql_query read_sql_table read_gbq read_database read_database_uri".split())
_SPELLED = {"gcs": "gs"}  # as pandas lets it be written, and Hadoop does not
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def read_in(frame: FrameType | None, made: CodeType | None) -> Storage | None:
    """The storage that the function ``made`` of pandas reads, which runs around ``frame``; None if it reads none."""
    local = _locals(frame, made, _READS)
    if made is None or local is None:
        return None
    path = next((local[name] for name in _ARGUMENTS if name in local), None)
    if not isinstance(path, (str, os.PathLike)):
        return None  # a buffer: where its content comes from is not known
    return _named(os.fspath(path), made.co_name.partition("_")[2])


def writes(made: CodeType | None) -> bool:
    """Whether the function ``made`` of pandas may write to storage."""
    return made is not None and made.co_name.startswith(_WRITES)


def written_in(frame: FrameType | None, made: CodeType | None, obj: Any) -> Storage | None:
    """The storage that the method ``made`` of ``obj`` writes, which runs around ``frame``; None if it writes none."""
    local = _locals(frame, made, _WRITES)
    if made is None or local is None or local.get("self") is not obj:
        return None
    path = next((local[name] for name in _TARGETS if name in local), None)
    if isinstance(path, io.IOBase):
        path = getattr(path, "name", None)  # of a file that is open
    elif type(path).__module__.startswith("pandas.io.excel"):  # an ExcelWriter, of several sheets
        path = vars(path).get("_path")
    if not isinstance(path, (str, os.PathLike)):
        return None  # it is given back, or goes to a buffer
    return _named(os.fspath(path), made.co_name.partition("_")[2])


def into_database(frame: FrameType | None, made: CodeType | None, obj: Any) -> bool:
    """Whether the method ``made`` of ``obj`` writes a table of a database; which one is not known."""
    local = _locals(frame, made, ("to_sql", "write_database"))
    return local is not None and local.get("self") is obj


def reads_database(made: CodeType | None) -> bool:
    """Whether the function ``made`` reads a database: which of its tables only its SQL says."""
    return made is not None and made.co_name in _DATABASE_READS


def _locals(frame: FrameType | None, made: CodeType | None, begins: tuple[str, ...]) -> Mapping[str, Any] | None:
    """The variables of the function ``made`` of pandas, if it is called so."""
    if made is None or not made.co_name.startswith(begins):
        return None
    while frame is not None and frame.f_code is not made:
        frame = frame.f_back
    return frame.f_locals if frame is not None else None


def _named(path: str | bytes, format_: str) -> Storage | None:
    """Named as Spark's reads are."""
    if not isinstance(path, str) or "\n" in path:
        return None
    found = location(_without_query(path) if _URL.match(path) else os.path.abspath(path))
    return Storage(found.namespace, found.name, format_, part=found.part)


def _without_query(url: str) -> str:
    """What follows the path of a URL may hold keys, and is no part of a name."""
    parts = urlsplit(url)
    return urlunsplit((_SPELLED.get(parts.scheme, parts.scheme), parts.netloc, parts.path, "", ""))
