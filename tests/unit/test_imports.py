"""Imports point one way (docs/how-it-works.md), and facts that stand in two places are the same in both."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import spark_lineage

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "spark_lineage"
PACKAGE_ITSELF = "__init__"
# Each part of the package with what it may use beside itself. A part uses only parts that stand above it, so that there
# is no circle. Whoever adds a part gives it a row.
SEAMS = {"version", "refusals", "compat", "model", "guard", "privacy", "config", "own_imports", "after_import"}
MAY_USE: dict[str, set[str]] = {
    "version": set(),
    "refusals": set(),
    "compat": set(),
    "guard": set(),
    "after_import": {"guard"},
    "own_imports": {"guard"},  # it imports it only once it has failed
    "patches": {"compat"},
    "model": set(),
    "privacy": {"compat", "model", "guard"},
    "config": {"model", "refusals"},
    "capture": SEAMS | {"patches"},
    "surroundings": SEAMS,
    "jvm": SEAMS,
    "static": SEAMS,
    "fingerprint": SEAMS,
    "graph": SEAMS,
    "events": SEAMS | {"graph"},  # what columns are made from is composed in one place, for events and for answers
    # Runs are read back from their events; a killed run is assembled again, and one that only the JVM half has seen.
    "store": SEAMS | {"events", "graph", "jvm"},
    "sinks": SEAMS | {"store", "events"},  # they hand on what was stored and emitted
    # The reading of columns that hold one value needs the fingerprint, and `status` reads how far each sink has come.
    # Code that has changed since a run is read as the agent reads it, to tell comments from code.
    "answers": SEAMS | {"store", "events", "graph", "fingerprint", "sinks", "static"},
    "faces": SEAMS | {"answers"},
    # What Python code asks; it has the summaries of runs that the answers have, and shows itself in a notebook.
    "api": SEAMS | {"answers", "faces", "store"},
    # What other systems are told that keep experiments: the record as it is, and its report.
    "experiments": SEAMS | {"answers", "events", "faces", "sinks", "store"},
    # The agent wires the parts. It takes the rules of checks, and their results at the end, from the answers.
    "agent": SEAMS
    | {"capture", "surroundings", "jvm", "static", "fingerprint", "graph", "events", "store", "sinks"}
    | {"answers"},
    "activation": SEAMS
    | {"patches", "agent", "answers", "faces", "jvm"},  # `run --check` ends with the checks as `check` shows them
    PACKAGE_ITSELF: {"version", "config", "activation", "own_imports", "answers", "api"},
    "cli": SEAMS | {"activation", "answers", "faces", "sinks"},
    "testing": SEAMS | {"agent", "answers", "activation", "api", "faces"},  # the pytest plugin
    "__main__": {"cli", "own_imports"},
}
WITHOUT_PYSPARK = ["privacy", "graph", "events", "answers", "api", "faces", "store", "static"]
ONLY_FOR_PEOPLE = {"click", "rich"}  # what only the command line and the faces import


def part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def files(*parts: str) -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*.py")) if not parts or part(path) in parts]


@cache
def imported(path: Path) -> tuple[tuple[str, int], ...]:
    """Absolute names of modules that a file imports, at any depth, also under ``TYPE_CHECKING``."""
    return tuple(_imported(path))


def _imported(path: Path) -> Iterator[tuple[str, int]]:
    package = ["spark_lineage", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            name = ".".join([*base, *([node.module] if node.module else [])])
            yield name, node.lineno
            yield from ((f"{name}.{alias.name}", node.lineno) for alias in node.names)


def parts_used(path: Path) -> Iterator[tuple[str, int]]:
    """The parts whose modules a file imports, and those that bring in what it takes from the package itself."""
    known = {part(other) for other in files()}
    for name, line in [*imported(path), *taken_from_the_package(path)]:
        first, _, rest = name.partition(".")
        if first == "spark_lineage" and rest.split(".")[0] in known:
            yield rest.split(".")[0], line


def taken_from_the_package(path: Path) -> Iterator[tuple[str, int]]:
    """Where what a file takes from ``spark_lineage`` itself comes from: ``from spark_lineage import start``, or
    ``spark_lineage.start`` after ``import spark_lineage``."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.ImportFrom) and node.module == "spark_lineage" and not node.level:
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "spark_lineage":
            names = [node.attr]
        yield from ((spark_lineage._PLACES[name][0], node.lineno) for name in names if name in spark_lineage._PLACES)


def test_every_part_has_its_place_in_the_order() -> None:
    assert {part(path) for path in files()} == set(MAY_USE)


@pytest.mark.parametrize("name", MAY_USE)
def test_no_part_uses_one_that_comes_after_it(name: str) -> None:
    above = list(MAY_USE)[: list(MAY_USE).index(name)]
    assert MAY_USE[name] <= set(above) | {name}


@pytest.mark.parametrize("name", MAY_USE)
def test_imports_point_one_way(name: str) -> None:
    allowed = MAY_USE[name] | {name}
    found = [
        f"{path.relative_to(ROOT)}:{line} imports {used}"
        for path in files(name)
        for used, line in parts_used(path)
        if used not in allowed
    ]
    assert found == []


def test_what_is_taken_from_the_package_itself_counts(tmp_path: Path) -> None:
    file = tmp_path / "taking.py"
    for text in ("from spark_lineage import start\n", "import spark_lineage\n\nspark_lineage.start()\n"):
        file.write_text(text)
        assert [name for name, _ in taken_from_the_package(file)] == ["spark_lineage.activation.session"]


def test_only_people_are_shown_things() -> None:
    found = {part(path) for path in files() for used, _ in imported(path) if used.split(".")[0] in ONLY_FOR_PEOPLE}
    assert found == {"cli", "faces"}


def test_only_the_local_page_needs_what_serves_it() -> None:
    serving = {"starlette", "uvicorn", "anyio"}
    found = {path for path in files() for used, _ in imported(path) if used.split(".")[0] in serving}
    assert found == {PACKAGE / "faces" / "web" / name for name in ("app.py", "serving.py")}
    used = {path for path in files() for name, _ in imported(path) if name.startswith("spark_lineage.faces.web")}
    assert {path for path in used if path.parent.name != "web"} == {PACKAGE / "cli" / "ui.py"}


def test_only_the_plugin_needs_pytest() -> None:
    assert {part(path) for path in files() for used, _ in imported(path) if used.split(".")[0] == "pytest"} == {
        "testing"
    }


def test_only_the_tools_for_agents_need_their_sdk() -> None:
    found = {path for path in files() for used, _ in imported(path) if used.split(".")[0] in {"mcp", "jsonschema"}}
    assert found == {PACKAGE / "faces" / "mcp" / "server.py"}
    used = {path for path in files() for name, _ in imported(path) if name.startswith("spark_lineage.faces.mcp")}
    assert {path for path in used if path.parent.name != "mcp"} == {PACKAGE / "cli" / "mcp.py"}


def test_only_what_exports_spans_needs_opentelemetry() -> None:
    """It runs in processes of ours alone: a program's own OpenTelemetry is never touched."""
    found = {path for path in files() for used, _ in imported(path) if used.split(".")[0] == "opentelemetry"}
    assert found == {PACKAGE / "sinks" / "otel" / "export.py"}
    used = {
        path for path in files() for name, _ in imported(path) if name.startswith("spark_lineage.sinks.otel.export")
    }
    assert {path.name for path in used if path.parent.name == "otel"} == {"sending.py", "beside.py"}
    assert {path.parent.name for path in used} == {"otel"}


def test_only_what_tells_mlflow_imports_it() -> None:
    """In a process of ours: the program's own MLflow is asked only by who has it already."""
    found = {path for path in files() for used, _ in imported(path) if used.split(".")[0] == "mlflow"}
    assert found == {PACKAGE / "experiments" / "telling.py"}
    used = {path for path in files() for name, _ in imported(path) if name.startswith("spark_lineage.experiments")}
    assert {path.parent.name for path in used} == {"experiments"}, "it is named where its process is begun, as text"


def test_the_libraries_of_contracts_are_imported_for_contracts_alone() -> None:
    """They are an extra, and take time to import: only who has contracts pays."""
    found = {path for path in files() for used, _ in imported(path) if used.split(".")[0] in ("sqlglot", "duckdb")}
    assert {path.parent.name for path in found} == {"contracts"}
    assert not {path.name for path in found} & {"reading.py", "checking.py", "libraries.py"}, "without the extra, too"


def test_a_store_elsewhere_is_reached_in_one_place() -> None:
    """The clients are an extra, and start threads: only who reads such a store, or brings a run to it, has them."""
    found = {path: used for path in files() for used, _ in imported(path) if used.split(".")[0] in OF_PLACES}
    assert {path.relative_to(PACKAGE / "store" / "places").name for path in found} == {"cloud.py", "hdfs.py"}
    used = {path for path in files() for name, _ in imported(path) if name.startswith("spark_lineage.sinks.bringer")}
    assert used == set(), "it is the main program of a process of its own"


OF_PLACES = {"obstore", "hdfs_native"}
# The rooms of a part: each uses itself and those before it.
ROOMS = {
    "capture": ["deferred", "code", "following", "operations", "remote", "recorder", "patching", "__init__"],
    "agent": [
        "program",
        "queries",
        "ahead",
        "belonging",
        "jvm_half",
        "cells",
        "from_servers",
        "telling",
        "elsewhere",
        "ending",
        "catalog",
        "observing",
        "__init__",
    ],
}


@pytest.mark.parametrize("name", ROOMS)
def test_the_rooms_of_a_part_point_one_way(name: str) -> None:
    found = []
    for path in files(name):
        room = path.relative_to(PACKAGE / name).parts[0].removesuffix(".py")
        below = ROOMS[name][ROOMS[name].index(room) + 1 :]
        for used, line in imported(path):
            if used.startswith(f"spark_lineage.{name}.") and used.split(".")[2] in below:
                found.append(f"{path.relative_to(ROOT)}:{line} imports {used}")
    assert found == []


@pytest.mark.parametrize("name", WITHOUT_PYSPARK)
def test_readers_never_import_pyspark(name: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in files(name)
        for used, line in imported(path)
        if used.split(".")[0] in ("pyspark", "py4j")
    ]
    assert found == []


def test_py4j_is_spoken_in_one_place() -> None:
    found = {part(path) for path in files() for used, _ in imported(path) if used.split(".")[0] == "py4j"}
    assert found <= {"jvm", "activation"}, "activation only sees the JVM come up"


def test_the_package_itself_imports_little() -> None:
    """What ``import spark_lineage`` brings in is paid by every program that is started with it."""
    script = "import sys, spark_lineage; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    heavy = {"pyspark", "pandas", "pyarrow", "deltalake", "openlineage", "openlineage.client", "numpy", "click", "rich"}
    assert heavy & set(done.stdout.split()) == set()


def test_one_version() -> None:
    version = (PACKAGE / "VERSION").read_text().strip()
    shown = subprocess.run(
        [sys.executable, "-c", "import spark_lineage; print(spark_lineage.__version__)"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert shown.stdout.strip() == version
    for name in ["build.sbt", "pyproject.toml"]:
        text = (ROOT / name).read_text()
        assert "spark_lineage/VERSION" in text, f"{name} reads the version from its one place"
        assert f'"{version}"' not in text


def test_spark_and_delta_versions_agree() -> None:
    """Spark and Delta versions stand in several build files; they must be one choice."""
    sbt, project, makefile = ((ROOT / name).read_text() for name in ["build.sbt", "pyproject.toml", "Makefile"])
    jar = (ROOT / "project" / "jar.py").read_text()
    assert '"4.2.0"' in sbt
    assert 'SPARK_VERSION = "4.2.0"' in jar
    assert "HOME = Line(SPARK_VERSION, " in jar
    assert "pyspark==4.2.*" in project
    assert "SPARK := 4.2.0" in makefile
    assert "delta-spark==4.4.0" in project
    assert "delta-spark_4.2_2.13:4.4.0" in makefile
