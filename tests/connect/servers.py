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
ROOT = Path(__file__).resolve().parents[2]
JAR_OF_3_5 = "org.apache.spark:spark-connect_{scala}:3.5.7"  # not of each version of 3.5 there is a jar to be had
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
    if jars := list(filter(None, [settings.get("spark.jars"), *_jars_of_connect()])):
        settings["spark.jars"] = ",".join(jars)
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


def _jars_of_connect() -> list[str]:
    """Spark before 4.0 comes without its server of Connect: the jar is fetched once for a clone."""
    if int(pyspark.__version__.partition(".")[0]) >= 4:
        return []
    (core,) = (HOME / "jars").glob("spark-core_*.jar")
    module = JAR_OF_3_5.format(scala=core.stem.removeprefix("spark-core_").partition("-")[0])
    folder = ROOT / ".tools" / "connect"
    subprocess.run([sys.executable, "project/jar.py", "fetch", str(folder), module], cwd=ROOT, check=True)
    _, name, version = module.split(":")
    return [str(folder / f"{name}-{version}.jar")]


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
