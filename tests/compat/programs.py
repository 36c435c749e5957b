"""The programs that are recorded on each line, and what they are started with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "tests" / "programs"
SMOKE = ("nested", "capture/udfs", "capture/ml", "pandas_hop/functions", "stranger/chains")
# What the second compiler costs, programs of some seconds do not live to gain: see tests/quick_java.py.
QUICK = "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC"
WITH_DATA = ("flat", "nested", "partial", "plans", "pushdown")
WITHOUT = ("cataloged", "reads", "traced")
FOLDERS = ("capture", "pandas_hop", "stranger", "checked")
QUERIES = ("q1", "q4", "q9", "q13", "q15", "q21", "q22")


@dataclass(frozen=True)
class Program:
    name: str
    path: Path
    arguments: tuple[str, ...] = ()


def programs(data: Path, shapes: Path) -> Sequence[Program]:
    """All programs that do not test how Spark is started or stopped."""
    found = [Program(name, PROGRAMS / f"{name}.py", (str(data),)) for name in WITH_DATA]
    found += [Program(name, PROGRAMS / f"{name}.py") for name in WITHOUT]
    found.append(Program("shapes", PROGRAMS / "shapes.py", (str(shapes),)))
    found.append(Program("branches", PROGRAMS / "branches.py", (str(data / "branches"), "out")))
    found.append(Program("contracted", PROGRAMS / "contracted.py", (str(data / "tpch"), str(data / "metrics"))))
    found.append(Program("tpch", PROGRAMS / "tpch.py", (str(data), *QUERIES)))
    for folder in FOLDERS:
        for path in sorted((PROGRAMS / folder).glob("*.py")):
            found.append(Program(f"{folder}/{path.stem}", path))
    found.append(Program("capture/modules", PROGRAMS / "capture" / "modules" / "job.py"))
    return found


def as_plain(plain: dict[str, Any], observed: dict[str, Any]) -> bool:
    """Whether the same was printed, and the same error ended it, but for numbers that Spark counts on."""
    return all(without_numbers(plain[what] or "") == without_numbers(observed[what] or "") for what in plain)


def without_numbers(text: str) -> str:
    """Without the numbers that Spark counts on from one query to the next."""
    return re.sub(r"0x[0-9a-f]+|#\d+L?|plan_id=\d+", "#", text)
