"""One trace: an agent's span, the run that its tool call started, the calls of the run, and the steps in them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagate import inject
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from program_runs import CONF, PROGRAMS, Ran, environment, finish, start

from spark_lineage.store import Store, journal
from tests.collector import Collector, Received
from tests.real_collector import RealCollector

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(params=["protocol", pytest.param("collector", marks=[pytest.mark.slow, pytest.mark.timeout(1800)])])
def there(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Collector | RealCollector]:
    """A receiver of OTLP of our own, and OpenTelemetry's Collector."""
    with Collector() if request.param == "protocol" else RealCollector(tmp_path) as collector:
        yield collector


def agent_runs(folder: Path, url: str, *words: str) -> Ran:
    """What an agent's platform does: a span for its task, one for the tool call, and the program within that."""
    provider = TracerProvider(resource=Resource({"service.name": "agent"}))
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{url}/v1/traces")))
    tracer = provider.get_tracer("agent")
    env = {**environment(folder, {**CONF, "spark.eventLog.enabled": "false"}, ours=True)}
    env |= {"OTEL_EXPORTER_OTLP_ENDPOINT": url, "SPARK_LINEAGE__OTEL": "true", "SPARK_LINEAGE__EXIT__WAIT": "60"}
    with tracer.start_as_current_span("task"), tracer.start_as_current_span("tool: run the pipeline"):
        headers: dict[str, str] = {}
        inject(headers)
        env |= {name.upper(): value for name, value in headers.items()}
        command = [sys.executable, "-m", "spark_lineage", "run", "--mode", "exact", str(PROGRAMS / "traced.py"), *words]
        return finish(start(command, folder, env), folder, timeout=600)


def around(spans: list[Received], name: str) -> list[str]:
    """The names of the spans around one, the nearest first."""
    by_id = {span.id: span for span in spans}
    found, span = [], next(span for span in spans if span.name == name)
    while span.parent:
        span = by_id[span.parent]
        found.append(span.name)
    return found


AGENT = ["tool: run the pipeline", "task"]
STEPS = {
    "traced": AGENT,
    "traced.main": ["traced", *AGENT],
    "traced.main.load": ["traced.main", "traced", *AGENT],
    "traced.main.keep_known": ["traced.main", "traced", *AGENT],
    "traced.main.report": ["traced.main", "traced", *AGENT],
    "traced.main.report.per_country": ["traced.main.report", "traced.main", "traced", *AGENT],
    "traced.main.report.select_counted": ["traced.main.report", "traced.main", "traced", *AGENT],
    "traced.main.collect_result": ["traced.main", "traced", *AGENT],
}


@pytest.mark.wide
def test_intention_tool_call_and_what_each_function_did_are_one_trace(
    tmp_path: Path, there: Collector | RealCollector
) -> None:
    agent_runs(tmp_path, there.url).succeeded()
    spans = there.wait_for(len(STEPS) + len(AGENT))
    assert len({span.trace for span in spans}) == 1
    assert {span.name: around(spans, span.name) for span in spans if span.name.startswith("traced")} == STEPS
    assert len(spans) == len(STEPS) + len(AGENT)
    assert {span.resource["service.name"] for span in spans} == {"agent", "traced"}

    named = {span.name: span for span in spans}
    known = named["traced.main.keep_known"]
    facts = {name.removeprefix("spark_lineage."): value for name, value in known.attributes.items()}
    assert (facts["input.0.rows"], facts["output.0.rows"], facts["output.0.complete"]) == (100, 75, True)
    assert (facts["output.0.columns"], facts["output.0.nulls"]) == (["id", "country"], [0, 0])
    assert known.attributes["code.function.name"] == "keep_known"
    assert [link for link, _ in known.links] == [named["traced.main.load"].id]
    assert named["traced.main.collect_result"].attributes["spark_lineage.executions"] == 1
    for span in spans:
        outer = next((each for each in spans if each.id == span.parent), span)
        assert outer.started <= span.started <= span.ended <= outer.ended
        assert (span.status, span.message) == (0, "")

    (run,) = Store(tmp_path / "lineage").runs()
    ends = [event for event in journal.read_events(run.folder) if event["eventType"] != "START"]
    facets = [event["run"]["facets"]["sparkLineage_span"] for event in ends]
    of_run = [span for span in spans if span.name in STEPS]
    assert {facet["spanId"] for facet in facets} == {span.id for span in of_run}
    assert {facet["traceId"] for facet in facets} == {span.trace for span in of_run}
    assert {span.attributes["spark_lineage.event.run_id"] for span in of_run} == {
        event["run"]["runId"] for event in ends
    }  # fmt: skip


@pytest.mark.wide
def test_what_failed_is_the_status_of_its_spans(tmp_path: Path, there: Collector | RealCollector) -> None:
    assert agent_runs(tmp_path, there.url, "fail").code == 1
    spans = there.wait_for(9)
    failed = {span.name: span for span in spans if span.status == 2}
    assert set(failed) == {"traced", "traced.main", "traced.main.report", "traced.main.report.select_counted"}
    for span in failed.values():
        assert span.message.startswith("AnalysisException: [UNRESOLVED_COLUMN")
        assert span.attributes["error.type"] == "AnalysisException"
        assert [name for name, _ in span.events] == ["exception"]
