"""The changed code of functions that a step calls: of UDFs, of what these call, and of plain functions."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spark_lineage.answers.diff.places import place
from spark_lineage.model import Dataset, LineageGraph, Step, UsedFunction

_WORD = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True)
class ChangedFunction:
    """A function of the user that both runs have, with other code."""

    a: UsedFunction
    b: UsedFunction

    @property
    def _places(self) -> tuple[str, str]:
        return place(self.a.file, self.a.line), place(self.b.file, self.b.line)

    @property
    def where(self) -> str:
        """``rate`` (shop.py:26)."""
        return f"`{self.b.name.rpartition('.')[2]}` ({self._places[1]})"

    @property
    def diff(self) -> list[str]:
        """A unified diff of the text as written."""
        before, after = self.a.source.splitlines(), self.b.source.splitlines()
        return list(difflib.unified_diff(before, after, *self._places, lineterm="", n=2))


def changed(
    runs: tuple[LineageGraph, LineageGraph], steps: tuple[Step | None, Step | None], datasets: Sequence[Dataset | None]
) -> tuple[ChangedFunction, ...]:
    """Of the functions that the step or its plan names, and those that these name; in the order of B's files.

    A UDF whose hash is the same does the same, however it and what it calls are written.
    """
    of_a, of_b = (_by_name(run.run.functions) for run in runs)
    if not of_a or not of_b:
        return ()
    texts = [step.source for step in steps if step is not None and step.source]
    texts += [cover for each in datasets if each is not None and each.fragment for cover in each.fragment.covers]
    same = _same_udfs(*datasets) if len(datasets) == 2 else set()
    reached = _reached(texts, of_b, same) & _reached(texts, of_a, same)
    found = [
        ChangedFunction(before, after)
        for name in reached
        for before, after in zip(of_a[name], of_b[name], strict=False)
        if before.source_hash != after.source_hash
    ]
    return tuple(sorted(found, key=lambda each: (each.b.file, each.b.line)))


def _same_udfs(a: Dataset | None, b: Dataset | None) -> set[str]:
    """The names of those that both plans call, and whose code is known to be the same."""
    covers = [set(each.fragment.covers) if each is not None and each.fragment else set[str]() for each in (a, b)]
    both = {cover.rpartition("@")[0] for cover in covers[0] & covers[1] if not cover.endswith("?")}
    return both - {cover.rpartition("@")[0] for cover in covers[0] ^ covers[1]}


def _reached(texts: Iterable[str], functions: dict[str, list[UsedFunction]], without: set[str]) -> set[str]:
    todo, found = list(texts), set[str]()
    while todo:
        for name in functions.keys() & set(_WORD.findall(todo.pop())):
            if name not in found and name not in without:
                found.add(name)
                todo += [function.source for function in functions[name]]
    return found


def _by_name(functions: Iterable[UsedFunction]) -> dict[str, list[UsedFunction]]:
    found: dict[str, list[UsedFunction]] = {}
    for function in functions:
        found.setdefault(function.name.rpartition(".")[2], []).append(function)
    return found
