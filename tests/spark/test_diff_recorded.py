"""diff on recorded runs: faults in branches that have nothing to do with each other are each pinned on their step."""

from __future__ import annotations

import datetime
import json
import random
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from program_runs import PROGRAMS, Ran, WarmJvms, environment, run

pytestmark = pytest.mark.wide

SOURCE = (PROGRAMS / "branches.py").read_text()

# What is changed -> the step that has to be named; all at once, as each has a branch of its own.
FAULTS = {
    'nullValue="-"': ('nullValue="?"', "people"),
    "return value * 2": ("return value * 3", "with_fee"),
    "FACTOR = 3": ("FACTOR = 4", "with_scale"),
    '("FR", 1.2)': ('("FR", 1.3)', "rates"),
    'F.col("amount") >= 10': ('F.col("amount") > 10', "kept"),
    'date_trunc("month"': ('date_trunc("week"', "monthly"),
    'F.col("amount") / 1.19': ('F.round(F.col("amount") / 1.19, 4)', "priced"),
    'frame["amount"] / 2': ('frame["amount"] / 3', "halved"),
    'method="first"': ('method="average"', "ranked"),
}
HARMLESS = {
    "import sys\n": "# Written otherwise.\nimport sys\n",
    "orders = load": "# All of them.\norders = load",
    "tax = taxed(orders, rates())\nwrite(tax": "with_tax = taxed(orders, rates())\nwrite(with_tax",
    "sums = totals(orders)": "sums = totals(orders.repartition(7))",
    "def kept(orders):\n    return": 'def kept(rows):\n    """No small ones."""\n    orders = rows\n    return',
    "return value * 2": "twice = value * 2\n    return twice",
}


def changed(changes: dict[str, Any]) -> str:
    text = SOURCE
    for old, new in changes.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new[0] if isinstance(new, tuple) else new)
    return text


def make_data(folder: Path) -> None:
    chance = random.Random(4)
    folder.mkdir(parents=True)
    first = datetime.datetime(2024, 1, 3)
    orders = {
        "id": list(range(400)),
        "amount": [float(chance.choice([5, 10, 20])) + chance.random() * (n % 3) for n in range(400)],
        "quantity": [chance.random() for _ in range(400)],
        "country": [chance.choice(["DE", "FR", "IT"]) for _ in range(400)],
        "at": [first + datetime.timedelta(hours=7 * n) for n in range(400)],
    }
    pq.write_table(pa.table(orders), folder / "orders.parquet")
    (folder / "people.csv").write_text("name,age\nAda,36\nBob,-\nEve,29\n")


class Recorded:
    """Runs of variants of the program in one mode, and what diff says of them."""

    def __init__(self, folder: Path, mode: str, jvms: WarmJvms) -> None:
        self._folder, self._mode, self._jvm = folder, mode, jvms.observing
        make_data(folder / "data")
        shutil.copytree(folder / "data", folder / "copied")  # other times of modification
        variants = {
            "base": (SOURCE, "data"),
            "faults": (changed(FAULTS), "data"),
            "harmless": (changed(HARMLESS), "copied"),
            "failing": (changed({"return value * 2": 'raise ValueError("no fee")'}), "data"),
        }
        self._ran = {name: self._run(name, text, data) for name, (text, data) in variants.items()}

    def _run(self, name: str, text: str, data: str) -> Ran:
        folder = self._folder / name
        folder.mkdir()
        (folder / "branches.py").write_text(text)
        command = [
            sys.executable, "-m", "spark_lineage", "run", "--mode", self._mode, "--store", "lineage", "branches.py",
            self._folder / data, "out",
        ]  # fmt: skip
        return run(list(map(str, command)), folder, environment(folder, {}, ours=True), jvm=self._jvm)

    def diff(self, name: str) -> tuple[int, dict[str, Any]]:
        for each in ("base", name):
            assert self._ran[each].code == int(each == "failing"), self._ran[each].stderr[-4000:]
        command = [
            sys.executable, "-m", "spark_lineage", "diff", "last", "last", "--json",
            "--store", "base/lineage", "--store-b", f"{name}/lineage",
        ]  # fmt: skip
        env = environment(self._folder, {}, ours=True)
        done = subprocess.run(command, cwd=self._folder, env=env, capture_output=True, text=True, timeout=60)
        assert done.returncode in (0, 1), done.stderr
        return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory, warm_jvms: WarmJvms) -> Recorded:
    """In flow mode, where facts are partial: the fault suite has both modes."""
    return Recorded(tmp_path_factory.mktemp("diff"), "flow", warm_jvms)


def named(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["step"].rpartition(".")[2]: each for each in document["first_divergences"]}


def test_each_fault_is_pinned_on_its_step(recorded: Recorded) -> None:
    code, document = recorded.diff("faults")
    found = named(document)
    assert set(found) == {step for _, step in FAULTS.values()} | {"shaken"}
    assert code == 1
    assert document["sources_changed"] == []
    assert all(each["inputs_equal"] for each in found.values())
    assert found["shaken"]["deterministic"] is False
    assert "rand()" in found["shaken"]["why"]
    assert "`fee`" in found["with_fee"]["why"]
    assert "`scaled`" in found["with_scale"]["why"]
    assert [each["name"] for each in found["ranked"]["columns"]] == ["rank"]
    assert [(each["a"], each["b"]) for each in found["monthly"]["columns"] if each["change"] == "definition"] == [
        ("date_trunc('month', at)", "date_trunc('week', at)")
    ]


def test_what_changes_nothing_is_no_divergence(recorded: Recorded) -> None:
    """But for the step that is not deterministic, everything is the same."""
    _, document = recorded.diff("harmless")
    assert set(named(document)) == {"shaken"}
    assert document["sources_changed"] == []
    assert document["uncertain"] == []


def test_an_edited_function_that_raises_is_the_cause_and_not_the_write_that_fails(recorded: Recorded) -> None:
    code, document = recorded.diff("failing")
    assert code == 1
    assert set(named(document)) == {"with_fee"}
    consequences = {each["step"].rpartition(".")[2]: each["caused_by"] for each in document["diverged"]}
    assert set(map(tuple, consequences.values())) == {("branches.with_fee",)}
    assert {"with_scale", "kept", "shaken"} <= set(consequences), "what the failure prevented"
