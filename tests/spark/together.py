"""Runs programs one after the other in one Spark session: ``together.py MODE FOLDER PROGRAM...``.

Each program runs plain and then observed, as ``__main__``, with a store of its own under ``FOLDER``, between
``spark_lineage.start`` and ``stop``. What each run printed and how it ended goes to ``FOLDER/<stem>.json``.
``<name>__<variant>.py`` is recorded as the program ``<name>``, and runs plain only as the variant ``base``.
A session of its own per program would show the same and take twenty times as long.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import json
import os
import sys
import types
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

import spark_lineage


def run(program: Path) -> dict[str, Any]:
    """What a program printed, and the error that ended it."""
    module = types.ModuleType("__main__")
    module.__dict__.update(__file__=str(program), __builtins__=builtins)
    out, err, ours, path = io.StringIO(), io.StringIO(), sys.modules["__main__"], list(sys.path)
    sys.modules["__main__"], sys.argv = module, [str(program)]
    sys.path.insert(0, str(program.parent))
    error = None
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            exec(compile(program.read_bytes(), str(program), "exec", dont_inherit=True), module.__dict__)
    except BaseException as raised:
        error = f"{type(raised).__name__}: {raised}"[:200]
    finally:
        sys.modules["__main__"] = ours
        sys.path[:] = path
    return {"stdout": out.getvalue(), "stderr": err.getvalue(), "error": error}


def observed(program: Path, mode: str, store: Path) -> dict[str, Any]:
    # The agent names a program by ``__main__``, so that it is in place before.
    ours = sys.modules["__main__"]
    sys.modules["__main__"] = types.SimpleNamespace(__file__=str(program))  # type: ignore[assignment]
    sys.argv = [str(program)]
    try:
        spark_lineage.start(mode=mode, store=str(store), app=program.stem.partition("__")[0])
    finally:
        sys.modules["__main__"] = ours
    try:
        return run(program)
    finally:
        spark_lineage.stop()


def main() -> None:
    mode, folder = sys.argv[1], Path(sys.argv[2])
    programs = [Path(name) for name in sys.argv[3:]]
    os.chdir(folder)
    spark_lineage.start(mode=mode, store=str(folder / "first"))
    spark = SparkSession.builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    spark.range(3).count()  # runs under another observation: nothing of it may be in those of the programs
    spark_lineage.stop()
    for program in programs:
        variant = program.stem.partition("__")[2]
        told = {"plain": run(program)} if variant in ("", "base") else {}
        told["observed"] = observed(program, mode, folder / program.stem)
        (folder / f"{program.stem}.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main()
