"""The process beside the program that tells receivers of a run while it runs (``sinks.live``): its begin and its end.

It is a process of its own so that the program notices nothing: no module is imported for it, no thread started, no
child left that the program could wait for. It goes on while ``delivery/live`` stands in the run's folder and the
program is there; ``delivery/live.lock`` is held while it writes the journal.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from spark_lineage.privacy.files import make_folder, write_private
from spark_lineage.sinks.cursors import FOLDER
from spark_lineage.store import locks, wal

MARK, LOCK = "live", "live.lock"
# Isolated, so that no file of the program hides a module; what may be found where the program finds it comes last.
CODE = (
    "import sys; from pathlib import Path; path, folder, namespace, rows = sys.argv[1:]; "
    "sys.path.extend(path.split('\\n')); from spark_lineage.sinks.live import main; "
    "main(Path(folder), namespace or None, bool(rows))"
)
NOT_FOR_IT = ("PYSPARK_GATEWAY_PORT", "PYSPARK_GATEWAY_SECRET", "PYSPARK_SUBMIT_ARGS")


def begin(folder: Path, roots: Sequence[str], namespace: str | None, sample_rows: bool) -> bool:
    """Starts it; False where that cannot be done. Takes some milliseconds, and leaves no child to wait for."""
    if not can_spawn():
        return False
    make_folder(folder / FOLDER, parents=False)
    write_private(folder / FOLDER / MARK, b"")
    return spawn(roots, CODE, [str(folder), namespace or "", "1" if sample_rows else ""])


def can_spawn() -> bool:
    return locks.fcntl is not None and bool(sys.executable) and os.path.exists("/bin/sh")


def spawn(roots: Sequence[str], code: str, words: Sequence[str], more: Mapping[str, str] | None = None) -> bool:
    """Starts a process of ours that is nobody's child: ``code`` is given where modules are, line by line, and then the
    ``words``. ``roots``: the folders of the program, where it finds nothing. ``more`` is added to its environment.
    """
    own = {os.path.realpath(root) for root in (*roots, os.getcwd())}
    path = [place for place in sys.path if place and os.path.realpath(place) not in own]
    package = str(Path(__file__).resolve().parents[2])
    started = [sys.executable, "-I", "-c", code, "\n".join([*path, package]), *words]
    # The shell is gone at once, and its child is nobody's: the program's os.wait() never sees it.
    shell = ["/bin/sh", "-c", '"$@" </dev/null >/dev/null 2>&1 &', "sh", *started]
    environ = {**_environ(os.environ), **(more or {})}
    try:
        process = os.posix_spawn("/bin/sh", shell, environ, setsid=True)
    except NotImplementedError:  # no session of its own on this system: Ctrl-C ends it together with the program
        process = os.posix_spawn("/bin/sh", shell, environ)
    return os.waitpid(process, 0)[1] == 0


def _environ(environ: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name not in NOT_FOR_IT}


def end(folder: Path, seconds: float) -> bool:
    """From now on it writes nothing into the journal; False if it has not let go of it in time.

    It may still wait for the answer to an event: whoever sends the run waits for that by the receiver's lock.
    """
    (folder / FOLDER / MARK).unlink(missing_ok=True)
    with locked(folder, seconds) as ours:
        return ours


def runs(folder: Path) -> bool:
    """Whether the program still runs: the record of its run is not whole, and it was not killed."""
    return (folder / wal.NAME).exists() and wal.is_alive(folder)


def wanted(folder: Path) -> bool:
    """Whether the program still runs, and still has its run told."""
    return (folder / FOLDER / MARK).exists() and wal.is_alive(folder)


def locked(folder: Path, seconds: float) -> contextlib.AbstractContextManager[bool]:
    """True if this process may write the journal now; False if another one has done so for ``seconds``."""
    return locked_by(folder / FOLDER / LOCK, seconds)


def locked_by(lock: Path, seconds: float) -> contextlib.AbstractContextManager[bool]:
    """True if this process has the lock; False if another one has had it for ``seconds``."""
    make_folder(lock.parent)
    return locks.locked(lock, seconds)
