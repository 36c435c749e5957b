"""What the static reading says about one file of the user's program, before it runs."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Statement:
    """One simple statement of a body (also inside its loops, ifs and withs), in source order."""

    index: int  # position in FunctionReading.statements, from 0
    line: int  # of the file, from 1
    end_line: int  # the last line that belongs to it
    variable: str | None  # the name that it assigns: ``x = ...`` gives x, several targets "a, b"; None for no name
    ordinal: int  # 1 for the first statement of the body of this variable (or deed), 2 for the second, ...
    source_hash: str  # of the normalised source, where comments, formatting and docstrings do not count
    source: str = ""  # the text as written
    column: int = 0  # where it begins in its line, in bytes of UTF-8 as ast counts; tells statements on one line apart
    reads: tuple[str, ...] = ()  # names that it takes values from: ``rows``, ``self.rows``
    deed: str | None = None  # what it does, where it assigns no variable: ``write_best``
    binds: tuple[str, ...] = ()  # names that it gives values to; ``+rows`` where the earlier value stays a part of it
    called: str | None = None  # the last name of the function whose result it binds as it is: ``clean``


@dataclass(frozen=True, slots=True)
class FunctionReading:
    """What the source says about one function. The body of a module is read as the function ``<module>``."""

    qualname: str  # ``Pipeline.clean``, ``make.<locals>.inner``, ``<module>``
    line: int  # the first line, from 1; of a decorated function that of its first decorator, as in co_firstlineno
    end_line: int
    composite: bool  # whether its body calls (or hands on) user functions that handle DataFrames
    source_hash: str  # as in Statement
    doc: str | None  # the docstring
    statements: tuple[Statement, ...]  # in source order
    source: str = ""  # the text as written
    wrapper: bool = False  # it only stands around another function (``functools.wraps``), and is no step of its own
    guarded: tuple[tuple[int, int], ...] = ()  # (first, last) lines where the body itself may catch an error


@dataclass(frozen=True, slots=True)
class ProgramFile:
    """One file of the program as it was when the program was read."""

    file: str  # its absolute path
    text_hash: str  # of its text, with line ends as Python reads them; made with the store's key (<id>:<hash>)
    source_hash: str | None = None  # as in Statement, with the same key; None for a module that was only imported


@dataclass(frozen=True, slots=True)
class SourceReading:
    """One user file, read before it runs."""

    file: str  # its path, as frames name it
    source_hash: str  # as in Statement
    functions: tuple[FunctionReading, ...]
    files: tuple[ProgramFile, ...] = ()  # itself, and the program's modules that it reaches and that were not told yet


def typed_number(file: str) -> int | None:
    """Which statement of the session a name means; None for what was not typed at Python's prompt."""
    found = re.fullmatch(r"<(?:stdin>-|python-input-)(\d+)>?", file)
    return int(found[1]) if found is not None else None
