"""The receiver as an HTTP server on the loopback interface, and how it can misbehave."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Union

from tests.receiver.answers import Answer
from tests.receiver.book import Book, Breach, Received
from tests.receiver.rough import ROUGH, Rough
from tests.receiver.spec import Specification

LINEAGE = "/api/v1/lineage"


@dataclass(frozen=True)
class Healthy:
    """Answers at once."""


@dataclass(frozen=True)
class Slow:
    """Takes this long for each event, as one that is under load does."""

    seconds: float


@dataclass(frozen=True)
class Failing:
    """Answers every event with this status; the next ``times`` of them, if not None."""

    status: int = 500
    times: int | None = None


@dataclass(frozen=True)
class Refusing:
    """Answers events whose body contains ``text`` with this status, and takes all others."""

    text: str
    status: int = 500


@dataclass(frozen=True)
class BlackHole:
    """Takes connections and requests, never answers, keeps nothing."""


@dataclass(frozen=True)
class DieAfter:
    """Takes this many events, then the process is gone: connections break, nobody listens.

    ``silent``: it keeps the last event and dies before the answer, so that the sender cannot know.
    """

    events: int
    silent: bool = False


Misbehaviour = Union[Healthy, Slow, Failing, Refusing, BlackHole, DieAfter, Rough]


class Receiver:
    """Listens while it is entered (or from :meth:`up` to :meth:`down`); what it got it keeps over both."""

    def __init__(
        self,
        behaviour: Misbehaviour = Healthy(),
        port: int = 0,
        specification: Specification | None = None,
        foreign: frozenset[str] = frozenset(),
        largest: int | None = None,
        api_key: str | None = None,
        certificate: str | None = None,
    ) -> None:
        self.book = Book(specification, foreign)
        self.attempts = 0  # requests with an event, answered or not
        self.gets: list[str] = []  # paths that somebody has asked for
        self.largest = largest
        self.api_key = api_key
        self.certificate = certificate  # a PEM file with certificate and key: TLS is spoken then
        self.changed = threading.Condition()
        self._behaviour: Misbehaviour = behaviour
        self._left = _budget(behaviour)
        self._released = threading.Event()
        self._server: _Server | None = None
        self._address = ("127.0.0.1", port or _free_port())

    # -- for tests

    @property
    def url(self) -> str:
        return f"{'https' if self.certificate else 'http'}://{self._address[0]}:{self._address[1]}"

    @property
    def port(self) -> int:
        return self._address[1]

    @property
    def received(self) -> list[Received]:
        with self.changed:
            return list(self.book.received)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [each.event for each in self.received]

    @property
    def keys(self) -> list[tuple[str, str]]:
        """(run id, event type) of every event taken, in the order in which they came."""
        return [each.key for each in self.received]

    @property
    def breaches(self) -> list[Breach]:
        with self.changed:
            return list(self.book.breaches)

    def check(self, finished: bool = True) -> None:
        """AssertionError that lists every rule broken and every event refused."""
        with self.changed:
            found = [str(each) for each in self.book.breaches]
            found += [str(each) for each in self.book.unfinished()] if finished else []
            found += [f"refused with {answer.status} {dict(answer.body)}" for answer, _ in self.book.refused]
        assert not found, f"{len(found)} rules broken:\n" + "\n".join(found[:50])

    def wait_for(self, events: int, timeout: float = 20.0) -> bool:
        """Whether that many events have been taken before ``timeout`` seconds are over."""
        with self.changed:
            return self.changed.wait_for(lambda: len(self.book.received) >= events, timeout)

    def behave(self, behaviour: Misbehaviour = Healthy()) -> None:
        """From now on it does so; what a black hole holds is let go, unanswered."""
        with self.changed:
            self._behaviour, self._left = behaviour, _budget(behaviour)
        self._released.set()
        self._released = threading.Event()

    def up(self) -> Receiver:
        if self._server is None:
            self._server = _Server(self._address, self)
            threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def down(self) -> None:
        """Nobody listens any more and open connections break, as when the process is killed."""
        server, self._server = self._server, None
        self._released.set()
        if server is not None:
            server.stop_listening()

    def __enter__(self) -> Receiver:
        return self.up()

    def __exit__(self, *_: Any) -> None:
        self.down()

    # -- for the handler

    def rough(self, body: bytes) -> tuple[Rough, threading.Event] | None:
        """How this event is answered if not in good order, and when to let go of it."""
        with self.changed:
            behaviour, released = self._behaviour, self._released
            if not isinstance(behaviour, ROUGH) or behaviour.text.encode("utf-8") not in body:
                return None
            self.attempts += 1
            if 200 <= getattr(behaviour, "status", 0) < 300:
                self.book.receive(body)
                self.changed.notify_all()
            return behaviour, released

    def take(self, body: bytes, key: str | None) -> Answer | None:
        """The answer to an event; None for no answer at all."""
        with self.changed:
            self.attempts += 1
            behaviour, released = self._behaviour, self._released
        if isinstance(behaviour, BlackHole):
            released.wait()
            return None
        if isinstance(behaviour, Slow):
            time.sleep(behaviour.seconds)
        with self.changed:
            answer, dies = self._decide(behaviour, body, key)
            self.changed.notify_all()
        if dies:
            self.down()
        return answer

    def _decide(self, behaviour: Misbehaviour, body: bytes, key: str | None) -> tuple[Answer | None, bool]:
        if self.api_key is not None and key != f"Bearer {self.api_key}":
            return Answer(401, {"code": 401, "message": "Credentials are required."}), False
        if self.largest is not None and len(body) > self.largest:
            return Answer(413, {"code": 413, "message": f"more than {self.largest} bytes"}), False
        if isinstance(behaviour, Refusing) and behaviour.text.encode("utf-8") in body:
            return _failure(behaviour.status), False
        if isinstance(behaviour, Failing) and (self._left is None or self._left > 0):
            self._left = None if self._left is None else self._left - 1
            return _failure(behaviour.status), False
        if isinstance(behaviour, DieAfter):
            left = self._left = (self._left or 0) - 1
            if left < 0:
                return None, True
            answer = self.book.receive(body)
            return (None, True) if left == 0 and behaviour.silent else (answer, False)
        return self.book.receive(body), False


def _budget(behaviour: Misbehaviour) -> int | None:
    if isinstance(behaviour, DieAfter):
        return behaviour.events
    return behaviour.times if isinstance(behaviour, Failing) else None


def _failure(status: int) -> Answer:
    return Answer(status, {"code": status, "message": "on purpose"})


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    block_on_close = False

    def __init__(self, address: tuple[str, int], receiver: Receiver) -> None:
        self.receiver = receiver
        self._open: set[socket.socket] = set()
        self._stopped = threading.Event()
        super().__init__(address, _Handler)
        if receiver.certificate is not None:
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(receiver.certificate)
            # Hands are shaken in the thread of each connection, and not where all are waited for.
            self.socket = tls.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def stop_listening(self) -> None:
        self.shutdown()
        self.server_close()
        for each in list(self._open):
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # it was gone already

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # clients that go away in the middle are part of the tests


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Content-Encoding") == "gzip":
            import gzip

            body = gzip.decompress(body)
        if self.path.rstrip("/") != LINEAGE:
            self._answer(Answer(404, {"code": 404, "message": "HTTP 404 Not Found"}))
            return
        if (rough := self.server.receiver.rough(body)) is not None:
            rough[0].write(self, rough[1])
            return
        answer = self.server.receiver.take(body, self.headers.get("Authorization"))
        if answer is None:
            self.close_connection = True
        else:
            self._answer(answer)

    def do_GET(self) -> None:
        receiver = self.server.receiver
        receiver.gets.append(self.path)
        pages: dict[str, Any] = {
            "/": lambda: {"events": len(receiver.events), "breaches": len(receiver.breaches)},
            "/api/v1/events/lineage": lambda: {"events": receiver.events, "totalCount": len(receiver.events)},
            "/breaches": lambda: [vars(each) for each in receiver.breaches],
        }
        page = pages.get(self.path.split("?")[0])
        self._answer(Answer(200, page()) if page else Answer(404, {"code": 404, "message": "HTTP 404 Not Found"}))

    def _answer(self, answer: Answer) -> None:
        body = b"" if answer.status == 201 else json.dumps(answer.body).encode("utf-8")
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass
