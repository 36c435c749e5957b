"""MLflow's own tracking server: what its page asks it of a run that was told, and a server that hangs."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.request import urlopen

import pytest

from spark_lineage.model import DatasetKind
from tests.fault.test_mlflow_programs import BEGUN, PROGRAMS, start

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
PASSWORD = "hunter2"


class Server:
    """The server without its job runner, on a port of its own; its store is SQLite."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        self.named = f"http://ada:{PASSWORD}@127.0.0.1:{port}"
        store = {"_MLFLOW_SERVER_FILE_STORE": f"sqlite:///{folder}/served.db"}
        store["_MLFLOW_SERVER_ARTIFACT_ROOT"] = f"{folder}/kept"
        command = [sys.executable, "-m", "flask", "--app", "mlflow.server:app", "run", "--port", str(port)]
        self.process = subprocess.Popen(
            command, env={**os.environ, **store, "MLFLOW_DISABLE_TELEMETRY": "true"}, cwd=folder,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def __enter__(self) -> Server:
        until = time.monotonic() + 120
        while time.monotonic() < until:
            try:
                with urlopen(f"{self.url}/health", timeout=5):
                    return self
            except OSError:
                assert self.process.poll() is None, "it has ended"
                time.sleep(0.2)
        raise AssertionError("it has not come up")

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.process.send_signal(signal.SIGCONT)
        self.process.kill()
        self.process.wait()

    def asked(self, path: str) -> Any:
        with urlopen(f"{self.url}/ajax-api/2.0/mlflow/{path}", timeout=30) as answer:
            return json.loads(answer.read())


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("server")) as running:
        yield running


def of_server(folder: Path, source: str) -> Path:
    program = folder / "p.py"
    program.write_text(re.sub(r"^ *mlflow\.set_tracking_uri\(.*\n", "", source, flags=re.MULTILINE))
    return program


def test_its_page_gets_what_the_run_was_told(server: Server, tmp_path: Path) -> None:
    program = of_server(tmp_path, (PROGRAMS / "fitted.py").read_text())
    ran = start(tmp_path, program=program, MLFLOW_TRACKING_URI=server.named)
    assert (ran.code, ran.log) == (0, [])
    run = server.asked(f"runs/get?run_id={ran.run}")["run"]
    assert {"key": "spark_lineage.run_id", "value": ran.graph.run.id} in run["data"]["tags"]
    (logged,) = run["inputs"]["dataset_inputs"]
    (model,) = [dataset for dataset in ran.graph.datasets if dataset.kind is DatasetKind.MODEL]
    (adults,) = [dataset for dataset in ran.graph.datasets if dataset.id == "keep_adults"]
    assert model.mlflow_run == ran.run
    assert f"row1:{logged['dataset']['digest']}" == adults.fingerprint
    (report,) = server.asked(f"artifacts/list?run_id={ran.run}&path=spark_lineage")["files"]
    assert report["path"] == "spark_lineage/report.html"
    kept = [path.read_bytes() for path in (ran.folder / "store").rglob("*") if path.is_file()]
    assert not any(PASSWORD.encode() in content for content in kept)
    (link,) = ran.graph.run.links
    assert link.address is not None
    assert link.address.endswith(server.url.partition("//")[2])


def test_a_server_that_hangs_keeps_the_program_no_longer_than_it_waits(server: Server, tmp_path: Path) -> None:
    """It stops when the program has done its work, and goes on later: the run is told then."""
    hangs = "import os, signal\nos.kill(int(os.environ['SERVER']), signal.SIGSTOP)\nprint('done')\n"
    program = of_server(tmp_path, BEGUN + hangs)
    environ = {"MLFLOW_TRACKING_URI": server.named, "SERVER": str(server.process.pid)}
    environ["SPARK_LINEAGE__LOG__LEVEL"] = "info"
    plain = start(tmp_path / "plain", program=program, observed=False, **environ)
    server.process.send_signal(signal.SIGCONT)
    ran = start(tmp_path / "observed", program=program, wait=1, **environ)
    assert ran.said == plain.said
    assert ran.log == ["the runs of MLflow had not been told when the program ended"]
    (log,) = (ran.folder / "store").rglob("agent.log")
    assert PASSWORD not in log.read_text()
    server.process.send_signal(signal.SIGCONT)
    until = time.monotonic() + 50
    while "spark_lineage.run_id" not in (
        tags := [tag["key"] for tag in server.asked(f"runs/get?run_id={ran.run}")["run"]["data"]["tags"]]
    ):
        assert time.monotonic() < until, tags
        time.sleep(0.5)
