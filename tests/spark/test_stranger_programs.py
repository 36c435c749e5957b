"""Programs of ``tests/programs/stranger``, all in one session: what they print, and the lineage at their end.

A line of it is a step: ``name#call: inputs -> outputs``, storage by the last part of its path, ``=rows`` where they
are known, and the error of a step that failed.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from program_runs import PROGRAMS, Shown, check_shape, environment, run

from spark_lineage.graph.followed import WHY

pytestmark = pytest.mark.wide

FOLDER = PROGRAMS / "stranger"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py"))


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("together")
    script = Path(__file__).with_name("together.py")
    programs = [str(FOLDER / f"{name}.py") for name in NAMES]
    command = [sys.executable, str(script), "exact", str(folder), *programs]
    run(command, folder, environment(folder, {}, ours=True), timeout=900).succeeded()
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_lineage_of_program(together: Path, name: str) -> None:
    told = json.loads((together / f"{name}.json").read_text())
    assert told["observed"] == told["plain"]
    log = [path.read_text() for path in (together / name / "runs").glob("*/agent.log")]
    assert not "".join(log)
    shown = _show(together, name)
    assert _lines(shown) == _expected(FOLDER / f"{name}.py")
    assert _lost_columns(shown) == LOST_COLUMNS.get(name, {})
    assert not [gap for gap in shown.gaps if gap["what"] not in {*GAPS, "column_lineage"}]


def test_a_streaming_query_is_a_job_of_that_type(together: Path) -> None:
    (journal,) = (together / "batches" / "runs").glob("*/events.jsonl")
    jobs = [json.loads(line)["job"] for line in journal.read_text().splitlines()]
    types = {job["name"]: job["facets"]["jobType"]["processingType"] for job in jobs if job.get("facets")}
    assert [name for name, each in types.items() if each == "STREAMING"] == ["batches.query"]
    assert types["batches.handle.totals"] == "BATCH"


# What is told of a dataset or a stream; a fault of ours has a name of its own.
GAPS = {"rows", "sink", "input"}

# Program -> step -> its output and those of its columns that came through Python; no other column may be lost.
LOST_COLUMNS = {
    "python_data": {
        "python_data.built": ("built", "id, twice"),
        "python_data.summary": ("summary", "odd, n"),
        "python_data.table": ("table", "odd, n"),
        "python_data.counted": ("counted", "name, n"),
        "python_data.Job.frame": ("frame", "id, active"),
    }
}


def _lost_columns(shown: Shown) -> dict[str, tuple[str, str]]:
    lost = [gap for gap in shown.gaps if gap["what"] == "column_lineage"]
    found = {gap["step"]: (gap["dataset"], gap["why"].removesuffix(f" {WHY}")) for gap in lost}
    assert len(found) == len(lost), lost
    return found


def _show(folder: Path, name: str) -> Shown:
    environ = {**environment(folder, {}, ours=True), "SPARK_LINEAGE__STORE": str(folder / name)}
    command = [sys.executable, "-m", "spark_lineage", "show", "--json"]
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    shown = Shown(json.loads(done.stdout))
    check_shape(shown)
    return shown


def _lines(shown: Shown) -> list[str]:
    return [_line(shown, step) for step in shown.steps]


def _line(shown: Shown, step: dict[str, Any]) -> str:
    name = step["step"] if step["call"] == 1 else f"{step['step']}#{step['call']}"
    error = f" ! {step['error']}" if step["outcome"] == "fail" else ""
    inputs, outputs = (", ".join(_dataset(shown, each) for each in step[side]) for side in ("inputs", "outputs"))
    return " ".join(f"{name}: {inputs} -> {outputs}{error}".split())


def _dataset(shown: Shown, id: str) -> str:
    dataset = shown.dataset(id)
    name = re.sub(r"part-.*", "part", os.path.basename(id))
    held = f" ({dataset['variable']})" if dataset["variable"] not in (None, id) else ""
    return name + held + (f"={dataset['rows']}" if dataset["complete"] else "")


def _expected(path: Path) -> list[str]:
    text = path.read_text()
    return [line.removeprefix("# ") for line in text.partition("# lineage:\n")[2].splitlines()]
