"""Where data lies, as OpenLineage names it (https://openlineage.io/docs/spec/naming).

The JVM half names what Spark reads and writes (``plan/storages/Locations``), this module what Python does without it.
One place has one name: both are held to ``tests/contract/locations.json``.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

# Of these the name is a key, which begins with no slash; s3a and s3n are other clients of the same store.
_KEYED = {scheme: scheme for scheme in ("gs", "abfss", "abfs", "wasbs", "wasb", "oss", "cosn", "obs", "s3")}
_KEYED.update({"s3a": "s3", "s3n": "s3"})
_LOCAL = ("file", "local")
_URI = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+):(?://(?P<authority>[^/]*))?(?P<path>/.*)?")
_CREDENTIALS = re.compile(r"^.*:.*@")  # not `container@account`
_PARTITION = re.compile(r"[^=/]+=[^/]*")
_PART_FILE = re.compile(r"part-(?:[mr]-)?\d{5}(?:[-.].*)?")


@dataclass(frozen=True, slots=True)
class Location:
    """``part``: the partition or the part file that the path names in the dataset above it; None for the whole."""

    namespace: str
    name: str
    part: str | None = None


def is_partition(folder: str) -> bool:
    """Whether a folder is one partition of the dataset above it, as ``day=2024-01-01``."""
    return _PARTITION.fullmatch(folder) is not None


def location(path: str) -> Location:
    """That of an absolute path or a URI."""
    scheme, authority, path = _taken_apart(path)
    parts = [part for part in posixpath.normpath(path).split("/") if part]
    kept = _dataset(parts)
    namespace, root = _above(scheme, _CREDENTIALS.sub("", authority))
    return Location(namespace, root + "/".join(kept) or "/", "/".join(parts[len(kept) :]) or None)


def _taken_apart(path: str) -> tuple[str, str, str]:
    """Scheme, authority and path; a path alone is one of a file."""
    found = _URI.fullmatch(path)
    return (
        (found["scheme"], found["authority"] or "", found["path"] or "/") if found is not None else ("file", "", path)
    )


def _dataset(parts: list[str]) -> list[str]:
    """The folders of the dataset: without the partitions that the path ends with, and without a part file, whose name
    Spark or Hadoop has given it.
    """
    kept = parts[:-1] if len(parts) > 1 and _PART_FILE.fullmatch(parts[-1]) else parts
    above = list(kept)
    while above and is_partition(above[-1]):
        above.pop()
    return above or kept


def _above(scheme: str, authority: str) -> tuple[str, str]:
    """The namespace, and what a name in it begins with."""
    if scheme in _LOCAL:
        return "file", "/"
    if scheme in _KEYED:
        return f"{_KEYED[scheme]}://{authority}", ""
    return (f"{scheme}://{authority}" if authority else scheme), "/"
