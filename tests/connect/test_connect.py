"""Programs of Spark Connect: recorded as those of classic sessions, with our jar on the server and without."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.connect.servers import server, with_our_jar

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(__file__).parent / "programs"
STEPS = ("step", "function", "parent", "inputs", "outputs", "outcome", "arguments")
# A server and its clients are several processes that start; each is waited for by timeouts of their own.
pytestmark = [pytest.mark.wide, pytest.mark.timeout(1800)]
DATASETS = ("id", "kind", "rows", "complete", "reason", "columns", "fingerprint")


class Client:
    """Runs programs, each in a process of its own, with a store of its own or the one that is given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "lineage"

    def run(
        self, program: str, *arguments: str, store: Path | None = None, plain: bool = False, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        self.store = store or self.folder / "lineage"
        ours = [] if plain else ["-m", "spark_lineage", "run", "--store", str(self.store)]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_"))}
        return subprocess.run(
            [sys.executable, *ours, str(PROGRAMS / program), *arguments],
            cwd=self.folder, capture_output=True, text=True, timeout=900,
            env={**kept, "PYTHONPATH": str(ROOT), "SPARK_LINEAGE__STRICT": "true", **environ},
        )  # fmt: skip

    def shown(self) -> dict[str, Any]:
        done = subprocess.run(
            [sys.executable, "-m", "spark_lineage", "show", "--json", "--store", str(self.store)],
            cwd=ROOT, capture_output=True, text=True, timeout=300, check=True,
        )  # fmt: skip
        return json.loads(done.stdout)  # type: ignore[no-any-return]


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return Client(tmp_path)


def test_a_server_that_the_program_starts(client: Client) -> None:
    """Steps, edges and exact facts, as of a classic session."""
    # With this variable pyspark takes a port that is free, as for its own tests.
    done = client.run("small.py", str(client.folder), "local[2]", SPARK_TESTING="1")
    assert (done.returncode, done.stdout) == (0, "[(0, 8), (1, 9), (2, 9)]\n")
    shown = client.shown()
    steps = {step["step"]: (step["inputs"], step["outputs"]) for step in shown["steps"]}
    result = f"{client.folder}/result"
    assert steps == {
        "small": ([], []),
        "small.load": ([], ["load"]),
        "small.large": (["load"], ["large"]),
        "small.counted": (["large"], ["counted"]),
        "small.write_result": (["counted"], [result]),
        "small.collect_result": (["counted"], []),
    }
    facts = {each["id"]: (each["rows"], each["complete"], len(each["columns"])) for each in shown["datasets"]}
    assert facts == {
        "load": (30, True, 2), "large": (26, True, 2), "counted": (3, True, 2), result: (3, True, 2)
    }  # fmt: skip
    assert shown["gaps"] == []


# --------------------------------------------------------------------------- servers of their own


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shared") / "lineage"


@pytest.fixture(scope="module")
def our_server(tmp_path_factory: pytest.TempPathFactory, store: Path) -> Iterator[str]:
    with server(tmp_path_factory.mktemp("ours"), with_our_jar(store)) as address:
        yield address


@pytest.fixture(scope="module")
def other_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with server(tmp_path_factory.mktemp("plain"), {}) as address:
        yield address


@pytest.fixture(scope="module")
def classic(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    client = Client(tmp_path_factory.mktemp("classic"))
    done = client.run("orders.py", str(client.folder))
    assert done.returncode == 0, done.stderr
    return done.stdout, told(client)


def told(client: Client, also: tuple[str, ...] = DATASETS) -> dict[str, Any]:
    """What a record says, but for where the program wrote."""
    shown = client.shown()
    found = {
        "steps": [{name: step.get(name) for name in STEPS} for step in shown["steps"]],
        "datasets": [{name: each.get(name) for name in also} for each in shown["datasets"]],
        "gaps": sorted((gap["step"] or "", gap["what"]) for gap in shown["gaps"]),
    }
    return json.loads(re.sub(re.escape(str(client.folder)), "OUT", json.dumps(found)))  # type: ignore[no-any-return]


def test_our_jar_on_a_server(client: Client, classic: tuple[str, dict[str, Any]], our_server: str, store: Path) -> None:
    done = client.run("orders.py", str(client.folder), store=store, SPARK_REMOTE=our_server)
    assert (done.returncode, done.stdout) == (0, classic[0]), done.stderr
    record = told(client)
    assert record["steps"] == classic[1]["steps"]
    facts, expected = ({each["id"]: each for each in said["datasets"]} for said in (record, classic[1]))
    # A cache is filled by a plan that the server has made before it knows of marks.
    assert facts.pop("load")["reason"] == "served_from_cache"
    expected.pop("load")
    assert facts == expected
    assert list((store / "connect").iterdir()) == []


@pytest.mark.bad_events  # without a schema: no one at the client knows it
def test_a_server_without_our_jar(client: Client, classic: tuple[str, dict[str, Any]], other_server: str) -> None:
    """Steps and edges are the same, and what is missing is a gap."""
    done = client.run("orders.py", str(client.folder), SPARK_REMOTE=other_server)
    assert (done.returncode, done.stdout) == (0, classic[0]), done.stderr
    record, expected = told(client, ("id", "kind")), classic[1]
    assert record["steps"] == expected["steps"]
    assert record["datasets"] == [{name: each[name] for name in ("id", "kind")} for each in expected["datasets"]]
    assert ["", "connect"] in record["gaps"]
    missing = {each["id"] for each in client.shown()["datasets"] if each["rows"] is None}
    assert missing <= {gap["dataset"] for gap in client.shown()["gaps"]}


@pytest.mark.bad_events  # without a schema: no one at the client knows it
def test_no_request_is_ours(client: Client, other_server: str) -> None:
    """Output, error, exit status, tags and the requests of each kind are those of the plain program."""
    plain = client.run("counting.py", other_server, plain=True)
    observed = client.run("counting.py", other_server)
    assert (observed.returncode, observed.stdout, observed.stderr) == (3, plain.stdout, plain.stderr)
    steps = {step["step"]: step["inputs"] for step in client.shown()["steps"]}
    assert steps["counting.named"] == ["positive"]


@pytest.mark.bad_events  # without a schema: no one at the client knows it
def test_a_client_without_py4j_and_without_jars(client: Client, other_server: str) -> None:
    """What `pyspark-client` brings."""
    hidden = client.folder / "hidden"
    hidden.mkdir()
    (hidden / "sitecustomize.py").write_text(
        textwrap.dedent("""
        import sys
        class Hidden:
            def find_spec(self, name, path=None, target=None):
                if name.partition(".")[0] == "py4j" or name == "pyspark.core":
                    raise ModuleNotFoundError(name, name=name)
        sys.meta_path.insert(0, Hidden())
        """)
    )
    environ = {"PYTHONPATH": f"{hidden}{os.pathsep}{ROOT}", "SPARK_HOME": str(hidden)}
    done = client.run("small.py", str(client.folder), other_server, **environ)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[(0, 8), (1, 9), (2, 9)]\n", "")
    shown = client.shown()
    assert {step["step"]: step["inputs"] for step in shown["steps"]}["small.counted"] == ["large"]
    assert "connect" in {gap["what"] for gap in shown["gaps"]}
