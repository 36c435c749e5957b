"""Records programs in one Spark session: ``recording.py FOLDER DATA SHAPES [--smoke]``, by the Python of a line.

Each program runs plain and then observed, as ``__main__``, in a folder of its own, with nothing cached and no view left
from the one before. What each printed and how it ended is in ``FOLDER/<name>/ran.json``, its record in the store
beside it. A session for each would show the same and take twenty times as long.
"""

from __future__ import annotations

import builtins
import contextlib
import io
import json
import os
import re
import shutil
import sys
import time
import types
from pathlib import Path
from typing import Any

from pyspark import __version__ as spark_version
from pyspark.sql import SparkSession

import spark_lineage
from tests.compat.programs import Program, programs

CONF = {
    "spark.master": "local[2]",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "4",
    # A plain Python UDF straight over a Parquet scan hangs in Spark 4.2.0 otherwise.
    "spark.sql.execution.arrow.pythonUDF.columnarInput.enabled": "false",
}


def session() -> SparkSession:
    builder = SparkSession.builder.appName("compat")
    for name, value in CONF.items():
        builder = builder.config(name, value)
    return builder.getOrCreate()


def run(program: Program) -> dict[str, Any]:
    """What a program printed, and the error that ended it."""
    module = types.ModuleType("__main__")
    module.__dict__.update(__file__=str(program.path), __builtins__=builtins)
    out, path, ours = io.StringIO(), list(sys.path), sys.modules["__main__"]
    before = set(sys.modules)
    sys.modules["__main__"], sys.argv = module, [str(program.path), *program.arguments]
    sys.path.insert(0, str(program.path.parent))
    error = None
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(io.StringIO()):
            exec(compile(program.path.read_bytes(), str(program.path), "exec", dont_inherit=True), module.__dict__)
    except BaseException as raised:
        error = f"{type(raised).__name__}: {raised}"[:300]
    finally:
        sys.modules["__main__"] = ours
        sys.path[:] = path
        _forget_modules(before, program)
    return {"stdout": out.getvalue(), "error": error}


def _forget_modules(before: set[str], program: Program) -> None:
    """Modules of the program's own folder are executed again by the next run."""
    for name in set(sys.modules) - before:
        file = getattr(sys.modules[name], "__file__", None) or ""
        if file.startswith(f"{program.path.parent}{os.sep}"):
            del sys.modules[name]


def observed(program: Program, store: Path) -> dict[str, Any]:
    # The agent names a program by ``__main__``, so that it is in place before.
    ours = sys.modules["__main__"]
    sys.modules["__main__"] = types.SimpleNamespace(__file__=str(program.path))  # type: ignore[assignment]
    sys.argv = [str(program.path), *program.arguments]
    try:
        spark_lineage.start(mode="flow", store=str(store))
    finally:
        sys.modules["__main__"] = ours
    try:
        return run(program)
    finally:
        spark_lineage.stop()


def clean(folder: Path) -> None:
    """An empty folder to run in, and a session as if it were new."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    os.chdir(folder)
    spark = session()
    spark.catalog.clearCache()
    for table in spark.catalog.listTables():
        if table.isTemporary:
            spark.catalog.dropTempView(table.name)
        else:
            spark.sql(f"drop table `{table.name}`")


def without_addresses(text: str) -> str:
    """Numbers that Spark counts on from one query to the next."""
    return re.sub(r"0x[0-9a-f]+|#\d+L?|plan_id=\d+", "#", text)


def main() -> None:
    folder, data, shapes = map(Path, sys.argv[1:4])
    todo = programs(data, shapes, "--smoke" in sys.argv)
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    spark_lineage.start(mode="flow", store=str(folder / "first"))
    session().sparkContext.setLogLevel("OFF")
    spark_lineage.stop()
    for program in todo:
        begun, home = time.monotonic(), folder / program.name
        # One after the other in the same place: what they print may hold it.
        clean(home / "work")
        plain = run(program)
        clean(home / "work")
        ours = observed(program, home / "lineage")
        same = without_addresses(plain["stdout"]) == without_addresses(ours["stdout"])
        told = {
            "spark": spark_version, "plain": plain, "observed": ours, "seconds": time.monotonic() - begun,
            "same": same and plain["error"] == ours["error"],
        }  # fmt: skip
        (home / "ran.json").write_text(json.dumps(told))
        print(f"{program.name}: {'as plain' if told['same'] else 'NOT AS PLAIN'} ({told['seconds']:.1f} s)", flush=True)


if __name__ == "__main__":
    main()
