"""Receivers that break HTTP's manners: they redirect, drip, flood, fall silent, die in the middle of an answer."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, Union

MEGABYTE = b"x" * 1_000_000


@dataclass(frozen=True)
class Says:
    """This status and these headers; ``text``: only to events whose body contains it. 2xx: the event is kept."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = ""
    body: bytes = b""

    def write(self, handler: BaseHTTPRequestHandler, released: threading.Event) -> None:
        handler.send_response(self.status)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(self.body)))
        handler.end_headers()
        handler.wfile.write(self.body)


@dataclass(frozen=True)
class Drips:
    """One byte at a time, without end: of the answer's body, or (``head``) of its headers already."""

    seconds: float
    status: int = 500
    head: bool = False
    text: str = ""

    def write(self, handler: BaseHTTPRequestHandler, released: threading.Event) -> None:
        handler.close_connection = True
        handler.wfile.write(f"HTTP/1.1 {self.status} So\r\n".encode() + (b"X-Long: " if self.head else b"\r\n"))
        with contextlib.suppress(OSError):
            while not released.is_set():
                handler.wfile.write(b"x")
                time.sleep(self.seconds)


@dataclass(frozen=True)
class Floods:
    """A body of so many megabytes."""

    megabytes: int
    status: int = 500
    text: str = ""

    def write(self, handler: BaseHTTPRequestHandler, released: threading.Event) -> None:
        handler.close_connection = True
        handler.send_response(self.status)
        handler.send_header("Content-Length", str(self.megabytes * len(MEGABYTE)))
        handler.end_headers()
        with contextlib.suppress(OSError):
            for _ in range(self.megabytes):
                handler.wfile.write(MEGABYTE)


@dataclass(frozen=True)
class NeverAnswers:
    """Keeps the connection open and says nothing."""

    text: str = ""

    def write(self, handler: BaseHTTPRequestHandler, released: threading.Event) -> None:
        handler.close_connection = True
        released.wait()


@dataclass(frozen=True)
class Breaks:
    """The connection is gone after these bytes of an answer."""

    after: bytes = b"HTTP/1.1 2"
    text: str = ""

    def write(self, handler: BaseHTTPRequestHandler, released: threading.Event) -> None:
        handler.close_connection = True
        handler.wfile.write(self.after)


Rough = Union[Says, Drips, Floods, NeverAnswers, Breaks]
ROUGH: Any = (Says, Drips, Floods, NeverAnswers, Breaks)
