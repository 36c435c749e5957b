"""Runs that no Spark is needed for, written through the real assembling, events, journal and write-ahead file.

``CHAIN`` is of thirty functions one after another, each with a dataset, ``CHANGED`` of the same program with one
function that filters otherwise. The others are of the small program of the unit tests, with calls in calls, in all the
ways in which a run can end.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks import readers
from spark_lineage.answers import ask
from spark_lineage.answers.page import document
from spark_lineage.events import build, samples
from spark_lineage.faces.html import page
from spark_lineage.graph import assemble
from spark_lineage.model import CallEnded, Mode, Observation, Outcome, Probed, ProgramEnded, ProgramStarted
from spark_lineage.sinks.journal import Journal
from spark_lineage.store.wal import PROCESS, WriteAhead

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "unit"))
from observing import probe, shop  # noqa: E402  the folder of unit tests is no package

CHAIN, CHANGED = readers.RUNS
LENGTH, CULPRIT = 30, 20
COMPLETE, FAILED, ABORTED, PLANNED, PARTIAL, HOSTILE, WIDE = (
    f"0197a1b3-0000-7000-8000-00000000000{n}" for n in range(7)
)
ERROR = "ValueError: no orders of that day"
COLUMNS = 2000  # of the widest dataset
EVIL = {
    "markup": "<img src=x onerror=\"document.title='pwned'\"><script>document.title='pwned'</script>",
    "end": "</script></style><script>document.title='pwned'</script><!--",
    "template": "{{constructor.constructor('alert(1)')()}} ${alert(1)} &lt;b&gt; &amp; javascript:alert(1)",
    "right": "\u202eevil\u202c \u2066abc\u2069 שלום",
    "control": "a\x00b\x1b[31mred\x1b[0m\x07\r\n\tc\x7f\u2028\u2029",
    "long": "long " * 2000,
    "proto": "__proto__",
    "constructor": "constructor",
    "quotes": "\"'`\\ #/?&=%00 %2f",
    "astral": "𝔘𝔫𝔦 👩‍👩‍👧‍👦 \ud800",
}


@dataclass(frozen=True)
class Made:
    """A store with all of these runs, in a folder."""

    folder: Path

    @property
    def store(self) -> Path:
        return self.folder / "lineage"

    def document(self, *runs: str) -> dict[str, Any]:
        """What the page is given: of one run, or of two."""
        answer = ask.page(*runs, self.store) if len(runs) == 1 else ask.page_of_two(runs, self.store, force=True)
        return document(answer)

    def html(self, *runs: str) -> str:
        return page(self.document(*runs))


def make(folder: Path) -> Made:
    made = Made(folder)
    for run, changed in ((CHAIN, None), (CHANGED, CULPRIT)):
        record(made.store, run, list(readers.observations(run, readers.Shape(LENGTH), changed)))
    record(made.store, COMPLETE, shop(run=COMPLETE))
    record(made.store, FAILED, failed(shop(run=FAILED, finished=False)))
    record(made.store, PLANNED, shop(Mode.PLAN, run=PLANNED))
    record(made.store, PARTIAL, partial(shop(run=PARTIAL)))
    record(made.store, HOSTILE, hostile(shop(run=HOSTILE)))
    record(made.store, WIDE, wide(WIDE))
    aborted(made.store, shop(run=ABORTED, finished=False))
    return made


def record(store: Path, run: str, seen: list[Observation]) -> None:
    graph = assemble(seen)
    Journal(store / "runs" / run, fsync=False).write(build(graph), samples(graph))


# --------------------------------------------------------------------------- ways to end


def failed(seen: list[Observation]) -> list[Observation]:
    at = max(getattr(each, "at", 0.0) for each in seen) + 1
    return [*seen, CallEnded("c1", at, ERROR), ProgramEnded(at, Outcome.FAIL, ERROR)]


def aborted(store: Path, seen: list[Observation]) -> None:
    """Its process is gone, and what it wrote ahead is there."""
    folder = store / "runs" / ABORTED
    ahead = WriteAhead(folder)
    ahead.append(seen)
    ahead.close()
    (folder / PROCESS).write_text(json.dumps({"host": "elsewhere", "pid": 1, "started": "1", "format": 1}))


def partial(seen: list[Observation]) -> list[Observation]:
    """The last dataset was cut off by a limit, and of the one before nothing was seen."""
    mended: list[Observation] = []
    for each in seen:
        if isinstance(each, Probed) and each.dataset == "d3":
            mended.append(probe("d3", 5, ["a", "b"], complete=False, reason="limit"))
        elif not isinstance(each, Probed) or each.dataset != "d2":
            mended.append(each)
    return mended


# --------------------------------------------------------------------------- what no page may trip over


def hostile(seen: list[Observation]) -> list[Observation]:
    """Labels, columns, values, variables and errors are texts that somebody else has chosen."""
    names = dict(zip(("a", "b"), (EVIL["markup"], EVIL["end"]), strict=True))
    begun = seen[0]
    assert isinstance(begun, ProgramStarted)
    labels = {name: value for name, value in EVIL.items()} | {EVIL["markup"]: "key"}
    seen = [replace(begun, argv=tuple(EVIL.values()), labels=labels), *seen[1:]]
    return [renamed(each, names) for each in seen]


def renamed(value: Any, names: dict[str, str]) -> Any:
    """Columns and sampled values of an observation; all else stays."""
    from dataclasses import fields, is_dataclass

    from spark_lineage.model import ColumnDefinition, ColumnInput, ProbedColumn, Sample, VariableSeen

    if isinstance(value, VariableSeen):
        return replace(value, variable=EVIL["right"] if value.variable == "total" else value.variable)
    if isinstance(value, (ColumnDefinition, ColumnInput)):
        value = replace(value, column=names.get(value.column, value.column))
        if isinstance(value, ColumnDefinition):
            value = replace(value, expression=EVIL["control"] + value.expression + EVIL["long"])
    elif isinstance(value, ProbedColumn):
        value = replace(value, name=names.get(value.name, value.name))
    elif isinstance(value, Sample):
        columns = tuple(names.get(each, each) for each in value.columns)
        rows = tuple(tuple(text for _ in columns) for text in EVIL.values())
        return Sample(tuple(names.get(each, each) for each in value.key), columns, rows, (1,) * len(rows))
    if is_dataclass(value) and not isinstance(value, type):
        changes = {each.name: renamed(getattr(value, each.name), names) for each in fields(value)}
        return replace(value, **{name: new for name, new in changes.items() if new != getattr(value, name)})
    if isinstance(value, tuple):
        if value[1:2] == ("bigint",) and value[0] in names:
            return (names[value[0]], *value[1:])  # a column of a schema
        return tuple(renamed(each, names) for each in value)
    return value


def wide(run: str) -> list[Observation]:
    """Two functions, and thousands of columns that go from the source through both."""
    names = tuple(f"column_{each}" for each in range(COLUMNS))
    wider = {
        "d0": (readers.fragment(0, names, [], True, "10"), readers.probe(0, names, False)),
        "d1": (readers.fragment(1, names, ["d0"], False, "10"), readers.probe(1, names, False)),
    }
    seen: list[Observation] = []
    for each in readers.observations(run, readers.Shape(2), None):
        if isinstance(each, (readers.Probed, readers.Fragment)):
            seen.append(wider[each.dataset][isinstance(each, readers.Probed)])
        else:
            seen.append(each)
    return seen
