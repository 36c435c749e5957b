"""Which file a function of pandas reads, as its own frame has it."""

from __future__ import annotations

import os
import re
from types import CodeType, FrameType
from urllib.parse import urlsplit

from spark_lineage.model import Storage

# What pandas calls the argument, whichever ``read_`` function it is.
_ARGUMENTS = ("filepath_or_buffer", "path_or_buf", "path_or_buffer", "path", "io")
_OBJECT_STORES = {"s3a": "s3", "s3n": "s3"}
_PARTITION = re.compile(r"[^=/]+=[^/]*")


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
    """Named as Spark's reads are, by the naming rules of OpenLineage."""
    if not isinstance(path, str) or "\n" in path:
        return None
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]+://", path):
        parts = urlsplit(path)
        host = parts.netloc.rpartition("@")[2]
        if parts.scheme == "file":
            return _split("file", parts.path, format_)
        scheme = _OBJECT_STORES.get(parts.scheme, parts.scheme)
        name = parts.path if scheme.startswith(("http", "hdfs")) else parts.path.lstrip("/")
        return _split(f"{scheme}://{host}", name, format_)
    return _split("file", os.path.abspath(path), format_)


def _split(namespace: str, path: str, format_: str) -> Storage:
    """Partition folders at the end, and part files of Spark's, are parts of the dataset above them."""
    parts = path.split("/")
    kept = len(parts)
    if re.fullmatch(r"part-\d{5}([-.].*)?", parts[-1]) and kept > 1:
        kept -= 1
    while kept > 1 and _PARTITION.fullmatch(parts[kept - 1]):
        kept -= 1
    part = "/".join(parts[kept:]) or None
    return Storage(namespace, "/".join(parts[:kept]) or "/", format_, part=part)
