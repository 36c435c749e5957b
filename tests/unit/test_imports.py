"""Imports point one way (docs/how-it-works.md), and facts that stand in two places are the same in both."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "spark_lineage"
SEAMS = {"model", "config", "guard", "compat", "version", "refusals", "privacy"}
ALONE = ["capture", "surroundings", "jvm", "static", "fingerprint", "graph", "events", "sinks", "store"]
# What is more than the seams, with the reason.
ALSO = {
    "events": {"graph"},  # what columns are made from is composed in one place, for events and for answers
    "sinks": {"store", "events"},  # they hand on what was stored and emitted
    "store": {"events", "graph"},  # runs are read back from their events; a killed run is assembled when it is read
}
WITHOUT_PYSPARK = ["privacy", "graph", "events", "answers", "faces", "store", "static"]
WIRING = {"agent", "cli", "activation", "__main__", "__init__"}


def part(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def files(*parts: str) -> list[Path]:
    return [path for path in sorted(PACKAGE.rglob("*.py")) if not parts or part(path) in parts]


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """Absolute names of modules that a file imports, at any depth, also under ``TYPE_CHECKING``."""
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
    known = {part(other) for other in files()}
    for name, line in imported(path):
        pieces = name.split(".")
        if pieces[0] == "spark_lineage" and len(pieces) > 1 and pieces[1] in known:
            yield pieces[1], line


def test_there_is_something_to_look_at() -> None:
    assert {"capture", "jvm", "static", "graph", "events", "sinks", "store"} <= {part(path) for path in files()}


@pytest.mark.parametrize("name", ALONE)
def test_parts_use_only_the_seams(name: str) -> None:
    allowed = SEAMS | {name} | ALSO.get(name, set())
    found = [
        f"{path.relative_to(ROOT)}:{line} imports {used}"
        for path in files(name)
        for used, line in parts_used(path)
        if used not in allowed
    ]
    assert found == []


@pytest.mark.parametrize("name", sorted(SEAMS))
def test_seams_use_only_seams(name: str) -> None:
    assert {used for path in files(name) for used, _ in parts_used(path)} <= SEAMS


def test_only_the_wiring_uses_the_agent() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path in files()
        if part(path) not in WIRING
        for used, line in parts_used(path)
        if used in ("agent", "cli", "activation")
    ]
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
    assert "pyspark==4.2.*" in project
    assert "SPARK := 4.2.0" in makefile
    assert "delta-spark==4.4.0" in project
    assert "delta-spark_4.2_2.13:4.4.0" in makefile
