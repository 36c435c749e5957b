"""The line of an error's text that says what happened."""

from __future__ import annotations

import re

LONGEST = 200  # characters
TRACEBACK = "Traceback (most recent call last):"
_STATE = re.compile(r"\s*SQLSTATE: \w{5}$")
_OF_CALL = re.compile(r"An error occurred while calling \S+\.?$")


def headline(error: str) -> str:
    """One line: the error's type and text. Where it only passes on what went wrong in a Python worker of Spark or in
    the JVM, the cause stands behind its type.
    """
    lines = error.strip().splitlines() or [error]
    kind, colon, said = lines[0].partition(": ")
    if not colon or " " in kind:
        kind, said = "", lines[0]
    cause = _raised(lines) or (_thrown(lines) if _OF_CALL.search(said) else None)
    text = f"{kind}: {cause}" if kind and cause else cause or lines[0]
    text = " ".join(_STATE.sub("", text).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _raised(lines: list[str]) -> str | None:
    """What the last of the Python tracebacks in the text ends with."""
    begins = [at for at, line in enumerate(lines) if TRACEBACK in line]
    behind = lines[begins[-1] + 1 :] if begins else []
    return next((line for line in behind if line.strip() and not line[0].isspace()), None)


def _thrown(lines: list[str]) -> str | None:
    """The innermost cause that the JVM names, without the package of its class."""
    named = [line.strip().removeprefix("Caused by: ") for line in lines if line.strip().startswith("Caused by: ")]
    named = named or [line[2:] for line in lines if line.startswith(": ")]
    if not named:
        return None
    kind, colon, said = named[-1].partition(": ")
    return f"{kind.rpartition('.')[2]}{colon}{said}" if " " not in kind else named[-1]
