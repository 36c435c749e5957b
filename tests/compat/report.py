"""What the run of a line has shown, for people, and the table of docs/compatibility.md."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.compat import comparing, known
from tests.compat.comparing import KINDS
from tests.compat.lines import HOME, Line
from tests.compat.wrong_jar import Tried


@dataclass
class Told:
    """One line against the one at home."""

    line: Line
    programs: int = 0
    seconds: float = 0
    not_as_plain: list[str] = field(default_factory=list)
    values: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))
    known: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    different: dict[str, list[str]] = field(default_factory=lambda: {kind: [] for kind in KINDS})

    @property
    def good(self) -> bool:
        return not self.not_as_plain and not any(self.different.values())


def of_line(line: Line, folder: Path, home: Path, names: Sequence[str]) -> Told:
    told = Told(line)
    for name in names:
        ran = json.loads((folder / name / "ran.json").read_text())
        told.programs += 1
        told.seconds += ran["seconds"]
        if not ran["same"]:
            told.not_as_plain.append(f"{name}: {ran['observed']['error']}, plain {ran['plain']['error']}")
        ours, at_home = comparing.read(folder / name), comparing.read(home / name)
        for kind in KINDS:
            told.values[kind] += comparing.values(at_home[kind])
            for difference in comparing.differences(ours[kind], at_home[kind]):
                why = known.why(line, name, kind, difference)
                (told.different if why is None else told.known)[kind].append(f"{name}: {difference}")
    return told


def text(told: Told) -> str:
    lines = [f"== {told.line.name}: {told.programs} programs, {told.seconds:.0f} s"]
    lines += [f"NOT AS PLAIN {each}" for each in told.not_as_plain]
    for kind in KINDS:
        lines.append(f"{kind}: {told.values[kind]} values, {len(told.known[kind])} known differences")
        lines += [f"   DIFFERENT {each}" for each in told.different[kind]]
    return "\n".join(lines)


def document(told: Sequence[Told], jars: Sequence[Tried]) -> str:
    programs = told[0].programs
    cells = [[each.line.spark, each.line.scala, *(_cell(each, kind) for kind in KINDS)] for each in told]
    rows = [f"| {' | '.join(row)} |" for row in cells]
    return f"""# Where it runs

Written by `make test-compat`; what is said here was run. Each line runs the same {programs} programs, plain and
observed, in `flow` mode, and its record is compared with that of Spark {HOME.spark}, value by value. In a cell: how
many values were compared.

| Spark | Scala | {" | ".join(KINDS)} |
|---|---|{"---|" * len(KINDS)}
{chr(10).join(rows)}

{known.document(told)}
{_jars(jars)}"""


def _cell(told: Told, kind: str) -> str:
    differ = len(told.known[kind]) + len(told.different[kind])
    return f"{told.values[kind]:,}" if not differ else f"{told.values[kind]:,}, {differ} places differ"


def _jars(jars: Sequence[Tried]) -> str:
    if not jars:
        return ""
    good = sum(not jar.problems for jar in jars)
    sentences = "\n".join(f"- Spark {jar.spark}, jar {jar.jar}: {jar.gap}" for jar in jars[:6])
    return f"""## A wrong jar, or none

{len(jars)} combinations of a Spark and a jar that is not for it (or is missing) were submitted; in {good} of them the
program printed and ended as plain, Spark's log had one sentence, and the record had the steps and one gap. Some:

{sentences}
"""
