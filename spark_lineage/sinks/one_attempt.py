"""One attempt to bring an event to an HTTP receiver: to the configured address, in bounded time, with a bounded answer.

``requests`` bounds neither: its time-out begins anew with each byte that comes, it reads an answer to its end however
long that is, and it takes an event to wherever it is redirected. Here the whole answer must come before a deadline, of
its body only the beginning is read, and only a status of 200 to 299 of the configured address counts.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import math
import time
from typing import Any

import requests
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection

MOST_BYTES = 64 * 1024  # of an answer's body that are read: what people are told of it is much shorter
CHUNK = 16 * 1024
DRAINING = 0.5  # seconds at most for the body of an answer whose status is good: nobody reads it


class Until:
    """The moment, on the monotonic clock, at which an attempt has taken long enough."""

    def __init__(self) -> None:
        self.at = math.inf

    def left(self) -> float:
        """Seconds. Raises TimeoutError if none are left."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        return left


class NotTaken(requests.exceptions.HTTPError):
    """An answer that is neither good nor, in ``requests``' sense, an error: a redirect, for example."""


class OneAttempt(requests.Session):
    """A session that follows no redirect and gives each request ``timeout`` seconds in all."""

    def __init__(self, retries: urllib3.Retry) -> None:
        super().__init__()
        self._until = Until()
        self.adapter = _Adapter(self._until, retries)
        self.mount("https://", self.adapter)
        self.mount("http://", self.adapter)

    def post(self, url: Any, data: Any = None, json: Any = None, **options: Any) -> requests.Response:
        """Raises :class:`NotTaken` for an answer that is no 2xx and that the caller would not see as an error."""
        self._until.at = time.monotonic() + float(options["timeout"])
        response = super().post(url, data, json, **{**options, "allow_redirects": False, "stream": True})
        good = 200 <= response.status_code < 300
        if good:
            self._until.at = min(self._until.at, time.monotonic() + DRAINING)
        _read_the_beginning(response)
        if not good and response.status_code < 400:
            raise NotTaken(f"HTTP {response.status_code}", response=response)
        return response


def _read_the_beginning(response: requests.Response) -> None:
    """Reads so much of the body as can be had and is wanted; what breaks meanwhile does not change the status."""
    body = b""
    # Any: what an answer is packed in may be as broken as the connection, and each library raises its own.
    with contextlib.suppress(Exception):
        while len(body) < MOST_BYTES and (chunk := response.raw.read(CHUNK, decode_content=True)):
            body += chunk
    # Whatever may still come is not waited for: the connection is not used again, but where all has been read.
    response._content = body[:MOST_BYTES]
    response._content_consumed = True
    if not response.raw.isclosed():
        with contextlib.suppress(Exception):
            response.raw.close()


class _Adapter(HTTPAdapter):
    """Makes connections whose answers must come until a moment."""

    def __init__(self, until: Until, retries: urllib3.Retry) -> None:
        self._pools = _pools(until)
        super().__init__(max_retries=retries)

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, proxy: Any, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = self._pools
        return manager


def _pools(until: Until) -> dict[str, type]:
    """Connection pools by scheme."""

    class Answer(http.client.HTTPResponse):
        def __init__(self, sock: Any, *arguments: Any, **options: Any) -> None:
            super().__init__(sock, *arguments, **options)
            self.fp: Any = io.BufferedReader(_Watched(self.fp, sock, until))

    class Plain(HTTPConnection):
        response_class = Answer

    class Secure(HTTPSConnection):
        response_class = Answer

    class PlainPool(urllib3.HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(urllib3.HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


class _Watched(io.RawIOBase):
    """What comes from a socket until a moment: each wait is only as long as there is time left in all."""

    def __init__(self, buffered: Any, sock: Any, until: Until) -> None:
        super().__init__()
        self._raw, self._socket, self._until = buffered.raw, sock, until
        self._buffered = buffered  # its end would close ``raw``

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> Any:
        self._socket.settimeout(self._until.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        if not self.closed:
            self._buffered.close()
        super().close()
