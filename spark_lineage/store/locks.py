"""Only one process at a time does something: a lock on a file, let go of when the process ends, however it ends."""

from __future__ import annotations

import contextlib
import errno
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from spark_lineage.privacy.files import open_private

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

# File systems without locks (some mounted object stores): there everybody is let in.
NO_LOCKS = (errno.ENOLCK, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL)
POLL = 0.02  # seconds


@contextlib.contextmanager
def locked(path: Path, seconds: float) -> Iterator[bool]:
    """True if this process has the lock now; False if another one has had it for ``seconds``. Raises OSError."""
    until = time.monotonic() + seconds
    with open_private(path, "ab") as file:
        while not _is_locked(file):
            if time.monotonic() >= until:
                yield False
                return
            time.sleep(POLL)
        try:
            yield True
        finally:
            _let_go(file)


def _is_locked(file: IO[bytes]) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in NO_LOCKS
    return True


def _let_go(file: IO[bytes]) -> None:
    """By hand: a forked child may still hold the open file."""
    with contextlib.suppress(OSError):  # a file system without locks
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_UN)
