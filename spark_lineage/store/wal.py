"""The write-ahead file of one run: observations as they come, one JSON document per line.

It exists so that a killed driver leaves everything up to its last second; once the journal of the run is sealed
it has served and is removed. A torn last line is what a kill leaves and is skipped by the reader.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import json
import os
import socket
import sys
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from spark_lineage import model
from spark_lineage.model import Observation, plain

NAME = "observations.jsonl"
PROCESS = "process.json"  # who writes: tells a run that goes on from one that was killed


class WriteAhead:
    """Appends observations to ``<folder>/observations.jsonl``. Not safe for several threads at once."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / NAME
        (folder / PROCESS).write_text(json.dumps(_this_process()), encoding="utf-8")
        # Line-complete writes of one buffer each: a reader beside us sees whole lines, save the last.
        self._file = self.path.open("ab", buffering=0)

    def append(self, observations: Iterable[Observation]) -> int:
        """Writes them in one go; returns how many."""
        lines = [encode(observation) for observation in observations]
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


def read(folder: Path) -> Iterator[Observation]:
    """The observations of a run that has not been sealed; unreadable lines are left out."""
    with (folder / NAME).open("r", encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                yield decode(line)
            except (ValueError, KeyError, TypeError):
                continue


def is_alive(folder: Path) -> bool:
    """Whether the process that writes this run is still there, as far as this machine can tell."""
    try:
        process = json.loads((folder / PROCESS).read_text(encoding="utf-8"))
        return bool(process["host"] == socket.gethostname() and process == _process(process["pid"]))
    except (OSError, ValueError, KeyError, TypeError):
        return False


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
    return json.dumps(plain(observation), ensure_ascii=True, separators=(",", ":"))


def decode(line: str) -> Observation:
    """Raises ValueError, KeyError or TypeError on what is not an observation."""
    document = json.loads(line)
    return typing.cast(Observation, _build(getattr(model, document["_"]), document))


@functools.cache
def _fields(cls: type) -> Mapping[str, Any]:
    return typing.get_type_hints(cls)


def _build(cls: type, document: Mapping[str, Any]) -> Any:
    hints = _fields(cls)
    return cls(**{name: _value(hints[name], document[name]) for name in hints if name in document})


def _value(hint: Any, value: Any) -> Any:
    origin = typing.get_origin(hint)
    if value is None:
        return None
    if origin in (typing.Union, types.UnionType):
        return _value(next(option for option in typing.get_args(hint) if option is not type(None)), value)
    if origin is tuple:
        options = typing.get_args(hint)
        if len(options) == 2 and options[1] is Ellipsis:
            return tuple(_value(options[0], item) for item in value)
        return tuple(_value(option, item) for option, item in zip(options, value, strict=True))
    if dataclasses.is_dataclass(hint):
        return _build(typing.cast(type, hint), value)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return hint(value)
    if hint is str and isinstance(value, str) and len(value) < 40:
        return sys.intern(value)  # ids and names repeat a lot
    return value
