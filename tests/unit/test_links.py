"""The runs of other systems that a program belongs to."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from opentelemetry import trace as opentelemetry
from opentelemetry.sdk.trace import TracerProvider

from spark_lineage.agent.belonging import Links
from spark_lineage.model import LinkSeen, Observation
from spark_lineage.surroundings.trace import links

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"


def test_from_the_environment() -> None:
    found = list(links({"TRACEPARENT": PARENT, "TRACESTATE": "a=1,b=2 ", "MLFLOW_RUN_ID": "abc"}, {}))
    assert found == [LinkSeen("opentelemetry", TRACE, SPAN, "a=1,b=2", True), LinkSeen("mlflow", "abc")]


@pytest.mark.parametrize(("flags", "sampled"), [("00", False), ("01", True), ("03", True), ("02", False)])
def test_whether_the_trace_is_recorded(flags: str, sampled: bool) -> None:
    (found,) = links({"TRACEPARENT": f"00-{TRACE}-{SPAN}-{flags}"}, {})
    assert found.sampled is sampled


@pytest.mark.parametrize("state", ["", " ", "a=" + "x" * 600, "a=\x07", "a=ü"])
def test_what_is_no_state_is_not_handed_on(state: str) -> None:
    (found,) = links({"TRACEPARENT": PARENT, "TRACESTATE": state}, {})
    assert found == LinkSeen("opentelemetry", TRACE, SPAN, None, True)


NO_TRACE, NO_SPAN = "0" * 32, "0" * 16


@pytest.mark.parametrize(
    "text", ["", "x", f"00-{NO_TRACE}-{SPAN}-01", f"00-{TRACE}-{NO_SPAN}-01", f"00-{TRACE[:-1]}-{SPAN}-01"]
)
def test_what_is_no_trace(text: str) -> None:
    assert list(links({"TRACEPARENT": text, "MLFLOW_RUN_ID": " "}, {})) == []


def test_what_the_program_has_active_comes_last() -> None:
    info = SimpleNamespace(run_id="r", experiment_id="7")
    mlflow = _mlflow(SimpleNamespace(info=info))
    modules: dict[str, Any] = {"opentelemetry.trace": opentelemetry, "mlflow": mlflow}
    with TracerProvider().get_tracer("agent").start_as_current_span("tool") as span:
        found = list(links({"TRACEPARENT": PARENT}, modules))
    context = span.get_span_context()
    ids = (f"{context.trace_id:032x}", f"{context.span_id:016x}")
    assert found[1:] == [
        LinkSeen("opentelemetry", *ids, None, True),
        LinkSeen("mlflow", "r", experiment="7", address="sqlite:///x.db"),
    ]


def test_nothing_active() -> None:
    modules = {"opentelemetry.trace": opentelemetry, "mlflow": _mlflow(None)}
    assert list(links({}, modules)) == []


def test_mlflow_is_not_asked_while_it_is_being_imported() -> None:
    mlflow = _mlflow(SimpleNamespace(info=SimpleNamespace(run_id="r", experiment_id="7")))
    mlflow.__spec__._initializing = True
    assert list(links({}, {"mlflow": mlflow})) == []


def _mlflow(active: Any) -> Any:
    return SimpleNamespace(
        __spec__=SimpleNamespace(), active_run=lambda: active, get_tracking_uri=lambda: "sqlite:///x.db"
    )


def test_the_trace_is_that_of_the_first_look_that_finds_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRACEPARENT", raising=False)
    monkeypatch.delenv("MLFLOW_RUN_ID", raising=False)
    seen: list[Observation] = []
    looking = Links(seen.append)
    tracer = TracerProvider().get_tracer("agent")
    looking.look()
    for name in ("first", "second"):
        with tracer.start_as_current_span(name):
            looking.look()
    monkeypatch.setenv("MLFLOW_RUN_ID", "abc")
    looking.look()
    assert [link.system for link in seen if isinstance(link, LinkSeen)] == ["opentelemetry", "mlflow"]


def test_a_trace_that_is_active_once_spans_were_told_is_not_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRACEPARENT", raising=False)
    seen: list[Observation] = []
    with TracerProvider().get_tracer("agent").start_as_current_span("late"):
        looking = Links(seen.append)
        looking.begin_own("0197a1b2-0000-7000-8000-000000000001")
        looking.look()
    assert seen == [LinkSeen("opentelemetry", "0197a1b2000070008000000000000001")]
