"""Tokens that somebody else gives: asked for in bounded time, and what goes wrong there is not the events' fault."""

from __future__ import annotations

import _thread
import threading
from collections.abc import Callable
from typing import Any

from openlineage.client.transport.http import TokenProvider

from spark_lineage.guard import silently
from spark_lineage.sinks.responses import NoToken, without_credentials

SECONDS = 15.0  # the client's providers give each byte 10


class Tokens(TokenProvider):
    """As the provider that it holds, but all that it raises is :class:`NoToken`, after ``seconds`` at the latest."""

    def __init__(self, provider: TokenProvider, seconds: float = SECONDS) -> None:
        super().__init__({})
        self._provider, self._seconds = provider, seconds

    def get_bearer(self) -> str | None:
        found: list[str | None] = []
        failed: list[Exception] = []

        def ask() -> None:
            try:
                found.append(self._provider.get_bearer())
            except Exception as error:  # each provider raises its own
                failed.append(error)

        if not _done(ask, self._seconds):
            raise NoToken("no token came in time", False)
        if failed:
            why = f"no token: {without_credentials(str(failed[0]))}"[:300].rstrip(".")
            raise NoToken(why, _refused(failed[0])) from None
        return found[0]


def _done(body: Callable[[], None], seconds: float) -> bool:
    """Whether the body has ended in time; it goes on in a thread of its own where it has not."""
    ended = threading.Event()

    def run() -> None:
        try:
            body()
        finally:
            ended.set()

    try:
        _thread.start_new_thread(silently, (run,))
    except RuntimeError:  # Python starts no thread any more when it is on its way out
        run()
    return ended.wait(seconds)


def _refused(error: BaseException | None) -> bool:
    """Whether an answer of 400 to 499 stands behind an error."""
    while error is not None:
        response: Any = getattr(error, "response", None)
        if response is not None:
            return 400 <= int(response.status_code) < 500
        error = error.__cause__
    return False
