"""Whether the files of a git work tree are those of its commit, read from git's own files: no process is started.

A tracked file that differs from what is staged makes the tree dirty, and so does anything staged that the commit has
not got; files that git does not track do not count. Formats: gitformat-index, gitformat-pack.
"""

from __future__ import annotations

import hashlib
import os
import stat
import struct
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

MOST_FILES = 50_000  # looking at more would take seconds
EXTENDED = 0x4000
IGNORED = 0x8000  # of the entry's flags: "assume unchanged"
STAGE = 0x3000
SKIPPED, INTENDED = 0x4000, 0x2000  # of its extended flags: "skip worktree" of sparse checkouts, "intent to add"
COMMIT = 1  # type of an object in a pack
NAME = 20  # bytes of a SHA-1


@dataclass(frozen=True)
class Entry:
    """One file that the index tracks."""

    path: bytes
    mode: int
    size: int
    modified: tuple[int, int]  # seconds and nanoseconds
    sha: bytes
    skipped: bool  # git does not look at the file itself
    unmerged: bool  # one side of a conflict, or only meant to be added


def is_dirty(root: Path, folder: Path, objects: Path, commit: str) -> bool | None:
    """``folder``: git's own of this work tree; ``objects``: where its objects are. None where it cannot be told."""
    try:
        index = (folder / "index").read_bytes()
        version, count = struct.unpack(">II", index[4:12])
        if index[:4] != b"DIRC" or version not in (2, 3, 4) or count > MOST_FILES or len(commit) != 2 * NAME:
            return None
        entries = list(_entries(index, version, count))
        if any(each.unmerged or (not each.skipped and _differs(root, each)) for each in entries):
            return True
        tree = _tree(objects, commit)
        return tree != _staged(entries) if tree is not None else None
    except (OSError, ValueError, IndexError, struct.error, zlib.error):
        return None


# --------------------------------------------------------------------------- the index


def _entries(index: bytes, version: int, count: int) -> Iterator[Entry]:
    at, before = 12, b""
    for _ in range(count):
        seconds, nanoseconds = struct.unpack(">II", index[at + 8 : at + 16])
        mode, size = struct.unpack(">I", index[at + 24 : at + 28])[0], struct.unpack(">I", index[at + 36 : at + 40])[0]
        sha = index[at + 40 : at + 60]
        flags = struct.unpack(">H", index[at + 60 : at + 62])[0]
        begun, at = at, at + 62
        skipped, unmerged = bool(flags & IGNORED), bool(flags & STAGE)
        if flags & EXTENDED:
            more = struct.unpack(">H", index[at : at + 2])[0]
            skipped, unmerged = skipped or bool(more & SKIPPED), unmerged or bool(more & INTENDED)
            at += 2
        if version == 4:
            cut, at = _number(index, at)
            end = index.index(b"\0", at)
            path = before[: len(before) - cut] + index[at:end]
            at = end + 1
        else:
            end = index.index(b"\0", at)
            path = index[at:end]
            at = begun + (end - begun + 8) // 8 * 8
        before = path
        yield Entry(path, mode, size, (seconds, nanoseconds), sha, skipped, unmerged)


def _number(index: bytes, at: int) -> tuple[int, int]:
    """A variable-length number as packs have their offsets, and where it ends."""
    value = index[at] & 0x7F
    while index[at] & 0x80:
        at += 1
        value = (value + 1) << 7 | index[at] & 0x7F
    return value, at + 1


def _differs(root: Path, entry: Entry) -> bool:
    """As git has it: equal times and sizes are equal files, otherwise the content decides."""
    path = os.path.join(os.fsencode(root), entry.path)
    if stat.S_IFMT(entry.mode) not in (stat.S_IFREG, stat.S_IFLNK):
        return False  # a submodule
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return True
    if stat.S_IFMT(found.st_mode) != stat.S_IFMT(entry.mode):
        return True
    if stat.S_ISREG(found.st_mode) and bool(found.st_mode & 0o100) != bool(entry.mode & 0o100):
        return True
    times = (int(found.st_mtime_ns // 10**9) & 0xFFFFFFFF, found.st_mtime_ns % 10**9)
    if found.st_size & 0xFFFFFFFF == entry.size and times == entry.modified:
        return False
    content = os.readlink(path) if stat.S_ISLNK(found.st_mode) else Path(os.fsdecode(path)).read_bytes()
    return entry.sha not in (_object(b"blob", content), _object(b"blob", content.replace(b"\r\n", b"\n")))


def _object(kind: bytes, content: bytes) -> bytes:
    return hashlib.sha1(b"%s %d\0" % (kind, len(content)) + content, usedforsecurity=False).digest()


def _staged(entries: Sequence[Entry]) -> bytes:
    """The tree that a commit of what is staged would have."""
    files: dict[bytes, tuple[int, bytes]] = {}
    folders: dict[bytes, list[Entry]] = {}
    for each in entries:
        folder, slash, rest = each.path.partition(b"/")
        if not slash:
            files[folder] = (each.mode, each.sha)
        elif not rest:  # a sparse index has whole folders
            files[folder] = (stat.S_IFDIR, each.sha)
        else:
            folders.setdefault(folder, []).append(replace(each, path=rest))
    files.update({folder: (stat.S_IFDIR, _staged(inside)) for folder, inside in folders.items()})
    # Git sorts folders as if their names ended in a slash.
    ordered = sorted(files.items(), key=lambda each: each[0] + (b"/" if each[1][0] == stat.S_IFDIR else b""))
    return _object(b"tree", b"".join(b"%o %s\0%s" % (mode, name, sha) for name, (mode, sha) in ordered))


# --------------------------------------------------------------------------- the commit


def _tree(objects: Path, commit: str) -> bytes | None:
    """The tree of a commit; None where its object is not at hand, or packed as a difference to another one."""
    loose = objects / commit[:2] / commit[2:]
    if loose.exists():
        body = zlib.decompress(loose.read_bytes()).partition(b"\0")[2]
        return _tree_in(body)
    for index in sorted((objects / "pack").glob("*.idx")):
        offset = _offset(index, bytes.fromhex(commit))
        if offset is not None:
            return _packed(index.with_suffix(".pack"), offset)
    return None


def _tree_in(body: bytes) -> bytes | None:
    return bytes.fromhex(body[5:45].decode("ascii")) if body.startswith(b"tree ") else None


def _offset(index: Path, sha: bytes) -> int | None:
    """Where the object is in the pack of this index (version 2)."""
    with index.open("rb") as file:
        if file.read(8) != b"\xfftOc\0\0\0\2":
            return None
        fanout = struct.unpack(">256I", file.read(1024))
        low, high, total = fanout[sha[0] - 1] if sha[0] else 0, fanout[sha[0]], fanout[255]
        while low < high:
            middle = (low + high) // 2
            file.seek(1032 + middle * NAME)
            found = file.read(NAME)
            if found == sha:
                file.seek(1032 + total * (NAME + 4) + middle * 4)
                offset: int = struct.unpack(">I", file.read(4))[0]
                return offset if not offset & 0x80000000 else None
            low, high = (middle + 1, high) if found < sha else (low, middle)
    return None


def _packed(pack: Path, offset: int) -> bytes | None:
    with pack.open("rb") as file:
        file.seek(offset)
        head = file.read(4096)
    if head[0] >> 4 & 7 != COMMIT:
        return None
    at = next(number for number, byte in enumerate(head) if not byte & 0x80) + 1
    return _tree_in(zlib.decompressobj().decompress(head[at:], 64))
