"""Files that commands make for people: closed to others, whole or not at all, and never over what is not theirs."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from pathlib import Path

from spark_lineage.refusals import Refusal

HEAD = 4096  # bytes in which a file of ours says that it is one
OWNER_ONLY = 0o600


def save(text: str, path: Path, marks: tuple[str, ...]) -> None:
    """Writes a file that only its owner can read; one that is there already is replaced, and stays as open as it was.

    ``marks``: one of these stands in the head of each file that may be replaced, as does nothing in an empty one.
    Raises :class:`Refusal` with one sentence: no folder, a folder in its place, a file of somebody else, a full disk.
    """
    try:
        if path.is_dir():
            raise Refusal(f"{path} is a folder: name a file in it with -o.")
        if not path.parent.is_dir():
            raise Refusal(f"{path} cannot be written: there is no folder {path.parent}.")
        if path.exists() and not path.is_file():  # a device or a pipe
            path.write_bytes(_bytes(text))
            return
        mode = _mode_of_ours(path, marks)
        _replace(Path(os.path.realpath(path)), _bytes(text), mode)
    except OSError as error:
        raise Refusal(f"{path} cannot be written: {error.strerror or error}.") from error


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")


def _mode_of_ours(path: Path, marks: tuple[str, ...]) -> int:
    if not path.exists():
        return OWNER_ONLY
    with path.open("rb") as file:
        head = file.read(HEAD)
        if head and not any(mark.encode() in head for mark in marks):
            raise Refusal(f"{path} is there already and is no report: name another file with -o, or remove it.")
        return stat.S_IMODE(os.fstat(file.fileno()).st_mode)


def _replace(path: Path, content: bytes, mode: int) -> None:
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name[:100]}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            os.fchmod(file.fileno(), mode)
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
