"""Which runs of MLflow the program has begun: what it starts, and what is active where a model is fitted.

MLflow is asked for what it knows in this process only: no request is made.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Any

from spark_lineage.after_import import is_whole

NAME = "mlflow"
Found = Callable[[Any, Any], None]  # (a run of MLflow, the module)


class _Last(threading.local):
    run: str | None = None
    at = 0.0


class MlflowRuns:
    """``found(run, mlflow)`` is told of each run once."""

    def __init__(self, found: Found) -> None:
        self._found = found
        self._known: set[str] = set()
        self._last = _Last()

    def begun(self, run: Any) -> None:
        """The program, or MLflow's own logging for it, has begun or resumed a run in this thread."""
        self._last.run, self._last.at = self._note(run), time.time()

    def of_work_since(self, moment: float) -> str | None:
        """The id of the run that work in this thread belongs to which began at ``moment``; None if there is none.

        MLflow's automatic logging begins a run for a ``fit``, and ends it with it.
        """
        asked = getattr(sys.modules[NAME], "active_run", None) if is_whole(NAME) else None
        if asked is not None and (active := asked()) is not None:
            return self._note(active)
        return self._last.run if self._last.at >= moment else None

    def _note(self, run: Any) -> str:
        name = str(run.info.run_id)
        if name not in self._known:
            self._known.add(name)
            self._found(run, sys.modules[NAME])
        return name
