"""Every event that the tests make follows the specification, our schemas and the receiver's rules.

Two places are looked at when a session of pytest ends: each journal below its temporary folder (observed programs
leave theirs there, in a store or as golden facts), and the events that ``events.build`` gave in this process. A test
that breaks events on purpose is marked ``bad_events``. That nothing was looked at although programs were observed is
a fault too.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from tests.receiver import Book, Specification, replay

SHOWN = 60  # lines
GOLDEN = "__lineage__"  # the folder of golden facts


@dataclass
class EveryEvent:
    """What one session of tests has made, and what is wrong with it."""

    offenders: list[str] = field(default_factory=list)
    journals: int = 0
    builds: int = 0
    events: int = 0
    seconds: float = 0.0
    _built: dict[tuple[bytes, ...], str] = field(default_factory=dict)  # events -> the first test that made them
    _left_out: set[Path] = field(default_factory=set)
    _stores: list[Path] = field(default_factory=list)
    _golden: list[Path] = field(default_factory=list)  # journals that the pytest plugin keeps beside tests
    _test: str = ""
    _bad: bool = False
    _observed: bool = False  # a test looked at programs that were observed, so that there are journals

    # -- while tests run

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Keeps what ``events.build`` gives in this process."""
        from spark_lineage.events import building

        original = building.build

        def build(*args: Any, **options: Any) -> Any:
            events = list(original(*args, **options))
            self._keep(events)
            return iter(events)

        with mock.patch.object(building, "build", build):
            yield

    def begin(self, test: str, bad: bool, observes: bool) -> None:
        self._test, self._bad = test, bad
        self._observed = self._observed or observes

    def leave_out(self, folder: Path) -> None:
        """The test that has this folder writes bad events there."""
        self._left_out.add(folder)

    def _keep(self, events: Any) -> None:
        from spark_lineage.events.lines import to_line

        if not self._bad:
            self._built.setdefault(tuple(to_line(each).encode("ascii") for each in events), self._test)

    # -- at the end

    def look(self, folder: Path) -> None:
        """Finds the stores below the temporary folder of the session."""
        runs = {each.parent.parent for each in folder.rglob("events.jsonl") if each.parent.parent.name == "runs"}
        stores = sorted(each.parent for each in runs)
        self._stores += [each for each in stores if not any(each.is_relative_to(out) for out in self._left_out)]
        self._golden += sorted(each for each in folder.rglob("events.jsonl") if GOLDEN in each.parts)

    def judge(self, complete: bool) -> None:
        """Reads every event. ``complete``: all tests have passed, so that observed programs have left journals."""
        begun = time.monotonic()
        if complete and self._observed and not self._stores and not self._golden:
            self.offenders.append("programs were observed, but no journal was found: nothing was validated")
        for store in self._stores:
            self.journals += len(list((store / "runs").glob("*/events.jsonl")))
            self._judge(str(store), replay(store))
        for journal in self._golden:
            self.journals += 1
            book = Book()
            for line in journal.read_bytes().splitlines():
                book.receive(line)
            self._judge(str(journal), book)
        for lines, test in self._built.items():
            book = Book()
            for line in lines:
                book.receive(line)
            self.builds += 1
            self._judge(test, book)
        self.seconds = time.monotonic() - begun

    def _judge(self, where: str, book: Book) -> None:
        self.events += len(book.received)
        self.offenders += [f"{where}: {breach}" for breach in (*book.breaches, *_unfinished(book))]
        self.offenders += [f"{where}: {answer.status} {dict(answer.body)}" for answer, _ in book.refused]

    def told(self) -> dict[str, Any]:
        """What another process needs for its own summary."""
        counted = {name: getattr(self, name) for name in ("journals", "builds", "events", "seconds")}
        return {**counted, "offenders": self.offenders}

    def add(self, told: dict[str, Any]) -> None:
        for name, value in told.items():
            setattr(self, name, getattr(self, name) + value)

    def summary(self) -> list[str]:
        if not self.journals and not self.builds and not self.offenders:
            return []
        specified = "" if Specification.load().complete else ", without the specification, which is not here"
        held = f"{len(self.offenders)} broken rules" if self.offenders else "no rule broken"
        seen = f"{self.events} events of {self.journals} journals and {self.builds} graphs"
        shown = [f"  {each}" for each in self.offenders[:SHOWN]]
        left = [f"  ... and {len(self.offenders) - SHOWN} more"] if len(self.offenders) > SHOWN else []
        return [f"lineage events: {seen}: {held} ({self.seconds:.1f} s{specified})", *shown, *left]


def _unfinished(book: Book) -> list[Any]:
    """Only of applications that have ended: one that is still written, or was killed, is sealed when it is sent."""
    found = {each.text.split()[1]: each for each in book.unfinished()}
    return [each for run, each in found.items() if book.root_of(run) not in found]
