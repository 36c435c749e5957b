"""What the program does: pyspark's classes, patched in place, and the user's frames.

``code`` says which code is the user's and where it stands. ``following`` knows which object came from which.
``operations`` describes one operation of pyspark. The recorder makes observations of them, and ``patching`` calls it
from the program.
"""

from __future__ import annotations

from spark_lineage.capture.code.frames import calls_around, calls_on
from spark_lineage.capture.deferred import Deferred, DeferredQueue, observation
from spark_lineage.capture.operations.boundaries import JvmPort
from spark_lineage.capture.patching.installation import Installation, install
from spark_lineage.capture.recorder import Recorder

__all__ = [
    "Deferred",
    "DeferredQueue",
    "Installation",
    "JvmPort",
    "Recorder",
    "calls_around",
    "calls_on",
    "install",
    "observation",
]
