"""What came of an attempt to send an event: what an error says about the event, and what about the receiver."""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

# It is not the event's fault: a wrong key or address would set aside every event there is.
NOT_THE_EVENT = frozenset({401, 402, 403, 404, 405, 407, 411, 421})
LATER_STATUS = frozenset({408, 423, 425, 429})


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
    http = next((found for cause in causes if (found := getattr(cause, "response", None)) is not None), None)
    if http is not None:
        return _of_http(http)
    return next(filter(None, map(_of_cause, causes)), Response(ResponseKind.LATER, sentence(error), False))


def _of_cause(cause: BaseException) -> Response | None:
    """None for an error that says nothing about the event or the receiver."""
    import requests

    if isinstance(cause, (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema)):
        return Response(ResponseKind.CLOSED, sentence(cause), False)
    if isinstance(cause, ModuleNotFoundError):
        return Response(ResponseKind.CLOSED, f"the package {cause.name} is not installed", False)
    if isinstance(cause, requests.exceptions.ConnectTimeout):
        return Response(ResponseKind.LATER, "no connection in time", False)
    if isinstance(cause, requests.exceptions.Timeout):
        return Response(ResponseKind.LATER, "no answer in time")
    if isinstance(cause, requests.exceptions.ConnectionError):
        why = "connection refused" if "refused" in str(cause) else sentence(cause)
        return Response(ResponseKind.LATER, why, "aborted" in str(cause))
    return None


def _of_http(response: Any) -> Response:
    status = int(response.status_code)
    text = str(getattr(response, "text", "") or "")[:2_000]
    why = f"HTTP {status}: {_message(text)}" if _message(text) else f"HTTP {status}"
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


def _retry_after(response: Any) -> float | None:
    try:
        return max(0.0, float(response.headers.get("Retry-After")))
    except (TypeError, ValueError):
        return None  # absent, or a date: our own pause does


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def sentence(error: BaseException) -> str:
    """The error in one line, without credentials."""
    text = re.sub(r"//[^/@\s]+@", "//", " ".join(str(error).split()))
    return f"{type(error).__name__}: {text}"[:300].rstrip(".")
