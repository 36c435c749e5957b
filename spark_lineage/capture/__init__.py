"""What the program does: pyspark's classes, patched in place, and the user's frames."""

from __future__ import annotations

from spark_lineage.capture.frames import calls_around, calls_on
from spark_lineage.capture.notes import Note, observation
from spark_lineage.capture.patching import Patches
from spark_lineage.capture.recorder import JvmPort, Recorder

__all__ = ["Installation", "JvmPort", "Note", "Recorder", "calls_around", "calls_on", "install", "observation"]


class Installation:
    """Patches that are in place."""

    def __init__(self, recorder: Recorder) -> None:
        from spark_lineage.capture import patches, threads

        recorder.bind()
        self._recorder = recorder
        self._patches: Patches = Patches(
            [*patches.patches(recorder), *threads.patches(recorder.frames, recorder.guard)]
        )
        self._patches.install()
        self._pandas: Patches | None = None
        self._installed = True
        recorder.pandas_seen = self._pandas_seen

    def _pandas_seen(self) -> None:
        from spark_lineage.capture import patches

        if self._pandas is None and self._installed:
            self._pandas = Patches(patches.pandas_patches(self._recorder))
            self._pandas.install()

    def uninstall(self) -> None:
        """Takes out what is still ours; can be called twice."""
        if self._installed:
            self._installed = False
            if self._pandas is not None:
                self._pandas.uninstall()
            self._patches.uninstall()
            self._recorder.finish()


def install(recorder: Recorder) -> Installation:
    """Patches pyspark's classic classes (and imports them). ``Installation.uninstall`` undoes it."""
    return Installation(recorder)
