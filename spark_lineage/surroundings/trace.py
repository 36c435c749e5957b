"""The runs of other systems that a program belongs to: its OpenTelemetry trace and span, its MLflow run.

From the environment, or from the system's own library where the program has imported it; nothing is imported here.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from spark_lineage.after_import import is_whole
from spark_lineage.model import LinkSeen

TRACE, MLFLOW = "opentelemetry", "mlflow"
# https://www.w3.org/TR/trace-context/#traceparent-header
_TRACEPARENT = re.compile(r"\s*[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(?:-.*)?\s*\Z", re.IGNORECASE)
_SAMPLED = 1  # of the flags
_LONGEST_STATE = 512  # characters; the specification lets a longer one be dropped


def links(environ: Mapping[str, str], modules: Mapping[str, Any] = sys.modules) -> Iterator[LinkSeen]:
    """What is active in this thread now; the library's word comes after the environment's."""
    found = _TRACEPARENT.match(environ.get("TRACEPARENT", ""))
    if found is not None and int(found[1], 16) and int(found[2], 16):
        sampled = bool(int(found[3], 16) & _SAMPLED)
        yield LinkSeen(TRACE, found[1].lower(), found[2].lower(), _state(environ.get("TRACESTATE", "")), sampled)
    if run := environ.get("MLFLOW_RUN_ID", "").strip():
        yield LinkSeen(MLFLOW, run)
    if (tracing := modules.get("opentelemetry.trace")) is not None:
        context = tracing.get_current_span().get_span_context()
        if context.is_valid:
            state, sampled = _state(context.trace_state.to_header()), bool(context.trace_flags & _SAMPLED)
            yield LinkSeen(TRACE, f"{context.trace_id:032x}", f"{context.span_id:016x}", state, sampled)
    mlflow = modules.get("mlflow")
    asked = getattr(mlflow, "active_run", None) if is_whole(MLFLOW, modules) else None
    if asked is not None and (active := asked()) is not None:
        yield mlflow_run(active, mlflow)


def mlflow_run(run: Any, mlflow: Any) -> LinkSeen:
    """A run of MLflow as the program has it. ``address`` may hold a password still."""
    return LinkSeen(
        MLFLOW, str(run.info.run_id), experiment=str(run.info.experiment_id), address=str(mlflow.get_tracking_uri())
    )


def _state(header: str) -> str | None:
    text = header.strip()
    return text if text and len(text) <= _LONGEST_STATE and text.isascii() and text.isprintable() else None
