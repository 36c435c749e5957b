"""Holds the page's document to the commands: the same columns as ``explain``, the same culprits as ``diff``.

What is read here is the document alone, as the page reads it; nothing of the package but the commands' own answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from spark_lineage.answers import ask
from spark_lineage.answers.check.results import document as check_document
from spark_lineage.answers.explain import document as explain_document
from spark_lineage.answers.explain import explained
from spark_lineage.answers.page import document
from spark_lineage.answers.show import document as show_document
from spark_lineage.answers.verify import document as verify_document
from spark_lineage.model import LineageGraph

Document = Mapping[str, Any]
Key = tuple[str, str]  # dataset id, column
PLAIN_NAME = re.compile(r"[^\W\d]\w*\Z")
TYPES = Path(__file__).parents[1] / "web" / "src" / "document.ts"


class Columns:
    """Walks the columns of one run as the page does."""

    def __init__(self, part: Document) -> None:
        shown = part["show"]
        self.datasets = {each["id"]: each for each in shown["datasets"]}
        self.details = {
            each["id"]: detail for each, detail in zip(shown["datasets"], part["datasets"], strict=True)
        }  # fmt: skip
        self._steps = {(each["step"], each["call"]): each for each in shown["steps"]}
        self._made = {output: each for each in shown["steps"] for output in each["outputs"]}
        self._hops = {(name, hop["column"]): hop for name in self.details for hop in self._hops_of(name)}

    def _hops_of(self, name: str) -> Iterator[dict[str, Any]]:
        detail = self.details[name]
        yield from detail["hops"]
        for passed in detail["passed_on"]:
            for column in passed["columns"]:
                use = {"dataset": passed["dataset"], "column": column, "kind": "DIRECT", "subtype": "IDENTITY",
                       "masking": False}  # fmt: skip
                written = column if PLAIN_NAME.match(column) else "`{}`".format(column.replace("`", "``"))
                yield {"column": column, "expression": written, "inputs": [use], "decided": passed["decided"]}

    def of(self, dataset: str) -> list[str]:
        return [column for name, column in self._hops if name == dataset]

    def explained(self, dataset: str, column: str) -> dict[str, Any]:
        """What of ``explain --json`` the page can say: path, sources, decided_by."""
        path = self.path((dataset, column))
        return {
            "path": [self._path_entry(key) for key in path],
            "sources": self.sources((dataset, column)),
            "decided_by": self.decided_by(dataset),
        }

    def path(self, start: Key) -> list[Key]:
        """Each column before those that it is made from."""
        begun: set[Key] = set()
        done: list[Key] = []
        waiting = [(start, False)]
        while waiting:
            key, inputs_done = waiting.pop()
            if inputs_done:
                done.append(key)
            elif key not in begun and key in self._hops:
                begun.add(key)
                waiting.append((key, True))
                waiting.extend(((use["dataset"], use["column"]), False) for use in self._hops[key]["inputs"])
        return done[::-1]

    def _path_entry(self, key: Key) -> dict[str, Any]:
        hop, shown = self._hops[key], self.datasets[key[0]]
        step = self._made.get(key[0]) or self._steps.get((shown["step"], shown["call"]))
        deciding = self.details[key[0]]["deciding"] if hop["decided"] else []
        inputs = [*hop["inputs"], *(use for use in deciding if use not in hop["inputs"])]
        return {
            "step": step["step"] if step else shown["step"] or "",
            "call": step["call"] if step else shown["call"],
            "function": step["function"] if step else None,
            "dataset": key[0],
            "column": key[1],
            "expression": hop["expression"],
            "inputs": inputs,
        }

    def sources(self, start: Key) -> list[dict[str, Any]]:
        """Where the column ends, and whether its values come from there."""
        ends: dict[Key, dict[Key, bool]] = {}
        path = self.path(start)
        for key in reversed(path):
            found: dict[Key, bool] = {}
            for use in self._hops[key]["inputs"]:
                name, direct = (use["dataset"], use["column"]), use["kind"] == "DIRECT"
                below = ends.get(name, {}) if name in self._hops else {name: True} if name[0] in self.datasets else {}
                for end, also in below.items():
                    found[end] = found.get(end, False) or (direct and also)
            ends[key] = found
        order = dict.fromkeys((use["dataset"], use["column"]) for key in path for use in self._hops[key]["inputs"])
        mine = ends.get(start, {})
        return [
            {
                "dataset": end[0],
                "column": end[1],
                "namespace": self.datasets[end[0]]["namespace"],
                "name": self.datasets[end[0]]["name"],
                "kind": "DIRECT" if mine[end] else "INDIRECT",
            }
            for end in order
            if end in mine
        ]

    def decided_by(self, dataset: str) -> list[dict[str, Any]]:
        near = {dataset: None}
        waiting = [dataset]
        for name in waiting:
            for below in self.details[name]["made_from"]:
                if below not in near:
                    near[below] = None
                    waiting.append(below)
        found: dict[tuple[str, str, str], None] = {}
        for name in near:
            for use in self.details[name]["deciding"]:
                for end in self._ends(use):
                    found[(*end, use["subtype"])] = None
        return [{"dataset": name, "column": column, "subtype": subtype} for name, column, subtype in found]

    def _ends(self, use: Document) -> list[Key]:
        if use["dataset"] not in self.datasets:
            return []
        key = (use["dataset"], use["column"])
        return [(each["dataset"], each["column"]) for each in self.sources(key)] or [key]


def check_columns(part: Document, graph: LineageGraph) -> int:
    """Compares every column of every dataset with ``explain``. Gives how many there were."""
    columns = Columns(part)
    count = 0
    for dataset in graph.datasets:
        for column in columns.of(dataset.id):
            said = explain_document(explained(graph, dataset, column))
            assert columns.explained(dataset.id, column) == {
                name: said[name] for name in ("path", "sources", "decided_by")
            }, (dataset.id, column)
            if dataset.kind.value == "sink":
                assert columns.details[dataset.id]["definitions"][column] == said["definition"]
            count += 1
    return count


def check_run(store: Path, run: str = "last") -> Document:
    """The page of a recorded run: its members are the commands' documents. Gives the page."""
    page: Document = json.loads(json.dumps(document(ask.page(run, store))))
    Types().check(page, "RunPage")
    graph = ask.show(run, store)
    for name, said in (
        ("show", show_document(graph)),
        ("check", check_document(ask.check(run, store)) if page["run"]["check_refused"] is None else None),
        ("verify", verify_document(ask.verify(run, store, tables=False))),
    ):
        assert page["run"][name] == json.loads(json.dumps(said)), name
    assert check_columns(page["run"], graph) > 0
    return page


def check_two(runs: Sequence[str], store: Path | None, diff: Document) -> Document:
    """The page of two recorded runs against the document of ``diff --json``. Gives the page."""
    page: Document = json.loads(json.dumps(document(ask.page_of_two(runs, store))))
    Types().check(page, "DiffPage")
    assert page["diff"] == diff
    check_states(page)
    return page


def check_states(page: Document) -> None:
    """The states of datasets and steps are those that ``diff`` tells of."""
    diff = page["diff"]
    named = [(each, each["b"] if each["b"] is not None else each["a"]) for each in page["datasets"]]
    firsts = {each["first"] for each, _ in named if each["first"] is not None}
    assert firsts == {number for number, each in enumerate(diff["first_divergences"]) if each["dataset"]}
    for each, name in named:
        if each["first"] is not None:
            assert diff["first_divergences"][each["first"]]["dataset"] in (each["a"], each["b"])
            assert each["state"] in ("differs_here", "only_in_a", "only_in_b")
    here = {name for each, name in named if each["state"] == "differs_here"}
    assert here >= set(diff["sources_changed"])
    assert here - set(diff["sources_changed"]) <= {each["dataset"] for each in diff["first_divergences"]}
    after = {each["dataset"] for each in diff["diverged"]}
    assert {name for each, name in named if each["state"] == "differs_upstream"} <= after
    # Those that only one run has may be called as another one of the other run.
    uncertain = {each["b"] for each, _ in named if each["state"] == "uncertain"}
    assert uncertain == {each["dataset"] for each in diff["uncertain"]}
    evidence = [each["evidence"] for each, _ in named]
    assert {word: evidence.count(word) for word in ("measured", "derived")} == diff["evidence"]
    _check_steps(page)


def _check_steps(page: Document) -> None:
    diff = page["diff"]
    for run, other in (("a", "b"), ("b", "a")):
        ids = [each["id"] for each in page[run]["show"]["datasets"]]
        assert sorted(each[run] for each in page["datasets"] if each[run] is not None) == sorted(ids)
        steps = [[each["step"], each["call"]] for each in page[run]["show"]["steps"]]
        assert sorted(each[run] for each in page["steps"] if each[run] is not None) == sorted(steps)
        alone = list(dict.fromkeys(each[run][0] for each in page["steps"] if each[other] is None))
        assert sorted(alone) == sorted(diff[f"only_in_{run}"])
    firsts = {each["first"] for each in page["steps"] if each["first"] is not None}
    steps_of = {tuple(diff["first_divergences"][number][name] for name in ("step", "call")) for number in firsts}
    assert steps_of == {(each["step"], each["call"]) for each in diff["first_divergences"]}


# --------------------------------------------------------------------------- the types of the page


class Types:
    """The interfaces of ``web/src/document.ts``, and whether a document has their shape: a command's may have more."""

    def __init__(self) -> None:
        text = re.sub(r"/\*.*?\*/|//[^\n]*", "", TYPES.read_text(encoding="utf-8"), flags=re.DOTALL)
        self._interfaces: dict[str, dict[str, str]] = {}
        for name, above, body in re.findall(r"interface (\w+)(?: extends (\w+))? \{\n(.*?)\n\}", text, re.DOTALL):
            self._interfaces[name] = {**self._interfaces.get(above, {}), **_members(body)}
        self._names = {
            name: " ".join(said.split()).removeprefix("| ")
            for name, said in re.findall(r"type (\w+) =(.*?);\n", text, re.DOTALL)
        }

    def check(self, value: Any, type_: str, where: str = "document") -> None:
        """Raises AssertionError for a value that is not of the type, and for members that the type does not name."""
        problem = self._problem(value, type_.strip(), where)
        assert problem is None, problem

    def _problem(self, value: Any, type_: str, where: str) -> str | None:
        choices = _split(type_, "|")
        if len(choices) > 1:
            found = [self._problem(value, choice, where) for choice in choices]
            deepest = max((each for each in found if each), key=len, default=None)
            return None if None in found else deepest
        if type_.endswith("[]"):
            return self._all(value, type_[:-2], where)
        if type_.startswith("(") and type_.endswith(")"):
            return self._problem(value, type_[1:-1], where)
        if type_.startswith("["):
            parts = [part.rpartition(": ")[2] for part in _split(type_[1:-1], ",")]
            if not isinstance(value, list) or len(value) != len(parts):
                return f"{where} is no {type_}"
            return _first(self._problem(each, part, f"{where}[]") for each, part in zip(value, parts, strict=True))
        if type_.startswith("Record<"):
            inner = _split(type_[len("Record<") : -1], ",")[1]
            if not isinstance(value, dict):
                return f"{where} is no object"
            return _first(self._problem(each, inner, f"{where}.{name}") for name, each in value.items())
        if type_.startswith("{"):
            return self._members(value, _members(type_[1:-1]), where)
        indexed = re.fullmatch(r'(\w+)\["(\w+)"\]', type_)
        if indexed:
            return self._problem(value, self._interfaces[indexed[1]][indexed[2]], where)
        if type_ in self._interfaces:
            return self._members(value, self._interfaces[type_], where, type_.endswith("Document"))
        if type_ in self._names:
            return self._problem(value, self._names[type_], where)
        return None if _is(value, type_) else f"{where} is {value!r:.60} and no {type_}"

    def _all(self, value: Any, inner: str, where: str) -> str | None:
        if not isinstance(value, list):
            return f"{where} is no list"
        return _first(self._problem(each, inner, f"{where}[]") for each in value)

    def _members(self, value: Any, members: Mapping[str, str], where: str, more: bool = False) -> str | None:
        """``more``: it is a command's document, which may have members that the page does not know."""
        if not isinstance(value, dict):
            return f"{where} is no object"
        if missing := set(members) - set(value):
            return f"{where} has no {sorted(missing)}"
        if not more and set(value) != set(members):
            return f"{where} has other members: {sorted(set(value) - set(members))}"
        return _first(self._problem(value[name], members[name], f"{where}.{name}") for name in members)


def _first(problems: Iterator[str | None]) -> str | None:
    return next((each for each in problems if each is not None), None)


def _is(value: Any, type_: str) -> bool:
    if type_.startswith('"'):
        return value == type_.strip('"')
    if type_.isdecimal():
        return bool(value == int(type_))
    kinds: dict[str, Any] = {"string": str, "number": (int, float), "boolean": bool, "unknown": object}
    if type_ == "null":
        return value is None
    if isinstance(value, bool) and type_ == "number":
        return False
    return isinstance(value, kinds[type_])


def _members(body: str) -> dict[str, str]:
    named = (part.split(": ", 1) for part in _split(body, ";"))
    return {name: " ".join(type_.split()) for name, type_ in named}


def _split(text: str, mark: str) -> list[str]:
    """Parts between marks that stand outside of brackets."""
    parts, depth, last = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter in "([{<") - (letter in ")]}>")
        if letter == mark and depth == 0:
            parts.append(text[last:at])
            last = at + 1
    return [part.strip() for part in (*parts, text[last:]) if part.strip()]
