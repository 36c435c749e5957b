"""Where spans are exported to, as OpenTelemetry's own variables say. Imports nothing of OpenTelemetry.

https://opentelemetry.io/docs/specs/otel/protocol/exporter/
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

DEFAULT = "http://localhost:4318"
PATH = "v1/traces"
HTTP = "http/protobuf"
MISSING = "OpenTelemetry's SDK is not installed: pip install 'spark-lineage-agent[otel]'"


@dataclass(frozen=True)
class Collector:
    """Where spans go. ``key`` names its files in the store, ``title`` is the address without credentials."""

    address: str
    title: str
    key: str


def collector(environ: Mapping[str, str] = os.environ) -> Collector:
    address = environ.get("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") or (
        f"{(environ.get('OTEL_EXPORTER_OTLP_ENDPOINT') or DEFAULT).removesuffix('/')}/{PATH}"
    )
    parts = urlsplit(address)
    title = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return Collector(address, title, hashlib.sha256(title.encode()).hexdigest()[:12])


def disabled(environ: Mapping[str, str] = os.environ) -> bool:
    """OpenTelemetry as a whole is switched off."""
    return environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"


def wrong(environ: Mapping[str, str] = os.environ) -> str | None:
    """Why nothing can be exported as this is configured; None if it can. One sentence without a full stop."""
    for name in ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"):
        if protocol := environ.get(name, "").strip():
            return f"{name} is {protocol}; spans are exported by {HTTP}" if protocol != HTTP else None
    address = collector(environ).address
    if urlsplit(address).scheme not in ("http", "https") or not urlsplit(address).hostname:
        return f"{collector(environ).title} is no address of a collector: write http://HOST:4318"
    return None
