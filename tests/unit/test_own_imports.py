"""A program whose folder has modules of the names that Python, our libraries and we import: it gets its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from importlib.machinery import FrozenImporter
from pathlib import Path

import pytest

VALUE = "of the program"
WAYS = {
    "console script": [str(Path(sys.executable).with_name("spark-lineage")), "run"],
    "module": [sys.executable, "-m", "spark_lineage", "run"],
}
# What the interpreter loads before it comes to a program or to `-m`: nobody's folder can hide that.
LOADED = "import sys; print(*sys.modules)"


def run(words: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=120)


@pytest.fixture(scope="module")
def imported(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Top-level names of everything that an observed run imports, at its end too."""
    folder = tmp_path_factory.mktemp("imports")
    (folder / "p.py").write_text("print('done')\n")
    ran = run([sys.executable, "-X", "importtime", "-m", "spark_lineage", "run", "p.py"], folder)
    assert ran.stdout == "done\n", ran.stderr[-2000:]
    names = {name.partition(".")[0] for name in re.findall(r"\|\s*([\w.]+)$", ran.stderr, re.MULTILINE)}
    # The interpreter's end asks `threading`, and every file of ours begins with `__future__`.
    kept = {"spark_lineage", "__main__", "__future__", "threading", "sitecustomize", "usercustomize"}
    kept.update(sys.builtin_module_names)
    return sorted(name for name in names - kept if FrozenImporter.find_spec(name) is None)


def loaded_first(folder: Path, as_module: bool) -> set[str]:
    (folder / "loaded_first.py").write_text(LOADED)
    words = ["-m", "loaded_first"] if as_module else ["loaded_first.py"]
    return set(run([sys.executable, *words], folder).stdout.split())


def program(folder: Path, names: Sequence[str]) -> Path:
    """It imports all of these names, which its folder has as modules and as packages in turn."""
    folder.mkdir()
    for place, name in enumerate(names):
        file = folder / f"{name}.py" if place % 2 else folder / name / "__init__.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(f"VALUE = {VALUE!r}\n")
    lines = [f"import {name}\nprint({name!r}, getattr({name}, 'VALUE', None))\n" for name in names]
    (folder / "p.py").write_text("".join(lines))
    return folder


@pytest.mark.parametrize("way", WAYS)
def test_each_gets_its_own(way: str, imported: list[str], tmp_path: Path) -> None:
    names = [name for name in imported if name not in loaded_first(tmp_path, way == "module")]
    assert {"secrets", "queue", "uuid", "hmac", "token", "calendar", "msgspec"} <= set(names)
    folder = program(tmp_path / "program", names)
    plain = run([sys.executable, "p.py"], folder)
    assert plain.stdout.count(VALUE) > 100, plain.stderr
    observed = run([*WAYS[way], "p.py"], folder)
    assert (observed.stdout, observed.stderr, observed.returncode) == (plain.stdout, plain.stderr, plain.returncode)
    shown = run([*WAYS[way][:-1], "show", "last", "--json"], folder)
    assert shown.returncode == 0, shown.stderr
    document = json.loads(shown.stdout)
    assert document["run"]["outcome"] == "complete"
    assert document["gaps"] == []
    assert [path.name for path in sorted((folder / "lineage" / "audit").iterdir())], "the tables were written"
    (record,) = (folder / "lineage" / "runs").iterdir()
    assert (record / "events.jsonl").exists()


@pytest.mark.slow
def test_a_module_that_is_run_gets_its_own(imported: list[str], tmp_path: Path) -> None:
    names = [name for name in imported if name not in loaded_first(tmp_path, True)]
    folder = program(tmp_path / "program", names)
    plain = run([sys.executable, "-m", "p"], folder)
    observed = run([*WAYS["console script"], "-m", "p"], folder)
    assert (observed.stdout, observed.stderr) == (plain.stdout, plain.stderr)
    assert plain.stdout.count(VALUE) == len(names)


def test_switched_on_from_inside(imported: list[str], tmp_path: Path) -> None:
    names = [name for name in imported if name not in loaded_first(tmp_path, False)]
    folder = program(tmp_path / "program", names)
    text = (folder / "p.py").read_text()
    (folder / "p.py").write_text(f"import spark_lineage\nspark_lineage.start()\n{text}")
    observed = run([sys.executable, "p.py"], folder)
    assert observed.stdout.count(VALUE) == len(names), observed.stderr + observed.stdout
    (record,) = (folder / "lineage" / "runs").iterdir()
    assert (record / "events.jsonl").exists()


def test_what_the_program_had_loaded_before_stays(tmp_path: Path) -> None:
    """A folder that comes to the path later hides nothing of what the program imported from Python."""
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "secrets.py").write_text(f"VALUE = {VALUE!r}\n")
    (tmp_path / "p.py").write_text(
        "import secrets, sys\nfirst = secrets\nsys.path.insert(0, 'later')\n"
        "import spark_lineage\nspark_lineage.start()\nspark_lineage.stop()\n"
        "import secrets\nprint(secrets is first)\n"
    )
    assert run([sys.executable, "p.py"], tmp_path).stdout == "True\n"
