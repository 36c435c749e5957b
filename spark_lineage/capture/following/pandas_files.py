"""Which file a function of pandas reads, as its own frame has it."""

from __future__ import annotations

import os
import re
from types import CodeType, FrameType
from urllib.parse import urlsplit, urlunsplit

from spark_lineage.model import Storage
from spark_lineage.model.locations import location

# What pandas calls the argument, whichever ``read_`` function it is.
_ARGUMENTS = ("filepath_or_buffer", "path_or_buf", "path_or_buffer", "path", "io")
_SPELLED = {"gcs": "gs"}  # as pandas lets it be written, and Hadoop does not
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def read_in(frame: FrameType | None, made: CodeType | None) -> Storage | None:
    """The storage that the function ``made`` of pandas reads, which runs around ``frame``; None if it reads none."""
    if made is None or not made.co_name.startswith("read_"):
        return None
    while frame is not None and frame.f_code is not made:
        frame = frame.f_back
    if frame is None:
        return None
    local = frame.f_locals  # of pandas' own frame
    path = next((local[name] for name in _ARGUMENTS if name in local), None)
    if not isinstance(path, (str, os.PathLike)):
        return None  # a buffer: where its content comes from is not known
    return _named(os.fspath(path), made.co_name.removeprefix("read_"))


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
