"""Servers of Spark Connect, as start-connect-server.sh starts them: with our jar and without."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pyspark

from spark_lineage.activation.jars import LISTENER, find_spark, jar_for

HOME = Path(pyspark.__file__).parent
MAIN = "org.apache.spark.sql.connect.service.SparkConnectServer"
START_SECONDS = 240
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.driver.memory": "1g",
    "spark.driver.host": "127.0.0.1",
}


@contextmanager
def server(folder: Path, conf: Mapping[str, str], log_at: Path | None = None) -> Iterator[str]:
    """Gives the address of a server that runs in ``folder``, with ``conf`` beside what all have."""
    port = _free_port()
    settings = {**SETTINGS, "spark.connect.grpc.binding.port": str(port), **conf}
    words = [word for name, value in settings.items() for word in ("--conf", f"{name}={value}")]
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_"))}
    with (log_at or folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [str(HOME / "bin" / "spark-submit"), "--class", MAIN, "--master", "local[2]", *words, "spark-internal"],
            cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
            env={**environ, "SPARK_HOME": str(HOME), "PYSPARK_PYTHON": sys.executable},
        )  # fmt: skip
        try:
            _wait(port, process)
            yield f"sc://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(60)


def with_our_jar(store: Path) -> dict[str, str]:
    """Its conf; ``store`` is that of the clients."""
    return {
        "spark.jars": str(jar_for(find_spark())),
        "spark.extraListeners": LISTENER,
        "spark.lineage.store": str(store),
        "spark.lineage.strict": "true",
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.2)
    raise RuntimeError("the server did not start")
