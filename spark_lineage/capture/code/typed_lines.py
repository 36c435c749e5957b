"""What was typed at Python's own prompt: each statement is a text of its own, where the shell still has it.

From Python 3.13 on the shell names each statement (``<python-input-3>``, ``<stdin>-3``) and keeps its text in
``linecache``. Before that all are called ``<stdin>``, and only the lines that ``readline`` keeps for the arrow keys
have the text. They are lines and no statements, and may be of another day: a text counts only if it compiles to the
very code that runs.
"""

from __future__ import annotations

import itertools
import linecache
import re
import sys
from collections.abc import Iterator
from types import CodeType
from typing import Any

SHELL = "<stdin>"
MOST_LINES = 2_000  # of readline's that are searched
LONGEST = 200  # lines of one statement
MOST_TRIES = 2_000  # compilations for one piece of code


class TypedLines:
    """Gives each typed statement a name of its own, and its text."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}  # id of a code object -> the name of its statement
        self._held: list[CodeType] = []  # so that no id is given to another
        self._texts: dict[str, str] = {}
        self._count = 0

    def file_of(self, code: CodeType) -> str:
        """``co_filename``; of what was typed before 3.13 the name of its statement.

        A whole program that Python reads from its standard input is no session, and has no prompt.
        """
        if code.co_filename != SHELL or not hasattr(sys, "ps1"):
            return code.co_filename
        known = self._names.get(id(code))
        return known if known is not None else self._named(code)

    def text_of(self, file: str, code: CodeType | None = None) -> str:
        """The text of a typed statement; empty where nobody has it."""
        if file in self._texts:
            return self._texts[file]
        by_code = getattr(linecache, "_getlines_from_code", None)  # 3.13.1
        return "".join(by_code(code)) if by_code is not None and code is not None else ""

    def _named(self, code: CodeType) -> str:
        text = next(_texts(code), "")
        same = [name for name, known in self._texts.items() if known == text] if code.co_name != "<module>" else []
        if text and same:
            name = same[-1]  # the function is of a statement that has a name
        else:
            self._count += 1
            name = f"<stdin>-{self._count}"
            self._texts[name] = text
        self._keep(code, name)
        for inner in _within(code):
            self._keep(inner, name)
        return name

    def _keep(self, code: CodeType, name: str) -> None:
        self._names[id(code)] = name
        self._held.append(code)


def _within(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _within(constant)


def _texts(code: CodeType) -> Iterator[str]:
    """Texts among the lines that were typed that compile to a code, the newest first."""
    lines = list(_history())
    for first, last in itertools.islice(_blocks(lines, code), MOST_TRIES):
        text = "\n".join(lines[first:last]) + "\n"
        if _compiles_to(text, code):
            yield text


def _blocks(lines: list[str], code: CodeType) -> Iterator[tuple[int, int]]:
    """(first line, the one behind the last) of what may be the text. A statement that runs ends with the last line."""
    if code.co_name == "<module>":
        for length in range(1, min(LONGEST, len(lines)) + 1):
            yield len(lines) - length, len(lines)
        return
    named = re.compile(rf"\s*(async\s+)?def\s+{re.escape(code.co_name)}\b") if code.co_name.isidentifier() else None
    for at in range(len(lines) - 1, -1, -1):
        if named is None or named.match(lines[at]):
            first = at - max(0, code.co_firstlineno - 1)
            for begin in dict.fromkeys((first, at)):
                for end in range(at + 1, min(at + LONGEST, len(lines)) + 1):
                    if begin >= 0:
                        yield begin, end


def _compiles_to(text: str, code: CodeType) -> bool:
    try:
        compiled = compile(text, SHELL, "single", dont_inherit=True)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return False
    return compiled == code if code.co_name == "<module>" else any(inner == code for inner in _within(compiled))


def _history() -> Iterator[str]:
    """What ``readline`` keeps, oldest first. It is not imported: only the shell's own has anything."""
    readline: Any = sys.modules.get("readline")
    if readline is None:
        return
    count = readline.get_current_history_length()
    for at in range(max(1, count - MOST_LINES + 1), count + 1):
        line = readline.get_history_item(at)
        if isinstance(line, str):
            yield line
