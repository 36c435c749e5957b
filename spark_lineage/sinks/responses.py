"""What came of an attempt to send an event: what an error says about the event, and what about the receiver."""

from __future__ import annotations

import enum
import json
import math
import re
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

# It is not the event's fault: a wrong key or address would set aside every event there is.
NOT_THE_EVENT = frozenset({401, 402, 403, 404, 405, 407, 411, 421})
LATER_STATUS = frozenset({408, 423, 425, 429})
LONGEST_ASKED = 60.0  # seconds of a pause that a receiver asks for; some ask for years


class ResponseKind(enum.Enum):
    TAKEN = "taken"  # the receiver has the event
    REFUSED = "refused"  # the receiver will never take this event
    LATER = "later"  # the receiver cannot take it now, and may take it later
    CLOSED = "closed"  # the receiver takes nothing from us as we are set up: there is no use in trying again


@dataclass(frozen=True)
class Response:
    """What came of one attempt to send one event.

    ``reached`` is True if the receiver got the event, even where nobody knows what it did with it. ``again_after`` is
    the pause in seconds that the receiver asked for, ``status`` the status of HTTP if there was one.
    """

    kind: ResponseKind
    why: str = ""
    reached: bool = True
    again_after: float | None = None
    status: int | None = None


TAKEN = Response(ResponseKind.TAKEN)


def response_to(error: BaseException) -> Response:
    """What an error of a transport says about the event and about the receiver."""
    causes = list(_causes(error))
    if (token := next((cause for cause in causes if isinstance(cause, NoToken)), None)) is not None:
        return Response(ResponseKind.CLOSED if token.refused else ResponseKind.LATER, str(token), False)
    http = next((found for cause in causes if (found := getattr(cause, "response", None)) is not None), None)
    if http is not None:
        return _of_http(http)
    # The most telling cause, wherever in the chain it stands: retries wrap a read time-out in a connection error.
    found = (response for of_cause in (_of_setup, _of_time, _of_connection) for response in map(of_cause, causes))
    return next(filter(None, found), Response(ResponseKind.LATER, sentence(error), False))


class NoToken(Exception):
    """There is no token to send with. ``refused``: whoever gives them does not give us one as we are set up."""

    def __init__(self, why: str, refused: bool) -> None:
        super().__init__(why)
        self.refused = refused


def _of_setup(cause: BaseException) -> Response | None:
    """None for an error that does not say that the receiver cannot work as it is set up."""
    import requests

    if isinstance(cause, (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema)):
        return Response(ResponseKind.CLOSED, sentence(cause), False)
    if isinstance(cause, ModuleNotFoundError):
        return Response(ResponseKind.CLOSED, f"the package {cause.name} is not installed", False)
    if isinstance(cause, ssl.SSLCertVerificationError):
        why = f"its TLS certificate is not trusted ({cause.verify_message or cause.reason})"
        return Response(ResponseKind.CLOSED, why, False)
    return None


def _of_time(cause: BaseException) -> Response | None:
    import requests
    import urllib3

    if isinstance(cause, urllib3.exceptions.NewConnectionError):
        return None  # in older lines of urllib3 it passes for a time-out
    if isinstance(cause, (requests.exceptions.ConnectTimeout, urllib3.exceptions.ConnectTimeoutError)):
        return Response(ResponseKind.LATER, "no connection in time", False)
    if isinstance(cause, (requests.exceptions.Timeout, urllib3.exceptions.ReadTimeoutError, TimeoutError)):
        return Response(ResponseKind.LATER, "no answer in time")
    return None


def _of_connection(cause: BaseException) -> Response | None:
    import requests

    if isinstance(cause, requests.exceptions.SSLError):
        return Response(ResponseKind.LATER, "no TLS connection comes about", False)
    if isinstance(cause, requests.exceptions.ConnectionError):
        text = str(cause)
        if "refused" in text:
            return Response(ResponseKind.LATER, "connection refused", False)
        broken = "aborted" in text or "reset" in text
        return Response(ResponseKind.LATER, "the connection broke off" if broken else sentence(cause), broken)
    return None


def _of_http(response: Any) -> Response:
    status = int(response.status_code)
    text = str(getattr(response, "text", "") or "")[:2_000]
    why = f"HTTP {status}: {_message(text)}" if _message(text) else f"HTTP {status}"
    if status < 400:
        return Response(ResponseKind.CLOSED, _of_no_error(status, response), status=status)
    if status in NOT_THE_EVENT:
        return Response(ResponseKind.CLOSED, why, status=status)
    if status in LATER_STATUS or (status >= 500 and not _says_bad_request(text)):
        return Response(ResponseKind.LATER, why, again_after=_retry_after(response), status=status)
    return Response(ResponseKind.REFUSED, why, status=status)


def _says_bad_request(text: str) -> bool:
    """Whether the body of a response has a code of its own from 400 to 499.

    Marquez answers an event that it cannot read with status 500, and says so only there.
    """
    try:
        body = json.loads(text)
    except ValueError:
        return False
    code = body.get("code") if isinstance(body, dict) else None
    return isinstance(code, int) and 400 <= code < 500


def _message(text: str) -> str:
    try:
        body = json.loads(text)
    except ValueError:
        return " ".join(text.split())[:200] if "<" not in text else ""
    if isinstance(body, dict):
        said = body.get("details") or body.get("message") or body.get("errors") or ""
        return " ".join(str(said if not isinstance(said, list) else ", ".join(map(str, said))).split())[:200]
    return ""


def _of_no_error(status: int, response: Any) -> str:
    """A sentence about an answer that is no error, and does not say that the event is there."""
    location = str(getattr(response, "headers", {}).get("Location") or "")
    if not 300 <= status < 400:
        return f"HTTP {status}, which does not say that the event is there"
    to = f" to {without_credentials(location)[:200]}" if location else ""
    return f"HTTP {status}, a redirect{to}: events are only sent to the address that is configured"


def _retry_after(response: Any) -> float | None:
    """Seconds, at most :data:`LONGEST_ASKED`; None where the receiver asks for no pause."""
    asked = str(response.headers.get("Retry-After") or "").strip()
    try:
        seconds = float(asked)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(asked).timestamp() - time.time()
        except (TypeError, ValueError, OverflowError):
            return None  # absent, or no date: our own pause does
    return None if math.isnan(seconds) else max(0.0, min(seconds, LONGEST_ASKED))


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error and what it came of, also where it is only named as the reason."""
    waiting, seen = [error], set[int]()
    while waiting:
        error = waiting.pop(0)
        if not isinstance(error, BaseException) or id(error) in seen:
            continue
        seen.add(id(error))
        yield error
        waiting += [error.__cause__, error.__context__, getattr(error, "reason", None), *error.args]


def sentence(error: BaseException) -> str:
    """The error in one line, without credentials."""
    return f"{type(error).__name__}: {without_credentials(str(error))}"[:300].rstrip(".")


def without_credentials(text: str) -> str:
    """The text in one line, without what stands for user and password in an address, and without its query."""
    return re.sub(r"(//[^\s?#]*)[?#][^\s]*", r"\1", re.sub(r"//[^/@\s]+@", "//", " ".join(text.split())))
