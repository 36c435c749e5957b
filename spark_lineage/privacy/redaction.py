"""Takes secrets out of what the Python half saw: arguments, errors, source text. The rules are those of the JVM half.

What comes from there (plans, options) has been through ``io.sparklineage.privacy.Redaction`` already.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

MARK = "*********(redacted)"
_SECRET = (
    r"password|passwd|pwd|secret|token|credential|access[._-]?key|account[._-]?key|api[._-]?key|sasl\.jaas\.config"
)
_KEY = rf"[\w.-]*(?:{_SECRET})[\w.-]*"

# user:password@host in a URL; cloud key ids and signatures: secrets wherever they stand.
_ANYWHERE = [
    (re.compile(r"([a-z][a-z0-9+.-]*://)[^/@\s'\"]*:[^/@\s'\"]*@", re.IGNORECASE), rf"\1{MARK}@"),
    (re.compile(r"([?&;]sig=)[^&\s'\"]+", re.IGNORECASE), rf"\1{MARK}"),
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), MARK),
]
# key = "value", "key": "value", ("key", "value")
_QUOTED = re.compile(rf"\b({_KEY}[\"']?\s*(?:=|:|->|,)\s*)(\"[^\"\n]*\"|'[^'\n]*')", re.IGNORECASE)
# key=value of URLs and options; not of code, where it is a name
_BARE = re.compile(rf"\b({_KEY}[=:])([^\s'\",;&)\]}}]+)", re.IGNORECASE)
# A string on one line; what it says as key=value, such as a URL's parameters, is no name.
_LITERAL = re.compile(r"'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"")
_FLAG = re.compile(rf"--?{_KEY}\Z", re.IGNORECASE)


def text(value: str) -> str:
    """Errors, descriptions, reasons."""
    return _BARE.sub(rf"\1{MARK}", code(value))


@functools.lru_cache(maxsize=4096)  # one function is called many times
def code(value: str) -> str:
    """Source text: only literals are secrets."""
    for pattern, by in _ANYWHERE:
        value = pattern.sub(by, value)
    value = _LITERAL.sub(lambda literal: _BARE.sub(rf"\1{MARK}", literal[0]), value)
    return _QUOTED.sub(rf"\1'{MARK}'", value)


def arguments(values: Sequence[str]) -> tuple[str, ...]:
    """A command line: also ``--password hunter2``."""
    before = ("", *values)
    return tuple(
        MARK if _FLAG.match(flag) and not value.startswith("-") else text(value)
        for flag, value in zip(before, values, strict=False)
    )


def optional(value: str | None) -> str | None:
    return text(value) if value is not None else None
