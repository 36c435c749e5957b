"""What is created in a store can be read by its owner only: files are 0600, folders 0700.

A store that a team shares is a folder that was made for it: group-writable, with the setgid bit (``chmod g+rwxs``).
What is created there is open to the group, too.
"""

from __future__ import annotations

import contextlib
import os
import stat
from pathlib import Path
from typing import IO

OWNER = 0o700
SHARED = 0o770


def make_folder(path: Path, parents: bool = True) -> None:
    """Creates a folder and, with ``parents``, the missing ones above it; what is there already stays as it is.

    Raises OSError.
    """
    if path.is_dir():
        return
    if parents and not path.parent.exists():
        make_folder(path.parent)
    mode = _folder_mode(path.parent)
    path.mkdir(mode=mode, exist_ok=True)  # another process may have been faster
    if mode == SHARED:
        os.chmod(path, SHARED | stat.S_ISGID)  # whatever the umask says


def open_private(path: Path, mode: str, buffering: int = -1) -> IO[bytes]:
    """Opens a file for writing (``ab``, ``wb``, ``xb``), closed to others if it is made now. Raises OSError."""
    allowed = _folder_mode(path.parent) & 0o666

    def opener(name: str, flags: int) -> int:
        new = not os.path.exists(name)
        descriptor = os.open(name, flags, allowed)
        if new and allowed != OWNER & 0o666:
            os.fchmod(descriptor, allowed)  # whatever the umask says
        return descriptor

    return open(path, mode, buffering, opener=opener)


def write_private(path: Path, content: bytes) -> None:
    """Writes a whole file. Raises OSError."""
    with open_private(path, "wb") as file:
        file.write(content)


def replace_private(path: Path, content: bytes) -> None:
    """Writes a whole file, or leaves what is there: nobody sees half of it. Raises OSError."""
    beside = path.with_suffix(f".{os.getpid()}.part")
    write_private(beside, content)
    os.replace(beside, path)


def close_to_others(folder: Path) -> None:
    """Closes what other programs have written below ``folder`` as if it had been created here."""
    mode = _folder_mode(folder)
    for place, folders, files in os.walk(folder):
        for name in (*folders, *files):
            _close(os.path.join(place, name), mode)


def _close(path: str, allowed: int) -> None:
    with contextlib.suppress(OSError):  # of another owner, or gone meanwhile
        mode = stat.S_IMODE(os.lstat(path).st_mode)
        if mode & 0o777 & ~allowed and not os.path.islink(path):
            os.chmod(path, mode & ~(0o777 & ~allowed))


def _folder_mode(folder: Path) -> int:
    """How open what is created in a folder is."""
    mode = folder.stat().st_mode
    return SHARED if mode & stat.S_ISGID and mode & stat.S_IWGRP else OWNER
