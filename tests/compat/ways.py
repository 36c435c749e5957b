"""The ways of switching on, on one line: the tests of ``tests/spark/test_activation.py`` by the Python of the line."""

from __future__ import annotations

import os
import re
import subprocess
from typing import Any

from tests.compat.lines import ROOT, Line

TESTS = ("tests/spark/test_activation.py",)


def of_line(line: Line) -> dict[str, Any]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("SPARK_HOME", "PYSPARK_"))}
    command = [str(line.python), "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "not slow", *TESTS]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=1800)
    last = done.stdout.strip().splitlines()[-1:] or [""]
    counted = {word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|error)", last[0])}
    failed = counted.get("failed", 0) + counted.get("error", 0)
    lines = [text for text in done.stdout.splitlines() if text.startswith(("FAILED", "ERROR", "E  "))]
    return {"passed": counted.get("passed", 0), "failed": failed, "said": lines[:20]}
