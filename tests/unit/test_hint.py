"""The line behind a run: only at a terminal, only once, and it names what can be typed next."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

pty = pytest.importorskip("pty")
ROOT = Path(__file__).parents[2]
JOB = """
import os, sys
print("out")
if os.fork() == 0:
    sys.exit(0)
os.wait()
print("err", file=sys.stderr)
"""


def at_terminal(folder: Path, *words: str) -> list[str]:
    """The lines of ``spark-lineage run WORDS`` in a terminal of its own."""
    ours, its = pty.openpty()
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SPARK_LINEAGE")}
    command = [sys.executable, "-m", "spark_lineage", "run", *words]
    started = subprocess.Popen(
        command, cwd=folder, env={**kept, "PYTHONPATH": str(ROOT)}, stdin=its, stdout=its, stderr=its
    )
    os.close(its)
    seen = b""
    try:
        while got := os.read(ours, 4096):
            seen += got
    except OSError:  # the other end is closed
        pass
    os.close(ours)
    assert started.wait(timeout=60) == 0
    return seen.decode().splitlines()


def test_a_person_is_told_where_the_record_is_and_what_to_ask(tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text(JOB)
    said = "spark-lineage: recorded in lineage; next: `spark-lineage show`"
    assert at_terminal(tmp_path, "job.py") == ["out", "err", said]
    assert at_terminal(tmp_path, "--hint=false", "job.py") == ["out", "err"]
    assert at_terminal(tmp_path, "job.py")[2].startswith(f"{said}, or `spark-lineage diff` for")
    (line,) = at_terminal(tmp_path, "--store", "other store", "job.py")[2:]
    assert line == "spark-lineage: recorded in other store; next: `spark-lineage show --store 'other store'`"


def test_a_pipe_has_what_the_program_wrote(tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text(JOB)
    done = subprocess.run(
        [sys.executable, "-m", "spark_lineage", "run", "job.py"], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=60,
    )  # fmt: skip
    assert (done.stdout, done.stderr) == ("out\n", "err\n")
