"""The process that writes the audit tables of a run once its program has ended (option ``audit.tables``).

Arrow and Delta take a third of the end of a program, and most of its memory. Nobody waits for this process. Where it is
killed, ``spark-lineage rebuild --missing`` adds the run.
"""

from __future__ import annotations

import contextlib
import gc
import os
import time
from collections.abc import Sequence
from pathlib import Path

from spark_lineage.sinks import beside

CODE = (
    "import sys; from pathlib import Path; path, folder = sys.argv[1:]; "
    "sys.path.extend(path.split('\\n')); from spark_lineage.sinks.tables_beside import main; main(Path(folder))"
)


def begin(run: Path, roots: Sequence[str]) -> bool:
    """Starts it for a run whose journal is whole; False where that cannot be done."""
    return beside.can_spawn() and beside.spawn(roots, CODE, [str(run)])


def main(run: Path) -> None:
    from spark_lineage.sinks.delta import DeltaAudit

    with contextlib.suppress(OSError, AttributeError):
        os.nice(5)
    gc.disable()  # all of the run is in use until the end
    try:
        DeltaAudit(run.parent.parent / "audit").append(run)
    except BaseException as error:  # the panics of Rust are no Exception
        moment, what = time.strftime("%Y-%m-%d %H:%M:%S"), type(error).__name__
        with (run / "agent.log").open("a", encoding="utf-8") as log:
            log.write(f"{moment} WARNING spark-lineage.delta: no tables ({what}): `spark-lineage rebuild --missing`\n")
