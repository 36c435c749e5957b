"""Exports spans by OTLP with OpenTelemetry's SDK. Only for processes of ours: the SDK logs and measures itself."""

from __future__ import annotations

import io
import logging
import socket
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from spark_lineage.sinks.otel.configuration import MISSING, collector, wrong
from spark_lineage.sinks.otel.spans import Span
from spark_lineage.version import VERSION

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

AT_ONCE = 256  # spans of one request
CONNECTS = 3.0  # seconds at most until a collector takes a connection
SCOPE = "spark_lineage"
MICROSECONDS = 1_000_000
NO_ANSWER = "it did not answer in time"


class Exporter:
    """``why``: the reason why the last export did not come through."""

    def __init__(self) -> None:
        self.why: str | None = wrong()
        self._exporter: Any = None
        self._said = io.StringIO()  # the SDK says in its log alone why it could not export
        if self.why is None:
            self._begin()

    def _begin(self) -> None:
        try:
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        except ImportError:
            self.why = MISSING
            return
        log = logging.getLogger("opentelemetry")
        handler = logging.StreamHandler(self._said)
        log.addHandler(handler)
        log.propagate = False  # nobody reads this process's log, and `send` says itself what is wrong
        try:
            self._exporter = OTLPSpanExporter()
        except Exception as error:  # a certificate that is not there, a header that is none
            self.why = f"the exporter cannot be set up: {' '.join(str(error).split()) or type(error).__name__}"

    def export(self, spans: Iterable[Span], app: str) -> Iterator[Sequence[Span]]:
        """Gives the spans batch by batch, as the collector takes them; ends with the first that it does not take."""
        waiting = iter(spans)
        while batch := list(islice(waiting, AT_ONCE)):
            if not self._take(batch, app):
                return
            yield batch

    def _take(self, batch: Sequence[Span], app: str) -> bool:
        if self._exporter is None:
            return False
        if (refused := _refused(collector().address)) is not None:
            self.why = refused
            return False
        self.why = self._attempt(readable(batch, app))
        return self.why is None

    def _attempt(self, batch: Sequence[ReadableSpan]) -> str | None:
        before = len(self._said.getvalue())
        try:
            taken = self._exporter.export(batch).name == "SUCCESS"
        except Exception as error:  # older versions raise what requests does
            return NO_ANSWER if "timeout" in type(error).__name__.lower() else f"{type(error).__name__}: {error}"
        if taken:
            return None
        lines = self._said.getvalue()[before:].splitlines()
        said = " ".join(lines[-1].split()).rstrip(".") if lines else "it was not taken"
        return NO_ANSWER if "timeout" in said or "timed out" in said else said


def readable(spans: Sequence[Span], app: str) -> list[ReadableSpan]:
    """As the SDK has them. ``app`` is the name of the service where the environment names none."""
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource

    resource = Resource.create()
    if str(resource.attributes.get(SERVICE_NAME, "")).startswith("unknown_service"):
        resource = resource.merge(Resource({SERVICE_NAME: app}))
    return [_readable(span, resource) for span in spans]


def _readable(span: Span, resource: Any) -> ReadableSpan:
    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import Link, Status, StatusCode

    told = {"exception.type": span.error_type, "exception.message": span.error}
    raised = {name: value for name, value in told.items() if value is not None}
    ended = _nanoseconds(span.ended)
    return ReadableSpan(
        name=span.name,
        context=_context(span, span.id, remote=False),
        parent=_context(span, span.parent, remote=span.remote) if span.parent is not None else None,
        resource=resource,
        attributes={**span.attributes, **({"error.type": span.error_type} if span.error_type is not None else {})},
        events=[Event("exception", raised, ended)] if span.failed and raised else [],
        links=[Link(_context(span, link.span, remote=False), link.attributes) for link in span.links],
        instrumentation_scope=InstrumentationScope(SCOPE, VERSION),
        status=Status(StatusCode.ERROR, span.error) if span.failed else Status(StatusCode.UNSET),
        start_time=_nanoseconds(span.started),
        end_time=ended,
    )


def _context(span: Span, id_: str, remote: bool) -> Any:
    from opentelemetry.trace import SpanContext, TraceFlags
    from opentelemetry.trace.span import TraceState

    state = TraceState.from_header([span.state]) if span.state is not None else TraceState()
    return SpanContext(int(span.trace, 16), int(id_, 16), remote, TraceFlags(TraceFlags.SAMPLED), state)


def _nanoseconds(moment: float) -> int:
    return round(moment * MICROSECONDS) * 1_000


def _refused(address: str) -> str | None:
    """Why nobody listens there; None if somebody does, or a proxy stands between. The SDK would try for long."""
    from requests.utils import get_environ_proxies

    if get_environ_proxies(address):
        return None
    parts = urlsplit(address)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        socket.create_connection((parts.hostname, port), CONNECTS).close()
    except (OSError, ValueError) as error:
        return (getattr(error, "strerror", None) or str(error) or type(error).__name__).lower()
    return None
