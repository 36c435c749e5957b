"""An OpenTelemetry collector for tests: OTLP over HTTP, with the messages of opentelemetry-proto."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from gzip import decompress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue


@dataclass(frozen=True)
class Received:
    """One span, as a collector has it. Ids are hex digits, moments are nanoseconds."""

    trace: str
    id: str
    parent: str
    state: str
    name: str
    started: int
    ended: int
    attributes: Mapping[str, Any]
    status: int  # 0 unset, 1 ok, 2 error
    message: str
    events: tuple[tuple[str, Mapping[str, Any]], ...]
    links: tuple[tuple[str, Mapping[str, Any]], ...]  # span ids
    resource: Mapping[str, Any]
    scope: str


class Collector:
    """Listens on a port of its own from ``with`` on; ``spans`` in the order in which they came.

    ``status`` is what it answers. ``silent`` takes connections, and answers nothing.
    """

    def __init__(self, status: int = 200, silent: bool = False) -> None:
        self.status, self.silent = status, silent
        self.requests: list[Mapping[str, str]] = []  # headers
        self.spans: list[Received] = []
        self._closing = threading.Event()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if collector.silent:
                    collector._closing.wait(60)
                    return
                collector._take(self.path, self.headers, body)
                answer = ExportTraceServiceResponse().SerializeToString()
                self.send_response(collector.status)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *words: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def _take(self, path: str, headers: Any, body: bytes) -> None:
        assert path == "/v1/traces"
        assert headers["Content-Type"] == "application/x-protobuf"
        self.requests.append(dict(headers))
        if self.status == 200:
            unpacked = decompress(body) if headers.get("Content-Encoding") == "gzip" else body
            self.spans.extend(received(ExportTraceServiceRequest.FromString(unpacked)))

    def wait_for(self, count: int, seconds: float = 30.0) -> list[Received]:
        until = time.monotonic() + seconds
        while len(self.spans) < count and time.monotonic() < until:
            time.sleep(0.02)
        return self.spans

    def __enter__(self) -> Collector:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()


def received(request: ExportTraceServiceRequest) -> Iterator[Received]:
    for group in request.resource_spans:
        for scoped in group.scope_spans:
            for span in scoped.spans:
                yield Received(
                    trace=span.trace_id.hex(), id=span.span_id.hex(), parent=span.parent_span_id.hex(),
                    state=span.trace_state, name=span.name, started=span.start_time_unix_nano,
                    ended=span.end_time_unix_nano, attributes=_plain(span.attributes), status=span.status.code,
                    message=span.status.message,
                    events=tuple((event.name, _plain(event.attributes)) for event in span.events),
                    links=tuple((link.span_id.hex(), _plain(link.attributes)) for link in span.links),
                    resource=_plain(group.resource.attributes), scope=scoped.scope.name,
                )  # fmt: skip


def _plain(attributes: Any) -> dict[str, Any]:
    return {each.key: _value(each.value) for each in attributes}


def _value(value: AnyValue) -> Any:
    kind = value.WhichOneof("value")
    return [_value(each) for each in value.array_value.values] if kind == "array_value" else getattr(value, str(kind))


def nobody() -> str:
    """An address at which nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}"
