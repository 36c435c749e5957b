"""Bad input: one clear sentence on standard error, exit status 2, and nothing of the program has run."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from spark_lineage.cli.commands import COMMANDS

ROOT = Path(__file__).parent.parent.parent


def command(*words: str, folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SPARK_")}
    return subprocess.run(
        [sys.executable, "-m", "spark_lineage", *words],
        cwd=folder, env={**kept, "PYTHONPATH": str(ROOT), **environ}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence."""
    assert (done.returncode, done.stdout) == (2, ""), done
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("spark-lineage: ")
    assert lines[0].endswith(".")
    return lines[0]


@pytest.fixture()
def job(tmp_path: Path) -> Path:
    path = tmp_path / "job.py"
    path.write_text("print('the program has run')\n")
    return path


def fake_java(folder: Path, script: str) -> Path:
    java = folder / "java-home" / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!/bin/sh\n{script}\n")
    java.chmod(java.stat().st_mode | stat.S_IXUSR)
    return folder / "java-home"


def test_missing_script(tmp_path):
    assert "job.py does not exist" in refused(command("run", "job.py", folder=tmp_path))


@pytest.mark.parametrize(
    ("name", "content"),
    [("notes.txt", b"These are notes, not a program.\n"), ("app.jar", b"\x7fELF\0\0"), ("job", b"print(1)\0"),
     ("job.scala", b"object Job extends App { println(1) }\n"), ("flights.ipynb", b'{"cells": [}\n')],
)  # fmt: skip
def test_not_python(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    assert f"{name} is not a Python program" in refused(command("run", name, folder=tmp_path))


def test_control_characters_of_what_was_typed_do_not_reach_the_terminal(tmp_path):
    for words in (("run", "\x1b[31mjob\n.py"), ("\x1b[31m\n",)):
        assert "\\x1b[31m" in refused(command(*words, folder=tmp_path))


def test_folder_without_main(tmp_path):
    assert "not a Python program" in refused(command("run", ".", folder=tmp_path))


def test_missing_module(tmp_path):
    assert "There is no module nowhere" in refused(command("run", "-m", "nowhere.job", folder=tmp_path))


def test_no_program(tmp_path):
    assert "no program to run" in refused(command("run", "--mode", "plan", folder=tmp_path))


def test_java_home_without_java(job):
    assert "no bin/java" in refused(command("run", "job.py", folder=job.parent, JAVA_HOME="/nonexistent"))


def test_no_java_at_all(job, tmp_path):
    sentence = refused(command("run", "job.py", folder=job.parent, JAVA_HOME="", PATH=str(tmp_path)))
    assert "Java is missing" in sentence


def test_old_java_by_its_own_words(job, tmp_path):
    home = fake_java(tmp_path, "echo 'openjdk version \"11.0.22\" 2024-01-16' >&2")
    assert "is Java 11, but Java 17" in refused(command("run", "job.py", folder=job.parent, JAVA_HOME=str(home)))


def test_old_java_by_its_release_file(job, tmp_path):
    home = fake_java(tmp_path, "exit 1")
    (home / "release").write_text('IMPLEMENTOR="X"\nJAVA_VERSION="1.8.0_412"\n')
    assert "is Java 8, but Java 17" in refused(command("run", "job.py", folder=job.parent, JAVA_HOME=str(home)))


def test_java_that_does_not_start(job, tmp_path):
    home = fake_java(tmp_path, "exit 1")
    assert "does not start as Java" in refused(command("run", "job.py", folder=job.parent, JAVA_HOME=str(home)))


def test_jar_of_another_line(job, tmp_path):
    jar = tmp_path / "other.jar"
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\r\nSpark-Line: 3.5\r\nScala-Line: 2.13\r\n")
    assert "is for Spark 3.5 (Scala 2.13), but Spark 4." in refused(
        command("run", "--jar", str(jar), "job.py", folder=job.parent)
    )


@pytest.mark.parametrize("content", [b"no zip file", None])
def test_jar_that_is_none(job, tmp_path, content):
    if content is not None:
        (tmp_path / "x.jar").write_bytes(content)
    assert "cannot be read as the listener's jar" in refused(
        command("run", "--jar", "x.jar", "job.py", folder=tmp_path)
    )


def test_store_is_a_file(job, tmp_path):
    (tmp_path / "taken").write_text("")
    sentence = refused(command("run", "--store", "taken", "job.py", folder=tmp_path))
    assert f"The store {tmp_path / 'taken'} cannot be written" in sentence


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="needs a folder that even root cannot write")
def test_store_is_read_only(job):
    assert "cannot be written" in refused(command("run", "--store", "/proc/lineage", "job.py", folder=job.parent))


def test_unknown_option_of_run(job):
    sentence = refused(command("run", "--smaple-rows", "3", "job.py", folder=job.parent))
    assert "Unknown option --smaple-rows; the nearest known one is --sample-rows." in sentence


def test_unknown_option_in_the_environment(job):
    sentence = refused(command("run", "job.py", folder=job.parent, SPARK_LINEAGE__SAMPEL__ROWS="3"))
    assert "nearest known one is SPARK_LINEAGE__SAMPLE__ROWS." in sentence


def test_unknown_option_in_the_file(job):
    (job.parent / "spark-lineage.toml").write_text("mod = 'plan'\n")
    assert "the nearest known one is mode." in refused(command("run", "job.py", folder=job.parent))


@pytest.mark.parametrize(
    "words", [("show", "--jsno"), ("jar", "--sparkhome", "x"), ("doctor", "--jsn"), ("pyfiles", "-x")]
)
def test_unknown_option_of_other_commands(tmp_path, words):
    assert f"Unknown option {words[1]}; the nearest known one is -" in refused(command(*words, folder=tmp_path))


def test_unknown_command(tmp_path):
    assert "Unknown command shwo; the nearest known one is show." in refused(command("shwo", folder=tmp_path))


@pytest.mark.parametrize(
    "words",
    [
        ("--mode", "plan", "--mode", "exact"),
        ("--mode", "plan", "--sample-rows", "5"),
        ("--enabled=false", "--strict"),
        ("--store", "a", "--store=b"),
    ],
)
def test_two_conflicting_settings(job, words):
    assert "conflict" in refused(command("run", *words, "job.py", folder=job.parent))


def test_two_conflicting_files(job):
    (job.parent / "spark-lineage.toml").write_text("")
    (job.parent / "pyproject.toml").write_text("[tool.spark-lineage]\n")
    assert "keep one of them" in refused(command("run", "job.py", folder=job.parent))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--mode", "fast"), "must be one of plan, flow, used, exact"),
        (("--label", "a=1", "--label", "x"), "--label must be written key=value, not 'x'."),
        (("--enabled", "false"), "write --enabled=false."),
        (("--mode",), "needs a value"),
    ],
)
def test_bad_values(job, words, sentence):
    tail = ["job.py"] if len(words) > 1 else []
    assert sentence in refused(command("run", *words, *tail, folder=job.parent))


def test_nothing_is_left_behind(job):
    command("run", "--mode", "fast", "job.py", folder=job.parent)
    assert [path.name for path in job.parent.iterdir()] == ["job.py"]


def test_show_without_a_store(tmp_path):
    done = command("show", "last", folder=tmp_path)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (2, "", 1), done


@pytest.mark.parametrize("words", [(), *((name,) for name in COMMANDS)])
def test_help_has_an_example(tmp_path, words):
    done = command(*words, "--help", folder=tmp_path)
    assert done.returncode == 0, done
    assert "spark-lineage " + " ".join(words or ("run",)) in done.stdout.replace('"$(', "")


def test_version(tmp_path):
    version = (ROOT / "spark_lineage" / "VERSION").read_text().strip()
    assert command("--version", folder=tmp_path).stdout == f"spark-lineage, version {version}\n"
