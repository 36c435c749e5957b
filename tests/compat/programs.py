"""The programs that are recorded on each line, and what they are started with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "tests" / "programs"
SMOKE = ("flat", "nested", "plans", "capture/udfs", "pandas_hop/functions")
WITH_DATA = ("flat", "nested", "partial", "plans", "pushdown")
WITHOUT = ("reads",)
FOLDERS = ("capture", "pandas_hop", "stranger", "checked")
QUERIES = ("q1", "q4", "q9", "q13", "q15", "q21", "q22")


@dataclass(frozen=True)
class Program:
    name: str
    path: Path
    arguments: tuple[str, ...] = ()


def programs(data: Path, shapes: Path, smoke: bool) -> Sequence[Program]:
    """All programs that do not test how Spark is started or stopped; ``smoke``: five of them."""
    found = [Program(name, PROGRAMS / f"{name}.py", (str(data),)) for name in WITH_DATA]
    found += [Program(name, PROGRAMS / f"{name}.py") for name in WITHOUT]
    found.append(Program("shapes", PROGRAMS / "shapes.py", (str(shapes),)))
    found.append(Program("tpch", PROGRAMS / "tpch.py", (str(data), *QUERIES)))
    for folder in FOLDERS:
        for path in sorted((PROGRAMS / folder).glob("*.py")):
            found.append(Program(f"{folder}/{path.stem}", path))
    found.append(Program("capture/modules", PROGRAMS / "capture" / "modules" / "job.py"))
    return [each for each in found if each.name in SMOKE] if smoke else found
