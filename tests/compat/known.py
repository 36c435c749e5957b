"""What is known to differ between the lines because Spark itself differs, each with its reason."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.compat.lines import Line


@dataclass(frozen=True)
class Difference:
    """``lines`` as the names of lines begin; ``program`` and ``pattern`` are regular expressions."""

    lines: tuple[str, ...]
    program: str
    kind: str
    pattern: str
    why: str


ANSI = "ANSI mode is on from Spark 4 on"
ARROW = "rows of pandas travel by Arrow from 4.2 on"
SHA = r"\S+, at home \S+"
KNOWN: tuple[Difference, ...] = (
    Difference(
        ("3.5",),
        "plans",
        "facts",
        rf"(structs|noop-table~\d+): columns\[3\]\[2\] 0, at home 28; columns\[3\]\[3\] {SHA}; fingerprint {SHA}",
        f"{ANSI}: in the step `plans.structs` `size` of NULL is NULL, and not -1",
    ),
    Difference(
        ("3.5", "4.0", "4.1"),
        "stranger/python_data",
        "facts",
        r'summary: columns\[0\]\[1\] "bigint", at home "int"',
        f"{ARROW}: the step `python_data.summary` keeps the type that pandas has",
    ),
    Difference(
        ("3.5", "4.0", "4.1"),
        "plans",
        "facts",
        rf"(from_pandas|noop-table~\d+): columns\[2\]\[2\] 0, at home 1; columns\[2\]\[3\] {SHA}; fingerprint {SHA}",
        f"{ARROW}: in the step `plans.from_pandas` what is NaN in pandas is NULL, and not NaN",
    ),
    Difference(
        ("3.5", "4.0", "4.1"),
        "plans",
        "samples",
        r"(from_pandas|noop-table~\d+): .*\('2', None, 'NaN'\).*, at home .*\('2', None, None\).*",
        f"{ARROW}: rows of the same step",
    ),
    Difference(
        ("3.5", "4.0", "4.1"),
        "reads",
        "facts",
        rf"people: columns\[1\]\[2\] 0, at home 1; columns\[1\]\[3\] {SHA}; fingerprint {SHA}",
        f"{ARROW}: in the step `reads.people` what is NaN in pandas is NULL, and not NaN",
    ),
    Difference(
        ("3.5", "4.0", "4.1"),
        "reads",
        "samples",
        r"people: .*\('bob', 'NaN'\).*, at home .*\('bob', None\).*",
        f"{ARROW}: rows of the same step",
    ),
    Difference(
        ("3.5",),
        "shapes",
        "steps|facts|samples|plan hashes|definitions|events|gaps",
        r".*\brecursive\b.*|((START|COMPLETE) )?shapes\.createOrReplaceTempView_shape\b.*",
        "`WITH RECURSIVE` came with Spark 4: the program ends at its last step, as the plain one does",
    ),
    Difference(
        ("3.5",),
        "partial",
        "gaps",
        r"rows: a limit stopped before the last row: .* \(partial\.existence\..*\): .*",
        "how many rows Spark has read when it stops, in the steps below `partial.existence`, is another number",
    ),
    Difference(("3.5",), "plans", "samples", r"(structs|noop-table~\d+): .*", f"{ANSI}: rows of the same step"),
)


# Programs that use what a line does not have yet: there they end as plain ones do, and are not compared.
LACKS = {("3.5", "pandas_hop/arrow"): "`DataFrame.toArrow` came with Spark 4"}


def lacks(line: Line, program: str) -> bool:
    return (line.name.partition("_")[0], program) in LACKS


def why(line: Line, program: str, kind: str, difference: str) -> str | None:
    for each in KNOWN:
        if (
            line.name.startswith(each.lines)
            and re.fullmatch(each.kind, kind)
            and re.fullmatch(each.program, program)
            and re.fullmatch(each.pattern, difference)
        ):
            return each.why
    return None


def document() -> str:
    """What is known, for people."""
    rows = []
    for each in KNOWN:
        where = " and ".join(filter(None, each.lines)) or "all"
        rows.append(f"- {where}, {each.kind.replace('|', ' and ')} of {each.program.replace('.*', 'any')}: {each.why}")
    rows += [f"- {where}, {program} is not compared: {why}" for (where, program), why in LACKS.items()]
    return "\n".join(["## What Spark itself does in another way, and what is not as it should be", "", *rows, ""])
