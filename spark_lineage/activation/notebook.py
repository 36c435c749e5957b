"""Notebooks and IPython's shell: ``%load_ext spark_lineage``, and the cells of a session that is observed.

Nothing here imports IPython: whoever calls has it. What IPython tells (a cell is about to run, a cell has run, the
kernel shuts down) goes on to the agent, behind a guard.
"""

from __future__ import annotations

import atexit
import linecache
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spark_lineage.activation import magic
from spark_lineage.guard import Guard, silently
from spark_lineage.own_imports import Apart

if TYPE_CHECKING:
    from spark_lineage.agent import Agent

EVENTS = ("pre_run_cell", "post_run_cell")
_watch: Watch | None = None
_FAULTS = Guard()


def running_shell() -> Any:
    """IPython's shell of this process; None where there is none. IPython is not imported for it."""
    module = sys.modules.get("IPython.core.interactiveshell")
    shell_class = getattr(module, "InteractiveShell", None)
    return getattr(shell_class, "_instance", None) if shell_class is not None else None


class Watch:
    """Hears of the cells of one shell on behalf of one agent, until :meth:`end`."""

    def __init__(self, shell: Any, agent: Agent) -> None:
        self.agent = agent
        self._shell, self._guard = shell, agent.guard
        self._running = 0  # cells
        self._ending = threading.Lock()

    def begin(self) -> None:
        """The cell that has switched observing on counts, too."""
        shell = self._shell
        self.agent.cells.share(shell.user_ns)
        shell.events.register("pre_run_cell", self.pre_run_cell)
        shell.events.register("post_run_cell", self.post_run_cell)
        if "exit_now" in shell.trait_names():
            shell.observe(self._shuts_down, "exit_now")
        atexit.register(silently, self._wait)
        if _runs_a_cell(shell):
            self._guard("cells", self._begins, len(_typed(shell)) - 1, None, _typed(shell)[-1])

    def end(self) -> None:
        """Hears nothing any more."""
        for event, heard in zip(EVENTS, (self.pre_run_cell, self.post_run_cell), strict=True):
            if heard in self._shell.events.callbacks[event]:
                self._shell.events.unregister(event, heard)
        if "exit_now" in self._shell.trait_names():
            self._shell.unobserve(self._shuts_down, "exit_now")

    def pre_run_cell(self, info: Any) -> None:
        """IPython's event of that name."""
        self._guard("cells", self._told_of_begin, info)

    def post_run_cell(self, result: Any) -> None:
        """IPython's event of that name."""
        self._guard("cells", self._told_of_end, result)

    def _told_of_begin(self, info: Any) -> None:
        with Apart():
            # ``execution_count`` is that of the next cell by now, or not, as IPython's version has it.
            self._begins(len(_typed(self._shell)), getattr(info, "cell_id", None), str(info.raw_cell))

    def _begins(self, number: int, key: str | None, text: str) -> None:
        self._running += 1
        self.agent.cells.begins(number, key, text)

    def _told_of_end(self, result: Any) -> None:
        if not self._running:
            return
        self._running -= 1
        number = int(result.execution_count or self._shell.execution_count)
        error = result.error_before_exec or result.error_in_exec
        if hasattr(error, magic.OURS):  # a question that could not be answered is no fault of the program's
            error = None
        file = _file_of(self._shell, number)
        with Apart():
            self.agent.cells.ended(number, error, file, "".join(linecache.getlines(file)) if file is not None else "")

    def _shuts_down(self, change: Any) -> None:
        """The kernel ends what it has started, Spark's JVM too, before Python ends: the record is written now."""
        if change["new"]:
            with self._ending:
                from spark_lineage.activation.session import stop

                stop()

    def _wait(self) -> None:
        """A kernel hears of its end in a thread that the interpreter does not wait for."""
        with self._ending:
            pass


def watch(agent: Agent | None) -> None:
    """Hears of the cells of the shell of this process from here on, if it has one."""
    _FAULTS("notebook", _begin_watch, agent)


def _begin_watch(agent: Agent | None) -> None:
    global _watch
    shell = running_shell()
    if shell is None or agent is None or (_watch is not None and _watch.agent is agent):
        return
    unwatch()
    _watch = Watch(shell, agent)
    _watch.begin()


def unwatch() -> None:
    """The observation has ended."""
    global _watch
    before, _watch = _watch, None
    if before is not None:
        _FAULTS("notebook", before.end)


def load(shell: Any) -> None:
    """``%load_ext spark_lineage``: observes the session from here on, and adds the magic ``%lineage``.

    What is wrong with the settings is one sentence; the notebook goes on unobserved.
    """
    from spark_lineage.activation import session
    from spark_lineage.config import ConfigError

    magic.register(shell)
    try:
        unseen = session.start_in_notebook()
    except ConfigError as error:
        unseen = str(error)
    if unseen is not None:
        print(f"spark-lineage: {unseen}", file=sys.stderr)


def unload(shell: Any) -> None:
    """``%unload_ext spark_lineage``: ends the observation, writes the record, and takes the magic out."""
    from spark_lineage.activation import session

    session.stop()
    magic.unregister(shell)


def name_of_notebook(shell: Any) -> str | None:
    """As whoever runs the notebook says it; None where nobody does."""
    named = shell.user_ns.get("__vsc_ipynb_file__") or os.environ.get("JPY_SESSION_NAME")
    named = shell.user_ns.get("PAPERMILL_INPUT_PATH") or named
    return Path(str(named)).stem or None if named else None


def _typed(shell: Any) -> list[str]:
    """The inputs of the session; In[1] is the second."""
    return getattr(getattr(shell, "history_manager", None), "input_hist_raw", None) or [""]


def _file_of(shell: Any, number: int) -> str | None:
    """The name of the cell's code; None for a cell that was never compiled."""
    known = getattr(shell.compile, "_filename_map", {})
    return next((file for file, of in known.items() if of == number), None)


def _runs_a_cell(shell: Any) -> bool:
    """Whether a cell of the shell is on the stack of this thread."""
    known = getattr(shell.compile, "_filename_map", {})
    frame = sys._getframe()
    while frame is not None and frame.f_code.co_filename not in known:
        frame = frame.f_back  # type: ignore[assignment]
    return frame is not None
