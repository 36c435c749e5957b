"""The write-ahead file of one run: observations as they come, one JSON document per line.

It exists so that a killed driver leaves everything up to its last second; once the journal of the run is sealed
it has served and is removed. A torn last line is what a kill leaves and is skipped by the reader.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import socket
import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from spark_lineage.model import (
    FORMAT,
    CallEnded,
    CallSeen,
    Fragment,
    Marked,
    Observation,
    Operation,
    VariableSeen,
    plain,
)
from spark_lineage.privacy.files import make_folder, open_private, write_private

NAME = "observations.jsonl"
MANY = 200  # observations at once, from which on speed counts
PROCESS = "process.json"  # who writes: tells a run that goes on from one that was killed


class WriteAhead:
    """Appends observations to ``<folder>/observations.jsonl``. Not safe for several threads at once."""

    def __init__(self, folder: Path) -> None:
        make_folder(folder)
        self.path = folder / NAME
        write_private(folder / PROCESS, json.dumps({**_this_process(), "format": FORMAT}).encode())
        # Line-complete writes of one buffer each: a reader beside us sees whole lines, save the last.
        self._file = open_private(self.path, "ab", buffering=0)

    def append(self, observations: Sequence[Observation]) -> int:
        """Writes them in one go; returns how many."""
        write = encode_fast if len(observations) >= MANY else encode
        lines = [write(observation) for observation in observations]
        if lines:
            self._file.write(("\n".join(lines) + "\n").encode("utf-8", "backslashreplace"))
        return len(lines)

    def close(self) -> None:
        self._file.close()

    def remove(self) -> None:
        self.close()
        remove(self.path.parent)


def remove(folder: Path) -> None:
    """Once the journal is sealed, the write-ahead file has served."""
    (folder / NAME).unlink(missing_ok=True)
    (folder / PROCESS).unlink(missing_ok=True)


def read(folder: Path) -> Iterator[Observation | None]:
    """The observations of a run that has not been sealed; None for a whole line that cannot be read."""
    with (folder / NAME).open("rb") as lines:
        for line in lines:
            try:
                yield decode(line)
            except (ValueError, KeyError, TypeError, RecursionError):
                if line.endswith(b"\n"):
                    yield None


def is_alive(folder: Path) -> bool:
    """Whether the process that writes this run is still there, as far as this machine can tell."""
    try:
        process = writer(folder)
        there = _process(process["pid"]) if process.get("host") == socket.gethostname() else None
        return there is not None and there.items() <= process.items()
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


def encode(observation: Observation) -> str:
    return _ENCODER.encode(observation)


def _fields_of(value: Any) -> Any:
    """What JSON has no word for: dataclasses as in ``model.plain``, other mappings and sets."""
    names = getattr(value, "__dataclass_fields__", None)
    if names is None:
        return plain(value)
    return {"_": type(value).__name__, **{name: getattr(value, name) for name in names}}


# As ``plain`` and ``json.dumps`` would do it, but in C: each operation is written here while the program runs.
_ENCODER = json.JSONEncoder(separators=(",", ":"), check_circular=False, default=_fields_of)


def encode_fast(observation: Observation) -> str:
    """As :func:`encode`, for readers that know what stands where: what is inside does not name its kind."""
    fast = _fast_encoder() if isinstance(observation, _FREQUENT) else None
    if fast is not None:
        with contextlib.suppress(ValueError):  # a lone surrogate: only JSON's escapes can say it
            return f'{{"_":"{type(observation).__name__}",{fast(observation)[1:].decode()}'
    return encode(observation)


_FREQUENT = (Operation, CallSeen, CallEnded, Marked, VariableSeen, Fragment)


@functools.cache
def _fast_encoder() -> Callable[[Any], bytes] | None:
    """msgspec's is ten times as fast, but takes as long to import as it saves on some thousand operations."""
    try:
        from msgspec.json import Encoder
    except ImportError:  # what travels with --py-files has no compiled parts
        return None
    return Encoder().encode


def decode(line: str | bytes) -> Observation:
    """Raises ValueError, KeyError or TypeError on what is not an observation."""
    import msgspec  # for readers only: the agent writes

    document = json.loads(line)
    kind = _kinds()[document["_"]]
    return typing.cast(Observation, msgspec.convert(document, kind))


@functools.cache
def _kinds() -> Mapping[str, type]:
    return {kind.__name__: kind for kind in typing.get_args(Observation)}
