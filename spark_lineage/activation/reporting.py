"""``run --report FILE``: the run as one file, written when the program has ended."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from spark_lineage.activation.checking import UsageError, is_switch
from spark_lineage.activation.hint import AtEnd
from spark_lineage.refusals import Refusal

if TYPE_CHECKING:
    from spark_lineage.agent import Agent
    from spark_lineage.model import Outcome

WORD = "--report"


def take(words: Sequence[str]) -> tuple[list[str], str | None]:
    """``--report FILE`` from among the options before the program. Raises UsageError."""
    rest, file, at = list(words), None, 0
    while at < len(rest) and rest[at].startswith("-") and rest[at] not in ("-", "--", "-m"):
        flag, equals, value = rest[at].partition("=")
        if flag != WORD:
            at += 1 if equals or is_switch(flag) else 2
            continue
        if not equals and at + 1 == len(rest):
            raise UsageError(f"{WORD} needs a value: the path of a file.")
        file = value if equals else rest.pop(at + 1)
        del rest[at]
        if not file or file == "-":
            raise UsageError(f"{WORD} needs the path of a file: standard output is the program's.")
    return rest, file


class ReportAtEnd:
    """Writes the report when the program has ended. Whatever goes wrong then is a line of the run's log, no more.

    Raises UsageError for a file that could not be written; nothing of the program has run by then.
    """

    def __init__(self, file: str) -> None:
        from spark_lineage.faces import reports

        self._path = Path(file).absolute()  # the program may go to another folder
        try:
            reports.refuse(self._path, reports.form_of(self._path))
        except Refusal as error:
            raise UsageError(str(error)) from None
        self._process = os.getpid()

    def before(self, then: AtEnd | None) -> AtEnd:
        """What writes the report and then does ``then``."""

        def end(ended: Agent | None, outcome: Outcome) -> None:
            self._end(ended)
            if then is not None:
                then(ended, outcome)

        return end

    def _end(self, ended: Agent | None) -> None:
        if ended is None or os.getpid() != self._process:  # nothing was recorded; a forked child
            return
        try:
            _write(ended.folder, self._path)
        except BaseException as error:
            _log(ended.folder, self._path, error)


def _write(run: Path, path: Path) -> None:
    from spark_lineage.answers import ask
    from spark_lineage.faces import reports

    page = ask.page(str(run), run.parent.parent)
    reports.save(reports.text(page, reports.form_of(path)), path)


def _log(run: Path, path: Path, error: BaseException) -> None:
    line = " ".join(f"the report {path} was not written: {error!r}".split())
    # Where the store cannot be written either, there is no place left to tell it.
    with contextlib.suppress(OSError), (run / "agent.log").open("a", encoding="utf-8", errors="replace") as log:
        log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} WARNING {line}\n")
