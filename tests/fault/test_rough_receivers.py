"""A receiver that does what receivers do at their worst: events are delivered once and in order, or wait, or are set
aside as documented; ``send`` ends in bounded time with a plain reason; ``status`` says what is so."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from openlineage.client import OpenLineageClient
from openlineage.client.transport.http import HttpConfig, HttpTransport

from spark_lineage.sinks.responses import ResponseKind, response_to
from spark_lineage.sinks.sender import Sender
from spark_lineage.sinks.tokens import Tokens
from spark_lineage.sinks.transports import event_of, receivers
from tests.fault.test_delivery import _nothing_configured, command, keys, run_folder, send, sent_at_the_end, status
from tests.receiver import Breaks, Drips, Failing, Floods, NeverAnswers, Receiver, Says
from tests.receiver.rough import Rough
from tests.receiver.story import shop

pytestmark = pytest.mark.wide

__all__ = ["_nothing_configured"]

Document = dict[str, Any]
TIME_OUT = 0.4  # seconds for an attempt, by configuration; some more for the size of an event


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """Configured with a short time-out, and listening."""
    monkeypatch.setattr("spark_lineage.sinks.breaker.FIRST", 0.03)  # seconds of the first pause between two tries
    with Receiver() as made:
        configure(monkeypatch, made.url)
        yield made
        made.behave()


def configure(monkeypatch: pytest.MonkeyPatch, url: str, **more: Any) -> None:
    transport = {"type": "http", "url": url, "timeout": TIME_OUT, **more}
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT", json.dumps(transport))


def poisoned(events: list[Document], *numbers: int) -> list[Document]:
    for number in numbers:
        events[number]["run"].setdefault("facets", {})["x_poison"] = {"_producer": "urn:x", "_schemaURL": "urn:y"}
    return events


def timed(body: Callable[[], Document]) -> tuple[Document, float]:
    begun = time.monotonic()
    return body(), time.monotonic() - begun


def why(document: Document) -> str:
    return str(document["sinks"][0]["why"])


# --- events wait: the answer says nothing about them

REDIRECTS = [
    Says(301), Says(302, {"Location": "/login"}), Says(303, {"Location": "/login"}), Says(300), Says(304),
    Says(307, {"Location": "/api/v1/lineage"}), Says(308, {"Location": "/api/v1/lineage"}),
    Says(302, {"Location": "//user:hunter2@elsewhere.example/?token=hunter2"}), Says(399),
]  # fmt: skip


@pytest.mark.parametrize("answer", REDIRECTS, ids=lambda answer: str(answer.status))
def test_a_redirect_delivers_nothing_and_sets_nothing_aside(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Says
) -> None:
    configure(monkeypatch, receiver.url, timeout=5.0)
    events = shop(2)
    run_folder(tmp_path, events)
    receiver.behave(answer)
    report, seconds = timed(lambda: send(tmp_path))
    assert (report["delivered"], report["left"], report["set_aside"]) == (0, 6, 0)
    assert (receiver.events, receiver.gets, receiver.attempts) == ([], [], 1)  # nobody was asked who is not configured
    assert seconds < 2
    assert f"HTTP {answer.status}, a redirect" in why(report)
    assert "hunter2" not in json.dumps(report)
    assert status(tmp_path)["sinks"][0]["left"] == 6
    receiver.behave()
    assert send(tmp_path)["delivered"] == 6
    assert receiver.events == events


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        (NeverAnswers(), "no answer in time"),
        (Drips(0.05), "HTTP 500"),
        (Drips(0.05, head=True), "no answer in time"),
        (Floods(200), "HTTP 500"),
        (Floods(200, 404), "HTTP 404"),
        (Breaks(), "broke off"),
        (Breaks(b""), "broke off"),
        (Says(503, {"Retry-After": "99999999"}), "HTTP 503"),
        (Says(503, {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}), "HTTP 503"),
        (Says(429, {"Retry-After": "1e308"}), "HTTP 429"),
        (Says(401), "HTTP 401"),
        (Says(405), "HTTP 405"),
    ],
    ids=repr,
)
def test_a_receiver_out_of_order_gets_all_later(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, behaviour: Rough, said: str
) -> None:
    events = shop(1)
    run_folder(tmp_path, events)
    receiver.behave(behaviour)
    report, seconds = timed(lambda: send(tmp_path))
    assert (report["delivered"], report["left"], report["set_aside"]) == (0, 4, 0)
    assert said in why(report)
    assert seconds < 30
    assert status(tmp_path)["sinks"][0]["left"] == 4
    receiver.behave()
    configure(monkeypatch, receiver.url, timeout=5.0)  # on a busy machine a good answer takes longer, too
    assert send(tmp_path)["left"] == 0
    assert receiver.events == events


@pytest.mark.parametrize("asked", ["-5", "0", "nan", "1", "soon", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_a_short_pause_is_kept_and_nonsense_is_none(receiver: Receiver, tmp_path: Path, asked: str) -> None:
    events = shop(1)
    run_folder(tmp_path, events)
    receiver.behave(Says(503, {"Retry-After": asked}))
    sender = Sender(tmp_path, only_due=False, patience=20.0).start()
    time.sleep(0.3)
    receiver.behave()
    assert sender.drain(10.0).events == 0
    assert receiver.events == events


def test_send_waits_no_longer_than_told_for_a_receiver_that_asks_for_years(receiver: Receiver, tmp_path: Path) -> None:
    run_folder(tmp_path, shop(1))
    receiver.behave(Says(503, {"Retry-After": "99999999"}))
    report, seconds = timed(lambda: send(tmp_path, "--wait", "1.5"))
    assert report["left"] == 4
    assert 1.4 < seconds < 5


# --- what a good status is


@pytest.mark.parametrize("good", [200, 201, 202, 204, 299])
def test_any_2xx_is_delivered(receiver: Receiver, tmp_path: Path, good: int) -> None:
    events = shop(1)
    run_folder(tmp_path, events)
    receiver.behave(Says(good))
    assert send(tmp_path)["delivered"] == 4
    assert receiver.events == events


@pytest.mark.parametrize("behaviour", [Floods(200, 201), Drips(0.05, 201)], ids=repr)
def test_nobody_waits_for_the_body_of_a_good_answer(receiver: Receiver, tmp_path: Path, behaviour: Rough) -> None:
    events = shop(1)
    run_folder(tmp_path, events)
    receiver.behave(behaviour)
    report, seconds = timed(lambda: send(tmp_path))
    assert (report["delivered"], report["left"]) == (4, 0)
    assert receiver.events == events
    assert seconds < 8


# --- one event is at fault


@pytest.mark.bad_events
@pytest.mark.parametrize(
    ("behaviour", "reason"),
    [
        (NeverAnswers("x_poison"), "no answer in time, 5 times"),
        (Drips(0.02, head=True, text="x_poison"), "no answer in time, 5 times"),
        (Drips(0.02, text="x_poison"), "5 times"),
        (Floods(50, text="x_poison"), "5 times"),
        (Breaks(text="x_poison"), "broke off, 5 times"),
    ],
    ids=repr,
)
def test_an_event_on_which_the_receiver_fails_is_set_aside_after_five_tries(
    receiver: Receiver, tmp_path: Path, behaviour: Rough, reason: str
) -> None:
    events = poisoned(shop(2), 2)
    run_folder(tmp_path, events)
    receiver.behave(behaviour)
    report, seconds = timed(lambda: send(tmp_path))
    assert (report["delivered"], report["left"], report["set_aside"]) == (5, 0, 1)
    assert keys(receiver.events) == keys(events[:2] + events[3:])
    assert receiver.attempts == 5 + 1 + 5  # once more when the next one has been taken
    (aside,) = status(tmp_path)["sinks"][0]["set_aside"]
    assert reason in aside["why"]
    assert aside["number"] == 2
    assert seconds < 20


@pytest.mark.bad_events
def test_tries_are_counted_over_several_processes(receiver: Receiver, tmp_path: Path) -> None:
    """The first event of a store: a receiver that was never heard of and is silent is given up after two."""
    events = poisoned(shop(1), 0)
    run_folder(tmp_path, events)
    receiver.behave(NeverAnswers("x_poison"))
    reports = [send(tmp_path) for _ in range(3)]
    assert [report["left"] for report in reports] == [4, 4, 0]
    assert (reports[-1]["delivered"], reports[-1]["set_aside"]) == (3, 1)


@pytest.mark.bad_events
def test_two_such_events_in_a_row(receiver: Receiver, tmp_path: Path) -> None:
    events = poisoned(shop(2), 2, 3)
    run_folder(tmp_path, events)
    receiver.behave(NeverAnswers("x_poison"))
    report = send(tmp_path)
    assert (report["delivered"], report["left"], report["set_aside"]) == (4, 0, 2)
    assert keys(receiver.events) == keys(events[:2] + events[4:])


@pytest.mark.bad_events
@pytest.mark.parametrize("bad", [400, 409, 413, 422, 451])
def test_what_is_refused_is_set_aside_at_once(receiver: Receiver, tmp_path: Path, bad: int) -> None:
    events = poisoned(shop(1), 1)
    run_folder(tmp_path, events)
    receiver.behave(Says(bad, text="x_poison"))
    report = send(tmp_path)
    assert (report["delivered"], report["left"], report["set_aside"]) == (3, 0, 1)
    assert receiver.attempts == 4


# --- the program's end


@pytest.mark.parametrize("behaviour", [NeverAnswers(), Drips(0.02, head=True), Says(302, {"Location": "/"})], ids=repr)
def test_the_end_of_a_program_waits_no_longer_than_it_may(receiver: Receiver, tmp_path: Path, behaviour: Rough) -> None:
    folder = run_folder(tmp_path, shop(1))
    receiver.behave(behaviour)
    begun = time.monotonic()
    assert sent_at_the_end(tmp_path, folder, 2.8).events == 4
    assert time.monotonic() - begun < 4
    assert status(tmp_path)["sinks"][0]["left"] == 4


# --- TLS


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificates of these tests, and is not here")
    made = tmp_path / "receiver.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=localhost"]
    words += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(made), "-out", str(tmp_path / "cert.pem")]
    subprocess.run(words, check=True, capture_output=True)
    made.write_text(made.read_text() + (tmp_path / "cert.pem").read_text())
    return made


def test_a_certificate_that_is_not_trusted(certificate: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    events = shop(1)
    run_folder(tmp_path / "store", events)
    with Receiver(certificate=str(certificate)) as receiver:
        configure(monkeypatch, receiver.url)
        report, seconds = timed(lambda: send(tmp_path / "store"))
        assert (report["delivered"], report["left"], report["set_aside"]) == (0, 4, 0)
        assert "its TLS certificate is not trusted" in why(report)
        assert seconds < 5
        configure(monkeypatch, receiver.url, sslContext={"caCertPath": str(tmp_path / "cert.pem")})
        assert send(tmp_path / "store")["delivered"] == 4
    assert receiver.events == events


def test_no_tls_where_it_should_be(receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_folder(tmp_path, shop(1))
    configure(monkeypatch, receiver.url.replace("http:", "https:"))
    report, seconds = timed(lambda: send(tmp_path))
    assert (report["left"], report["set_aside"]) == (4, 0)
    assert "TLS" in why(report)
    assert seconds < 10


# --- tokens that somebody else gives


@pytest.mark.parametrize(("answer", "kind"), [(Says(400), "refused"), (Says(503), "later"), (Drips(0.05, 200), "late")])
def test_no_token_is_not_the_events_fault(
    receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: Rough, kind: str
) -> None:
    run_folder(tmp_path, shop(1))
    monkeypatch.setattr(Tokens.__init__, "__defaults__", (0.5,))
    with Receiver(answer) as giver:
        auth = {"type": "jwt", "apiKey": "k", "tokenEndpoint": f"{giver.url}/api/v1/lineage"}
        configure(monkeypatch, receiver.url, auth=auth)
        report, seconds = timed(lambda: send(tmp_path))
        giver.behave()
    assert (report["left"], report["set_aside"], receiver.attempts) == (4, 0, 0)
    assert "no token" in why(report)
    assert seconds < 8


# --- the client's own retry


@pytest.mark.parametrize(("behaviour", "said"), [(NeverAnswers(), "no answer in time"), (Breaks(), "broke off")])
def test_what_the_real_clients_retry_makes_of_it(receiver: Receiver, behaviour: Rough, said: str) -> None:
    """Its retry wraps the time-out in a connection error: the event was there all the same, and that is counted."""
    receiver.behave(behaviour)
    config = HttpConfig.from_dict({"url": receiver.url, "timeout": 0.2, "retry": {"total": 1, "backoff_factor": 0}})
    client = OpenLineageClient(transport=HttpTransport(config))
    with pytest.raises(Exception) as raised:
        client.emit(event_of(shop(1)[0]))
    response = response_to(raised.value)
    assert (response.kind, response.reached) == (ResponseKind.LATER, True)
    assert said in response.why
    assert receiver.attempts == 2


def test_failures_that_pass_are_ridden_out_in_order(receiver: Receiver, tmp_path: Path) -> None:
    events = shop(3)
    run_folder(tmp_path, events)
    receiver.behave(Failing(502, times=2))
    assert send(tmp_path)["delivered"] == 8
    assert receiver.events == events
    assert len(receivers()) == 1
    assert "nothing is left" not in command("send", "--store", str(tmp_path)).stderr
