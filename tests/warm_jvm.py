"""A JVM that stays warm between programs: each has its own Python process and SparkContext, as behind spark-submit.

pyspark takes the JVM that ``PYSPARK_GATEWAY_PORT`` names instead of starting one, which takes most of the time of a
small program. Used by one program at a time. What a test of a warm JVM cannot see is how a JVM starts and ends, with
our jar on its classpath, and what Spark's log prints: tests of these start a JVM of their own.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

import pyspark
from py4j.clientserver import ClientServer, JavaParameters, PythonParameters
from py4j.java_gateway import JavaClass
from pyspark.serializers import UTF8Deserializer, read_int

HOME = Path(pyspark.__file__).parent
# From its sixteenth call on, Java calls a method for py4j by code that it has generated. Spark names an execution after
# the frame that called the method (`count at NativeMethodAccessorImpl.java:0`), and errors print it: both would depend
# on how often the programs before have called the method.
AS_IF_CALLED_FIRST = "-Dsun.reflect.inflationThreshold=2147483647"
DELTA = sorted((Path(__file__).resolve().parents[1] / "examples" / "flights" / "jars").glob("*.jar"))
WARM_START = Path(__file__).with_name("warm_start")


class WarmJvm:
    """``ours``: the listener's jar is on the classpath, as in a JVM that our runner has started."""

    def __init__(self, folder: Path, conf: Mapping[str, str], ours: bool = True) -> None:
        self.folder = folder
        self.conf = conf
        self.ours = ours
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._secret = ""
        self._properties: dict[str, str] = {}  # Spark's own, as spark-submit has set them
        self._lent = threading.Lock()

    def __enter__(self) -> WarmJvm:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @contextmanager
    def lent(self, conf: Mapping[str, str], folder: Path) -> Iterator[dict[str, str]]:
        """The JVM as if it had been started in ``folder`` with ``conf``; gives the variables for the program.

        What Spark logs meanwhile goes to ``jvm.log`` in ``folder``. A SparkContext that the program leaves is stopped,
        as the end of its own JVM would have done.
        """
        with self._lent:
            if self._process is None or self._process.poll() is not None:
                self._start()
            log_begins = self._log.stat().st_size
            with self._control() as jvm:
                self._set_up(jvm, conf, folder)
            try:
                yield {
                    "WARM_JVM_PORT": str(self._port),
                    "WARM_JVM_SECRET": self._secret,
                    "PYTHONPATH": str(WARM_START),
                }
                with self._control() as jvm:
                    _stop_what_is_left(jvm)
            except BaseException:
                self.stop()  # nobody knows in which state it is
                raise
            finally:
                with self._log.open("rb") as log:
                    log.seek(log_begins)
                    (folder / "jvm.log").write_bytes(log.read())

    def _set_up(self, jvm: Any, conf: Mapping[str, str], folder: Path) -> None:
        system = jvm.java.lang.System
        for name in _spark_properties(jvm):
            system.clearProperty(name)
        for name, value in {**self._properties, **conf, "user.dir": str(folder)}.items():
            system.setProperty(name, value)
        jvm.org.apache.hadoop.fs.FileSystem.closeAll()  # the next ones resolve relative paths in the new folder
        # py4j numbers the objects of a JVM on from program to program: what this program makes comes after this one.
        (folder / "object_before").write_text(jvm.java.util.ArrayList()._target_id)

    @contextmanager
    def _control(self) -> Iterator[Any]:
        """The classes of the JVM, for this process."""
        where = JavaParameters(port=self._port, auth_token=self._secret, auto_convert=True)
        with closing(ClientServer(where, PythonParameters(port=0, eager_load=False))) as client:
            yield client.jvm

    # -- the process

    @property
    def _log(self) -> Path:
        return self.folder / "jvm.log"

    def stop(self) -> None:
        if self._process is not None:
            assert self._process.stdin is not None
            self._process.stdin.close()  # the gateway ends with its standard input
            try:
                self._process.wait(30)
            except subprocess.TimeoutExpired:
                self._process.kill()
            self._process = None

    def _start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self.folder) as told, self._log.open("a") as log:
            note = Path(told) / "port"
            confs = [word for key, value in self.conf.items() for word in ("--conf", f"{key}={value}")]
            self._process = subprocess.Popen(
                [str(HOME / "bin" / "spark-submit"), *confs, *self._jar(), "pyspark-shell"],
                cwd=self.folder, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, "SPARK_HOME": str(HOME), "SPARK_CONNECT_MODE": "0", "SPARK_LOCAL_IP": "127.0.0.1",
                     "SPARK_SUBMIT_OPTS": AS_IF_CALLED_FIRST, "PYSPARK_PYTHON": sys.executable,
                     "_PYSPARK_DRIVER_CONN_INFO_PATH": str(note)},
            )  # fmt: skip
            while not note.exists():
                if self._process.poll() is not None:
                    raise RuntimeError(f"the JVM did not start: {self._log}")
                time.sleep(0.1)
            with note.open("rb") as file:
                self._port, self._secret = read_int(file), UTF8Deserializer().loads(file)
        with self._control() as jvm:
            found = _spark_properties(jvm)
        # Our runner takes its jar out of them, once it is on the classpath.
        hidden = {*self.conf, "spark.jars", "spark.repl.local.jars"}
        self._properties = {name: value for name, value in found.items() if name not in hidden}

    def _jar(self) -> list[str]:
        if not self.ours:
            return ["--driver-class-path", os.pathsep.join(map(str, DELTA))] if DELTA else []
        jar = subprocess.check_output([sys.executable, "-m", "spark_lineage", "jar"], text=True).strip()
        return ["--driver-class-path", os.pathsep.join([jar, *map(str, DELTA)]), "--jars", jar]


def _spark_properties(jvm: Any) -> dict[str, str]:
    system = jvm.java.lang.System
    names = [name for name in system.getProperties().stringPropertyNames() if name.startswith("spark.")]
    return {name: system.getProperty(name) for name in names}


def _stop_what_is_left(jvm: Any) -> None:
    context = getattr(getattr(jvm.org.apache.spark, "SparkContext$"), "MODULE$").getActive()
    if context.isDefined():
        context.get().stop()
    sql = jvm.org.apache.spark.sql
    sessions = sql.classic.SparkSession if isinstance(sql.classic.SparkSession, JavaClass) else sql.SparkSession
    sessions.clearActiveSession()
    sessions.clearDefaultSession()
