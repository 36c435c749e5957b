"""Which files were read by a pattern: the dataset is the folder in which the pattern chooses, not each of its files.

Spark tells the files that it has found. The pattern stands in the program's call.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from spark_lineage.graph.observed import Observed
from spark_lineage.model import Operation, OperationKind, Storage
from spark_lineage.model.locations import is_partition
from spark_lineage.privacy.rules import rules

_ABOVE_THE_PATH = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:(//[^/]*)?")
_SPECIAL = re.compile(r"[*?\[{]")
_QUOTED = re.compile(r"`([^`]*[*?\[{][^`]*)`")
_MOST_PATTERNS = 1000


@dataclass(frozen=True)
class _Glob:
    text: str
    matches: re.Pattern[str]


def name_by_folder(seen: Observed) -> None:
    """Gives what was read by a pattern the name of the folder that the pattern begins with; the pattern is its part."""
    globs = _globs(seen.operations)
    if not globs:
        return
    known: dict[tuple[str, str], Storage | None] = {}

    def named(storages: tuple[Storage, ...]) -> tuple[Storage, ...]:
        return tuple(_named(storage, globs, known) for storage in storages)

    seen.fragments = {df: replace(fragment, sources=named(fragment.sources)) for df, fragment in seen.fragments.items()}
    seen.executions = [replace(execution, sources=named(execution.sources)) for execution in seen.executions]


def _globs(operations: Iterable[Operation]) -> list[_Glob]:
    """The patterns of all reads, and of SQL that names files."""
    found: dict[str, None] = {}
    for operation in operations:
        texts = _QUOTED.findall(operation.detail.get("sql", ""))
        if operation.kind is OperationKind.READ:
            texts += operation.detail.get("path", "").split("\n")
        found.update(dict.fromkeys(texts))
    chosen = itertools.islice(filter(None, map(_glob, found)), _MOST_PATTERNS)
    return list(chosen)


def _glob(text: str) -> _Glob | None:
    """``None`` for a text that chooses no files: stars of a host, or of a secret that was taken out, are no pattern."""
    path = _ABOVE_THE_PATH.sub("", text)
    if _SPECIAL.search(path) is None or rules().mark in path:
        return None
    try:
        return _Glob(text, re.compile(_expression(path)))
    except re.error:  # such as [z-a], which Hadoop refuses too
        return None


def _expression(path: str) -> str:
    """Finds (folder above, rest) in a name: as a path of Hadoop, where ``*`` and ``?`` stay within one folder."""
    path = path.lstrip("/") if path.startswith("/") else re.sub(r"^(\./)+", "", path)
    path = re.sub(r"\*{2,}", "*", path)  # means the same, and a name that does not match is found out at once
    parts = path.rstrip("/").split("/")
    first = next(at for at, part in enumerate(parts) if _SPECIAL.search(part))
    while first and is_partition(parts[first - 1]):
        first -= 1  # partitions belong to the dataset above them
    folder, rest = "/".join(re.escape(part) for part in parts[:first]), "/".join(map(_translated, parts[first:]))
    above = rf"(?P<folder>(?:.*/)?{folder})" if folder else r"(?P<folder>.*)"
    return rf"{above}/(?P<rest>{rest}(?:/.*)?)"


def _translated(part: str) -> str:
    """One part of a path, as a regular expression."""
    out, at, depth = "", 0, 0
    while at < len(part):
        char = part[at]
        if char == "*":
            out += "[^/]*"
        elif char == "?":
            out += "[^/]"
        elif char == "[" and "]" in part[at + 1 :]:
            end = part.index("]", at + 1)
            inner = part[at + 1 : end]
            negated = inner.startswith(("^", "!"))
            inner = inner[1:] if negated else inner
            inner = inner.replace("\\", r"\\")
            out += f"[{'^' if negated else ''}{inner}]" if inner else re.escape(part[at : end + 1])
            at = end
        elif char == "{":
            depth += 1
            out += "(?:"
        elif char == "}" and depth:
            depth -= 1
            out += ")"
        elif char == "," and depth:
            out += "|"
        else:
            out += re.escape(char)
        at += 1
    return out + ")" * depth


def _named(storage: Storage, globs: Iterable[_Glob], known: dict[tuple[str, str], Storage | None]) -> Storage:
    """The storage under its folder's name, if a pattern chose it."""
    path = storage.name if storage.part is None or "," in storage.part else f"{storage.name}/{storage.part}"
    key = (storage.namespace, path)
    if key not in known:
        known[key] = next((found for glob in globs if (found := _chosen(storage, path, glob)) is not None), None)
    found = known[key]
    return replace(storage, name=found.name, part=found.part) if found is not None else storage


def _chosen(storage: Storage, path: str, glob: _Glob) -> Storage | None:
    match = glob.matches.fullmatch(path)
    if match is None:
        return None
    folder = match["folder"] or "/"
    return replace(storage, name=folder, part=f"files of {glob.text}")
