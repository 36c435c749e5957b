"""Delivery under every fault of a receiver: nothing lost, nothing doubled, in order, no waiting beyond the limit."""

from __future__ import annotations

import contextlib
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from spark_lineage.cli.commands import main
from spark_lineage.sinks import cursors, transports
from spark_lineage.sinks.configuration import configured
from spark_lineage.sinks.remaining import Remaining
from spark_lineage.sinks.sender import Sender
from spark_lineage.sinks.transports import TransportError, receivers
from spark_lineage.store.wal import PROCESS, WriteAhead
from tests.receiver import BlackHole, DieAfter, Failing, Receiver, Refusing, Slow
from tests.receiver.story import Story, shop
from tests.unit.observing import shop as observed

ROOT = Path(__file__).resolve().parents[2]
PATIENT = 20.0  # seconds that a wait in these tests may take at most; nothing here is a timed test
Document = dict[str, Any]


@pytest.fixture(autouse=True)
def _nothing_configured(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for key in [key for key in os.environ if key.startswith("OPENLINEAGE")]:
        monkeypatch.delenv(key)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Configured as OpenLineage users do. Not listening until it is entered."""
    made = Receiver()
    monkeypatch.setenv("OPENLINEAGE_URL", made.url)
    yield made
    made.down()


def run_folder(store: Path, events: list[Document], number: int = 0) -> Path:
    folder = store / "runs" / f"0190{number:04d}-{uuid.uuid4().hex[:12]}"
    folder.mkdir(parents=True)
    write(folder, events)
    return folder


def write(folder: Path, events: list[Document]) -> None:
    with (folder / "events.jsonl").open("a", encoding="utf-8") as file:
        file.write("".join(json.dumps(event) + "\n" for event in events))


def keys(events: list[Document]) -> list[tuple[str, str]]:
    return [(event["run"]["runId"], event["eventType"]) for event in events]


def sent_at_the_end(store: Path, folder: Path, wait: float = PATIENT) -> Remaining:
    """As a program's end does it."""
    sender = Sender(store).start()
    sender.take_on(folder)
    return sender.drain(wait)


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def command(*words: str) -> Done:
    """The command line, in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main(words)
    return Done(code, out.getvalue(), err.getvalue())


def send(store: Path, *words: str) -> Document:
    done = command("send", "--store", str(store), "--json", *words)
    assert done.returncode in (0, 1), done.stderr
    document: Document = json.loads(done.stdout)
    assert (document["left"] == 0) == (done.returncode == 0)
    return document


def status(store: Path) -> Document:
    done = command("status", "--store", str(store), "--json")
    assert done.returncode == 0, done.stderr
    document: Document = json.loads(done.stdout)
    return document


# --- the receiver works


def test_all_in_order(receiver: Receiver, tmp_path: Path) -> None:
    events = shop(5)
    folder = run_folder(tmp_path, events)
    with receiver:
        remaining = sent_at_the_end(tmp_path, folder)
    assert (remaining.events, remaining.sentences()) == (0, [])
    assert receiver.events == events
    receiver.check()


def test_nothing_is_sent_twice(receiver: Receiver, tmp_path: Path) -> None:
    folder = run_folder(tmp_path, shop(1))
    with receiver:
        sent_at_the_end(tmp_path, folder)
        sent_at_the_end(tmp_path, folder)
        assert send(tmp_path)["delivered"] == 0
    assert receiver.attempts == 4


def test_a_journal_that_grows(receiver: Receiver, tmp_path: Path) -> None:
    events = shop(3)
    folder = run_folder(tmp_path, events[:2])
    with receiver:
        sender = Sender(tmp_path).start()
        sender.take_on(folder)
        assert receiver.wait_for(2)
        torn = json.dumps(events[2])
        with (folder / "events.jsonl").open("a") as file:
            file.write(torn[:20])
        sender.wake()
        with (folder / "events.jsonl").open("a") as file:
            file.write(torn[20:] + "\n")
        write(folder, events[3:])
        sender.wake()
        remaining = sender.drain(PATIENT)
    assert remaining.events == 0
    assert receiver.events == events


def test_earlier_runs_first_and_only_those_that_were_meant(receiver: Receiver, tmp_path: Path) -> None:
    before = run_folder(tmp_path, shop(1, app="before"), 1)
    missed = run_folder(tmp_path, shop(1, app="missed"), 2)
    now = run_folder(tmp_path, shop(1, app="now"), 3)
    assert sent_at_the_end(tmp_path, missed, 1.0).events == 4  # nobody listens
    with receiver:
        assert sent_at_the_end(tmp_path, now).events == 0
        apps = [event["job"]["name"].split(".")[0] for event in receiver.events]
        assert apps == ["missed"] * 4 + ["now"] * 4
        # The first was recorded before anything was configured: `send` sends it too.
        assert send(tmp_path)["delivered"] == 4
    assert len(receiver.events) == 12
    assert cursors.ReceiverFiles(before, next(iter(cursors.known(tmp_path)))).load().delivered == 4
    receiver.check()


# --- must-show 4: the faults


def test_down_from_the_start(receiver: Receiver, tmp_path: Path) -> None:
    events = shop(3)
    folder = run_folder(tmp_path, events)
    begun = time.monotonic()
    remaining = sent_at_the_end(tmp_path, folder, 10.0)
    assert time.monotonic() - begun < 8  # a dead receiver is given up before the wait is over
    assert remaining.events == 8
    assert "8 events are still to be sent" in remaining.sentences()[0]
    assert "refused" in remaining.sentences()[0]
    with receiver:
        assert send(tmp_path)["delivered"] == 8
    assert receiver.events == events
    receiver.check()


def test_back_while_the_program_waits(receiver: Receiver, tmp_path: Path) -> None:
    folder = run_folder(tmp_path, shop(1))
    timer = threading.Timer(0.7, receiver.up)
    timer.start()
    sender = Sender(tmp_path, patience=PATIENT).start()
    sender.take_on(folder)
    assert sender.drain(PATIENT).events == 0
    receiver.check()


@pytest.mark.parametrize("taken", [0, 1, 3])
def test_dying_midway(receiver: Receiver, tmp_path: Path, taken: int) -> None:
    events = shop(3)
    folder = run_folder(tmp_path, events)
    receiver.behave(DieAfter(taken))
    with receiver:
        assert sent_at_the_end(tmp_path, folder).events == 8 - taken
    receiver.behave()
    with receiver:
        assert send(tmp_path)["delivered"] == 8 - taken
    assert receiver.events == events
    receiver.check()


def test_black_hole(receiver: Receiver, tmp_path: Path) -> None:
    events = shop(1)
    folder = run_folder(tmp_path, events)
    receiver.behave(BlackHole())
    with receiver:
        begun = time.monotonic()
        remaining = sent_at_the_end(tmp_path, folder, 4.5)
        assert time.monotonic() - begun < 4.5 + 1.0
        assert remaining.events == 4
        receiver.behave()
        assert send(tmp_path)["left"] == 0
    assert receiver.events == events
    receiver.check()


def test_answers_500_and_recovers(receiver: Receiver, tmp_path: Path) -> None:
    events = shop(1)
    folder = run_folder(tmp_path, events)
    receiver.behave(Failing(500))
    with receiver:
        begun = time.monotonic()
        remaining = sent_at_the_end(tmp_path, folder, 4.5)
        assert time.monotonic() - begun < 4.5 + 1.0
        assert (remaining.events, remaining.receivers[0].set_aside) == (4, 0)
        assert "HTTP 500" in remaining.sentences()[0]
        receiver.behave()
        assert send(tmp_path)["left"] == 0
    assert receiver.events == events
    receiver.check()


@pytest.mark.parametrize("status_code", [500, 503, 429])
def test_a_few_failures_are_ridden_out(receiver: Receiver, tmp_path: Path, status_code: int) -> None:
    folder = run_folder(tmp_path, shop(1))
    receiver.behave(Failing(status_code, times=3))
    with receiver:
        assert sent_at_the_end(tmp_path, folder).events == 0
    receiver.check()


def test_slow(receiver: Receiver, tmp_path: Path) -> None:
    events = shop(6)
    folder = run_folder(tmp_path, events)
    receiver.behave(Slow(0.5))
    with receiver:
        begun = time.monotonic()
        remaining = sent_at_the_end(tmp_path, folder, 4.5)
        assert time.monotonic() - begun < 4.5 + 1.0
        time.sleep(0.7)  # what is under way arrives
        # Nothing was begun that would not have been answered in time: what is left is what has not arrived.
        assert 0 < remaining.events == 14 - len(receiver.events)
        receiver.behave()
        assert send(tmp_path)["left"] == 0
    assert receiver.events == events
    receiver.check()


def test_a_slow_one_is_not_cut_off_in_the_middle(receiver: Receiver, tmp_path: Path) -> None:
    """It would keep the event all the same, and get it twice. How slow it is, the next process knows."""
    events = shop(1)
    folder = run_folder(tmp_path, events, 1)
    receiver.behave(Slow(0.4))
    with receiver:
        assert sent_at_the_end(tmp_path, folder, 1.0).events == 4  # nothing is known of it
        assert receiver.attempts == 0
        assert send(tmp_path)["left"] == 0
        again = run_folder(tmp_path, shop(1, app="again"), 2)
        remaining = sent_at_the_end(tmp_path, again, 1.4)
        time.sleep(0.5)
        assert 0 < remaining.events == 8 - len(receiver.events)
        assert send(tmp_path)["left"] == 0
    assert len(receiver.keys) == len(set(receiver.keys)) == 8
    receiver.check()


# --- events that are refused


@pytest.mark.bad_events
@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"eventTime": None}, "HTTP 422"),
        ({"eventTime": "yesterday"}, "HTTP 500"),  # the body says 400
        ({"eventType": None}, "no event type"),
        ({"outputs": [{"namespace": "my files", "name": "x"}]}, "HTTP 400"),
        ({"outputs": [{"namespace": "file", "name": ""}]}, "empty name"),
        ({"outputs": [{"namespace": "file", "name": "a\x00b"}]}, "NUL"),
    ],
)
def test_a_refused_event_is_set_aside_and_the_rest_goes_on(
    receiver: Receiver, tmp_path: Path, change: Document, reason: str
) -> None:
    events = shop(3)
    events[3] = {key: value for key, value in {**events[3], **change}.items() if value is not None}
    folder = run_folder(tmp_path, events)
    with receiver:
        remaining = sent_at_the_end(tmp_path, folder)
    assert (remaining.events, remaining.receivers[0].set_aside) == (0, 1)
    assert receiver.events == events[:3] + events[4:]
    (aside,) = status(tmp_path)["sinks"][0]["set_aside"]
    assert reason in aside["why"]
    assert (aside["number"], aside["run"], aside["step_run"]) == (3, folder.name, events[3]["run"]["runId"])


@pytest.mark.bad_events
def test_too_large_an_event(receiver: Receiver, tmp_path: Path) -> None:
    events = shop(2)
    events[2]["run"]["facets"]["x_large"] = {"_producer": "urn:x", "_schemaURL": "urn:y", "text": "x" * 20_000}
    receiver.largest = 10_000
    folder = run_folder(tmp_path, events)
    with receiver:
        assert sent_at_the_end(tmp_path, folder).receivers[0].set_aside == 1
    assert len(receiver.events) == 5


@pytest.mark.bad_events
@pytest.mark.parametrize("poisoned", [2, 5])
def test_an_event_that_the_receiver_always_fails_on(receiver: Receiver, tmp_path: Path, poisoned: int) -> None:
    """It looks like an outage until the next event is taken; the next of another run, if it was the last one."""
    events = shop(2)
    events[poisoned]["run"]["facets"] = {
        **events[poisoned]["run"].get("facets", {}),
        "x_poison": {"_producer": "urn:x", "_schemaURL": "urn:y"},
    }
    run_folder(tmp_path, events, 1)
    others = shop(1, app="other")
    run_folder(tmp_path, others, 2)
    receiver.behave(Refusing("x_poison"))
    with receiver:
        report = send(tmp_path)
        assert (report["left"], report["set_aside"], report["delivered"]) == (0, 1, 9)
    assert keys(receiver.events) == keys(events[:poisoned] + events[poisoned + 1 :] + others)


@pytest.mark.bad_events
def test_a_line_that_is_no_event(receiver: Receiver, tmp_path: Path) -> None:
    first, *rest = shop(1)
    folder = run_folder(tmp_path, [first])
    with (folder / "events.jsonl").open("a") as file:
        file.write("{broken\n")
    write(folder, rest)
    with receiver:
        assert sent_at_the_end(tmp_path, folder).receivers[0].set_aside == 1
    assert receiver.events == [first, *rest]


def test_a_wrong_key_sets_nothing_aside(receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = run_folder(tmp_path, shop(1))
    receiver.api_key = "right"
    monkeypatch.setenv("OPENLINEAGE_API_KEY", "wrong")
    with receiver:
        remaining = sent_at_the_end(tmp_path, folder)
        assert (remaining.events, remaining.receivers[0].set_aside) == (4, 0)
        assert "HTTP 401" in remaining.sentences()[0]
        assert receiver.attempts == 1  # no use in trying again
        monkeypatch.setenv("OPENLINEAGE_API_KEY", "right")
        assert send(tmp_path)["left"] == 0
    receiver.check()


def test_a_run_is_meant_for_a_sink_although_it_is_being_sent(tmp_path: Path) -> None:
    """The background sender may find the mark, and hold the run's lock, before ``take_on`` has come to the cursors."""
    folder = run_folder(tmp_path, shop(1))
    place = cursors.ReceiverFiles(folder, "some-sink")
    cursors.mark(folder)
    with place.locked():
        cursors.ReceiverFiles(folder, "some-sink").begin("some sink")
    cursors.unmark(folder)
    assert place.is_due()
    moved = place.load().past(10, delivered=1)
    place.save(moved)
    place.begin("again")
    assert place.load().offset == 10


# --- processes


SENDING = """
import sys, time
from pathlib import Path
from spark_lineage.sinks.sender import Sender
sender = Sender(Path(sys.argv[1])).start()
sender.take_on(Path(sys.argv[2]))
print("on", flush=True)
left = sender.drain(float(sys.argv[3]))
print(left.events)
"""


def sending(store: Path, folder: Path, wait: float) -> subprocess.Popen[str]:
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-c", SENDING, str(store), str(folder), str(wait)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environ)


def test_killed_in_the_middle(receiver: Receiver, tmp_path: Path) -> None:
    events = shop(6)
    folder = run_folder(tmp_path, events)
    receiver.behave(Slow(0.2))
    with receiver:
        process = sending(tmp_path, folder, 30)
        assert receiver.wait_for(3)
        process.send_signal(signal.SIGKILL)
        process.wait()
        time.sleep(0.4)
        assert send(tmp_path)["left"] == 0
    # Its answer was on the way when the process was killed: that one may come twice, no other.
    got = keys(receiver.events)
    assert len(got) - len(set(got)) <= 1
    assert list(dict.fromkeys(got)) == keys(events)


def test_the_run_of_a_killed_driver_is_sent(receiver: Receiver, tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "0197a1b2-0000-7000-8000-000000000001"
    ahead = WriteAhead(folder)
    ahead.append(observed(finished=False)[:-4])
    ahead.close()
    process = json.loads((folder / PROCESS).read_text())
    with receiver:
        assert send(tmp_path)["delivered"] == 0  # it still runs
        (folder / PROCESS).write_text(json.dumps({**process, "started": "1"}))
        told = status(tmp_path)["sinks"][0]
        assert (told["left"] > 0, told["runs_left"]) == (True, 1)
        assert send(tmp_path)["delivered"] == told["left"]
        assert status(tmp_path)["sinks"][0]["left"] == 0
    receiver.check()
    assert receiver.events[-1]["eventType"] == "ABORT"


def test_several_processes_at_once(receiver: Receiver, tmp_path: Path) -> None:
    stories = [shop(4, app=f"app_{number}") for number in range(3)]
    folders = [run_folder(tmp_path, events, number) for number, events in enumerate(stories)]
    with receiver:
        processes = [sending(tmp_path, folder, 30) for folder in (*folders, folders[0])]
        for process in processes:
            process.wait(timeout=60)
        send(tmp_path)
    got = keys(receiver.events)
    assert len(got) == len(set(got)) == 30
    for events in stories:
        mine = set(keys(events))
        assert [key for key in got if key in mine] == keys(events)


def test_the_program_ends_although_a_request_hangs(receiver: Receiver, tmp_path: Path) -> None:
    folder = run_folder(tmp_path, shop(1))
    receiver.behave(BlackHole())
    with receiver:
        process = sending(tmp_path, folder, 0.5)
        begun = time.monotonic()
        assert process.wait(timeout=20) == 0
        assert time.monotonic() - begun < 10  # most of it is Python's start
        assert (process.stdout and process.stdout.read()) == "on\n4\n"


@pytest.mark.parametrize("works", [True, False])
def test_when_no_thread_can_be_started_any_more(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, works: bool
) -> None:
    """As Python 3.12 has it in atexit functions."""

    def refuse(*_: Any) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    # Only the sender's: the receiver needs its threads.
    monkeypatch.setattr("spark_lineage.sinks.sender._thread", SimpleNamespace(start_new_thread=refuse))
    folder = run_folder(tmp_path, shop(1))
    if works:
        receiver.up()
    begun = time.monotonic()
    remaining = sent_at_the_end(tmp_path, folder, 5.0)
    assert time.monotonic() - begun < 5.0 + 1.0
    assert remaining.events == (0 if works else 4)


# --- configuration


def test_without_configuration_nothing_happens(tmp_path: Path) -> None:
    assert not configured()
    assert receivers() == ()
    folder = run_folder(tmp_path, shop(1))
    assert sent_at_the_end(tmp_path, folder) == Remaining()
    assert status(tmp_path)["sinks"] == []
    done = command("send", "--store", str(tmp_path))
    assert done.returncode == 2
    assert "OPENLINEAGE_URL" in done.stderr


def test_disabled(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENLINEAGE_DISABLED", "true")
    assert not configured()
    assert receivers() == ()


def test_the_environment_stays_as_it_is(receiver: Receiver) -> None:
    before = dict(os.environ)
    assert len(receivers()) == 1
    assert dict(os.environ) == before


def test_each_transport_of_a_composite_is_caught_up_by_itself(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENLINEAGE_URL")
    other = Receiver()
    written = tmp_path / "events.log"
    (tmp_path / "openlineage.yml").write_text(
        f"""
transport:
  type: composite
  transports:
    first: {{type: http, url: "{receiver.url}"}}
    second: {{type: async_http, url: "{other.url}"}}
    third: {{type: file, log_file_path: "{written}", append: true}}
""",
        "utf-8",
    )
    events = shop(1)
    folder = run_folder(tmp_path, events)
    with receiver:
        remaining = sent_at_the_end(tmp_path, folder)
        assert {each.title.split()[0]: each.events for each in remaining.receivers} == {
            "first": 0,
            "second": 4,
            "third": 0,
        }
        assert receiver.events == events
        assert [json.loads(line) for line in written.read_text("utf-8").splitlines()] == events
        with other:
            assert send(tmp_path)["delivered"] == 4
    assert other.events == events
    assert len(receiver.events) == 4


def test_fail_over_is_one_receiver(receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENLINEAGE_URL")
    transport = {
        "type": "composite",
        "continue_on_success": False,
        "transports": [{"type": "http", "url": Receiver().url}, {"type": "http", "url": receiver.url}],
    }
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT", json.dumps(transport))
    folder = run_folder(tmp_path, shop(1))
    with receiver:
        process = sending(tmp_path, folder, 30)
        out, err = process.communicate(timeout=60)
    assert (out, err) == ("on\n0\n", "")  # the client warns of the first; the program's stderr is not the place
    receiver.check()


def test_filters_of_the_configuration(receiver: Receiver, tmp_path: Path) -> None:
    (tmp_path / "openlineage.yml").write_text("filters:\n  - {type: exact, match: shop.step_0}\n", "utf-8")
    folder = run_folder(tmp_path, shop(2))
    with receiver:
        assert sent_at_the_end(tmp_path, folder).events == 0
    assert [event["job"]["name"] for event in receiver.events] == ["shop", "shop.step_1", "shop.step_1", "shop"]
    told = status(tmp_path)["sinks"][0]
    assert (told["filtered"], told["left"]) == (2, 0)


def test_status_says_what_send_will_send(receiver: Receiver, tmp_path: Path) -> None:
    (tmp_path / "openlineage.yml").write_text("filters:\n  - {type: exact, match: shop.step_0}\n", "utf-8")
    run_folder(tmp_path, shop(2))
    assert status(tmp_path)["sinks"][0]["left"] == 4
    with receiver:
        assert send(tmp_path)["delivered"] == 4


def test_a_transport_that_cannot_be_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT__TYPE", "http")  # and no url
    folder = run_folder(tmp_path, shop(1))
    with pytest.raises(TransportError, match="url"):
        receivers()
    remaining = sent_at_the_end(tmp_path, folder)
    assert "url" in remaining.sentences()[0]
    done = command("send", "--store", str(tmp_path))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_no_credentials_in_titles_and_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENLINEAGE_URL", "http://user:hunter2@127.0.0.1:1/")
    (configured_one,) = receivers()
    assert "hunter2" not in configured_one.key + configured_one.title
    assert configured_one.title == "http://127.0.0.1:1"


# --- for people


def test_status_and_send_in_words(receiver: Receiver, tmp_path: Path) -> None:
    run_folder(tmp_path, shop(1))
    down = command("send", "--store", str(tmp_path))
    assert down.returncode == 1
    assert "4 events are still to be sent" in down.stderr
    assert receiver.url in command("status", "--store", str(tmp_path)).stdout
    with receiver:
        done = command("send", "--store", str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 events sent" in done.stdout
    told = status(tmp_path)["sinks"][0]
    assert (told["delivered"], told["left"], told["set_aside"]) == (4, 0, [])


def test_send_waits_as_long_as_it_is_told(receiver: Receiver, tmp_path: Path) -> None:
    run_folder(tmp_path, shop(1))
    timer = threading.Timer(2.5, receiver.up)
    timer.start()
    assert send(tmp_path, "--wait", "30")["delivered"] == 4


def test_as_a_command_of_its_own(receiver: Receiver, tmp_path: Path) -> None:
    run_folder(tmp_path, shop(1))
    with receiver:
        words = [sys.executable, "-m", "spark_lineage", "send", "--store", str(tmp_path), "--json"]
        environ = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(words, capture_output=True, text=True, env=environ, timeout=60, check=True)
    assert json.loads(done.stdout)["delivered"] == 4
    assert done.stderr == ""


def test_an_empty_store_is_said_so(receiver: Receiver, tmp_path: Path) -> None:
    done = command("send", "--store", str(tmp_path / "nothing"))
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


# --- parts


@pytest.mark.parametrize(
    ("bytes_", "left", "expected"),
    [(1_000, 60.0, 5.05), (200_000, 60.0, 15.0), (200_000, 2.0, 2.0)],
)
def test_large_events_get_more_time(receiver: Receiver, bytes_: int, left: float, expected: float) -> None:
    (configured_one,) = receivers()
    assert isinstance(configured_one.emit, transports.Emission)
    configured_one.emit(shop(1)[0], bytes_, left)
    assert configured_one.emit._timed[0][0].timeout == pytest.approx(expected)


def test_events_for_transformers_keep_what_they_say(receiver: Receiver) -> None:
    from openlineage.client.serde import Serde

    story = Story()
    for event in [story.begin(), *story.step("a")]:
        again = Serde.to_dict(transports.event_of(event))
        assert again["run"]["runId"] == event["run"]["runId"]
        assert again["job"]["name"] == event["job"]["name"]
        if "facets" in event["run"]:
            given, got = event["run"]["facets"]["parent"], again["run"]["facets"]["parent"]
            assert {key: got[key] for key in ("run", "job", "root")} == {
                key: given[key] for key in ("run", "job", "root")
            }


def test_a_sink_that_raises_in_our_own_code_is_reported(tmp_path: Path) -> None:
    def broken(event: Document, size: int, seconds: float) -> Any:
        raise LookupError("ours")

    folder = run_folder(tmp_path, shop(1))
    sender = Sender(tmp_path, make=lambda: (transports.Receiver("broken", "broken", "test", broken),)).start()
    sender.take_on(folder)
    remaining = sender.drain(PATIENT)
    assert "LookupError: ours" in remaining.sentences()[0]
