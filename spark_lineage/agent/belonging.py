"""What the run belongs to: the repository of its code, the run that started it, and the runs it is a part of."""

from __future__ import annotations

import _thread
import os
import threading
from collections.abc import Callable, Iterable
from typing import Any

from spark_lineage.agent.program import Program
from spark_lineage.guard import Guard
from spark_lineage.model import LinkSeen, Observation, ParentSeen, PythonGap, RepositorySeen
from spark_lineage.surroundings import parent_run, place, repository, work_tree
from spark_lineage.surroundings.trace import MLFLOW, TRACE, links, mlflow_run

Put = Callable[[Observation], None]


class Parents:
    """The runs of other systems that started this one; each is told once."""

    def __init__(self, put: Put, receivers_were_told: Callable[[], bool]) -> None:
        self._put, self._receivers_were_told = put, receivers_were_told
        self._known: set[parent_run.Found] = set()

    def of_environment(self) -> None:
        self._add(parent_run.of_environment(os.environ))

    def of_conf(self, conf: Callable[[str], str | None]) -> None:
        self._add(parent_run.of_conf(conf))

    def _add(self, found: Iterable[parent_run.Found]) -> None:
        for parent in [each for each in found if each not in self._known]:
            self._known.add(parent)
            # A job has its name from its parent, and receivers know it by the name that it had.
            if isinstance(parent, ParentSeen) and self._receivers_were_told():
                why = f"{parent.name} was named as the parent after receivers had been told of the run"
                self._put(PythonGap("parent", why))
            else:
                self._put(parent)


class Links:
    """The trace and the experiment that are active; each is told once.

    The trace is that of the first look that finds one: the spans of a run are told while it runs, and all of them
    belong to one trace.
    """

    def __init__(self, put: Put) -> None:
        self._put = put
        self._known: set[LinkSeen] = set()
        self.tracked_at: str | None = None  # where MLflow keeps the first run that was seen

    def look(self) -> None:
        has_trace = any(link.system == TRACE for link in self._known)
        for link in links(os.environ):
            if link not in self._known and not (has_trace and link.system == TRACE):
                self._add(link)

    def mlflow(self, run: Any, mlflow: Any) -> None:
        """The program has begun a run of MLflow."""
        link = mlflow_run(run, mlflow)
        if link not in self._known:
            self._add(link)

    def begin_own(self, run: str) -> None:
        """Spans are told from now on: where the run is part of no trace, it has one of its own."""
        if not any(link.system == TRACE for link in self._known):
            self._add(LinkSeen(TRACE, run.replace("-", "")))

    def _add(self, link: LinkSeen) -> None:
        self._known.add(link)
        if link.system == MLFLOW:
            self.tracked_at = self.tracked_at or link.address
        self._put(link)


class Code:
    """Where the program's code is kept."""

    def __init__(self, program: Program, put: Put, guard: Guard) -> None:
        self._program, self._put, self._guard = program, put, guard
        self._compared: threading.Event | None = None  # set once git has said whether files differ

    def place(self) -> str:
        """The folder of the script as its repository has it; empty where the program says no folder."""
        return place.of(self._program.path, self._program.roots[0], self._seen()) if self._program.roots else ""

    def _seen(self) -> RepositorySeen | None:
        """The repository of the script, or of the folder in which a module was found."""
        if os.path.exists(self._program.path):
            return repository.read(self._program.path)
        return repository.read(os.path.join(self._program.roots[0], "module"))

    def look(self) -> None:
        seen = repository.read(self._program.path) if os.path.exists(self._program.path) else None
        if seen is not None:
            self._put(seen)
            try:
                question = work_tree.ask(seen.root)
            except work_tree.NotKnown as reason:
                self._put(work_tree.unknown(reason))
                return
            self._compared = threading.Event()
            _thread.start_new_thread(self._guard, ("work tree", self._compare, seen, question, self._compared))

    def _compare(self, seen: RepositorySeen, question: work_tree.Question, compared: threading.Event) -> None:
        """Runs in a thread of its own: git takes its time, and observations are written ahead every second."""
        try:
            found = self._guard("repository", work_tree.compared, seen, question)
            if found is not None:
                self._put(found)
        finally:
            compared.set()

    def wait(self, seconds: float) -> None:
        """Until git has answered, at most ``seconds``."""
        if self._compared is not None:
            self._compared.wait(min(seconds, work_tree.SECONDS))
