"""Where events are sent: OpenLineage's own configuration and transports, made fit for a sender that must not wait.

The configuration is openlineage-python's (``OPENLINEAGE_URL``, ``OPENLINEAGE__...``, ``openlineage.yml``) with its
precedence. Differences, because the journal is our queue and the sender our retry:

* no retries of its own; one attempt is bounded in time and in bytes, and goes to the configured address only;
* ``async_http`` is sent as ``http``: it keeps events in memory only, and a server that is down loses them;
* a ``composite`` that sends to all is taken apart: each of its transports is a receiver with its own place in the
  journal (inside a composite one that fails is passed over and never caught up);
* ``kafka`` counts as delivered when the broker has confirmed.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import json
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from spark_lineage.refusals import Refusal
from spark_lineage.sinks.configuration import configured
from spark_lineage.sinks.responses import TAKEN, Response, ResponseKind, response_to, sentence

if TYPE_CHECKING:
    from openlineage.client import OpenLineageClient
    from openlineage.client.transport import Transport

Document = dict[str, Any]

SECONDS = 5.0  # one attempt, where the configuration says nothing
# A rich event of 2,000 columns took Marquez 9 s: large events get more time.
BYTES_PER_SECOND = 20_000
NO_RETRY = {"total": 0, "connect": 0, "read": 0, "backoff_factor": 0, "status_forcelist": []}
HTTP_KINDS = ("http", "async_http")
SECRET = re.compile(r"(?i)(key|secret|token|password|credential|auth)")


class TransportError(Refusal, ValueError):
    """A transport that cannot be set up; its text is one sentence for the user."""


@dataclass
class Receiver:
    """One receiver. ``key`` names its files in the store: the same receiver has the same key in every process."""

    key: str
    title: str
    kind: str
    emit: Callable[[Document, int, float], Response]  # event, its bytes, longest time -> what came of it
    wants: Callable[[Document], bool] = field(default=lambda document: True)
    close: Callable[[], None] = field(default=lambda: None)


# --------------------------------------------------------------------------- configuration


def receivers() -> tuple[Receiver, ...]:
    """The receivers that OpenLineage's configuration names, each once; none if it names none.

    Brings in the OpenLineage client. Raises :class:`TransportError`.
    """
    if not configured():
        return ()
    client = _client()
    try:
        plain = list(_apart(copy.deepcopy(client.config.transport or {})))
        found = [_receiver(config, client) for config in plain if config.get("type") != "noop"]
    except TransportError:
        raise
    except Exception as error:  # the client's configuration raises whatever it meets
        raise TransportError(f"OpenLineage's transport cannot be set up: {sentence(error)}.") from error
    return tuple({receiver.key: receiver for receiver in found}.values())


def _client() -> OpenLineageClient:
    from openlineage.client import OpenLineageClient
    from openlineage.client.transport.noop import NoopConfig, NoopTransport

    # Its warnings go where the program's logging sends them, and not by Python's last resort to stderr.
    if not (log := logging.getLogger("openlineage")).hasHandlers():
        log.addHandler(logging.NullHandler())
    # The client writes aliases into os.environ; the program's environment is not ours to change.
    before = dict(os.environ)
    try:
        client = OpenLineageClient(transport=NoopTransport(NoopConfig()))
        _ = client.config  # read now, while the aliases are there
    except ValueError as error:
        raise TransportError(f"OpenLineage's configuration cannot be read: {sentence(error)}.") from error
    finally:
        for key in set(os.environ) - set(before):
            if key.startswith("OPENLINEAGE__"):
                del os.environ[key]
    return client


def _apart(config: Document) -> Iterator[Document]:
    """The configurations of the transports that must each get every event."""
    kind = config.get("type")
    if kind is None and "transports" not in config:
        return
    if kind in (None, "composite") and config.get("continue_on_success", True):
        for child in _children(config.get("transports") or ()):
            yield from _apart(child)
    elif kind == "transform":
        for inner in _apart(dict(config.get("transport") or {})):
            yield {**config, "transport": inner}
    else:
        yield _bounded(config)


def _children(transports: Any) -> Iterator[Document]:
    if isinstance(transports, Mapping):
        yield from ({**child, "name": name} for name, child in transports.items() if child)
    else:
        yield from (dict(child) for child in transports if child)


def _bounded(config: Document) -> Document:
    """The configuration of a transport without retries and queues of its own."""
    kind = config.get("type")
    if kind in HTTP_KINDS:
        return {**config, "type": "http", "retry": dict(NO_RETRY)}
    if kind == "composite":  # the first that takes it: fail-over, one receiver
        return {**config, "transports": [_bounded(child) for child in _children(config.get("transports") or ())]}
    if kind in ("datadog", "gcplineage"):
        return {**config, "retry": dict(NO_RETRY), "async_transport_rules": {}}
    return config


def _receiver(config: Document, client: OpenLineageClient) -> Receiver:
    from openlineage.client.transport import get_default_factory

    kind = str(config["type"])
    place = _place(config)
    name = config.get("name")
    if kind == "kafka":
        from spark_lineage.sinks.kafka import ConfirmedKafka

        transport: Transport = ConfirmedKafka.of(config)
    else:
        transport = get_default_factory().create(copy.deepcopy(config))
    digest = hashlib.sha256(f"{kind} {place}".encode()).hexdigest()[:8]
    readable = re.sub(r"[^A-Za-z0-9.]+", "-", place).strip("-.")[-40:].strip("-.")
    return Receiver(
        key=f"{kind}-{readable}-{digest}" if readable else f"{kind}-{digest}",
        title=f"{name} ({place})" if name and name != client.DEFAULT_URL_TRANSPORT_NAME else place or kind,
        kind=kind,
        emit=Emission(transport, kind),
        wants=lambda document: _wanted(document, client),
        close=lambda: _close(transport),
    )


def _wanted(document: Document, client: OpenLineageClient) -> bool:
    """Whether the configuration's filters let this event through."""
    if not client.config.filters:
        return True
    try:
        return client.filter_event(event_of(document)) is not None
    except (KeyError, TypeError, ValueError):
        return True  # no proper event: what becomes of it is the receiver's to say


def _place(config: Mapping[str, Any]) -> str:
    """What tells one receiver from another, without credentials."""
    kind = config.get("type")
    if kind == "http":
        parts = urlsplit(str(config.get("url", "")).strip())
        host = parts.netloc.rsplit("@", 1)[-1]
        endpoint = config.get("endpoint") or "api/v1/lineage"
        shown = "" if endpoint == "api/v1/lineage" else f"/{str(endpoint).lstrip('/')}"
        return f"{parts.scheme}://{host}{parts.path.rstrip('/')}{shown}"
    if kind == "file":
        path = str(config.get("log_file_path", ""))
        return path if "://" in path else os.path.abspath(path)
    if kind == "kafka":
        brokers = (config.get("config") or {}).get("bootstrap.servers", "")
        return f"kafka://{brokers}/{config.get('topic', '')}"
    if kind == "console":
        return "console"
    if kind == "transform":
        return f"{_place(config.get('transport') or {})} through {config.get('transformer_class')}"
    if kind == "composite":
        return " or ".join(_place(child) for child in _children(config.get("transports") or ()))
    return json.dumps(_public(config), sort_keys=True, default=str)


def _public(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _public(item) for key, item in value.items() if not SECRET.search(str(key)) and key != "name"}
    return value


# --------------------------------------------------------------------------- sending one event


class Emission:
    """One attempt to send one event through a transport, and what came of it."""

    def __init__(self, transport: Transport, kind: str) -> None:
        self._transport = transport
        self._as_it_is = kind in ("http", "file", "console")
        self._timed = [(http, float(http.timeout)) for http in _http_in(transport)]
        for http, _ in self._timed:
            _bound(http)

    def __call__(self, document: Document, size: int, seconds: float) -> Response:
        """``seconds`` is the longest that the attempt may take; the configured time-out holds too."""
        for http, configured_seconds in self._timed:
            http.timeout = max(0.05, min(configured_seconds + size / BYTES_PER_SECOND, seconds))
        # What the journal has is what is sent: the transports that only write the event down take it as it is.
        try:
            event: Any = document if self._as_it_is else event_of(document)
        except (KeyError, TypeError, ValueError) as error:
            return Response(ResponseKind.REFUSED, f"it is no run event: {sentence(error)}", False)
        try:
            self._transport.emit(event)
        except Exception as error:  # each transport raises its own
            return response_to(error)
        return TAKEN


def event_of(document: Mapping[str, Any]) -> Any:
    """A document as the client's RunEvent, for what looks into it: filters, transformers, Kafka's message key."""
    from openlineage.client import event_v2
    from openlineage.client.facet_v2 import parent_run

    run_facets = dict(document["run"].get("facets") or {})
    if isinstance(above := run_facets.get("parent"), Mapping):
        run_facets["parent"] = _parent(above, parent_run)
    return event_v2.RunEvent(
        eventTime=document["eventTime"],
        producer=document["producer"],
        eventType=event_v2.RunState(document["eventType"]) if document.get("eventType") else None,
        run=event_v2.Run(runId=document["run"]["runId"], facets=run_facets),
        job=event_v2.Job(
            namespace=document["job"]["namespace"],
            name=document["job"]["name"],
            facets=dict(document["job"].get("facets") or {}),
        ),
        inputs=[event_v2.InputDataset(**_fields(dataset, "inputFacets")) for dataset in document.get("inputs") or ()],
        outputs=[
            event_v2.OutputDataset(**_fields(dataset, "outputFacets")) for dataset in document.get("outputs") or ()
        ],
    )


def _fields(dataset: Mapping[str, Any], own: str) -> dict[str, Any]:
    return {name: dataset.get(name) for name in ("namespace", "name", "facets", own)}


def _parent(facet: Mapping[str, Any], parent_run: Any) -> Any:
    root = facet.get("root")
    above = parent_run.ParentRunFacet(
        run=parent_run.Run(**_whole(facet["run"], "runId")),
        job=parent_run.Job(**_whole(facet["job"], "namespace", "name")),
        root=None
        if not root
        else parent_run.Root(
            run=parent_run.RootRun(**_whole(root["run"], "runId")),
            job=parent_run.RootJob(**_whole(root["job"], "namespace", "name")),
        ),
    )
    above._producer = facet.get("_producer", above._producer)
    return above


def _whole(holder: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {**{name: holder[name] for name in names}, "facets": holder.get("facets")}


def _http_in(transport: Any) -> Iterator[Any]:
    """The HTTP transports inside of a transport. Their time is bounded."""
    from openlineage.client.transport.http import HttpTransport

    if isinstance(transport, HttpTransport):
        yield transport
        return
    inner: Iterable[Any] = getattr(transport, "transports", None) or ()
    for within in (*inner, getattr(transport, "transport", None), getattr(transport, "http", None)):
        if within is not None:
            yield from _http_in(within)


def _bound(http: Any) -> None:
    """Each attempt of this HTTP transport ends in time, and does not go elsewhere."""
    import urllib3
    from openlineage.client.transport.http import ApiKeyTokenProvider, TokenProvider

    from spark_lineage.sinks.one_attempt import OneAttempt
    from spark_lineage.sinks.tokens import Tokens

    session = OneAttempt(urllib3.Retry(**http.config.retry))
    http.config.adapter = session.adapter  # the transport mounts it for its address
    http.session = session
    if type(http.config.auth) not in (TokenProvider, ApiKeyTokenProvider):  # those ask nobody
        http.config.auth = Tokens(http.config.auth)


def _close(transport: Transport) -> None:
    with contextlib.suppress(Exception):  # nothing is lost by a connection that will not close
        transport.close(0)
