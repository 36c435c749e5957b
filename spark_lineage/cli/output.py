"""Where answers go: a stream that a reader may have closed, that may be full, or that knows few letters.

A command answers by its exit status, too: ``diff | head -1`` must say by it whether the runs are the same. So what
cannot be written any more is let go of, and the command comes to its end.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast

from spark_lineage.privacy.terminal import SPELLING


class Output:
    """A text stream whose writes never raise. ``failed``: the reason why something could not be written, if it could
    not; a pipe that its reader has closed is no failure.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._closed = False
        self.failed: str | None = None

    def write(self, text: str) -> int:
        self._try(self._stream.write, text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def flush(self) -> None:
        self._try(self._stream.flush)

    def _try(self, what: Any, *words: Any) -> None:
        if self._closed:
            return
        try:
            what(*words)
        except (OSError, ValueError) as error:
            self._closed = True
            if not isinstance(error, BrokenPipeError) and getattr(error, "errno", None) != errno.EPIPE:
                self.failed = getattr(error, "strerror", None) or str(error)
            self._leave()

    def _leave(self) -> None:
        """The interpreter flushes its streams once more when it ends, and would tell of the same error."""
        with suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def unbreakable() -> Iterator[list[Output]]:
    """Inside, standard output and standard error take all that is written. Gives standard output, if there is one."""
    was = sys.stdout, sys.stderr
    wrapped: list[Output | None] = []
    for stream in was:
        if stream is not None:
            with suppress(AttributeError, ValueError, OSError):
                cast(Any, stream).reconfigure(errors=SPELLING)
        wrapped.append(Output(stream) if stream is not None else None)
    sys.stdout, sys.stderr = wrapped
    try:
        yield [wrapped[0]] if wrapped[0] is not None else []
    finally:
        for output in wrapped:
            if output is not None:
                output.flush()
        sys.stdout, sys.stderr = was
