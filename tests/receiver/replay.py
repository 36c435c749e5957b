"""Journals of a store as the receiver would see them; and the picture that they give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.receiver.book import Book

Document = Mapping[str, Any]
Id = tuple[str, str]  # namespace, name
Node = tuple[str, str, str]  # "job" or "dataset", namespace, name


def replay(store: Path, book: Book | None = None) -> Book:
    """Every event of every run of a store, oldest run first, as the sender sends them."""
    book = book or Book()
    for journal in sorted((store / "runs").glob("*/events.jsonl")):
        for line in journal.read_bytes().splitlines():
            book.receive(line)
    return book


def check(book: Book, finished: bool = True) -> None:
    """AssertionError that lists every broken rule and every refused event."""
    found = [str(each) for each in (*book.breaches, *(book.unfinished() if finished else ()))]
    found += [f"refused with {answer.status} {dict(answer.body)}" for answer, _ in book.refused]
    assert not found, f"{len(found)} rules broken:\n" + "\n".join(found[:50])


class Picture:
    """What a receiver makes of events: jobs and datasets with their edges, and the lineage of columns."""

    def __init__(self, events: Iterable[Document]) -> None:
        self.producers: dict[Id, set[str]] = {}
        self.readers: dict[Id, set[str]] = {}
        self.edges: set[tuple[Node, Node]] = set()
        self._made: dict[tuple[Id, str], set[tuple[Id, str]]] = {}
        self._columns: dict[Id, tuple[str, ...]] = {}
        for event in events:
            # Edges appear only after a terminal event.
            if event.get("eventType") in ("COMPLETE", "FAIL", "ABORT"):
                self._add(event)

    def _add(self, event: Document) -> None:
        job = event["job"]["name"]
        here: Node = ("job", event["job"]["namespace"], job)
        for each in event.get("inputs", ()):
            self.readers.setdefault(_id(each), set()).add(job)
            self.edges.add((("dataset", *_id(each)), here))
            self._describe(each)
        for each in event.get("outputs", ()):
            self.producers.setdefault(_id(each), set()).add(job)
            self.edges.add((here, ("dataset", *_id(each))))
            self._describe(each)
            facet = (each.get("facets") or {}).get("columnLineage") or {}
            for column, entry in facet.get("fields", {}).items():
                origins = self._made.setdefault((_id(each), column), set())
                origins.update(((one["namespace"], one["name"]), one["field"]) for one in entry["inputFields"])

    def _describe(self, dataset: Document) -> None:
        fields = ((dataset.get("facets") or {}).get("schema") or {}).get("fields")
        if fields:
            self._columns[_id(dataset)] = tuple(each["name"] for each in fields)

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
            below = self._made.get(each)
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
