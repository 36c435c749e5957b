"""The write-ahead file of one run: observations as they come, one JSON document per line.

It exists so that a killed driver leaves everything up to its last second; once the journal of the run is sealed
it has served and is removed. A torn last line is what a kill leaves and is skipped by the reader.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from spark_lineage.graph.batches import span
from spark_lineage.jvm import programs
from spark_lineage.model import FORMAT, CellBegun, CellEnded, Execution, Observation, Probed, ProgramEnded
from spark_lineage.privacy.files import make_folder, open_private, write_private
from spark_lineage.store import places, without_python
from spark_lineage.store.batch_lines import BatchLines
from spark_lineage.store.observation_lines import decode, encode, encode_fast

NAME = "observations.jsonl"
MANY = 200  # observations at once, from which on speed counts
SLOT = 256  # bytes: a line of a measurement that runs is as long as a multiple of it
SPARE = 32  # bytes: for some more digits, so that the next line fits in its place
MOST_RUNNING = 10_000  # measurements whose places are known
CHUNK = 1_000_000  # bytes, that are read at once
PROCESS = "process.json"  # who writes: tells a run that goes on from one that was killed


Place = tuple[int, int]  # of a line in the file: where it begins, and its length; bytes


class WriteAhead:
    """Appends observations to ``<folder>/observations.jsonl``. Not safe for several threads at once.

    A measurement that still runs is told again and again, and takes the place in the file that it had before; so do the
    latest batches of a streaming query, and the sums of those before them: the file grows by what is observed and not
    by how long that takes.

    Raises OSError if the folder cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        make_folder(folder)
        self.path = folder / NAME
        write_private(folder / PROCESS, json.dumps({**_this_process(), "format": FORMAT}).encode())
        # Line-complete writes of one buffer each: a reader beside us sees whole lines, save the last.
        self._file = open_private(self.path, "w+b", buffering=0)
        self._size = 0
        self._running: dict[str, Place] = {}  # measurements that run, by instance
        self._batches = BatchLines()
        self._pid = os.getpid()

    def append(self, observations: Sequence[Observation]) -> int:
        """Writes them in one go; returns how many. Raises OSError, and then none of them was appended."""
        if os.getpid() != self._pid:
            return 0  # a forked child of the program shares the file with its parent
        encoded = encode_fast if len(observations) >= MANY else encode

        def text(observation: Observation) -> bytes:
            return encoded(observation).encode("utf-8", "backslashreplace") + b"\n"

        alone = [observation for observation in observations if not self._is_shared(observation)]
        again, new = self._placed(alone, list(map(text, alone)))
        shared = list(self._batches.unwritten())
        for each in shared:
            written = text(each.execution)
            if each.place is None or len(written) > each.place[1]:
                each.place = (self._size + len(new), _length(len(written)))
                new += _filled(written, each.place[1])
            else:
                again.append((each.place[0], _filled(written, each.place[1])))
        try:
            for at, line in again:
                self._write(at, line)
            self._write(self._size, new)
        except OSError:
            self._running.clear()  # what may not be there is not written over
            self._batches.forget_places()
            with contextlib.suppress(OSError):
                self._file.truncate(self._size)
            raise
        self._size += len(new)
        for each in shared:
            each.written = True
        return len(observations)

    def _is_shared(self, observation: Observation) -> bool:
        """Whether it is a batch of a streaming query that gets no line of its own for good."""
        of = span(observation) if isinstance(observation, Execution) else None
        return of is not None and isinstance(observation, Execution) and self._batches.shares(of, observation)

    def _placed(
        self, observations: Sequence[Observation], lines: Sequence[bytes]
    ) -> tuple[list[tuple[int, bytes]], bytearray]:
        """(lines that take the place of earlier ones, and where that is; what is appended)"""
        again: list[tuple[int, bytes]] = []
        new = bytearray()
        for observation, line in zip(observations, lines, strict=True):
            place = self._running.pop(observation.instance, None) if isinstance(observation, Probed) else None
            if not isinstance(observation, Probed) or not runs(observation):
                new += line
            elif place is not None and len(line) <= place[1]:
                self._running[observation.instance] = place
                again.append((place[0], _filled(line, place[1])))
            else:
                length = _length(len(line))
                self._running[observation.instance] = (self._size + len(new), length)
                new += _filled(line, length)
        while len(self._running) > MOST_RUNNING:  # the next time it is told, the oldest gets another place
            del self._running[next(iter(self._running))]
        return again, new

    def _write(self, at: int, content: bytes | bytearray) -> None:
        self._file.seek(at)
        while content:
            content = content[self._file.write(content) :]

    def read(self) -> Iterator[Observation | None]:
        """As :func:`read`, of this file, also where its folder is gone. Nothing may be appended meanwhile."""
        return _decoded(_lines(self._file))

    def close(self) -> None:
        self._file.close()

    def remove(self) -> None:
        self.close()
        remove(self.path.parent)


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """From the beginning, without closing the file."""
    file.seek(0)
    rest = b""
    while chunk := file.read(CHUNK):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from (line + b"\n" for line in whole)
    if rest:
        yield rest


def runs(observation: Probed) -> bool:
    """A measurement of which only the number of rows is known: another one of the same instance replaces it."""
    return not observation.complete and observation.rows is not None and not observation.columns


def _length(line: int) -> int:
    """Of the place for a line of so many bytes."""
    return -(-(line + SPARE) // SLOT) * SLOT


def _filled(line: bytes, length: int) -> bytes:
    return line[:-1].ljust(length - 1) + b"\n"


def remove(folder: Path) -> None:
    """Once the journal is sealed, the write-ahead file has served."""
    (folder / NAME).unlink(missing_ok=True)
    (folder / PROCESS).unlink(missing_ok=True)


def read(folder: Path) -> Iterator[Observation | None]:
    """The observations of a run that has not been sealed; None for a whole line that cannot be read."""
    with (folder / NAME).open("rb") as lines:
        if programs.is_journal(lines.readline()):
            yield from without_python.read(folder, folder / NAME)
            return
        lines.seek(0)
        yield from _decoded(lines)


def last_end(folder: Path) -> ProgramEnded | CellEnded | None:
    """The end of the program that was written, or of the last cell where none runs; None where neither was."""
    last = b""
    with contextlib.suppress(OSError), (folder / NAME).open("rb") as lines:
        for line in lines:
            if line.startswith(_ENDS) and line.endswith(b"\n"):
                last = line
    with contextlib.suppress(ValueError, KeyError, TypeError):
        found = programs.ended(last) or decode(last)
        return found if isinstance(found, (ProgramEnded, CellEnded)) else None
    return None


# How the lines begin that say whether something still runs.
_ENDS = (*(f'{{"_":"{kind.__name__}"'.encode() for kind in (ProgramEnded, CellBegun, CellEnded)), programs.END)


def _decoded(lines: Iterable[bytes]) -> Iterator[Observation | None]:
    for line in lines:
        try:
            yield decode(line)
        except (ValueError, KeyError, TypeError, RecursionError):
            if line.endswith(b"\n"):
                yield None


def is_alive(folder: Path) -> bool:
    """Whether the process that writes this run is still there, as far as this machine can tell.

    Of one on another machine that writes to the same store elsewhere it knows when something was brought last.
    """
    process = writer(folder)
    return is_there(process) if process.get("host") == socket.gethostname() else places.heard_lately(folder)


def is_there(process: Mapping[str, Any]) -> bool:
    """Whether a process of this machine goes on, as :func:`writer` has described it."""
    try:
        return _process(process["pid"]).items() <= process.items()
    except (OSError, ValueError, KeyError, TypeError, OverflowError):
        return False


def writer(folder: Path) -> dict[str, Any]:
    """What the process that writes, or wrote, said about itself; nothing if that cannot be read."""
    try:
        document = json.loads((folder / PROCESS).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _this_process() -> Mapping[str, Any]:
    return _process(os.getpid())


def _process(pid: int) -> Mapping[str, Any]:
    """Host, number and start of a process: numbers are used again. Raises OSError if there is none."""
    os.kill(pid, 0)
    started = None
    if os.path.exists("/proc/self/stat"):  # elsewhere the number alone must do
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
            fields = stat.read().rsplit(")", 1)[-1].split()
        if fields[0] in ("Z", "X"):
            raise ProcessLookupError(f"process {pid} has ended")
        started = fields[19]
    return {"host": socket.gethostname(), "pid": pid, "started": started}
