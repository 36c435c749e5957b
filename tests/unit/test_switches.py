"""What docs/platform.md promises: a switch that is off lets the program run plain."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from spark_lineage.config import resolve

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """\
import pandas as pd


def people():
    return pd.DataFrame({"name": ["Quillon", "Zebedee", "Zebedee"], "points": [123456.75, 2.0, 3.0]})


def chosen(frame):
    return frame[frame["name"] == "Zebedee"]


def total(frame):
    return frame.groupby("name", as_index=False)["points"].sum()


def never(df):
    return df.toPandas()


print(len(total(chosen(people()))))
"""


def ran(folder: Path, **environ: str) -> None:
    (folder / "job.py").write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, "-m", "spark_lineage", "run", "job.py"], cwd=folder, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ}, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")


@pytest.mark.parametrize("switch", ["environment", "file", "environment over file"])
def test_off_is_off(tmp_path: Path, switch: str) -> None:
    if "file" in switch:
        said = "false" if switch == "file" else "true"
        (tmp_path / "spark-lineage.toml").write_text(f"enabled = {said}\n")
    ran(tmp_path, **({"SPARK_LINEAGE__ENABLED": "false"} if "environment" in switch else {}))
    assert not (tmp_path / "lineage").exists()


def test_off_by_spark_conf() -> None:
    assert not resolve(environ={}, spark_conf={"spark.lineage.enabled": "false"}, folders=[]).enabled
