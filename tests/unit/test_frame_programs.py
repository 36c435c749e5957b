"""Programs of pandas without Spark: each changed in one place, the step that is at fault is named, and no other.

``tests/frames`` has the programs and the changes.
"""

from __future__ import annotations

import contextlib
import io
import runpy
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from spark_lineage import agent
from spark_lineage.agent import Program
from spark_lineage.answers.diff import compare_runs
from spark_lineage.config import Config
from spark_lineage.model import LineageGraph, Outcome
from spark_lineage.store import Store
from tests.frames.variants import FAULTS, HARMLESS

PROGRAMS = Path(__file__).parents[1] / "frames" / "programs"
ALWAYS = 2  # one of so many of those that continuous integration looks at is in each run of the tests
NAMES = sorted(path.stem for path in PROGRAMS.glob("*.py") if path.stem != "lazily_helped")


def share(cases: Sequence[tuple[str, ...]], of: int) -> list[Any]:
    """One of so many is looked at each time, or by continuous integration; all of them where time is given."""

    def marks(at: int) -> list[pytest.MarkDecorator]:
        return [pytest.mark.slow] if at % of else [pytest.mark.wide] if at % (ALWAYS * of) else []

    return [
        pytest.param(*case, id=f"{case[0]}: {case[2][:30]}" if len(case) > 2 else case[0],
                     marks=marks(at))
        for at, case in enumerate(cases)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = tmp_path_factory.mktemp("frames")
    (made / "lazily_helped.py").write_text((PROGRAMS / "lazily_helped.py").read_text())
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(made)
        patch.setenv("OPENLINEAGE_DISABLED", "true")
        yield made


def observed(folder: Path, name: str, text: str) -> LineageGraph:
    """A program observed by the agent itself, in this process."""
    file = folder / f"{name}.py"
    file.write_text(text)
    config = Config(store=str(folder / "lineage"), strict=True)
    begun = agent.start(config, Program(name, str(file), (), (str(folder),)))
    sys.path.insert(0, str(folder))
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            runpy.run_path(str(file), run_name="__main__")
    finally:
        sys.path.remove(str(folder))
        sys.modules.pop("lazily_helped", None)
        agent.stop(Outcome.COMPLETE)
    return Store(folder / "lineage").open(begun.run).graph


class Plain(dict[str, LineageGraph]):
    """Each program as it is, observed once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def __missing__(self, name: str) -> LineageGraph:
        found = self[name] = observed(self._folder, name, (PROGRAMS / f"{name}.py").read_text())
        return found


@pytest.fixture(scope="module")
def plain(folder: Path) -> Plain:
    return Plain(folder)


def changed(folder: Path, name: str, old: str, new: str) -> LineageGraph:
    text = (PROGRAMS / f"{name}.py").read_text()
    assert text.count(old) == 1
    return observed(folder, name, text.replace(old, new))


@pytest.mark.parametrize(("name", "old", "new", "step"), share(FAULTS, 10))
def test_the_fault_is_named(folder: Path, plain: Plain, name: str, old: str, new: str, step: str) -> None:
    found = compare_runs(plain[name], changed(folder, name, old, new))
    named = {each.step.step.rpartition(".")[2] for each in found.first_divergences}
    assert named and named <= set(step.split("|")), [each.why for each in found.first_divergences]
    assert not found.sources_changed


@pytest.mark.parametrize(("name", "old", "new"), share(HARMLESS, 8))
def test_a_harmless_change_is_the_same(folder: Path, plain: Plain, name: str, old: str, new: str) -> None:
    found = compare_runs(plain[name], changed(folder, name, old, new))
    assert found.same, [each.why for each in found.first_divergences] + [each.why for each in found.uncertain]


@pytest.mark.parametrize("name", share([(name,) for name in NAMES], 16))
def test_the_same_program_again_is_the_same(folder: Path, plain: Plain, name: str) -> None:
    found = compare_runs(plain[name], observed(folder, name, (PROGRAMS / f"{name}.py").read_text()))
    assert found.same and not found.values
    lazy = {dataset.id for dataset in plain[name].datasets if dataset.reason == "never_executed"}
    assert not [gap.why for gap in plain[name].gaps if gap.dataset not in lazy]


@pytest.mark.parametrize("name", share([(name,) for name in NAMES], 11))
def test_the_program_does_what_it_does_alone(tmp_path: Path, name: str) -> None:
    text = (PROGRAMS / f"{name}.py").read_text()
    for each in (name, "lazily_helped"):
        (tmp_path / f"{each}.py").write_text((PROGRAMS / f"{each}.py").read_text())
    assert text
    alone, with_us = (
        subprocess.run([sys.executable, *words, f"{name}.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60)
        for words in ((), ("-m", "spark_lineage", "run"))
    )
    assert (with_us.returncode, with_us.stdout, with_us.stderr) == (alone.returncode, alone.stdout, alone.stderr)
    assert alone.returncode == 0
