"""The zip file for drivers where nothing is installed, in an interpreter that has nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from spark_lineage.activation import pyfiles


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    return pyfiles.build(tmp_path_factory.mktemp("zip") / "spark lineage.zip")


def python(archive: Path, code: str, *paths: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """Without site-packages: `-S` would leave sitecustomize out, so they are taken from the path instead."""
    strip = "import sys; sys.path[:] = [p for p in sys.path if 'site-packages' not in p]\n"
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PYSPARK"))}
    environment["PYTHONPATH"] = os.pathsep.join(map(str, [archive, *paths]))
    return subprocess.run(
        [sys.executable, "-c", strip + code], env={**environment, **environ}, capture_output=True, text=True, timeout=60
    )


def test_same_content_same_file(archive, tmp_path):
    assert pyfiles.build(tmp_path / "again.zip").read_bytes() == archive.read_bytes()


def test_nothing_compiled_and_no_jar(archive):
    with zipfile.ZipFile(archive) as content:
        suffixes = {Path(name).suffix for name in content.namelist() if not name.endswith("/")}
    assert suffixes <= {".py", ".json", ".pem", ""}


def test_does_nothing_where_spark_submit_is_not(archive):
    done = python(archive, "print('spark_lineage' in sys.modules, [p for p in sys.path if '_vendor' in p])")
    assert (done.stdout, done.stderr) == ("False []\n", "")


def test_brings_what_the_journal_needs(archive):
    code = (
        "import openlineage.client.event_v2, openlineage.client.facet_v2, requests, yaml\n"
        "import spark_lineage, spark_lineage.model, spark_lineage.graph, spark_lineage.events\n"
        "import spark_lineage.sinks.journal\n"
        "assert '_vendor' in requests.__file__, requests.__file__\n"
        "import importlib.metadata; print(importlib.metadata.version('requests') == requests.__version__)\n"
        "print(spark_lineage.__version__)\n"
    )
    done = python(archive, code, PYSPARK_GATEWAY_PORT="1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("True\n")


def test_what_is_installed_wins(archive, tmp_path):
    (tmp_path / "requests.py").write_text("NAME = 'theirs'")
    done = python(archive, "import requests; print(requests.NAME)", tmp_path, PYSPARK_GATEWAY_PORT="1")
    assert done.stdout == "theirs\n", done.stderr


@pytest.mark.parametrize("environ", [{}, {"PYSPARK_GATEWAY_PORT": "1"}])
def test_a_shadowed_sitecustomize_runs(archive, tmp_path, environ):
    (tmp_path / "sitecustomize.py").write_text("print('theirs', __name__, __file__)")
    done = python(archive, "import sitecustomize; print(sitecustomize.__file__)", tmp_path, **environ)
    file = tmp_path / "sitecustomize.py"
    assert (done.stdout, done.stderr) == (f"theirs sitecustomize {file}\n{file}\n", "")


def test_a_shadowed_sitecustomize_that_fails_is_reported_as_by_python_itself(archive, tmp_path):
    (tmp_path / "sitecustomize.py").write_text("raise ValueError('theirs')")
    done = python(archive, "print('goes on')", tmp_path)
    assert done.stdout == "goes on\n"
    assert "Error in sitecustomize" in done.stderr
    assert "ValueError: theirs" in done.stderr
