"""Which folders hold the program's own code, by the way in which it is started."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from spark_lineage.activation import runner
from spark_lineage.activation.runner import _check_target, _program_folders, parse
from spark_lineage.capture.code.ownership import UserCode


def folders(*words: str) -> list[Path]:
    request = parse(["--enabled=false", *words])
    return list(dict.fromkeys(_program_folders(request, _check_target(request))))


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("runner", ["unittest", "pytest", "pdb", "timeit"])
def test_a_module_that_runs_the_programs_code_is_none_of_it(here: Path, runner: str) -> None:
    assert folders("-m", runner) == [here]
    owned = UserCode([str(here)])
    assert owned.ownership(str(here / "tests" / "x.py")).owned
    for module in ("unittest", "pluggy", "pytest", "_pytest"):
        __import__(module)
        assert not owned.ownership(str(sys.modules[module].__file__)).owned


def test_a_module_of_the_current_folder(here: Path) -> None:
    (here / "pkg").mkdir()
    (here / "pkg" / "__init__.py").write_text("")
    (here / "pkg" / "job.py").write_text("")
    assert set(folders("-m", "pkg.job")) <= {here, here / "pkg"}
    assert here in folders("-m", "pkg.job")


@pytest.mark.parametrize(("text", "own"), [("import pyspark", True), ("import json", False)])
def test_an_installed_job_is_the_programs_own(
    here: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, text: str, own: bool
) -> None:
    site = tmp_path_factory.mktemp("site")
    (site / "acme_job").mkdir()
    (site / "acme_job" / "__init__.py").write_text("")
    (site / "acme_job" / "__main__.py").write_text(text)
    (site / "acme_job-1.0.dist-info").mkdir()
    monkeypatch.syspath_prepend(str(site))
    assert folders("-m", "acme_job") == ([here, site / "acme_job"] if own else [here])


def test_a_script_has_its_own_folder_only(here: Path) -> None:
    (here / "jobs").mkdir()
    (here / "jobs" / "job.py").write_text("")
    assert folders("jobs/job.py") == [here / "jobs"]
    assert runner.MOST_FILES > 0
