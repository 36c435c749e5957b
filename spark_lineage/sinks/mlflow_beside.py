"""The process beside a program that tells its MLflow runs of the run (``spark_lineage.experiments``): begin and end.

It is begun once the program has an MLflow run, so that it is ready when the record is whole. In the program itself
MLflow is asked for nothing but which run is active: its client, its connections and its logging are the program's.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from spark_lineage.privacy import redaction
from spark_lineage.privacy.files import replace_private
from spark_lineage.sinks import beside

NAME = "mlflow.json"  # in the folder of the run: what came of it
CODE = (
    "import sys; from pathlib import Path; path, folder, rows = sys.argv[1:]; "
    "sys.path.extend(path.split('\\n')); from spark_lineage.experiments import main; main(Path(folder), bool(rows))"
)
# What MLflow would tell its makers of this process, and how it would warn.
QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true", "MLFLOW_LOGGING_LEVEL": "ERROR"}
POLL = 0.05  # seconds


def begin(folder: Path, roots: Sequence[str], tracked_at: str, sample_rows: bool) -> bool:
    """Starts it; False where that cannot be done."""
    more = {**QUIET, "MLFLOW_TRACKING_URI": tracked_at}
    return beside.can_spawn() and beside.spawn(roots, CODE, [str(folder), "1" if sample_rows else ""], more)


def one_line(error: Exception) -> str:
    """What MLflow says of its store: some of its errors name the address with the password."""
    return redaction.prose(" ".join(str(error).split())) or type(error).__name__


def ended(folder: Path, told: Sequence[str], sentences: Sequence[str]) -> None:
    """Notes what came of it: the MLflow runs that were told, and what went wrong."""
    document = {"told": list(told), "wrong": list(sentences), "at": time.time()}
    replace_private(folder / NAME, json.dumps(document).encode())


def outcome(folder: Path) -> dict[str, Any] | None:
    try:
        document = json.loads((folder / NAME).read_bytes())
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) else None


def wait(folder: Path, until: float) -> tuple[str, ...]:
    """Until it has ended, at most until a moment on the monotonic clock; sentences about what could not be told."""
    while (document := outcome(folder)) is None:
        if time.monotonic() >= until:
            return ("the runs of MLflow had not been told when the program ended",)
        time.sleep(POLL)
    return tuple(map(str, document.get("wrong", ())))
