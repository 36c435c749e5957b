"""What the program does: pyspark's classes, patched in place, and the user's frames."""

from __future__ import annotations

from collections.abc import Callable

from spark_lineage.capture.code.frames import calls_around, calls_on
from spark_lineage.capture.deferred import Note, observation
from spark_lineage.capture.operations.boundaries import JvmPort
from spark_lineage.capture.patching.table import Patch, Patches
from spark_lineage.capture.recorder import Recorder

__all__ = ["Installation", "JvmPort", "Note", "Recorder", "calls_around", "calls_on", "install", "observation"]


class Installation:
    """Patches that are in place."""

    def __init__(self, recorder: Recorder) -> None:
        from spark_lineage.capture.following import pandas_handover
        from spark_lineage.capture.patching import threads, wrappers

        recorder.known.bind()
        self._recorder = recorder
        self._patches: Patches = Patches(
            [*wrappers.patches(recorder), *threads.patches(recorder.frames, recorder.guard)]
        )
        self._patches.install()
        self._later: dict[str, Patches] = {}
        self._installed = True
        recorder.results.pandas_seen = self._follow_pandas
        recorder.later = (
            ("pandas", lambda: self._follow_pandas() if pandas_handover.to_pandas(recorder.frames.scope) else None),
            ("pyspark.ml.util", lambda: self._add("ml", wrappers.ml_patches)),
            ("delta.tables", lambda: self._add("delta", wrappers.delta_patches)),
        )

    def _add(self, name: str, table: Callable[[Recorder], list[Patch]]) -> None:
        """Patches of what the program itself imports, once it has."""
        if name not in self._later and self._installed:
            self._later[name] = Patches(table(self._recorder))
            self._later[name].install()

    def _follow_pandas(self) -> None:
        if self._installed and self._recorder.pandas is not None:
            self._recorder.pandas.install()

    def uninstall(self) -> None:
        """Takes out what is still ours; can be called twice."""
        if self._installed:
            self._installed = False
            if self._recorder.pandas is not None:
                self._recorder.pandas.uninstall()
            for later in self._later.values():
                later.uninstall()
            self._patches.uninstall()
            self._recorder.finish()


def install(recorder: Recorder) -> Installation:
    """Patches pyspark's classic classes (and imports them). ``Installation.uninstall`` undoes it."""
    return Installation(recorder)
