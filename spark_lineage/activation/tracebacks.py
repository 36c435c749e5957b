"""Takes our frames out of a traceback, so that it reads as in a plain run."""

from __future__ import annotations

from collections.abc import Iterator
from types import CodeType, TracebackType


def without_our_frames(error: BaseException, runner: CodeType | None = None) -> TracebackType | None:
    """Strips ``error`` and every exception it is chained to; gives the new traceback of ``error``.

    ``runner``: the code that called the program; it and what is above it goes too.
    """
    for chained in _chain(error):
        chained.__traceback__ = _stripped(chained.__traceback__, runner)
    return error.__traceback__


def _chain(error: BaseException) -> Iterator[BaseException]:
    pending, seen = [error], set()
    while pending:
        chained = pending.pop()
        if id(chained) in seen:
            continue
        seen.add(id(chained))
        yield chained
        pending.extend(linked for linked in (chained.__cause__, chained.__context__) if linked is not None)
        members = getattr(chained, "exceptions", None)  # ExceptionGroup (3.11)
        if isinstance(members, tuple):
            pending.extend(member for member in members if isinstance(member, BaseException))


def _stripped(traceback: TracebackType | None, runner: CodeType | None) -> TracebackType | None:
    entries: list[TracebackType] = []
    while traceback is not None:
        if runner is not None and traceback.tb_frame.f_code is runner:
            entries.clear()
        elif not _is_ours(traceback):
            entries.append(traceback)
        traceback = traceback.tb_next
    following = None
    for entry in reversed(entries):
        entry.tb_next = following
        following = entry
    return following


def _is_ours(entry: TracebackType) -> bool:
    name = entry.tb_frame.f_globals.get("__name__")
    return isinstance(name, str) and name.split(".", 1)[0] == "spark_lineage"
