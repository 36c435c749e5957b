"""A JVM that stays warm between programs: each has its own Python process and SparkContext, as behind spark-submit.

pyspark takes the JVM that ``PYSPARK_GATEWAY_PORT`` names instead of starting one, which takes most of the time of a
small program. Used by one program at a time; one that left its SparkContext open makes a new JVM necessary.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType

import pyspark
from pyspark.serializers import UTF8Deserializer, read_int


class WarmJvm:
    def __init__(self, folder: Path, conf: dict[str, str]) -> None:
        self.folder = folder
        self.conf = conf
        self._process: subprocess.Popen[bytes] | None = None
        self._env: dict[str, str] = {}

    def __enter__(self) -> WarmJvm:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def env(self) -> dict[str, str]:
        """Variables that lead a program to this JVM; starts it if it does not run."""
        if self._process is None or self._process.poll() is not None:
            self._start()
        return self._env

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
        home = Path(pyspark.__file__).parent
        jar = subprocess.check_output([sys.executable, "-m", "spark_lineage", "jar"], text=True).strip()
        with tempfile.TemporaryDirectory(dir=self.folder) as told, (self.folder / "jvm.log").open("a") as log:
            note = Path(told) / "port"
            confs = [word for key, value in self.conf.items() for word in ("--conf", f"{key}={value}")]
            ours = ["--driver-class-path", jar, "--jars", jar]
            self._process = subprocess.Popen(
                [str(home / "bin" / "spark-submit"), *confs, *ours, "pyspark-shell"],
                cwd=self.folder, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, "SPARK_HOME": str(home), "SPARK_CONNECT_MODE": "0", "SPARK_LOCAL_IP": "127.0.0.1",
                     "_PYSPARK_DRIVER_CONN_INFO_PATH": str(note), "PYSPARK_PYTHON": sys.executable},
            )  # fmt: skip
            while not note.exists():
                if self._process.poll() is not None:
                    raise RuntimeError(f"the JVM did not start: {self.folder / 'jvm.log'}")
                time.sleep(0.1)
            with note.open("rb") as file:
                port, secret = read_int(file), UTF8Deserializer().loads(file)
        self._env = {"PYSPARK_GATEWAY_PORT": str(port), "PYSPARK_GATEWAY_SECRET": secret, "SPARK_HOME": str(home)}
