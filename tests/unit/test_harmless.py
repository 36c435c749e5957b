"""Programs without Spark, plain and observed: the same output, errors, exit status and files."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.unit.harm_programs import OTHER_WAYS, PROGRAMS, REPEATED, SEEN, WAITS

PLAIN = [sys.executable]
OBSERVED = [str(Path(sys.executable).with_name("spark-lineage")), "run"]
# The start-up file of an installation wakes up where spark-submit's words name the listener.
SUBMITTED = {"PYSPARK_SUBMIT_ARGS": "--conf spark.extraListeners=io.sparklineage.LineageListener pyspark-shell"}
UNOBSERVED = {"PYSPARK_SUBMIT_ARGS": "pyspark-shell"}
ARGUMENTS = ["one", "--two", "3 4"]


class Ran(NamedTuple):
    code: int
    stdout: bytes
    stderr: bytes
    files: dict[str, bytes]


def begin(
    command: list[str], source: str, folder: Path, environ: Mapping[str, str] = UNOBSERVED
) -> subprocess.Popen[bytes]:
    folder.mkdir(parents=True)
    text = textwrap.dedent(source).lstrip("\n")
    encoding = "latin-1" if "latin-1" in text else "utf-8"
    (folder / "p.py").write_bytes(text.encode(encoding))
    (folder / "helper.py").write_text("N = 3\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV", "PYTHON"))}
    return subprocess.Popen(
        [*command, "p.py", *ARGUMENTS], cwd=folder, env={**kept, "PYTHONHASHSEED": "0", **environ},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def end(process: subprocess.Popen[bytes], folder: Path) -> Ran:
    stdout, stderr = process.communicate(timeout=120)
    found = {
        str(path.relative_to(folder)): os.readlink(path).encode() if path.is_symlink() else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if not path.is_dir() and path.relative_to(folder).parts[0] not in ("lineage", "__pycache__")
    }
    return Ran(process.returncode, anonymous(stdout, folder), anonymous(stderr, folder), found)


def anonymous(text: bytes, folder: Path) -> bytes:
    """Without what differs between two plain runs: the folder, addresses, numbers of threads."""
    return re.sub(rb"0x[0-9a-f]+|\b\d{15}\b", b"N", text.replace(str(folder).encode(), b"HERE"))


#: name -> what is run, its environment, and what a program prints that differs there from the plain interpreter's.
WAYS: dict[str, tuple[list[str], Mapping[str, str]]] = {
    "console script": (OBSERVED, UNOBSERVED),
    "module": ([sys.executable, "-m", "spark_lineage", "run"], UNOBSERVED),
    "start-up file": (PLAIN, SUBMITTED),
}


def both(source: str, folder: Path) -> tuple[Ran, Ran]:
    folders = [folder / name / "program" for name in ("plain", "observed")]
    plain, observed = (begin(command, source, each) for command, each in zip((PLAIN, OBSERVED), folders, strict=True))
    return end(plain, folders[0]), end(observed, folders[1])


CUT = {"limit_of_files"}  # what is written of its run ends in the middle of a line


WIDE = [name for name in PROGRAMS if name not in REPEATED][1::2]  # every second one


def marks(name: str) -> list[pytest.MarkDecorator]:
    where = [pytest.mark.slow] * (name in REPEATED) + [pytest.mark.wide] * (name in WIDE)
    return where + [pytest.mark.bad_events] * (name in CUT)


@pytest.mark.parametrize("name", [pytest.param(name, marks=marks(name)) for name in PROGRAMS])
def test_a_program_notices_nothing(name: str, tmp_path: Path) -> None:
    ways = {"console script", *(way for way, names in OTHER_WAYS.items() if name in names)}
    folders = {way: tmp_path / way.replace(" ", "_") / "program" for way in ("plain", *WAYS)}
    plain = begin(PLAIN, PROGRAMS[name], folders["plain"])
    begun = {way: begin(command, PROGRAMS[name], folders[way], environ)
             for way, (command, environ) in WAYS.items() if way in ways}  # fmt: skip
    expected = end(plain, folders["plain"])
    ended = {way: end(process, folders[way]) for way, process in begun.items()}
    assert ended == dict.fromkeys(ways, expected)


def test_the_start_up_file_is_awake(tmp_path: Path) -> None:
    """The programs above are started beside our code: one that looks for it finds its finder."""
    source = "import sys; print('Finder' in [type(each).__name__ for each in sys.meta_path])"
    seen = {}
    for name, environ in (("plain", UNOBSERVED), ("submitted", SUBMITTED)):
        folder = tmp_path / name / "program"
        seen[name] = end(begin(PLAIN, source, folder, environ), folder).stdout
    assert seen == {"plain": b"False\n", "submitted": b"True\n"}


def test_a_program_in_a_git_work_tree_meets_no_child_of_ours(tmp_path: Path) -> None:
    """Git is asked while the program runs, and is no child of its process."""
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    identity = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run(["git", "-C", str(tmp_path), *identity, "commit", "-q", "--allow-empty", "-m", "first"], check=True)
    plain, observed = both(WAITS, tmp_path)
    assert observed == plain
    (journal,) = tmp_path.glob("observed/program/lineage/runs/*/events.jsonl")
    assert '"dirty":false' in journal.read_text().replace(" ", "")


def test_there_are_enough() -> None:
    assert REPEATED <= PROGRAMS.keys()
    assert set(OTHER_WAYS) == WAYS.keys() - {"console script"}
    assert all(names <= PROGRAMS.keys() for names in OTHER_WAYS.values())
    assert len(PROGRAMS.keys() - REPEATED) >= 60


@pytest.mark.parametrize("name", SEEN)
def test_what_is_documented_to_differ_does(name: str, tmp_path: Path) -> None:
    plain, observed = both(SEEN[name], tmp_path)
    assert observed != plain, "it can be hidden by now: move it to PROGRAMS, and take it out of docs/do-no-harm.md"
    assert observed.code == plain.code
