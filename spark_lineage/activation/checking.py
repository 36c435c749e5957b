"""``run --check``: its words on the command line, and what it tells when the program has ended."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from spark_lineage.config import OPTIONS
from spark_lineage.model import Outcome

WORDS = ("--check", "--rules", "--junit")


class UsageError(Exception):
    """The command cannot be carried out; its text is one sentence for the user."""


@dataclass(frozen=True)
class Checking:
    """What ``--check`` and the options beside it ask for."""

    on: bool = False
    rules: str | None = None
    junit: str | None = None


def take(words: Sequence[str]) -> tuple[list[str], Checking]:
    """``--check``, ``--rules FILE`` and ``--junit FILE``, from among the options before the program."""
    rest, found, at = list(words), Checking(), 0
    while at < len(rest) and rest[at].startswith("-") and rest[at] not in ("-", "--", "-m"):
        flag, equals, value = rest[at].partition("=")
        if flag == "--check" and not equals:
            found = replace(found, on=True)
            del rest[at]
        elif flag in ("--rules", "--junit"):
            if not equals and at + 1 == len(rest):
                raise UsageError(f"{flag} needs a value: the path of a file.")
            value = value if equals else rest.pop(at + 1)
            found = replace(found, rules=value) if flag == "--rules" else replace(found, junit=value)
            del rest[at]
        else:
            at += 1 if equals or is_switch(flag) else 2
    if found.junit is not None and not found.on:
        raise UsageError("--junit has nothing to write without --check.")
    return rest, found


def is_switch(flag: str) -> bool:
    """Whether an option of ``run`` stands alone, without a value behind it."""
    return flag in ("-h", "--help") or any(option.flag == flag and option.type == "true | false" for option in OPTIONS)


class CheckAtEnd:
    """Tells what the checks say, on standard error, and leaves with their status if the program did well."""

    def __init__(self, checking: Checking) -> None:
        self._checking = checking

    def __call__(self, ended: Any, outcome: Outcome) -> None:
        status = 2
        try:
            status = self._told(ended)
        except Exception as error:
            from spark_lineage.privacy.terminal import one_line

            print(one_line(f"spark-lineage: could not check: {error}"), file=sys.stderr)
        if outcome is Outcome.COMPLETE and status:
            for stream in (sys.stdout, sys.stderr):
                with contextlib.suppress(Exception):
                    stream.flush()
            os._exit(status)  # an exit function cannot change the status in any other way

    def _told(self, ended: Any) -> int:
        report = ended.report if ended is not None else None
        if report is None:
            print("spark-lineage: could not check: the record was not written.", file=sys.stderr)
            return 2
        from spark_lineage.faces import junit
        from spark_lineage.faces.terminal import check as terminal
        from spark_lineage.faces.terminal.console import console
        from spark_lineage.privacy.terminal import one_line

        if self._checking.junit is not None:
            junit.write(report, self._checking.junit)
        terminal.show(report, console(stderr=True))
        for sentence in report.problems:
            print(one_line(f"spark-lineage: {sentence}"), file=sys.stderr)
        return 2 if report.problems else 0 if report.passed else 1
