"""Where records are, and how those of a line are made: by the Python of the line, in a process of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.compat.lines import Line
from tests.compat.programs import ROOT
from tests.localisation import data as localised

WORK = ROOT / ".tools" / "compat"
RECORDS = WORK / "records"
SECONDS = 3600  # far more than all programs of a line take: what has hung does not hang its caller


def of(line: Line, java: Path | None = None) -> Path:
    """``java``: the home of another Java than the one that is found."""
    return RECORDS / (line.name if java is None else f"{line.name}-{java.name}")


def make(line: Line, java: Path | None, names: Sequence[str], data: Path, shapes: Path) -> None:
    """Anew, whatever is there."""
    folder = of(line, java)
    for name in names:
        shutil.rmtree(folder / name, ignore_errors=True)
    only = "|".join(map(re.escape, names))
    words = [line.python, "-m", "tests.compat.recording", folder, data, shapes, only]
    env = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", **({"JAVA_HOME": str(java)} if java is not None else {})}
    subprocess.run([str(word) for word in words], cwd=ROOT, env=env, check=True, timeout=SECONDS)


def data(smoke: bool) -> tuple[Path, Path]:
    """The tables of the tests' programs: of ``small_tables.py``, TPC-H and others, and those of ``test_shapes.py``."""
    sys.path[:0] = [str(ROOT / "tests" / "spark")]
    data, shapes = WORK / "data", WORK / "shapes"
    if not data.exists():
        import small_tables

        small_tables.write(data)
    if not smoke and not shapes.exists():
        from test_shapes import write_tables

        shapes.mkdir(parents=True)
        write_tables(shapes)
        tool = Path(sys.executable).with_name("tpchgen-cli")
        subprocess.run([str(tool), "parquet", "-s", "0.01", "--output-dir", str(data / "tpch")], check=True)
    if not smoke and not (data / "branches").exists():
        from test_diff_recorded import make_data

        make_data(data / "branches")
        for program in ("retail", "claims", "telecom"):
            localised.make(data / "metrics" / program, program)
    return data, shapes
