"""Records programs in one Spark session: ``recording.py FOLDER DATA SHAPES [ONLY]``, by the Python of a line.

Each program runs plain and then observed, as ``__main__``, in a folder of its own, with nothing cached and no view left
from the one before. What each printed and how it ended is in ``FOLDER/<name>/ran.json``, its record in the store
beside it. A session for each would show the same and take twenty times as long.

With SPARK_REMOTE set they run over Spark Connect, each in a session of its own, in ``SERVER_FOLDER``, which the server
was started in. ``SERVER_STORE`` names the folder into which the server writes what it has seen, if it has our jar.
"""

from __future__ import annotations

import builtins
import contextlib
import gc
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

from pyspark import SparkContext
from pyspark import __version__ as spark_version
from pyspark.sql import SparkSession

import spark_lineage
from spark_lineage.activation.jars import LISTENER, find_spark, jar_for
from tests.compat.programs import QUICK, Program, as_plain, programs, without_numbers

CONF = {
    "spark.master": "local[2]",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "4",
    "spark.driver.extraJavaOptions": QUICK,
    # A plain Python UDF straight over a Parquet scan hangs in Spark 4.2.0 otherwise.
    "spark.sql.execution.arrow.pythonUDF.columnarInput.enabled": "false",
}
REMOTE = "SPARK_REMOTE" in os.environ


def session() -> SparkSession:
    """One that can be observed, whether or not it is: programs may stop it, and the next one gets another."""
    if REMOTE:
        return SparkSession.builder.appName("compat").getOrCreate()
    ours = {"spark.extraListeners": LISTENER, "spark.jars": str(jar_for(find_spark()))}
    builder = SparkSession.builder.appName("compat")
    for name, value in {**CONF, **ours}.items():
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
        error = without_numbers(f"{type(raised).__name__}: {raised}")[:300]
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
    if "SERVER_STORE" in os.environ:
        store.mkdir()
        (store / "connect").symlink_to(Path(os.environ["SERVER_STORE"]) / "connect")
    try:
        # Masked values are hashes with a key, which is another one for each store.
        spark_lineage.start(mode="flow", store=str(store), mask_key="compat")
    finally:
        sys.modules["__main__"] = ours
    try:
        return run(program)
    finally:
        spark_lineage.stop()


def clean(folder: Path) -> None:
    """An empty folder to run in, and a session as if it were new. The JVM's own folder is where it was started."""
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    for path in folder.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    spark = session()
    if REMOTE:
        gc.collect()  # a model that is let go of tells its server, and would wait for ever once the interpreter ends
        spark.stop()
        spark = session()
    else:
        spark.sparkContext.setLogLevel("OFF")
    spark.catalog.clearCache()
    for table in spark.catalog.listTables():
        if table.isTemporary:
            spark.catalog.dropTempView(table.name)
        else:
            spark.sql(f"drop table `{table.name}`")


def where() -> str:
    if REMOTE:
        return f"{'.'.join(map(str, sys.version_info[:2]))}, Spark Connect"
    java = session().sparkContext._jvm.System.getProperty("java.version")  # type: ignore[union-attr]
    return f"{'.'.join(map(str, sys.version_info[:2]))}, {java.split('.')[0]}"


def main() -> None:
    folder, data, shapes = map(Path, sys.argv[1:4])
    only = re.compile((sys.argv[4:] or [".*"])[0])
    todo = [each for each in programs(data, shapes) if only.fullmatch(each.name)]
    # Else executors take the first Python of the PATH.
    os.environ.update(PYSPARK_PYTHON=sys.executable, PYSPARK_DRIVER_PYTHON=sys.executable)
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    work = Path(os.environ.get("SERVER_FOLDER", folder / f"work-{os.getpid()}"))
    for program in todo:
        begun, home = time.monotonic(), folder / program.name
        home.mkdir(parents=True)
        # One after the other in the same place: what they print may hold it.
        clean(work)
        plain = run(program)
        clean(work)
        ours = observed(program, home / "lineage")
        told = {
            "spark": spark_version, "work": str(work), "where": where(), "seconds": time.monotonic() - begun,
            "plain": plain, "observed": ours,
        }  # fmt: skip
        (home / "ran.json").write_text(json.dumps(told))
        how = "as plain" if as_plain(plain, ours) else "NOT AS PLAIN"
        print(f"{spark_version} {program.name}: {how} ({told['seconds']:.1f} s)", flush=True)
    if REMOTE:
        gc.collect()
    else:
        _end_jvm()


def _end_jvm() -> None:
    """And waits for it, so that its processor time is counted as ours."""
    gateway = SparkContext._gateway
    session().stop()
    gateway.shutdown()
    gateway.proc.stdin.close()
    gateway.proc.wait(60)


if __name__ == "__main__":
    main()
