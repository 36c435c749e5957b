"""The tests of the JVM half, as one test of the whole: sbt runs them beside the tests that need no sbt."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[2]
REPORTS = ROOT / "jvm_listener" / "target" / "test-reports"  # sbt's own, one for each suite
# sbt itself only loads the build here, for which the second compiler costs more than it gains.
QUICK = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]
WIDE, SLOW = "io.sparklineage.Wide", "io.sparklineage.Slow"  # the tags of what is proved by other tests too


@pytest.mark.timeout(1500)
@pytest.mark.parametrize(
    ("chosen", "at_least"),
    [
        pytest.param(f"-l {WIDE} -l {SLOW}", 200, id="share"),
        pytest.param(f"-n {WIDE} -l {SLOW}", 100, id="wide", marks=pytest.mark.wide),
        pytest.param(f"-n {SLOW}", 80, id="slow", marks=pytest.mark.slow),
    ],
)
def test_the_suites_of_the_listener_pass(chosen: str, at_least: int) -> None:
    shutil.rmtree(REPORTS, ignore_errors=True)
    command = [sys.executable, str(ROOT / "project" / "jar.py"), "sbt", *QUICK, f"listener/testOnly * -- {chosen}"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
    assert done.returncode == 0, done.stdout[-20_000:]
    suites = [ElementTree.parse(report).getroot() for report in REPORTS.glob("*.xml")]
    for suite in sorted(suites, key=lambda suite: -float(suite.attrib["time"])):
        print(f"{float(suite.attrib['time']):7.1f} s  {suite.attrib['tests']:>4} tests  {suite.attrib['name']}")
    assert sum(int(suite.attrib["tests"]) for suite in suites) > at_least
