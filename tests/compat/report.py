"""What the run of a line has shown, for people, and the tables of docs/compatibility.md."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.compat import comparing, known
from tests.compat.comparing import KINDS
from tests.compat.lines import HOME, LINES, Line
from tests.compat.programs import ROOT, as_plain

NOT_RUN = "not run"
CONNECTORS = ROOT / "docs" / "connectors.md"


@dataclass
class Told:
    """One line against the one at home."""

    line: Line
    programs: int = 0
    seconds: float = 0
    where: str = ""  # Python and Java
    not_as_plain: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)  # rules, by events
    values: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    known: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    different: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    @property
    def good(self) -> bool:
        return not self.not_as_plain and not self.broken and not any(self.different.values())

    def document(self) -> dict[str, Any]:
        """What the page says of it."""
        cells = {kind: [self.values[kind], len(self.known[kind]), len(self.different[kind])] for kind in KINDS}
        bad = len(self.not_as_plain) + len(self.broken)
        return {"programs": self.programs, "where": self.where, "bad": bad, "cells": cells}


def of_line(line: Line, folder: Path, home: Path, names: Sequence[str]) -> Told:
    told = Told(line)
    for name in names:
        ran = json.loads((folder / name / "ran.json").read_text())
        told.programs += 1
        told.seconds += ran["seconds"]
        told.where = ran["where"]
        if not as_plain(ran["plain"], ran["observed"]):
            told.not_as_plain.append(f"{name}: {ran['observed']}, plain {ran['plain']}"[:1500])
        if known.lacks(line, name):
            continue
        breaches = comparing.breaches(folder / name / "lineage")
        told.broken += [f"{name}: {each}" for each in breaches if known.why(line, name, "rules", each) is None]
        ours, at_home = comparing.read(folder, name), comparing.read(home, name)
        for kind in KINDS:
            told.values[kind] += comparing.values(at_home[kind])
            for difference in comparing.differences(ours[kind], at_home[kind]):
                why = known.why(line, name, kind, difference)
                (told.different if why is None else told.known)[kind].append(f"{name}: {difference}")
    return told


def text(told: Told) -> str:
    lines = [f"== {told.line.name}: {told.programs} programs, {told.seconds:.0f} s, {told.where}"]
    lines += [f"NOT AS PLAIN {each}" for each in told.not_as_plain]
    lines += [f"BROKEN RULE {each}" for each in told.broken]
    for kind in KINDS:
        lines.append(f"{kind}: {told.values[kind]} values, {len(told.known[kind])} known differences")
        lines += [f"   DIFFERENT {each}" for each in told.different[kind]]
    return "\n".join(lines)


def document(
    told: Mapping[str, Any],
    ways: Mapping[str, Any],
    jars: Mapping[str, Any],
    wheel: Mapping[str, Any],
    connectors: Mapping[str, Mapping[str, str]],
) -> str:
    """The page. Each mapping is by the names of lines, but ``wheel`` and ``connectors``, by versions of Spark."""
    places = list(next(iter(connectors.values()), {}))
    columns = ("Spark", "Scala", "programs", *KINDS, "switching on", *places, "Python, Java")
    rows = [
        _row(line, told.get(line.name), ways.get(line.name), [connectors[line.spark][each] for each in places])
        for line in LINES
    ]
    # By another Java: `4.2_2.13 on Java 25`
    others = [(line, name) for line in LINES for name in told if name.startswith(f"{line.name} on ")]
    rows += [_row(line, told[name], None, [NOT_RUN] * len(places)) for line, name in others]
    return f"""# Where it runs

Written by `make test-compat`; what is said here was run, and what was not run is called so. Each line runs the same
programs of the tests, plain and observed, in `flow` mode: what it prints and how it ends must be as plain,
and its record is compared with that of Spark {HOME.spark}, value by value. In a cell: how many values were compared,
and in how many places Spark itself does otherwise. `events` also had to pass the rules of the specification and of
receivers. `switching on`: the tests of the ways of doing that (the runner, `spark-submit` with the package installed
and with nothing installed, the helper, `start()`), each with the same record as by the runner.

| {" | ".join(columns)} |
|{"---|" * len(columns)}
{chr(10).join(rows)}

All of the tests run on Spark {HOME.spark}. `make test-compat-smoke` runs five of the programs on each line in each
run of continuous integration. A Python or Java that no row here and below names was not run. What the columns of
connectors say is the table of [connectors](connectors.md): statements that were right of those that there are.

{known.document()}
{_wheel(wheel)}
{_jars(jars)}"""


def _row(line: Line, told: Mapping[str, Any] | None, ways: Mapping[str, Any] | None, connectors: Sequence[str]) -> str:
    switched = NOT_RUN if not ways else f"{ways['passed']} of {ways['passed'] + ways['failed']}"
    if told is None:
        cells = [NOT_RUN] * (len(KINDS) + 1) + [switched, *connectors, NOT_RUN]
    else:
        bad = f", **{told['bad']} not as plain**" if told["bad"] else ""
        kinds = (_cell(*told["cells"][kind]) for kind in KINDS)
        cells = [f"{told['programs']}{bad}", *kinds, switched, *connectors, told["where"]]
    return f"| {' | '.join((line.spark, line.scala, *cells))} |"


def _cell(values: int, known: int, different: int) -> str:
    places = [f"{known} otherwise"] if known else []
    places += [f"**{different} not explained**"] if different else []
    return ", ".join([f"{values:,}", *places])


def of_connectors(page: str) -> dict[str, dict[str, str]]:
    """By versions of Spark and names of connectors, what the table of docs/connectors.md says."""
    begin = page.index("| Spark | Delta |")
    header, _, *rows = page[begin : page.index("\n\n", begin)].splitlines()
    names = [name.strip() for name in header.strip("| ").split("|")][1:]
    found = {}
    for row in rows:
        line, *cells = (cell.strip() for cell in row.strip("| ").split("|"))
        found[line.partition(",")[0]] = dict(zip(names, cells, strict=True))
    return found


def _wheel(wheel: Mapping[str, Any]) -> str:
    rows = "\n".join(
        f"| {spark} | {each['python']} | {each['delta'] or 'none for it: Parquet in its place'} | {each['said']} |"
        for spark, each in wheel.items()
    )
    if not rows:
        return ""
    return f"""## The wheel beside each pyspark

`python -m tests.compat.wheel` builds one wheel from a clean clone, installs it into fresh environments, and runs the
example (`examples/flights`) in `exact` mode.

| Spark | Python | Delta Lake | |
|---|---|---|---|
{rows}

"""


def _jars(jars: Mapping[str, Any]) -> str:
    tried = [(spark, each) for spark, of in jars.items() for each in of]
    if not tried:
        return ""
    good = sum(not each["problems"] for _, each in tried)
    first = [each for _, each in tried if not each["problems"]][:3]
    sentences = "\n".join(f"- {each['gap']}" for each in first)
    return f"""## A wrong jar, or none

{len(tried)} combinations of a Spark and a jar that is not for it (or is missing) were submitted; in {good} of them the
program printed and ended as plain, Spark's log had one sentence, and the record had the steps and one gap. Some gaps:

{sentences}
"""
