"""What the static reading says about one file of the user's program, before it runs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Statement:
    """One simple statement of a body (also inside its loops, ifs and withs), in source order."""

    index: int  # position in FunctionReading.statements
    line: int
    end_line: int
    variable: str | None  # the name that it assigns: ``x = ...`` -> x; tuple targets: "a, b"; else None
    ordinal: int  # 1 for the first statement of the body that assigns this variable, 2 for the second, ...
    source_hash: str  # of the normalised source: comments, formatting and docstrings do not matter
    source: str = ""  # the text as written
    column: int = 0  # of its first character (UTF-8 bytes, as ast counts): tells statements on one line apart
    reads: tuple[str, ...] = ()  # names that it takes values from: ``rows``, ``self.rows``
    binds: tuple[str, ...] = ()  # names that it gives values to; ``+rows`` where the earlier value stays a part


@dataclass(frozen=True)
class FunctionReading:
    """What the source says about one function; the module body is the function ``<module>``."""

    qualname: str  # ``Pipeline.clean``, ``make.<locals>.inner``, ``<module>``
    line: int
    end_line: int
    composite: bool  # its body calls (or hands on) user functions that handle DataFrames
    source_hash: str
    doc: str | None
    statements: tuple[Statement, ...]
    source: str = ""
    wrapper: bool = False  # only stands around another function (``functools.wraps``): no step of its own
    guarded: tuple[tuple[int, int], ...] = ()  # line ranges where an error may be caught by this body


@dataclass(frozen=True)
class SourceReading:
    """One user file, read before it runs. ``functions`` is keyed by (first line, qualname-last-part).

    The first line of a decorated function is that of its first decorator, as in ``co_firstlineno``.
    """

    file: str
    source_hash: str
    functions: tuple[FunctionReading, ...]
