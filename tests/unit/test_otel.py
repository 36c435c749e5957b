"""Runs as OpenTelemetry traces: what the spans say, and that a collector gets each once."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from observing import RUN, shop
from test_events import failing
from test_live import told_in_pieces

from spark_lineage.answers.status import of_store
from spark_lineage.cli.commands import main
from spark_lineage.events import build, samples
from spark_lineage.graph import assemble
from spark_lineage.model import CheckResult, CheckStatus, LineageGraph, LinkSeen, Observation, Probed
from spark_lineage.sinks.journal import Journal
from spark_lineage.sinks.otel import configuration
from spark_lineage.sinks.otel.configuration import collector, wrong
from spark_lineage.sinks.otel.export import Exporter
from spark_lineage.sinks.otel.live import LiveSpans
from spark_lineage.sinks.otel.progress import Progress, ProgressFile
from spark_lineage.sinks.otel.sending import Spans
from spark_lineage.sinks.otel.spans import LEFT, Span, spans
from spark_lineage.store import Store
from spark_lineage.store.runs import aborted, open_folder
from spark_lineage.store.wal import PROCESS, WriteAhead
from tests.collector import Collector, Received, nobody

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
WITHIN = LinkSeen("opentelemetry", TRACE, SPAN, "vendor=1", True)
OTEL = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_SDK_DISABLED")


def graph(*links: LinkSeen, seen: list[Observation] | None = None) -> LineageGraph:
    first, *rest = shop() if seen is None else seen
    return assemble([first, *links, *rest])


def by_name(made: LineageGraph) -> dict[str, Span]:
    return {span.name: span for span in spans(made)}


# -- what they say


def test_each_step_is_a_span_within_its_caller_s_and_the_run_within_the_one_around_it() -> None:
    found = by_name(graph(WITHIN))
    ids = {span.id: name for name, span in found.items()}
    assert {name: ids.get(span.parent or "", span.parent) for name, span in found.items()} == {
        "job": SPAN, "job.main": "job", "job.main.load": "job.main", "job.main.clean": "job.main",
        "job.main.total": "job.main", "job.main.line_34": "job.main",
    }  # fmt: skip
    assert list(found)[-1] == "job"
    assert {(span.trace, span.state, span.remote) for span in found.values()} == {
        (TRACE, "vendor=1", True), (TRACE, "vendor=1", False)
    }  # fmt: skip
    for span in found.values():
        around = found.get(ids.get(span.parent or "", ""), span)
        assert around.started <= span.started <= span.ended <= around.ended


def test_a_run_of_no_trace_has_one_of_its_own() -> None:
    found = by_name(graph())
    assert {span.trace for span in found.values()} == {RUN.replace("-", "")}
    assert found["job"].parent is None
    assert by_name(graph(LinkSeen("opentelemetry", RUN.replace("-", "")))) == found


def test_a_trace_that_is_not_recorded_has_no_spans() -> None:
    assert list(spans(graph(replace(WITHIN, sampled=False)))) == []


def test_an_event_names_its_span() -> None:
    made = graph(WITHIN)
    named = {}
    for event in build(made):
        facet = event["run"]["facets"].get("sparkLineage_span")
        assert (facet is None) == (event["eventType"] == "START")
        if facet is not None:
            assert facet["spanId"] == event["run"]["runId"].replace("-", "")[-16:]
            named[facet["spanId"]] = (facet["traceId"], facet.get("parentSpanId"))
    assert named == {span.id: (span.trace, span.parent) for span in spans(made)}


def test_events_of_a_run_of_no_trace_are_as_they_were() -> None:
    assert not any("sparkLineage_span" in event["run"]["facets"] for event in build(graph()))


def test_what_a_span_says() -> None:
    made = graph(WITHIN)
    clean = next(dataset for dataset in made.datasets if dataset.name == "clean")
    failed = CheckResult("no_rows", "job.main.clean", clean.id, CheckStatus.FAILED, "", "it has none")
    passed = replace(failed, check="rows", status=CheckStatus.PASSED)
    found = by_name(replace(made, checks=(failed, passed)))
    said = found["job.main.clean"].attributes
    assert said["code.function.name"] == "clean"
    assert (said["code.file.path"], said["code.line.number"]) == ("/home/ada/job.py", 20)
    ours = {name.removeprefix("spark_lineage."): value for name, value in said.items()}
    assert (ours["run.id"], ours["step"], ours["call"], ours["kind"]) == (RUN, "job.main.clean", 1, "function")
    assert (ours["inputs"], ours["input.0.rows"], ours["output.0.rows"]) == (1, 100, 80)
    assert (ours["output.0.name"], ours["output.0.complete"]) == ("clean", True)
    assert (ours["output.0.columns"], ours["output.0.nulls"]) == (["a", "b"], [1, 1])
    assert ours["output.0.fingerprint"] == clean.fingerprint
    assert ours["failed_checks"] == ["no_rows: it has none"]
    write = found["job.main.line_34"].attributes
    assert (write["spark_lineage.executions"], write["spark_lineage.spark.rows_written"]) == (1, 8)
    run = found["job"].attributes
    assert (run["spark_lineage.checks.failed"], run["spark_lineage.checks.passed"]) == (1, 1)
    assert (run["spark_lineage.label.label"], run["spark_lineage.mode"]) == ("nightly", "flow")
    assert run["spark_lineage.steps"] == 5


def test_what_is_not_known_is_not_said() -> None:
    bare = replace(graph(), datasets=tuple(replace(each, rows=None, columns=()) for each in graph().datasets))
    said = by_name(bare)["job.main.clean"].attributes
    assert not {"spark_lineage.output.0.rows", "spark_lineage.output.0.columns"} & set(said)
    assert all(value is not None for value in said.values())


def test_a_step_links_to_those_that_made_what_it_took_in() -> None:
    found = by_name(graph())
    (link,) = found["job.main.clean"].links
    assert link.span == found["job.main.load"].id
    assert link.attributes == {"spark_lineage.dataset": "load"}


def test_errors_are_the_status() -> None:
    found = by_name(graph(seen=failing()))
    assert {name for name, span in found.items() if span.failed} == {"job", "job.main", "job.main.line_34"}
    write = found["job.main.line_34"]
    assert (write.error, write.error_type) == ("AnalysisException: path exists", "AnalysisException")
    killed = by_name(aborted(graph(seen=shop(finished=False))))
    assert (killed["job"].failed, killed["job"].error, killed["job"].error_type) == (True, LEFT, None)


# -- where they go


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        ({}, "http://localhost:4318/v1/traces"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:1"}, "http://c:1/v1/traces"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "https://c:1/otlp/"}, "https://c:1/otlp/v1/traces"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://t:2/x", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:1"},
         "http://t:2/x"),
    ],
)  # fmt: skip
def test_where_they_go_is_what_the_sdk_says(
    environ: dict[str, str], address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    for name in OTEL:
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert OTLPSpanExporter()._endpoint == address == collector().address


def test_an_address_is_told_without_its_secrets() -> None:
    found = collector({"OTEL_EXPORTER_OTLP_ENDPOINT": "https://ada:secret@c:1"})
    assert found.title == "https://c:1/v1/traces"


@pytest.mark.parametrize(
    ("environ", "why"),
    [
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "OTEL_EXPORTER_OTLP_PROTOCOL is grpc; spans are exported by http"),
        ({"OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/json"}, "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL is http/json;"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "localhost:4318"}, "is no address of a collector: write http://HOST:4318"),
    ],
)
def test_what_is_wrong_is_said(environ: dict[str, str], why: str) -> None:
    assert why in str(wrong(environ))


def test_what_is_right() -> None:
    assert wrong({}) is None
    assert wrong({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf"}) is None


# -- sending


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in (*OTEL, "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"):
        monkeypatch.delenv(name, raising=False)
    made = graph(WITHIN, seen=failing())
    Journal(tmp_path / "runs" / RUN).write(build(made), samples(made))
    return tmp_path


def send(store: Path, url: str, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", url)
    return main(["send", "--otel", "--store", str(store), *words])


def test_a_collector_gets_each_span_once(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = {span.id: span for span in spans(graph(WITHIN, seen=failing()))}
    with Collector() as there:
        assert send(store, there.url, monkeypatch) == 0
        assert "7 spans sent in" in capsys.readouterr().out
        assert send(store, there.url, monkeypatch, "--json") == 0
        assert json.loads(capsys.readouterr().out)["sent"] == 0
    assert len(there.requests) == 1
    assert [span.id for span in there.spans] == list(made)
    for span in there.spans:
        sent = made[span.id]
        assert (span.trace, span.name, span.parent, span.state) == (TRACE, sent.name, sent.parent, "vendor=1")
        assert span.attributes.items() >= dict(sent.attributes).items()
        assert abs(span.started / 1e9 - sent.started) < 1e-5
        assert span.ended >= span.started
    got = {span.name: span for span in there.spans}
    write: Received = next(span for span in there.spans if span.name == "job.main.line_34" and span.status)
    assert (write.status, write.message) == (2, "AnalysisException: path exists")
    assert write.attributes["error.type"] == "AnalysisException"
    assert write.events == (
        ("exception", {"exception.type": "AnalysisException", "exception.message": "AnalysisException: path exists"}),
    )
    assert [span for span, _ in got["job.main.clean"].links] == [got["job.main.load"].id]
    assert got["job.main.clean"].status == 0
    assert (write.scope, write.resource["service.name"]) == ("spark_lineage", "job")


def test_the_environment_names_the_service_and_the_headers(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.name=etl,team=data")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "x-key=abc")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "gzip")
    with Collector() as there:
        assert send(store, there.url, monkeypatch) == 0
    assert {(span.resource["service.name"], span.resource["team"]) for span in there.spans} == {("etl", "data")}
    assert there.requests[0]["x-key"] == "abc"
    assert there.requests[0]["Content-Encoding"] == "gzip"


def test_another_collector_gets_the_same_ids(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Collector() as one, Collector() as two:
        for there in (one, two):
            assert send(store, there.url, monkeypatch) == 0
    assert [(span.trace, span.id, span.parent) for span in one.spans] == [
        (span.trace, span.id, span.parent) for span in two.spans
    ]


def test_what_is_not_taken_is_left_and_sent_later(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    down = nobody()
    assert send(store, down, monkeypatch) == 1
    assert capsys.readouterr().err == (
        f"spark-lineage: 7 spans are still to be sent to {down}/v1/traces (connection refused); "
        "`spark-lineage send --otel` sends what is left\n"
    )
    with Collector(status=401) as there:
        assert send(store, there.url, monkeypatch) == 1
        assert "401" in capsys.readouterr().err
        there.status = 200
        assert send(store, there.url, monkeypatch) == 0
        assert len(there.spans) == 7


def test_status_tells_of_spans_and_prune_keeps_a_run_whose_spans_are_left(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def asked(*words: str) -> Any:
        assert main([*words, "--store", str(store), "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    monkeypatch.setenv("OPENLINEAGE_DISABLED", "true")
    assert asked("status")["sinks"] == []
    assert asked("prune", "--keep", "90d", "--dry-run")["removed"] == [RUN], "it was never to be exported"
    with Collector(status=401) as there:
        assert send(store, there.url, monkeypatch) == 1
        capsys.readouterr()
        (told,) = asked("status")["sinks"]
        title = f"{there.url}/v1/traces"
        assert (told["title"], told["what"], told["configured"]) == (title, "spans", True)
        assert (told["runs"], told["delivered"], told["left"], told["runs_left"], told["last"]) == (0, 0, 7, 1, None)
        kept = asked("prune", "--keep", "90d", "--dry-run")["kept"]
        assert kept == [{"run": RUN, "why": f"not yet delivered to {title}"}]
        assert asked("prune", "--keep", "90d", "--dry-run", "--undelivered")["removed"] == [RUN]
        there.status = 200
        assert send(store, there.url, monkeypatch) == 0
    assert main(["status", "--store", str(store)]) == 0
    assert "traces, spans" in capsys.readouterr().out
    (told,) = asked("status")["sinks"]
    assert (told["runs"], told["delivered"], told["left"], told["runs_left"]) == (1, 7, 0, 0)
    assert told["last"] is not None
    assert asked("prune", "--keep", "90d", "--dry-run")["removed"] == [RUN]


def test_a_collector_that_does_not_answer_is_given_up(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    with Collector(silent=True) as there:
        assert send(store, there.url, monkeypatch) == 1
    told = capsys.readouterr().err
    assert "7 spans are still to be sent" in told
    assert "(it did not answer in time)" in told


def test_many_spans_go_in_several_requests_and_what_was_taken_is_not_sent_again(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spark_lineage.sinks.otel.export.AT_ONCE", 2)
    with Collector() as there:
        there_take = there._take

        def take(*words: object) -> None:
            if len(there.requests) == 1:
                there.status = 400
            there_take(*words)  # type: ignore[arg-type]

        there._take = take  # type: ignore[method-assign]
        assert send(store, there.url, monkeypatch) == 1
        assert len(there.spans) == 2
        there.status, there._take = 200, there_take  # type: ignore[method-assign]
        assert send(store, there.url, monkeypatch) == 0
    assert len(there.spans) == len({span.id for span in there.spans}) == 7


def test_a_broken_note_of_what_was_sent_sends_the_same_again(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Collector() as there:
        assert send(store, there.url, monkeypatch) == 0
        note = ProgressFile(store / "runs" / RUN, collector()).path
        note.write_bytes(b"\x00[")
        assert send(store, there.url, monkeypatch) == 0
    assert len(there.spans) == 14
    assert len({span.id for span in there.spans}) == 7


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"OTEL_SDK_DISABLED": "true"}, "OTEL_SDK_DISABLED is true: no spans are exported."),
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "spans are exported by http/protobuf."),
    ],
)
def test_there_is_nowhere_to_send_to(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    environ: dict[str, str], sentence: str,
) -> None:  # fmt: skip
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert send(store, "http://localhost:1", monkeypatch) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert sentence in line


def test_without_the_extra_it_is_said_how_to_get_it(
    store: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    assert send(store, "http://localhost:1", monkeypatch) == 2
    assert configuration.MISSING in capsys.readouterr().err


def test_no_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert send(tmp_path / "none", "http://localhost:1", monkeypatch) == 2
    assert "No runs in" in capsys.readouterr().err


# -- while the run goes on


@pytest.mark.parametrize("size", [3, 1000])
def test_spans_go_when_their_steps_are_over_and_the_end_sends_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    folder = tmp_path / "runs" / RUN
    first, *rest = shop()
    seen = [first, WITHIN, *rest]
    with Collector() as there:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", there.url)
        sending = Spans(folder, collector(), Exporter())
        live = LiveSpans(folder, sending)
        monkeypatch.setattr("test_live.Live", lambda folder: _Looking(live))
        ahead = told_in_pieces(folder, seen, size)
        early = [span.name for span in there.spans]
        assert early
        assert "job" not in early
        ahead.remove()
        made = assemble(seen)
        Journal(folder).write(build(made), samples(made))
        sending.end(open_folder(folder).graph)
        assert main(["send", "--otel", "--store", str(tmp_path)]) == 0
    assert [span.name for span in there.spans][: len(early)] == early
    assert [(span.trace, span.id) for span in there.spans] == list(
        dict.fromkeys((TRACE, span.id) for span in (*there.spans,))
    )
    assert {span.id: span.parent for span in there.spans} == {span.id: span.parent or "" for span in spans(made)}


def test_what_went_in_is_known_when_a_span_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The facts of what was loaded come late: the steps that took it in wait for them, too."""
    folder = tmp_path / "runs" / RUN
    late = [each for each in shop() if isinstance(each, Probed) and each.dataset == "d1"]
    seen = [each for each in shop() if each not in late]
    with Collector() as there:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", there.url)
        live = LiveSpans(folder, Spans(folder, collector(), Exporter()))
        ahead = WriteAhead(folder)
        ahead.append(seen[:-1])
        for _ in range(3):
            live.look()
        assert not {"job.main.load", "job.main.clean"} & {span.name for span in there.spans}
        ahead.append(late)
        for _ in range(3):
            live.look()
        ahead.close()
    said = {span.name: span.attributes for span in there.spans}
    assert said["job.main.clean"]["spark_lineage.input.0.rows"] == 100
    assert said["job.main.load"]["spark_lineage.output.0.rows"] == 100


class _Looking:
    """As ``Live`` is driven by its test."""

    def __init__(self, live: LiveSpans) -> None:
        self._live = live

    def begin(self) -> bool:
        return True

    def tick(self) -> None:
        self._live.look()


def test_a_run_that_was_killed_is_sent_as_it_was_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "runs" / RUN
    ahead = told_in_pieces(folder, shop()[:-6], 1000)
    ahead.close()
    process = json.loads((folder / PROCESS).read_text())
    (folder / PROCESS).write_text(json.dumps({**process, "started": "1"}))
    with Collector() as there:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", there.url)
        ProgressFile(folder, collector()).save(Progress())  # it was to be exported while it ran
        (told,) = (each for each in of_store(Store(tmp_path)).standings if each.what == "spans")
        assert told.runs_left == 1
        assert send(tmp_path, there.url, monkeypatch) == 0
    assert len(there.spans) == told.left > 0
    found = {span.name: span for span in there.spans}
    assert (found["job"].status, found["job"].message) == (2, LEFT)
    assert found["job.main.load"].status == 0
