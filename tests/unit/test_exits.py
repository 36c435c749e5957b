"""How a program ended that the interpreter itself runs: told from inside of it, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import atexit
from sys import argv
from spark_lineage.activation.exits import MAIN

MAIN.watch_exits()
from sys import exit as leave
MAIN.observed_by(lambda frame: (frame.f_code.co_name,))


def tell():
    error, calls, known = MAIN.ended_by()
    print(repr(error), calls, known)


def three():
    leave(3)


atexit.register(tell)
"""
ENDS = {
    "pass": (0, "None () True"),
    "three()": (3, "SystemExit(3) ('three',) True"),
    "leave()": (0, "SystemExit(None) ('<module>',) True"),
    "leave('told')": (1, "SystemExit('told') ('<module>',) True"),
    "quit(5)": (5, "SystemExit(5) ('<module>',) True"),
    "raise SystemExit(4)": (4, "None () False"),
    "1 / 0": (1, "ZeroDivisionError('division by zero') () True"),
    "try: three()\nexcept SystemExit: pass": (0, "None () True"),
    "try: three()\nfinally: argv.clear()": (3, "SystemExit(3) ('three',) True"),
    "import threading\nt = threading.Thread(target=three)\nt.start()\nt.join()": (0, "None () True"),
    "MAIN.forget_exits()\nimport sys\nassert type(sys.exit) is type(len)": (0, "None () True"),
}


@pytest.mark.parametrize("end", ENDS)
def test_the_end_of_a_program(tmp_path: Path, end: str) -> None:
    program = tmp_path / "job.py"
    program.write_text(PROGRAM + end + "\n")
    done = subprocess.run(
        [sys.executable, str(program)], env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=60
    )
    code, told = ENDS[end]
    assert (done.returncode, done.stdout.strip()) == (code, told), done.stderr
    assert "exits.py" not in done.stderr
