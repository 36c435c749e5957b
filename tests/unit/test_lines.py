"""Which jar fits which Spark; and what is said and done where none does."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from spark_lineage.activation.jars import (
    RUNS_ON,
    SCALAS,
    JarError,
    NoFittingJar,
    Spark,
    find_spark,
    jar_for,
    spark_of,
)

ROOT = Path(__file__).parent.parent.parent
BUILT = ["3.5_2.12", "3.5_2.13", "4.0_2.13", "4.1_2.13", "4.2_2.13"]


def building():
    spec = importlib.util.spec_from_file_location("spark_lineage_jar_lines", ROOT / "project" / "jar.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture()
def folder(tmp_path: Path) -> Path:
    """The jars of a wheel."""
    for name in BUILT:
        (tmp_path / f"spark-lineage-listener-{name}-0.2.0.jar").touch()
    return tmp_path


def home(folder: Path, core: str) -> Path:
    (folder / "jars").mkdir(parents=True)
    (folder / "jars" / core).touch()
    return folder


@pytest.mark.parametrize(
    ("core", "jar"),
    [("spark-core_2.12-3.5.0.jar", "3.5_2.12"), ("spark-core_2.12-3.5.4-amzn-0.jar", "3.5_2.12"),
     ("spark-core_2.13-3.5.9.jar", "3.5_2.13"), ("spark-core_2.13-4.0.1.jar", "4.0_2.13"),
     ("spark-core_2.13-4.1.4.jar", "4.1_2.13"), ("spark-core_2.13-4.2.7.jar", "4.2_2.13"),
     ("spark-core_2.13-4.3.0.jar", "4.2_2.13")],
)  # fmt: skip
def test_the_jar_is_that_of_the_spark_that_will_run(folder, tmp_path, core, jar):
    spark = find_spark({"SPARK_HOME": str(home(tmp_path / "spark", core))})
    assert jar_for(spark, folder=folder).name == f"spark-lineage-listener-{jar}-0.2.0.jar"


@pytest.mark.parametrize(
    "core", ["spark-core_2.12-3.4.2.jar", "spark-core_2.13-3.3.4.jar", "spark-core_2.13-4.4.0.jar"]
)
def test_no_jar_is_taken_for_another_line(folder, tmp_path, core):
    spark = find_spark({"SPARK_HOME": str(home(tmp_path / "spark", core))})
    with pytest.raises(NoFittingJar) as refused:
        jar_for(spark, folder=folder)
    sentence = str(refused.value)
    assert f"No listener's jar fits Spark {spark.version} (Scala {spark.scala})" in sentence
    assert (
        "3.5 (Scala 2.12), 3.5 (Scala 2.13), 4.0 (Scala 2.13), 4.1 (Scala 2.13), 4.2 and 4.3 (Scala 2.13)." in sentence
    )


def test_a_clone_says_how_to_build_the_jar_that_it_lacks(tmp_path):
    (tmp_path / "spark-lineage-listener-4.2_2.13-0.2.0.jar").touch()
    with pytest.raises(NoFittingJar, match=r"in a clone `python project/jar.py 3.5_2.12` builds it\."):
        jar_for(Spark(None, "3.5.1", "2.12"), folder=tmp_path)


def test_a_spark_by_its_version():
    assert [str(spark_of(*words)) for words in (("4.0",), ("4.3.0",), ("3.5", "2.12"), ("3.5.1", "2.13"))] == [
        "Spark 4.0 (Scala 2.13)", "Spark 4.3.0 (Scala 2.13)", "Spark 3.5 (Scala 2.12)", "Spark 3.5.1 (Scala 2.13)",
    ]  # fmt: skip
    with pytest.raises(JarError, match="say which by --scala"):
        spark_of("3.5")
    with pytest.raises(JarError, match="no version of Spark"):
        spark_of("latest")


def test_the_oldest_java_depends_on_the_line():
    assert [spark_of(*words).oldest_java for words in (("3.5", "2.12"), ("4.0",), ("4.3",))] == [11, 17, 17]


def test_the_build_and_the_package_speak_of_the_same_lines():
    lines = [line.name for line in building().LINES]
    assert lines == BUILT == [f"{line}_{scala}" for line in RUNS_ON for scala in SCALAS.get(line, ("2.13",))]
    sbt = (ROOT / "build.sbt").read_text()
    assert re.search(r'if \(lineName == "4.2"\) (Seq\(.*?\)) else', sbt)[1] == 'Seq("4.2", "4.3")'
    assert RUNS_ON["4.2"] == ("4.2", "4.3")
    assert all(lines == (line,) for line, lines in RUNS_ON.items() if line != "4.2")


def test_a_wheel_may_be_asked_for_some_lines(monkeypatch):
    jar = building()
    assert jar.of_a_wheel() == jar.LINES
    monkeypatch.setenv("SPARK_LINEAGE_LINES", "4.2_2.13, 3.5_2.12")
    assert [line.name for line in jar.of_a_wheel()] == ["4.2_2.13", "3.5_2.12"]
    monkeypatch.setenv("SPARK_LINEAGE_LINES", "2.4_2.11")
    with pytest.raises(jar.BuildError, match="There is no line 2.4_2.11"):
        jar.of_a_wheel()


# --------------------------------------------------------------------------- by the command line


def command(*words: str, folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SPARK_")}
    return subprocess.run(
        [sys.executable, "-m", "spark_lineage", *words],
        cwd=folder, env={**kept, "PYTHONPATH": str(ROOT), **environ}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def test_jar_of_a_spark_that_is_not_here(tmp_path):
    done = command("jar", "--spark", "4.2.1", folder=tmp_path)
    assert re.fullmatch(r".*/jvm/jars/spark-lineage-listener-4.2_2.13-[\d.]+\.jar\n", done.stdout), done
    for words, sentence in [
        (("--spark", "3.4", "--scala", "2.12"), "No listener's jar fits Spark 3.4 (Scala 2.12)"),
        (("--scala", "2.12"), "give both"),
        (("--spark", "4.0", "--spark-home", "x"), "leave one out"),
    ]:
        done = command("jar", *words, folder=tmp_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert sentence in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_program_runs_as_plain_where_no_jar_fits(tmp_path):
    """It is recorded without facts; `doctor` says so before."""
    spark = home(tmp_path / "spark", "spark-core_2.12-3.3.4.jar")
    (tmp_path / "job.py").write_text("print('the program has run')\nraise SystemExit(3)\n")
    done = command("run", "job.py", folder=tmp_path, SPARK_HOME=str(spark))
    assert (done.returncode, done.stdout, done.stderr) == (3, "the program has run\n", "")
    told = json.loads(command("doctor", "--json", folder=tmp_path, SPARK_HOME=str(spark)).stdout)
    [finding] = [each for each in told["findings"] if each["what"] == "jar"]
    assert not finding["ok"] and "fits Spark 3.3.4 (Scala 2.12)" in finding["text"]
    assert "Without a jar the record has steps, edges and code" in finding["mend"]
