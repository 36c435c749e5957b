"""Journals of a store as the receiver would see them; and the picture that they give."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.receiver.book import Book

Document = Mapping[str, Any]
Id = tuple[str, str]  # namespace, name
Node = tuple[str, str, str]  # "job" or "dataset", namespace, name


def replay(store: Path, book: Book | None = None) -> Book:
    """Every event of every run of a store, oldest run first, as the sender sends them."""
    book = book or Book(foreign=started_by(store))
    for journal in sorted((store / "runs").glob("*/events.jsonl")):
        for line in journal.read_bytes().splitlines():
            book.receive(line)
    return book


def check(book: Book, finished: bool = True) -> None:
    """AssertionError that lists every broken rule and every refused event."""
    found = [str(each) for each in (*book.breaches, *(book.unfinished() if finished else ()))]
    found += [f"refused with {answer.status} {dict(answer.body)}" for answer, _ in book.refused]
    assert not found, f"{len(found)} rules broken:\n" + "\n".join(found[:50])


def started_by(store: Path) -> frozenset[str]:
    """Runs of other systems that started the programs of a store: they report those themselves."""
    found = set()
    for journal in (store / "runs").glob("*/events.jsonl"):
        with journal.open("rb") as lines, contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
            facets = json.loads(next(lines, b""))["run"]["facets"]
            if "sparkLineage_context" in facets:
                found.add(facets["parent"]["run"]["runId"])
    return frozenset(found)


class Picture:
    """What Marquez makes of events: of each job the inputs and outputs of the last run that ended, of each dataset the
    columns and their lineage as they came last."""

    def __init__(self, events: Iterable[Document]) -> None:
        self._jobs: dict[Id, tuple[set[Id], set[Id]]] = {}
        self._made: dict[Id, dict[str, set[tuple[Id, str]]]] = {}
        self._columns: dict[Id, tuple[str, ...]] = {}
        runs: dict[str, tuple[set[Id], set[Id]]] = {}
        for event in events:
            inputs, outputs = runs.setdefault(event["run"]["runId"], (set(), set()))
            inputs.update(_id(each) for each in event.get("inputs", ()))
            outputs.update(_id(each) for each in event.get("outputs", ()))
            # Edges appear only after a terminal event.
            if event.get("eventType") in ("COMPLETE", "FAIL", "ABORT"):
                self._jobs[_id(event["job"])] = (inputs, outputs)
                self._describe(event)

    def _describe(self, event: Document) -> None:
        for each in (*event.get("inputs", ()), *event.get("outputs", ())):
            fields = ((each.get("facets") or {}).get("schema") or {}).get("fields")
            if fields:
                self._columns[_id(each)] = tuple(field["name"] for field in fields)
        for each in event.get("outputs", ()):
            facet = (each.get("facets") or {}).get("columnLineage") or {}
            self._made[_id(each)] = {
                column: {((one["namespace"], one["name"]), one["field"]) for one in entry["inputFields"]}
                for column, entry in facet.get("fields", {}).items()
            }

    @property
    def jobs(self) -> set[Id]:
        """Jobs that are drawn: those with datasets."""
        return {job for job, (inputs, outputs) in self._jobs.items() if inputs or outputs}

    @property
    def producers(self) -> dict[Id, set[str]]:
        return self._by_dataset(1)

    @property
    def readers(self) -> dict[Id, set[str]]:
        return self._by_dataset(0)

    def _by_dataset(self, side: int) -> dict[Id, set[str]]:
        found: dict[Id, set[str]] = {}
        for (_, job), both in self._jobs.items():
            for each in both[side]:
                found.setdefault(each, set()).add(job)
        return found

    @property
    def edges(self) -> set[tuple[Node, Node]]:
        found: set[tuple[Node, Node]] = set()
        for job, (inputs, outputs) in self._jobs.items():
            here: Node = ("job", *job)
            found |= {(("dataset", *each), here) for each in inputs}
            found |= {(here, ("dataset", *each)) for each in outputs}
        return found

    @property
    def datasets(self) -> set[Id]:
        return set(self.producers) | set(self.readers)

    @property
    def sources(self) -> set[Id]:
        return {each for each in self.datasets if each not in self.producers}

    @property
    def sinks(self) -> set[Id]:
        return {each for each in self.producers if not each[0].startswith("inmemory://")}

    def columns(self, dataset: Id) -> tuple[str, ...]:
        return self._columns.get(dataset, ())

    def parts(self) -> list[set[Node]]:
        """Connected parts; jobs without datasets are not drawn."""
        near: dict[Node, set[Node]] = {}
        for a, b in self.edges:
            near.setdefault(a, set()).add(b)
            near.setdefault(b, set()).add(a)
        left, found = set(near), []
        while left:
            part, open_ = set(), [next(iter(left))]
            while open_:
                node = open_.pop()
                if node not in part:
                    part.add(node)
                    open_.extend(near[node] - part)
            left -= part
            found.append(part)
        return found

    def reached(self, start: Node) -> set[Node]:
        """What is made from it, over however many jobs."""
        after: dict[Node, set[Node]] = {}
        for a, b in self.edges:
            after.setdefault(a, set()).add(b)
        found: set[Node] = set()
        open_ = [start]
        while open_:
            fresh = after.get(open_.pop(), set()) - found
            found |= fresh
            open_.extend(fresh)
        return found

    def cycle(self) -> list[Node]:
        """A way from a node back to itself; empty if there is none."""
        after: dict[Node, list[Node]] = {}
        for a, b in sorted(self.edges):
            after.setdefault(a, []).append(b)
        done: set[Node] = set()
        for start in sorted(after):
            way: list[Node] = []
            walk: list[tuple[Node, Iterator[Node]]] = [(start, iter(after.get(start, ())))] if start not in done else []
            way.extend(node for node, _ in walk)
            while walk:
                node, ahead = walk[-1]
                following = next(ahead, None)
                if following is None:
                    walk.pop()
                    way.pop()
                    done.add(node)
                elif following in way:
                    return [*way[way.index(following) :], following]
                elif following not in done:
                    walk.append((following, iter(after.get(following, ()))))
                    way.append(following)
        return []

    def origins(self, dataset: Id, column: str) -> set[tuple[Id, str]]:
        """Columns of sources that a column is made from, over all steps; of itself if nothing is known."""
        found: set[tuple[Id, str]] = set()
        seen: set[tuple[Id, str]] = set()
        open_ = [(dataset, column)]
        while open_:
            each = open_.pop()
            if each in seen:
                continue
            seen.add(each)
            below = self._made.get(each[0], {}).get(each[1])
            if below:
                open_.extend(below)
            elif each[0] in self.sources:
                found.add(each)
        return found

    def labels(self) -> dict[Node, str]:
        """What the graph shows of each node's name: about 16 characters from the start."""
        return {node: node[2][:16] for edge in self.edges for node in edge}


def _id(dataset: Document) -> Id:
    return (dataset["namespace"], dataset["name"])
