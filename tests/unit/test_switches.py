"""What docs/platform.md promises: switches that work, and a profile without samples and literals."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from spark_lineage.config import resolve
from spark_lineage.sinks.audit_rows import TABLES
from spark_lineage.sinks.delta import read_tables

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """\
import pandas as pd


def people():
    return pd.DataFrame({"name": ["Quillon", "Zebedee", "Zebedee"], "points": [123456.75, 2.0, 3.0]})


def chosen(frame):
    return frame[frame["name"] == "Zebedee"]


def total(frame):
    return frame.groupby("name", as_index=False)["points"].sum()


print(len(total(chosen(people()))))
"""


def ran(folder: Path, **environ: str) -> None:
    (folder / "job.py").write_text(PROGRAM)
    done = subprocess.run(
        [sys.executable, "-m", "spark_lineage", "run", "job.py"], cwd=folder, capture_output=True, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ}, timeout=120,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")


def of_policy() -> dict[str, str]:
    """The environment of a cluster under the policy that forbids it."""
    rules = json.loads((ROOT / "conf" / "databricks-policy-off.json").read_text("utf-8"))
    return {name.removeprefix("spark_env_vars."): rule["value"] for name, rule in rules.items()}


@pytest.mark.parametrize("switch", ["environment", "file", "environment over file", "policy over file"])
def test_off_is_off(tmp_path: Path, switch: str) -> None:
    if "file" in switch:
        said = "false" if switch == "file" else "true"
        (tmp_path / "spark-lineage.toml").write_text(f"enabled = {said}\n")
    variables = of_policy() if "policy" in switch else {"SPARK_LINEAGE__ENABLED": "false"}
    ran(tmp_path, **({} if switch == "file" else variables))
    assert not (tmp_path / "lineage").exists()


def test_off_by_spark_conf() -> None:
    assert not resolve(environ={}, spark_conf={"spark.lineage.enabled": "false"}, folders=[]).enabled


def written(store: Path) -> str:
    """All that was written, the rows of the tables too."""
    files = [path.read_bytes().decode("utf-8", "replace") for path in store.rglob("*") if path.is_file()]
    return "\n".join([*files, *(str(table.to_pylist()) for table in read_tables(store / "audit", TABLES).values())])


@pytest.mark.parametrize("strict", [True, False])
def test_the_strict_profile_leaves_no_value_and_no_literal(tmp_path: Path, strict: bool) -> None:
    if strict:
        shutil.copy(ROOT / "conf" / "strict-privacy.toml", tmp_path / "spark-lineage.toml")
    ran(tmp_path)
    text = written(tmp_path / "lineage")
    assert "chosen" in text and "points" in text, "the lineage is there"
    assert [value in text for value in ("Quillon", "Zebedee", "123456.75")] == [not strict] * 3
