"""Where a function of pandas or polars reads from or writes to, as its own frame has it.

The answer is the storages, or why they are not known: then it is a gap. A buffer is neither: what is in it came from
Python, and is followed as Python's own values are.
"""

from __future__ import annotations

import glob
import io
import os
import re
from collections.abc import Mapping
from types import CodeType, FrameType
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from spark_lineage.capture.following.tables import databases
from spark_lineage.model import Storage
from spark_lineage.model.locations import location

Found = tuple[Storage, ...] | str

# What pandas calls the argument, whichever ``read_`` function it is.
_ARGUMENTS = ("filepath_or_buffer", "path_or_buf", "path_or_buffer", "path", "io", "source", "sources")
_TARGETS = ("path_or_buf", "path_or_buffer", "path", "excel_writer", "buf", "file", "workbook", "target")
_READS, _WRITES = ("read_", "scan_"), ("to_", "write_", "sink_")  # of pandas, and of polars
# What these read or write has no name that is known here.
_UNNAMED = {
    "read_gbq": "a query of BigQuery",
    "to_gbq": "a table of BigQuery",
    "read_clipboard": "the clipboard",
    "to_clipboard": "the clipboard",
    "write_clipboard": "the clipboard",
    "scan_iceberg": "a table of Iceberg",
    "write_iceberg": "a table of Iceberg",
    "sink_iceberg": "a table of Iceberg",
    "scan_pyarrow_dataset": "a dataset of Arrow",
}
# Methods of objects that hold an open file: module of pandas, attribute with the path.
_OPEN = {
    **dict.fromkeys(("get", "select", "__getitem__", "put", "append", "__setitem__"), ("pytables", "_path", "hdf")),
    "parse": (os.path.join("excel", "_base"), "_io", "excel"),
}
_OPEN_WRITES = frozenset(["put", "append", "__setitem__"])
_SPELLED = {"gcs": "gs"}  # as pandas lets it be written, and Hadoop does not
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_CONTENT = re.compile(r"\s*[{\[<]|.*\n", re.DOTALL)  # JSON, XML or HTML in place of a path, as older pandas takes it
_PATTERN = re.compile(r"[*?\[]")
MOST_MATCHES = 100  # files of one pattern


def read_in(frame: FrameType | None, made: CodeType | None, listens: databases.Listens) -> Found:
    """What the function ``made`` reads, which runs around ``frame``; nothing if it reads none.

    ``listens``: the program may hear what a database is asked (:mod:`databases`).
    """
    if made is None:
        return ()
    if made.co_name.startswith(_READS):
        local = _locals(frame, made)
        return _read(made.co_name, local, listens) if local is not None else ()
    if made.co_name in _OPEN and made.co_name not in _OPEN_WRITES:
        return _of_open(frame, made)
    return ()


def _read(name: str, local: Mapping[str, Any], listens: databases.Listens) -> Found:
    if name in _UNNAMED:
        return f"{name} has read {_UNNAMED[name]}, which is not followed"
    if name in databases.READS:
        return databases.read(name, local, listens)
    given = next((local[argument] for argument in _ARGUMENTS if argument in local), None)
    return _places(given, name, local)


def writes(made: CodeType | None) -> bool:
    """Whether the function ``made`` may write to storage."""
    return made is not None and (
        made.co_name.startswith(_WRITES) or (made.co_name in _OPEN_WRITES and "pytables" in made.co_filename)
    )


def written_in(frame: FrameType | None, made: CodeType | None, obj: Any, listens: databases.Listens) -> Found:
    """What the method ``made`` of ``obj`` writes, which runs around ``frame``; nothing if it writes none."""
    if made is None:
        return ()
    if made.co_name in _OPEN_WRITES:
        return _of_open(frame, made)
    local = _locals(frame, made) if made.co_name.startswith(_WRITES) else None
    if local is None or local.get("self") is not obj:
        return ()
    if made.co_name in _UNNAMED:
        return f"{made.co_name} has written {_UNNAMED[made.co_name]}, which is not followed"
    if made.co_name in databases.WRITES:
        return databases.written(made.co_name, local, listens)
    return _places(next((local[name] for name in _TARGETS if name in local), None), made.co_name, local)


def _places(given: Any, name: str, local: Mapping[str, Any]) -> Found:
    """The storages behind what a function was given as its path."""
    format_ = name.partition("_")[2]
    if isinstance(given, (list, tuple)):
        found = [_places(each, name, local) for each in given[:MOST_MATCHES]]
        unknown = next((each for each in found if isinstance(each, str)), None)
        known = dict.fromkeys(one for each in found if not isinstance(each, str) for one in each)
        return unknown if unknown is not None else tuple(known)
    path = _path_of(given)
    if path is None:
        return ()
    prefix = _prefix(local.get("filesystem"))
    if prefix is None:
        return f"{name} was given a file system of its own, whose files have no name that is known here"
    if prefix and not _URL.match(path):
        path = prefix + path
    if not _URL.match(path) and not os.path.exists(path) and _PATTERN.search(path) and name.startswith(_READS):
        matched = sorted(glob.glob(path, recursive=True))[:MOST_MATCHES]
        named = (_named(each, format_) for each in matched)
        return tuple(dict.fromkeys(each for each in named if each is not None))
    storage = _named(path, format_)
    return (storage,) if storage is not None else ()


def _path_of(given: Any) -> str | None:
    """The path that was given, or that of a file which is open; None for what is in memory."""
    kind = type(given)
    if kind.__module__.startswith("pandas.io."):  # an ExcelWriter of several sheets, an ExcelFile, an HDFStore
        state = vars(given)
        given = next((state[name] for name in ("_path", "_io", "io") if name in state), None)
    if isinstance(given, io.IOBase) or kind.__name__ == "_TemporaryFileWrapper":
        given = getattr(given, "name", None)
    if not isinstance(given, (str, os.PathLike)):
        return None
    path = os.fspath(given)
    if not isinstance(path, str) or (isinstance(given, str) and _CONTENT.match(given)):
        return None
    return path


def _prefix(filesystem: Any) -> str | None:
    """What stands before a path of a file system; None for one that is not known."""
    if filesystem is None:
        return ""
    kind = getattr(filesystem, "type_name", None) or getattr(type(filesystem), "protocol", None)
    kind = kind[0] if isinstance(kind, tuple) and kind else kind
    if kind in ("local", "file"):
        return ""
    return f"{kind}://" if kind in ("s3", "s3a", "gs", "gcs", "abfs", "abfss") else None


def _of_open(frame: FrameType | None, made: CodeType) -> Found:
    """The file that is held open by the object whose method was called."""
    module, attribute, format_ = _OPEN[made.co_name]
    if module not in made.co_filename:
        return ()
    local = _locals(frame, made)
    state = getattr(local.get("self"), "__dict__", {}) if local is not None else {}
    path = _path_of(state.get(attribute))
    storage = _named(path, format_) if path is not None else None
    return (storage,) if storage is not None else ()


def _locals(frame: FrameType | None, made: CodeType) -> Mapping[str, Any] | None:
    """The variables of the function ``made``, if it runs around ``frame``."""
    while frame is not None and frame.f_code is not made:
        frame = frame.f_back
    return frame.f_locals if frame is not None else None


def of_path(given: Any, format_: str) -> Storage | None:
    """The storage behind a path, or behind a file that is open; None for what is in memory."""
    path = _path_of(given)
    return _named(path, format_) if path is not None else None


def _named(path: str, format_: str) -> Storage | None:
    """Named as Spark's reads are."""
    if "\n" in path:
        return None
    found = location(_without_query(path) if _URL.match(path) else os.path.abspath(path))
    return Storage(found.namespace, found.name, format_, part=found.part)


def _without_query(url: str) -> str:
    """What follows the path of a URL may hold keys, and is no part of a name."""
    parts = urlsplit(url)
    return urlunsplit((_SPELLED.get(parts.scheme, parts.scheme), parts.netloc, parts.path, "", ""))
