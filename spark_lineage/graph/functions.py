"""The user's functions that steps call, by name: what decides on a step's rows may stand in them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from spark_lineage.graph.observed import Observed
from spark_lineage.model import Dataset, FunctionReading, Step, UsedFunction
from spark_lineage.privacy import code

MOST = 200  # functions of one run
LONGEST = 4_000  # characters of one of them
_WORD = re.compile(r"[^\W\d]\w*")


def used(seen: Observed, steps: Iterable[Step], datasets: Iterable[Dataset]) -> tuple[UsedFunction, ...]:
    """Those that are named in the source of a step, in a plan, or in another one of them, and are no steps."""
    own = {(step.file, step.line) for step in steps}
    by_name: dict[str, list[tuple[str, FunctionReading]]] = {}
    for (file, line, name), reading in seen.functions.items():
        file = seen.file_of(file)
        if reading.qualname != "<module>" and (file, line) not in own and reading.source:
            by_name.setdefault(name, []).append((file, reading))
    if not by_name:
        return ()
    texts = dict.fromkeys(step.source for step in steps if step.source)  # a step that ran often has one source
    covers = dict.fromkeys(cover for dataset in datasets if dataset.fragment for cover in dataset.fragment.covers)
    todo = [*texts, *covers]
    found: dict[str, list[tuple[str, FunctionReading]]] = {}
    while todo and len(found) < MOST:
        for name in dict.fromkeys(_WORD.findall(todo.pop())):
            if name in by_name and name not in found:
                found[name] = by_name[name]
                todo += [reading.source for _, reading in by_name[name]]
    listed = [each for functions in found.values() for each in functions]
    return tuple(_used(*each) for each in sorted(listed, key=lambda each: (each[0], each[1].line))[:MOST])


def _used(file: str, reading: FunctionReading) -> UsedFunction:
    source = code.redacted(reading.source)[:LONGEST]
    return UsedFunction(reading.qualname, file, reading.line, reading.source_hash, source)
