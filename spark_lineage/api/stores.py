"""A store, as Python code asks it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spark_lineage.answers import ask
from spark_lineage.api.runs import Run

if TYPE_CHECKING:
    from spark_lineage.answers.diff import Comparison
    from spark_lineage.answers.history import History
    from spark_lineage.answers.verify_store import VerifiedStore


@dataclass(frozen=True)
class Store:
    """A store of runs. All questions raise :class:`AnswerError` with one sentence where they cannot be answered."""

    path: str | Path | None  # its folder or address; None: the one that is configured

    def run(self, name: str = "last") -> Run:
        """A run by ``last``, ``last~1``, its id or a beginning of it, a label (its latest run), or its folder."""
        return Run(ask.run(name, self.path))

    def runs(self, *, app: str | None = None, label: str | None = None, last: int | None = None) -> tuple[Run, ...]:
        """Newest first; only of an application, with a label (``key=value``, or the value), or the newest ``last``.

        Runs that cannot be read are among them: their ``unreadable`` says why.
        """
        return tuple(Run(listed.run) for listed in ask.runs(self.path, app=app, label=label, last=last).runs)

    def diff(
        self,
        a: str | Run | None = None,
        b: str | Run | None = None,
        *,
        baseline: str | None = None,
        force: bool = False,
    ) -> Comparison:
        """Which steps of ``b`` are the first whose output differs from ``a``'s though their inputs do not.

        The last run with the one before, where no run is given. ``baseline``: ``a`` is the latest run with that label,
        and only ``b`` may be given. ``force``: also runs that look like those of different programs.
        """
        names = [run if isinstance(run, str) else str(run.folder) for run in (a, b) if run is not None]
        return ask.diff(names, self.path, baseline=baseline, force=force)

    def history(self, name: str, *, app: str | None = None, label: str | None = None, last: int = 20) -> History:
        """A step or dataset over the newest ``last`` runs of the program that has it."""
        return ask.history(name, self.path, app=app, label=label, last=last)

    def verify(
        self, *, tables: bool = True, key: str | Path | None = None, roots: Sequence[str] = ()
    ) -> VerifiedStore:  # fmt: skip
        """Whether all runs are as they were written, and none has vanished. See :meth:`Run.verify`.

        ``roots``: root hashes that were kept elsewhere, whose runs must still be there.
        """
        return ask.verify_store(self.path, tables=tables, key=key, roots=roots)
