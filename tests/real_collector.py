"""The OpenTelemetry Collector itself, built from its Go modules (``otelcol/``), with the spans that its exporter wrote.

Building it takes minutes, so only slow tests ask for it, and only where ``go`` is installed. The binary is kept.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from tests.collector import Received

ROOT = Path(__file__).resolve().parents[1]
SOURCES = ROOT / "tests" / "otelcol"
BUILT = ROOT / ".venv" / "otelcol" / "otelcol"
CONFIG = """\
receivers:
  otlp:
    protocols:
      http:
        endpoint: 127.0.0.1:{port}
exporters:
  file:
    path: {file}
    flush_interval: 100ms
service:
  telemetry:
    metrics:
      level: none
  pipelines:
    traces:
      receivers: [otlp]
      exporters: [file]
"""


def built() -> Path:
    """The collector. Skips the test where there is no Go to build it."""
    go = shutil.which("go")
    if not BUILT.exists():
        if go is None:
            pytest.skip("needs Go, to build the OpenTelemetry Collector")
        BUILT.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([go, "build", "-o", str(BUILT), "."], cwd=SOURCES, check=True, capture_output=True)
    return BUILT


class RealCollector:
    """Listens on a port of its own within ``with``."""

    def __init__(self, folder: Path) -> None:
        self._file, self._config, self._log = folder / "spans.json", folder / "config.yaml", folder / "log"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._config.write_text(CONFIG.format(port=self._port, file=self._file))

    @property
    def spans(self) -> list[Received]:
        lines = self._file.read_text().splitlines() if self._file.exists() else []
        return [span for line in lines for group in json.loads(line)["resourceSpans"] for span in _of(group)]

    def wait_for(self, count: int, seconds: float = 30.0) -> list[Received]:
        _until(lambda: len(self.spans) >= count, seconds)
        return self.spans

    def __enter__(self) -> RealCollector:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen([str(built()), "--config", str(self._config)], stdout=log, stderr=log)
        assert _until(self._answers, 30.0), self._log.read_text()
        return self

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self._port), 1).close()
        except OSError:
            return False
        return True

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.terminate()
        self._process.wait(30)


def _until(holds: Callable[[], bool], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while not holds():
        if time.monotonic() >= until:
            return False
        time.sleep(0.1)
    return True


def _of(group: dict[str, Any]) -> list[Received]:
    return [
        Received(
            trace=span["traceId"], id=span["spanId"], parent=span.get("parentSpanId", ""),
            state=span.get("traceState", ""), name=span["name"], started=int(span["startTimeUnixNano"]),
            ended=int(span["endTimeUnixNano"]), attributes=_plain(span.get("attributes", ())),
            status=span.get("status", {}).get("code", 0), message=span.get("status", {}).get("message", ""),
            events=tuple((event["name"], _plain(event.get("attributes", ()))) for event in span.get("events", ())),
            links=tuple((link["spanId"], _plain(link.get("attributes", ()))) for link in span.get("links", ())),
            resource=_plain(group["resource"].get("attributes", ())), scope=scoped["scope"]["name"],
        )
        for scoped in group["scopeSpans"]
        for span in scoped["spans"]
    ]  # fmt: skip


def _plain(attributes: Any) -> dict[str, Any]:
    return {each["key"]: _value(each["value"]) for each in attributes}


def _value(value: dict[str, Any]) -> Any:
    if "arrayValue" in value:
        return [_value(each) for each in value["arrayValue"].get("values", ())]
    return int(value["intValue"]) if "intValue" in value else next(iter(value.values()))
