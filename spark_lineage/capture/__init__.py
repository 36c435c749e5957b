"""What the program does: pyspark's classes, patched in place, and the user's frames."""

from __future__ import annotations

from spark_lineage.capture.frames import calls_on
from spark_lineage.capture.recorder import JvmPort, Recorder

__all__ = ["Installation", "JvmPort", "Recorder", "calls_on", "install"]


class Installation:
    """Patches that are in place."""

    def __init__(self, recorder: Recorder) -> None:
        from spark_lineage.capture import patches, threads
        from spark_lineage.capture.patching import Patches

        recorder.bind()
        self._recorder = recorder
        self._patches = Patches([*patches.patches(recorder), *threads.patches(recorder.frames, recorder.guard)])
        self._patches.install()
        self._installed = True

    def uninstall(self) -> None:
        """Takes out what is still ours; can be called twice."""
        if self._installed:
            self._installed = False
            self._patches.uninstall()
            self._recorder.finish()


def install(recorder: Recorder) -> Installation:
    """Patches pyspark's classic classes (and imports them). ``Installation.uninstall`` undoes it."""
    return Installation(recorder)
