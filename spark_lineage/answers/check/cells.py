"""Hidden state of a notebook: a cell used what an earlier version of another cell had made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from spark_lineage.answers import executions
from spark_lineage.answers.check.evidence import Evidence
from spark_lineage.answers.check.names import STALE
from spark_lineage.answers.check.results import Result, Status
from spark_lineage.model import Cell, Dataset, Step

StepKey = tuple[str, int]
EXPECTED = "what its cell makes as it is now"


@dataclass(frozen=True)
class _Reason:
    """Why something was stale. ``sure``: it is known that it holds something else now, and not only that it may."""

    text: str
    sure: bool


def stale(run: Evidence) -> Iterator[Result]:
    """For each dataset that crosses cells of a notebook in which a cell ran again: whether it was stale when used."""
    if any(cell.again is not None for cell in run.graph.run.cells):
        yield from _Notebook(run).results()


class _Notebook:
    """The executions of the cells of one run, and what each has made and read."""

    def __init__(self, run: Evidence) -> None:
        self._run = run
        cells = run.graph.run.cells
        self._order = {cell.number: at for at, cell in enumerate(cells)}
        self._cells = {cell.number: cell for cell in cells}
        self._of_step = executions.cell_of_steps(run.graph)
        self._made = executions.made_by(run.graph)
        self._steps: dict[StepKey, Step] = {(step.step, step.call): step for step in run.graph.steps}
        self._later: dict[int, list[Cell]] = {}  # number -> later executions of the same cell
        for cell in cells:
            earlier = cell.again
            while earlier is not None and earlier in self._cells and earlier != cell.number:
                self._later.setdefault(earlier, []).append(cell)
                earlier = self._cells[earlier].again

    def results(self) -> Iterator[Result]:
        seen: set[tuple[int, str]] = set()
        for key, step in self._steps.items():
            user = self._of_step.get(key)
            for name in step.inputs if user is not None else ():
                dataset = self._run.datasets.get(name)
                maker = self._maker(dataset)
                if user is None or dataset is None or maker in (None, user) or (user, name) in seen:
                    continue
                seen.add((user, name))
                yield self._result(dataset, user, self._stale(dataset, user, set()))

    def _result(self, dataset: Dataset, user: int, reason: _Reason | None) -> Result:
        maker = self._maker(dataset)
        if reason is None:
            actual = f"In[{user}] used what In[{maker}] made, and nothing that it stands on had run again since"
            return self._run.result(STALE, dataset, Status.PASSED, EXPECTED, actual)
        status = Status.FAILED if reason.sure else Status.UNKNOWN
        actual = f"In[{user}] used {executions.name_of(dataset)} of In[{maker}], but {reason.text}"
        return self._run.result(STALE, dataset, status, EXPECTED, actual, cell=maker, used_by=user)

    def _maker(self, dataset: Dataset | None) -> int | None:
        if dataset is None or dataset.step is None:
            return None
        return self._of_step.get((dataset.step, dataset.call))

    # -- what has run again

    def _again(self, number: int, user: int) -> Cell | None:
        """The last execution of the same cell before the use, or the use itself."""
        until = self._order.get(user, -1)
        found = [cell for cell in self._later.get(number, ()) if self._order[cell.number] <= until]
        return found[-1] if found else None

    def _stale(self, dataset: Dataset, user: int, seen: set[str]) -> _Reason | None:
        """Why a dataset was stale when a cell used it: its own cell ran again, or one that it stands on."""
        maker = self._maker(dataset)
        if maker is None or dataset.id in seen:
            return None
        seen.add(dataset.id)
        found = self._changed(dataset, maker, user)
        if found is not None and found.sure:
            return found
        reasons = [*([found] if found is not None else []), *self._below(dataset, maker, user, seen)]
        return next((reason for reason in reasons if reason.sure), reasons[0] if reasons else None)

    def _below(self, dataset: Dataset, maker: int, user: int, seen: set[str]) -> Iterator[_Reason]:
        """Of what the step that made it took, within its cell and from earlier ones."""
        step = self._steps.get((dataset.step or "", dataset.call))
        for name in step.inputs if step is not None else ():
            below = self._run.datasets.get(name)
            if below is None:
                continue
            reason = self._stale(below, user, seen)
            if reason is not None:
                yield reason
        yield from self._names_of(maker, user)

    def _changed(self, dataset: Dataset, maker: int, user: int) -> _Reason | None:
        again = self._again(maker, user)
        if again is None:
            return None
        name = executions.name_of(dataset)
        now = self._made.get(again.number, {}).get(name)
        what = f"{_again(again, maker)} by then"
        if again.number == user:
            what = f"In[{user}] is that cell itself, which ran again: it took what it had made before"
        if now is None:
            return self._unmeasured(what, name, self._cells[maker], again)
        verdict = executions.verdict(dataset, now)
        if verdict == executions.SAME:
            return None
        if verdict == executions.DIFFERENT:
            return _Reason(f"{what}, and made another {name}{_rows(dataset, now)}", again.sure)
        return _Reason(f"{what}; whether its {name} is another one was not measured", False)

    def _unmeasured(self, what: str, name: str, before: Cell, again: Cell) -> _Reason:
        """Nothing has used what the later execution made, so nothing is known of it but its code."""
        if name not in again.binds:
            return _Reason(f"{what}, and makes no {name} now", again.sure and name in before.binds)
        if again.binds[name] == before.binds.get(name):
            return _Reason(f"{what} with the same code; whether its {name} is another one was not measured", False)
        return _Reason(f"{what}, and makes {name} by other code", again.sure)

    def _names_of(self, maker: int, user: int) -> Iterator[_Reason]:
        """Of plain values and functions that the cell of the dataset had read."""
        for name in self._read_by(maker):
            bound = self._bound_before(name, maker)
            again = self._again(bound.number, user) if bound is not None else None
            if bound is None or again is None or name in self._made.get(bound.number, {}):
                continue  # of datasets the chain of datasets tells, exactly
            if again.binds.get(name) != bound.binds.get(name):
                yield _Reason(
                    f"In[{maker}] read {name} of In[{bound.number}], and {_again(again, bound.number)} by then",
                    again.sure,
                )

    def _read_by(self, number: int) -> list[str]:
        """The names that a cell reads, and those that the functions read which it calls."""
        todo, found = list(self._cells[number].reads), []
        while todo:
            name = todo.pop()
            if name in found:
                continue
            found.append(name)
            bound = self._bound_before(name, number)
            uses: Mapping[str, str] = bound.uses if bound is not None else {}
            todo.extend(uses.get(name, "").split())
        return found

    def _bound_before(self, name: str, number: int) -> Cell | None:
        at = self._order[number]
        found = [cell for cell in self._cells.values() if self._order[cell.number] < at and name in cell.binds]
        return max(found, key=lambda cell: self._order[cell.number], default=None)


def _again(cell: Cell, before: int) -> str:
    if not cell.sure:
        return f"In[{cell.number}] binds the same names as In[{before}] and may be another version of it; it had run"
    return f"In[{before}] {'was edited and ran' if cell.edited else 'had run'} again as In[{cell.number}]"


def _rows(before: Dataset, now: Dataset) -> str:
    if before.rows is None or now.rows is None or before.rows == now.rows:
        return ""
    return f" ({before.rows:,} rows then, {now.rows:,} rows now)"
