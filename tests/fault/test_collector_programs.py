"""Whole programs that are exported as a trace: their end, and what they have of OpenTelemetry, are as without us."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from spark_lineage.cli.commands import main
from spark_lineage.store import Store, journal
from tests.collector import Collector, nobody

pytestmark = pytest.mark.wide

ROOT = Path(__file__).resolve().parents[2]
WAIT = 30.0  # seconds; the option exit.wait
SHORT = 3.0
SLACK = 5.0  # two processes start and load on a busy machine
TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
# The program's own words about what it has of OpenTelemetry, of threads, of logging and of children.
PROGRAM = """\
import logging, os, sys, threading
print("out")
print("err", file=sys.stderr)

def at_the_end():
    import atexit
    own = "opentelemetry" in sys.modules
    threads = sorted(thread.name for thread in threading.enumerate())
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        print(own, threads, logging.getLogger("opentelemetry").handlers, "no children")

import atexit
atexit.register(at_the_end)
sys.exit(3)
"""
WITH_ITS_OWN = """\
import sys
from opentelemetry import context, trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, ConsoleSpanExporter
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(formatter=lambda span: f"SPAN {span.name}\\n")))
trace.set_tracer_provider(provider)
with trace.get_tracer("own").start_as_current_span("own"):
    print("working")
import atexit
atexit.register(lambda: print(trace.get_tracer_provider() is provider, dict(context.get_current())))
"""


@dataclass(frozen=True)
class Ran:
    code: int
    stdout: str
    stderr: str
    seconds: float


def run(
    folder: Path, url: str | None, program: str = PROGRAM, otel: bool = True, wait: float = WAIT, **environ: str
) -> Ran:
    (folder / "job.py").write_text(program)
    env = {key: each for key, each in os.environ.items() if not key.startswith(("OPENLINEAGE", "OTEL_", "TRACE"))}
    env |= {"PYTHONPATH": str(ROOT), "HOME": str(folder), **environ}
    env |= {"OTEL_EXPORTER_OTLP_ENDPOINT": url} if url is not None else {}
    words = [sys.executable, "-m", "spark_lineage", "run", "--exit-wait", str(wait), "--store", "store"]
    begun = time.monotonic()
    done = subprocess.run(
        [*words, *(["--otel=true"] if otel else []), "job.py"],
        cwd=folder, env=env, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    return Ran(done.returncode, done.stdout, done.stderr, time.monotonic() - begun)


def recorded(folder: Path) -> list[dict[str, object]]:
    (found,) = Store(folder / "store").runs()
    assert journal.verify(found.folder).intact
    return journal.read_events(found.folder)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return run(tmp_path_factory.mktemp("plain"), None, otel=False)


def test_a_program_is_a_span_within_the_one_that_it_was_started_in(tmp_path: Path, plain: Ran) -> None:
    with Collector() as there:
        ran = run(tmp_path, there.url, TRACEPARENT=f"00-{TRACE}-{SPAN}-01", TRACESTATE="vendor=1")
    assert (ran.code, ran.stdout, ran.stderr) == (plain.code, plain.stdout, plain.stderr)
    assert (plain.code, plain.stderr) == (3, "err\n")
    assert plain.stdout == "out\nFalse ['MainThread'] [] no children\n"
    (span,) = there.spans
    assert (span.trace, span.parent, span.state, span.name) == (TRACE, SPAN, "vendor=1", "job")
    assert (span.status, span.message) == (2, "SystemExit: 3")
    facet = recorded(tmp_path)[-1]["run"]["facets"]["sparkLineage_span"]  # type: ignore[index]
    assert (facet["traceId"], facet["spanId"], facet["parentSpanId"]) == (TRACE, span.id, SPAN)


def test_without_a_trace_around_it_the_run_has_its_own(tmp_path: Path) -> None:
    with Collector() as there:
        run(tmp_path, there.url)
    (span,) = there.spans
    end = recorded(tmp_path)[-1]
    assert (span.trace, span.parent) == (str(end["run"]["runId"]).replace("-", ""), "")  # type: ignore[index]
    facet = end["run"]["facets"]["sparkLineage_span"]  # type: ignore[index]
    assert (facet["traceId"], facet["spanId"]) == (span.trace, span.id)


@pytest.mark.parametrize("trouble", ["nobody", "silent", "refuses"])
def test_a_collector_in_trouble_changes_nothing_but_one_line(
    tmp_path: Path, plain: Ran, trouble: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Collector(status=403, silent=trouble == "silent") as there:
        url = nobody() if trouble == "nobody" else there.url
        ran = run(tmp_path, url, wait=SHORT if trouble == "silent" else WAIT)
    assert (ran.code, ran.stdout) == (plain.code, plain.stdout)
    first, line = ran.stderr.splitlines()
    assert first == "err"
    assert line.startswith("spark-lineage: ")
    assert "still to be sent" in line
    assert f"{url}/v1/traces (" in line
    assert {"nobody": "(connection refused)", "silent": "(it has not answered yet)", "refuses": "403"}[trouble] in line
    # Only one that does not answer is waited for.
    assert ran.seconds < plain.seconds + SLACK + (SHORT if trouble == "silent" else 0.0)
    with Collector() as there:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", there.url)
        assert main(["send", "--otel", "--store", str(tmp_path / "store")]) == 0
    assert [span.name for span in there.spans] == ["job"]


def test_nothing_is_exported_unless_asked_for(tmp_path: Path, plain: Ran) -> None:
    with Collector() as there:
        ran = run(tmp_path, there.url, otel=False, TRACEPARENT=f"00-{TRACE}-{SPAN}-01")
        assert (ran.stdout, ran.stderr) == (plain.stdout, plain.stderr)
        assert there.requests == []
    assert not list((tmp_path / "store").rglob("otel"))


@pytest.mark.parametrize(
    "environ", [{"OTEL_SDK_DISABLED": "true"}, {"TRACEPARENT": f"00-{TRACE}-{SPAN}-00"}], ids=["disabled", "unsampled"]
)
def test_what_opentelemetry_says_is_not_exported_is_not(tmp_path: Path, plain: Ran, environ: dict[str, str]) -> None:
    with Collector() as there:
        ran = run(tmp_path, there.url, **environ)
    assert (ran.stdout, ran.stderr, there.requests) == (plain.stdout, plain.stderr, [])


def test_a_program_keeps_what_it_has_of_opentelemetry(tmp_path: Path) -> None:
    plain_folder, ours = tmp_path / "plain", tmp_path / "ours"
    plain_folder.mkdir()
    ours.mkdir()
    with Collector() as there:
        without = run(plain_folder, None, WITH_ITS_OWN, otel=False)
        ran = run(ours, there.url, WITH_ITS_OWN)
    assert (ran.code, ran.stdout, ran.stderr) == (without.code, without.stdout, without.stderr)
    assert "SPAN own" in ran.stdout
    assert "True {}" in ran.stdout
    assert [span.name for span in there.spans] == ["job"]


def test_a_program_that_observes_itself_is_within_its_active_span(tmp_path: Path) -> None:
    program = """\
import json
import spark_lineage
from opentelemetry.sdk.trace import TracerProvider
with TracerProvider().get_tracer("agent").start_as_current_span("tool") as span:
    spark_lineage.start(store="store", otel=True)
    spark_lineage.stop()
context = span.get_span_context()
print(json.dumps([f"{context.trace_id:032x}", f"{context.span_id:016x}"]))
"""
    (tmp_path / "own.py").write_text(program)
    with Collector() as there:
        env = {**os.environ, "PYTHONPATH": str(ROOT), "OTEL_EXPORTER_OTLP_ENDPOINT": there.url}
        env.pop("TRACEPARENT", None)
        done = subprocess.run(
            [sys.executable, "own.py"], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120, check=True
        )
    (span,) = there.spans
    assert [span.trace, span.parent] == json.loads(done.stdout)


def test_spans_are_told_while_the_program_runs(tmp_path: Path) -> None:
    """Its process is there while the program is, and is gone with it."""
    program = "import time\nprint('begun', flush=True)\ntime.sleep(6)\n"
    with Collector() as there:
        ran = run(tmp_path, there.url, program)
        assert (ran.code, ran.stderr) == (0, "")
        assert [span.name for span in there.spans] == ["job"]
    (folder,) = (tmp_path / "store" / "runs").iterdir()
    until = time.monotonic() + 10
    while _processes(folder) and time.monotonic() < until:
        time.sleep(0.1)
    assert not _processes(folder)


def _processes(folder: Path) -> list[str]:
    found = []
    for words in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(folder).encode() in words.read_bytes():
                found.append(words.parent.name)
        except OSError:
            continue
    return found
