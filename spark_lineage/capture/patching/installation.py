"""The patches of one observation: which parts there are, when each is placed, and that all are undone."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterable

from spark_lineage.capture.following import pandas_handover
from spark_lineage.capture.patching import pandas_manager, threads, wrappers
from spark_lineage.capture.recorder import Recorder
from spark_lineage.patches import Patch, Patches


class Installation:
    """Patches that are in place.

    Each part is placed whole or not at all. A fault while a part is made or placed is the guard's, and the program runs
    on without that part. What the program imports itself is patched once it has done so.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._guard = recorder.guard
        self._parts: dict[str, Patches] = {}
        self._installed = True
        self._place("threads", lambda: threads.patches(recorder.frames, recorder.guard))
        if _is_installed("pyspark"):
            self._place("pyspark", self._of_pyspark)
        recorder.results.pandas_seen = self.follow_pandas
        recorder.later = (
            ("pandas", self._follow_pandas_if_handed_over),
            ("pyspark.ml.util", lambda: self._place("pyspark.ml", lambda: wrappers.ml_patches(recorder))),
            ("delta.tables", lambda: self._place("delta", lambda: wrappers.delta_patches(recorder))),
        )

    def uninstall(self) -> None:
        """Takes out what is still ours; can be called twice."""
        if self._installed:
            self._installed = False
            for part in reversed(self._parts.values()):
                self._guard("undoing patches", part.uninstall)
            if self._recorder.pandas is not None:
                self._guard("undoing patches", self._recorder.pandas.end)
            self._guard("undoing patches", self._recorder.finish)

    def _place(self, part: str, table: Callable[[], Iterable[Patch]]) -> None:
        if self._installed and part not in self._parts:
            self._guard("patching", self._place_now, part, table)

    def _place_now(self, part: str, table: Callable[[], Iterable[Patch]]) -> None:
        patches = Patches(table())
        patches.install()
        self._parts[part] = patches

    def _of_pyspark(self) -> list[Patch]:
        self._recorder.known.bind()
        return wrappers.patches(self._recorder)

    def follow_pandas(self) -> None:
        """Follows pandas objects from here on, whether or not they meet Spark. pandas must be imported."""
        pandas = self._recorder.pandas
        if pandas is not None:
            self._place("pandas", lambda: pandas_manager.patches(pandas))
            if "pandas" not in self._parts:
                pandas.end()

    def _follow_pandas_if_handed_over(self) -> None:
        if pandas_handover.to_pandas(self._recorder.frames.user_code):
            self.follow_pandas()


def _is_installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):  # a module of that name that was made by hand
        return package in sys.modules


def install(recorder: Recorder) -> Installation:
    """Patches pyspark's classic classes (and imports them), if pyspark is installed.

    ``Installation.uninstall`` undoes it. It raises nothing unless the guard is strict.
    """
    return Installation(recorder)
