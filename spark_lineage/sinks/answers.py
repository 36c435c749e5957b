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


class Verdict(enum.Enum):
    TAKEN = "taken"
    REFUSED = "refused"  # this event, for good
    LATER = "later"  # the receiver cannot now
    CLOSED = "closed"  # the receiver takes nothing from us as we are set up: no use in trying again


@dataclass(frozen=True)
class Answer:
    """What came of one attempt. ``reached``: the receiver had the event, and what it did with it may not be known."""

    verdict: Verdict
    why: str = ""
    reached: bool = True
    again_after: float | None = None  # seconds, as the receiver asked
    status: int | None = None  # of HTTP


TAKEN = Answer(Verdict.TAKEN)


def answer_to(error: BaseException) -> Answer:
    """What an error of a transport says about the event and about the receiver."""
    response = next((found for each in _causes(error) if (found := getattr(each, "response", None)) is not None), None)
    if response is not None:
        return _of_response(response)
    import requests

    for each in _causes(error):
        if isinstance(each, (requests.exceptions.InvalidURL, requests.exceptions.MissingSchema)):
            return Answer(Verdict.CLOSED, sentence(each), False)
        if isinstance(each, ModuleNotFoundError):
            return Answer(Verdict.CLOSED, f"the package {each.name} is not installed", False)
        if isinstance(each, requests.exceptions.ConnectTimeout):
            return Answer(Verdict.LATER, "no connection in time", False)
        if isinstance(each, requests.exceptions.Timeout):
            return Answer(Verdict.LATER, "no answer in time")
        if isinstance(each, requests.exceptions.ConnectionError):
            refused = "refused" in str(each)
            return Answer(Verdict.LATER, "connection refused" if refused else sentence(each), "aborted" in str(each))
    return Answer(Verdict.LATER, sentence(error), False)


def _of_response(response: Any) -> Answer:
    status = int(response.status_code)
    text = str(getattr(response, "text", "") or "")[:2_000]
    why = f"HTTP {status}: {_message(text)}" if _message(text) else f"HTTP {status}"
    if status in NOT_THE_EVENT:
        return Answer(Verdict.CLOSED, why, status=status)
    if status in LATER_STATUS or (status >= 500 and not _says_bad_request(text)):
        return Answer(Verdict.LATER, why, again_after=_retry_after(response), status=status)
    return Answer(Verdict.REFUSED, why, status=status)


def _says_bad_request(text: str) -> bool:
    """Marquez answers 500 to what it cannot read; the body's own code tells."""
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
