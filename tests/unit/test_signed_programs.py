"""Programs that are signed at their end, and programs that cannot be: those notice nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from spark_lineage.agent import Agent, Program
from spark_lineage.answers import ask
from spark_lineage.config import Config
from spark_lineage.model import Outcome
from spark_lineage.sinks import signing

PROGRAM = """
import pandas as pd

def load():
    return pd.DataFrame({"id": [1, 2, 3], "amount": [1.0, 2.0, 3.0]})

def large(orders):
    return orders[orders.amount > 1]

print(len(large(load())))
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "job.py"
    path.write_text(PROGRAM)
    return path


def observed(program: Path, **options: str) -> subprocess.CompletedProcess[str]:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SPARK_LINEAGE__")}
    words = [sys.executable, "-m", "spark_lineage", "run", str(program)]
    return subprocess.run(
        words, env={**environ, **options}, cwd=program.parent, capture_output=True, text=True, timeout=120
    )  # fmt: skip


def gaps(store: Path) -> list[Any]:
    return [(gap.what, gap.why) for gap in ask.show("last", store).gaps]


def test_a_program_is_signed_at_its_end(program: Path) -> None:
    key = program.with_name("my.key")
    signing.make_pair(key)
    # Relative to the folder of the file, whatever folder the program goes to.
    program.with_name("spark-lineage.toml").write_text('[sign]\nkey = "my.key"\n')
    program.write_text("import os\nos.chdir('/')\n" + PROGRAM)
    for _ in range(2):
        done = observed(program)
        assert (done.returncode, done.stdout, done.stderr) == (0, "2\n", "")
    store = program.with_name("lineage")
    found = ask.verify_store(store, key=key.with_name("my.key.pub"))
    assert (found.findings, found.remarks, len(found.runs)) == ((), (), 2)
    assert all(run.signature is not None and run.signature.trusted is None for run in found.runs)
    assert gaps(store) == []
    assert "PRIVATE" not in "".join(path.read_text() for path in store.glob("runs/*/*") if path.is_file())


@pytest.mark.parametrize("how", ["none", "text"])
def test_a_program_that_cannot_be_signed_notices_nothing(program: Path, how: str) -> None:
    key = program.with_name("my.key")
    if how == "text":
        key.write_text("nothing")
    done = observed(program, SPARK_LINEAGE__SIGN__KEY=str(key))
    assert (done.returncode, done.stdout, done.stderr) == (0, "2\n", "")
    store = program.with_name("lineage")
    said = {
        "none": f"the key {key} cannot be read: No such file or directory",
        "text": f"{key} is no private key of Ed25519: `spark-lineage key` makes one",
    }[how]
    assert ("signature", f"the run is not signed: {said}") in gaps(store)
    found = ask.verify("last", store)
    assert found.intact
    assert f"the run is not signed: {said}" in found.remarks
    assert json.loads((store / "register.jsonl").read_text().splitlines()[-1])["ended"] == found.run


class Panic(BaseException):
    """What libraries in Rust raise."""


def broken(*_: object) -> Any:
    raise Panic("the library is broken")


@pytest.mark.parametrize("place", ["load", "sign"])
def test_a_library_that_is_broken_costs_the_signature_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    key = tmp_path / "my.key"
    signing.make_pair(key)
    monkeypatch.setattr(*((signing, "load", broken) if place == "load" else (signing.Signer, "sign", broken)))
    agent = Agent(Config(store=str(tmp_path / "lineage"), sign_key=str(key)), Program("job", "job.py"))
    agent.begin()
    agent.end(Outcome.COMPLETE, None, None)
    found = ask.verify("last", tmp_path / "lineage")
    assert (found.why, found.signature) == (None, None)
    assert any("key could not be used" in each or "could not be signed (Panic)" in each for each in found.remarks)
