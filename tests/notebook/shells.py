"""Shells at a terminal of their own: what a test types is typed, line by line."""

from __future__ import annotations

import os
import pty
import re
import select
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

SECONDS = 300.0


class Shell:
    """A program that runs at a pseudo terminal, and asks for lines by ``prompt``, a regular expression."""

    def __init__(self, words: Sequence[str], folder: Path, prompt: str, env: Mapping[str, str]) -> None:
        self._prompt = prompt
        self.said = ""
        given = {**os.environ, "TERM": "dumb", "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200", **env}
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.chdir(folder)
            os.execvpe(words[0], list(words), given)
        self._wait()

    def type(self, text: str) -> str:
        """Types lines one by one, and gives what the shell has said by its next prompt."""
        before = len(self.said)
        for line in text.split("\n"):
            os.write(self._terminal, line.encode() + b"\n")
            self._wait()
        return self.said[before:]

    def end(self) -> int:
        """Ctrl-D; gives the exit status."""
        os.write(self._terminal, b"\x04")
        until = time.monotonic() + SECONDS
        try:
            while time.monotonic() < until:
                self._read()
        except OSError:  # the terminal is gone with who had it
            pass
        _, status = os.waitpid(self._pid, 0)
        return os.waitstatus_to_exitcode(status)

    def _wait(self) -> None:
        """Until the shell asks for the next line, or for more of this one."""
        until = time.monotonic() + SECONDS
        heard = ""
        while not re.search(rf"(^|\n)({self._prompt}|\s*\.\.\.:? )$", heard):
            assert time.monotonic() < until, self.said + heard
            heard += self._read()
        self.said += heard

    def _read(self) -> str:
        if not select.select([self._terminal], [], [], 1.0)[0]:
            return ""
        content = os.read(self._terminal, 65536)
        if not content:
            raise OSError("the end")
        return content.decode("utf-8", "replace").replace("\r\n", "\n")


def python(folder: Path, interpreter: str = sys.executable, **env: str) -> Shell:
    """Python's own prompt."""
    return Shell([interpreter, "-q"], folder, ">>> ", {"PYTHON_BASIC_REPL": "1", **env})
