"""The runs of other systems that a program belongs to."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from spark_lineage.model import LinkSeen
from spark_lineage.surroundings.trace import links

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


def active_span(trace: int, span: int, valid: bool = True) -> Any:
    context = SimpleNamespace(trace_id=trace, span_id=span, is_valid=valid)
    return SimpleNamespace(get_current_span=lambda: SimpleNamespace(get_span_context=lambda: context))


def test_from_the_environment() -> None:
    found = list(links({"TRACEPARENT": f"00-{TRACE}-{SPAN}-01", "MLFLOW_RUN_ID": "abc"}, {}))
    assert found == [LinkSeen("opentelemetry", TRACE, SPAN), LinkSeen("mlflow", "abc")]


NO_TRACE, NO_SPAN = "0" * 32, "0" * 16


@pytest.mark.parametrize(
    "text", ["", "x", f"00-{NO_TRACE}-{SPAN}-01", f"00-{TRACE}-{NO_SPAN}-01", f"00-{TRACE[:-1]}-{SPAN}-01"]
)
def test_what_is_no_trace(text: str) -> None:
    assert list(links({"TRACEPARENT": text, "MLFLOW_RUN_ID": " "}, {})) == []


def test_what_the_program_has_active_comes_last() -> None:
    modules = {
        "opentelemetry.trace": active_span(0xAB, 0xCD),
        "mlflow": SimpleNamespace(active_run=lambda: SimpleNamespace(info=SimpleNamespace(run_id="r"))),
    }
    found = list(links({"TRACEPARENT": f"00-{TRACE}-{SPAN}-01"}, modules))
    assert found[1:] == [LinkSeen("opentelemetry", f"{0xAB:032x}", f"{0xCD:016x}"), LinkSeen("mlflow", "r")]


def test_nothing_active() -> None:
    modules = {"opentelemetry.trace": active_span(0, 0, False), "mlflow": SimpleNamespace(active_run=lambda: None)}
    assert list(links({}, modules)) == []
