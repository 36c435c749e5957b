"""Trace and span ids of a run and its steps, made from nothing but what the run is called.

The trace is the one that the run belongs to, else one of its own whose id is the run's, without the hyphens. The id of
a span is the last 16 digits of the run id that its events have. So whoever exports a run, and whenever, gives the same
ids, and an event can be joined with its span.
"""

from __future__ import annotations

from spark_lineage.events.identity import run_uuid, step_uuid
from spark_lineage.model import LinkSeen, Run, Step

OPENTELEMETRY = "opentelemetry"


def trace(run: Run) -> LinkSeen | None:
    """The trace that the run belongs to, with the span around it; None if there is none."""
    return next((link for link in run.links if link.system == OPENTELEMETRY), None)


def trace_id(run: Run) -> str:
    """32 hex digits."""
    around = trace(run)
    return around.id if around is not None else run_uuid(run.id).replace("-", "")


def event_run_id(run: Run, step: str, call: int) -> str:
    """The run id that the events of a step have; the application is the step that is called as the run's ``app``."""
    return run_uuid(run.id) if step == run.app else step_uuid(run.id, step, call)


def span_of(run: Run, step: str, call: int) -> str:
    """The id of a step's span: 16 hex digits."""
    return span_id(event_run_id(run, step, call))


def span_id(event_run: str) -> str:
    """The id of the span whose step has events of this run id, a UUID."""
    return event_run.replace("-", "")[-16:]


def parent_of(run: Run, step: Step) -> str | None:
    """The id of the span around it: that of its caller, and of the application the one that the run was started in."""
    if step.parent is not None:
        return span_of(run, *step.parent)
    around = trace(run)
    return around.span if around is not None else None
