"""Whole programs whose receiver is in trouble: they end in time and unharmed, and nothing is lost or doubled.

The programs make no Spark session: what is tested begins where a run's record is written, and that is the same.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from spark_lineage.cli.commands import main
from spark_lineage.sinks.audit_rows import TABLES
from spark_lineage.sinks.delta import DeltaAudit, read_tables
from spark_lineage.store import Store, journal
from tests.receiver import BlackHole, DieAfter, Failing, Healthy, Misbehaviour, Receiver, Slow

ROOT = Path(__file__).resolve().parents[2]
WAIT = 4.0  # seconds; the option exit.wait
# A process that starts, loads the client and writes takes a while on a busy machine, receiver or not.
SLACK = 4.0
PROGRAM = "import sys\nprint('out')\nprint('err', file=sys.stderr)\nsys.exit(3)\n"


@dataclass(frozen=True)
class Ran:
    stdout: str
    stderr: str
    seconds: float


def run(folder: Path, url: str | None, *, program: str = PROGRAM) -> Ran:
    (folder / "job.py").write_text(program)
    env = {key: each for key, each in os.environ.items() if not key.startswith("OPENLINEAGE")}
    env |= {"PYTHONPATH": str(ROOT), "HOME": str(folder), **({"OPENLINEAGE_URL": url} if url else {})}
    words = [sys.executable, "-m", "spark_lineage", "run", "--exit-wait", str(WAIT), "--store", "store", "job.py"]
    begun = time.monotonic()
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 3, done.stderr
    return Ran(done.stdout, done.stderr, time.monotonic() - begun)


def recorded(folder: Path) -> list[dict[str, object]]:
    """The events of all runs, oldest run first; the journals are whole, and the tables have the same."""
    store = Store(folder / "store")
    events = []
    for each in store.runs():
        assert journal.verify(each.folder).intact
        events += journal.read_events(each.folder)
    rows = read_tables(folder / "store" / "audit", ["events"])["events"].to_pylist()
    ordered = sorted(rows, key=lambda row: (row["run_started_at"], row["seq"]))
    assert [json.loads(row["event"]) for row in ordered] == events
    return events


TROUBLE: list[tuple[str, Misbehaviour | None]] = [
    ("down from the start", None),
    ("dies midway", DieAfter(1)),
    ("a black hole", BlackHole()),
    ("answers 500", Failing(500)),
    ("slow", Slow(2.0)),
]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    return run(tmp_path_factory.mktemp("plain"), None)


@pytest.mark.parametrize("behaviour", [behaviour for _, behaviour in TROUBLE], ids=[name for name, _ in TROUBLE])
def test_the_program_ends_in_time_and_send_brings_the_rest(
    tmp_path: Path, plain: Ran, behaviour: Misbehaviour | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    receiver = Receiver(behaviour or Healthy())
    if behaviour is not None:
        receiver.up()
    ran = run(tmp_path, receiver.url)
    receiver.down()
    assert ran.seconds < plain.seconds + WAIT + SLACK
    assert ran.stdout == plain.stdout == "out\n"
    # The program's own words first and unchanged, then one line of ours.
    first, *rest = ran.stderr.splitlines()
    assert (first, plain.stderr) == ("err", "err\n")
    events = recorded(tmp_path)
    assert len(events) == 2
    if len(receiver.events) < 2:
        (line,) = rest
        assert re.fullmatch(r"spark-lineage: (1 event is|2 events are) still to be sent to http://\S+ \(.+\); .+", line)
    receiver.behave()
    monkeypatch.setenv("OPENLINEAGE_URL", receiver.url)
    with receiver:
        main(["send", "--store", str(tmp_path / "store")])
    assert receiver.events == events
    receiver.check()
    assert recorded(tmp_path) == events


def test_audit_tables_after_the_program_or_never(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "spark-lineage.toml").write_text('[audit]\ntables = "after"\n')
    run(tmp_path, None)
    until = time.monotonic() + 60
    audit = DeltaAudit(tmp_path / "store" / "audit")
    while not audit.runs():
        assert time.monotonic() < until, list(tmp_path.glob("store/runs/*/agent.log"))
        time.sleep(0.05)
    events = recorded(tmp_path)
    assert events
    (tmp_path / "spark-lineage.toml").write_text('[audit]\ntables = "never"\n')
    run(tmp_path, None)
    store = Store(tmp_path / "store")
    assert len(store.runs()) == 2
    assert len(audit.runs()) == 1
    main(["verify", "last", "--store", str(store.path)])
    assert "it is not in the audit tables" in capsys.readouterr().out
    assert audit.catch_up(store) == 1
    assert len(recorded(tmp_path)) > len(events)


def test_audit_tables_where_no_process_can_be_started_after_the_program(tmp_path: Path) -> None:
    (tmp_path / "spark-lineage.toml").write_text('[audit]\ntables = "after"\n')
    run(tmp_path, None, program="import sys\nsys.executable = ''\nsys.exit(3)\n")  # an embedded interpreter has none
    assert len(DeltaAudit(tmp_path / "store" / "audit").runs()) == 1


def test_a_program_that_hides_its_stderr_is_left_alone(tmp_path: Path) -> None:
    """Nothing of ours goes where the program has put its own stream, and a closed one is no fault."""
    program = "import io, sys\nkept = sys.stderr = io.StringIO()\nimport atexit\n" + (
        "atexit.register(lambda: print(repr(kept.getvalue())))\nsys.exit(3)\n"
    )
    ran = run(tmp_path, "http://127.0.0.1:1", program=program)
    assert ran.stdout == "''\n"
    assert "still to be sent" in ran.stderr
    closed = run(
        tmp_path, "http://127.0.0.1:1", program="import os, sys\nos.close(2)\nsys.stderr = None\nsys.exit(3)\n"
    )
    assert (closed.stdout, closed.stderr) == ("", "")


@pytest.mark.parametrize("free", [1, 8, 40])
def test_a_program_that_leaves_few_files_to_open(tmp_path: Path, free: int) -> None:
    """``deltalake`` would panic, and print it; the tables can be written later."""
    program = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (150, 150))
kept = []
try:
    while True:
        kept.append(open("/dev/null"))
except OSError:
    del kept[-{free}:]
print("out")
sys.exit(3)
"""
    ran = run(tmp_path, None, program=program)
    assert (ran.stdout, ran.stderr) == ("out\n", "")


DRIVER = """
import sys, time
from pathlib import Path
from spark_lineage.agent import Agent, Program
from spark_lineage.config import resolve
from spark_lineage.model import Outcome
from spark_lineage.store.wal import decode

store, lines = sys.argv[1], Path(sys.argv[2]).read_text("utf-8").splitlines()
sys.stdin.readline()
for number in range(int(sys.argv[3])):
    agent = Agent(resolve({"store": store, "app": "driver"}, environ={}, folders=[]), Program("driver", "driver.py"))
    for line in lines:
        agent._queue.put(decode(line.replace("RUN", agent.run)))
    agent.end(Outcome.COMPLETE, None, None)
    print(agent.run, flush=True)
"""


def test_eight_drivers_at_once(tmp_path: Path) -> None:
    """Eight processes end runs into one store, from recorded observations on, as the agent ends them."""
    from spark_lineage.store.wal import encode
    from tests.unit.observing import shop

    observations = tmp_path / "observations"
    observations.write_text("".join(encode(each) + "\n" for each in shop(run="RUN")[:-1]), "utf-8")
    store = tmp_path / "store"
    words = [sys.executable, "-c", DRIVER, str(store), str(observations), "1"]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    drivers = [
        subprocess.Popen(
            words, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(8)
    ]
    for driver in drivers:
        assert driver.stdin is not None
        driver.stdin.write("\n")
        driver.stdin.flush()
    told = [driver.communicate(timeout=240) for driver in drivers]
    assert [driver.returncode for driver in drivers] == [0] * 8, told
    runs = [run for out, _ in told for run in out.split()]
    assert len(set(runs)) == 8
    found = rows(store)
    assert sorted(row["run_id"] for row in found["runs"]) == sorted(runs)
    for name in ("steps", "datasets", "columns", "edges", "column_lineage", "samples", "events"):
        counts = {run: sum(row["run_id"] == run for row in found[name]) for run in runs}
        assert len(set(counts.values())) == 1, (name, counts)
        assert counts[runs[0]] > 0
    assert all(journal.verify(store / "runs" / run).intact for run in runs)
    assert not list(store.glob("runs/*/observations.jsonl"))
    assert not [log.read_text("utf-8") for log in store.glob("runs/*/agent.log")]
    assert DeltaAudit(store / "audit").rebuild(Store(store)) == 8
    assert rows(store) == found


def rows(store: Path) -> dict[str, list[dict[str, object]]]:
    found = read_tables(store / "audit", TABLES)
    return {name: sorted(table.to_pylist(), key=repr) for name, table in found.items()}
