"""``%lineage``: what was recorded so far, asked from within a notebook or IPython's shell."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

from spark_lineage.own_imports import Apart

if TYPE_CHECKING:
    from spark_lineage.agent import Agent
    from spark_lineage.faces.notebook import Shown

NAME = "lineage"
OURS = "of_spark_lineage"  # marks what the magic raises
USAGE = (
    "%lineage [show [STEP]], %lineage diff [RUN], %lineage diff In[3] In[5], %lineage check, "
    "%lineage explain DATASET.COLUMN, or %lineage report"
)
_EXECUTION = re.compile(r"(?:In\[)?(\d{1,6})\]?")


def register(shell: Any) -> None:
    """Adds the magic to the shell."""
    shell.register_magic_function(_lineage, "line", NAME)


def unregister(shell: Any) -> None:
    """Takes it out again, if it is still ours."""
    magics = shell.magics_manager.magics["line"]
    if magics.get(NAME) is _lineage:
        del magics[NAME]


def _lineage(line: str) -> Any:
    """What spark-lineage has recorded of this session: show [STEP], diff [RUN], diff In[3] In[5], check, explain
    DATASET.COLUMN, report."""
    from spark_lineage.refusals import Refusal

    with Apart():
        try:
            return _answer(shlex.split(line))
        except (Refusal, ValueError) as error:
            sentence = str(error)
    return _refuse(sentence)


def _refuse(sentence: str) -> NoReturn:
    """One sentence without a traceback, as IPython's own magics have it. It is no fault of the program's."""
    error: Exception = sys.modules["IPython.core.error"].UsageError(sentence)
    vars(error)[OURS] = True
    raise error


def _answer(words: Sequence[str]) -> Shown:
    from spark_lineage.answers.errors import AnswerError
    from spark_lineage.config import did_you_mean

    name, *rest = words or ["show"]
    if name not in _WORDS:
        raise AnswerError(f"%lineage knows no {name}{did_you_mean(name, _WORDS)}: write {USAGE}")
    asked, most = _WORDS[name]
    if len(rest) > most:
        raise AnswerError(f"%lineage {name} takes {_at_most(most)}, not {len(rest)}: write {USAGE}")
    return asked(rest)


def _at_most(most: int) -> str:
    return {0: "no more words", 1: "one more word at most"}.get(most, f"{most} more words at most")


def _run() -> tuple[str, Any]:
    """The run of this session, as far as it has come, and its store; else the last of the configured store."""
    from spark_lineage import agent

    running: Agent | None = agent.current()
    if running is None:
        return "last", None
    running.look()
    return running.run, running.store


def _show(words: Sequence[str]) -> Shown:
    from spark_lineage.answers import ask, executions
    from spark_lineage.faces import notebook

    run, store = _run()
    if words:
        step = executions.last_of(ask.show(run, store, whole=False), words[0])
        return notebook.step(ask.show(run, store, step=step))
    return notebook.run(ask.show(run, store, whole=False))


def _diff(words: Sequence[str]) -> Shown:
    from spark_lineage.answers import ask, executions
    from spark_lineage.answers.errors import AnswerError
    from spark_lineage.faces import notebook

    run, store = _run()
    numbers = [int(match[1]) for word in words if (match := _EXECUTION.fullmatch(word))]
    if numbers and len(numbers) == len(words):
        return notebook.two_executions(executions.compared(ask.show(run, store), numbers))
    if len(words) == 2:
        return notebook.two_runs(ask.diff(tuple(words), store))
    if words:
        return notebook.two_runs(ask.diff((words[0], run), store, so_far=True))
    app = ask.run(run, store).app
    before = [listed.run.id for listed in ask.runs(store, app=app).runs if listed.run.id != run]
    if not before:
        raise AnswerError(f"{app} has no earlier run here; %lineage diff In[3] In[5] compares two executions of a cell")
    return notebook.two_runs(ask.diff((before[0], run), store, so_far=True))


def _check(words: Sequence[str]) -> Shown:
    from spark_lineage.answers import ask
    from spark_lineage.faces import notebook

    run, store = _run()
    return notebook.checks(ask.check(run, store))


def _explain(words: Sequence[str]) -> Shown:
    from spark_lineage.answers import ask
    from spark_lineage.answers.errors import AnswerError
    from spark_lineage.faces import notebook

    if not words:
        raise AnswerError("%lineage explain needs DATASET.COLUMN: a column of which dataset?")
    run, store = _run()
    return notebook.explanation(ask.explain(words[0], run, store))


def _report(words: Sequence[str]) -> Shown:
    from spark_lineage.answers import ask
    from spark_lineage.faces import notebook

    run, store = _run()
    return notebook.report(ask.page(run, store))


_WORDS: dict[str, tuple[Callable[[Sequence[str]], Shown], int]] = {
    "show": (_show, 1), "diff": (_diff, 2), "check": (_check, 0), "explain": (_explain, 1), "report": (_report, 0),
}  # fmt: skip
