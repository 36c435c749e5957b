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


def save(text: str | bytes, path: Path, marks: tuple[str, ...], kind: str) -> None:
    """Writes a file that only its owner can read; one that is there already is replaced, and stays as open as it was.

    ``marks``: one of these stands in the head of each file that may be replaced, as does nothing in an empty one;
    ``kind`` is what such a file is called.
    Raises :class:`Refusal` with one sentence: no folder, a folder in its place, a file of somebody else, a full disk.
    """
    refuse(path, marks, kind)
    try:
        if path.exists() and not path.is_file():  # a device or a pipe
            path.write_bytes(_bytes(text))
            return
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else OWNER_ONLY
        _replace(Path(os.path.realpath(path)), _bytes(text), mode)
    except (OSError, ValueError) as error:
        raise Refusal(_not_writable(path, error)) from error


def refuse(path: Path, marks: tuple[str, ...], kind: str) -> None:
    """Raises :class:`Refusal` if the file could not be written, as far as that can be told before it is."""
    try:
        why = _why_not(path, marks, kind)
    except (OSError, ValueError) as error:  # ValueError: no file can have such a name
        raise Refusal(_not_writable(path, error)) from error
    if why is not None:
        raise Refusal(f"{path} {why}.")


def _why_not(path: Path, marks: tuple[str, ...], kind: str) -> str | None:
    if path.is_dir():
        return "is a folder: name a file in it"
    if not path.parent.is_dir():
        return f"cannot be written: there is no folder {path.parent}"
    if path.is_file():
        if not os.access(path, os.W_OK):
            return "cannot be written: it is read-only"
        return None if _is_ours(path, marks) else f"is there already and is no {kind}: name another file, or remove it"
    if not path.exists() and not os.access(path.parent, os.W_OK):
        return f"cannot be written: the folder {path.parent} is read-only"
    return None


def _not_writable(path: Path, error: OSError | ValueError) -> str:
    return f"{path} cannot be written: {getattr(error, 'strerror', None) or error}."


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("utf-8", "backslashreplace")


def _is_ours(path: Path, marks: tuple[str, ...]) -> bool:
    with path.open("rb") as file:
        head = file.read(HEAD)
    return not head or any(mark.encode() in head for mark in marks)


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
