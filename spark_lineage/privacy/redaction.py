"""Takes secrets out of text, by the rules of ``rules.json``. ``io.sparklineage.privacy.Redaction`` does the same there.

A secret is known by its form (a key of AWS, a password in a URL) or by a name beside it (``password = 'x'``).
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator, Sequence

from spark_lineage.privacy.rules import may_have_secret, rules

LONGEST_CALL = 20_000  # characters of a call that are looked at for its end
_FLAG = re.compile(r"--?[\w-]+\Z")


def is_secret(name: str) -> bool:
    """Whether what is called so is a secret, by its name alone."""
    return rules().secret_name.search(name) is not None


@functools.lru_cache(maxsize=2048)  # one statement runs, and one function is called, many times
def text(value: str) -> str:
    """A text that a program made: a plan, an expression, SQL, a URL, a literal of the source."""
    return _redacted(value, prose=False)


@functools.lru_cache(maxsize=512)
def prose(value: str) -> str:
    """A text that people wrote or are to read: an error, a comment, a docstring, a line of a log."""
    return _redacted(value, prose=True)


def optional(value: str | None) -> str | None:
    """As :func:`prose`, of what may not be there."""
    return prose(value) if value is not None else None


def named(name: str, value: str) -> str:
    """A text that belongs to ``name``, such as the expression of a column: all of a secret's literals are secrets."""
    return literals(text(value)) if is_secret(name) else text(value)


def literals(value: str) -> str:
    """The text without any of its quoted literals."""
    return rules().quoted.sub(lambda _: rules().mark, value)


def taken_out(value: str) -> tuple[str, ...]:
    """The quoted literals that :func:`text` takes out of a text."""
    if not may_have_secret(value):
        return ()
    cleaned = text(value)
    quoted = (found[0].strip("'\"") for found in rules().quoted.finditer(value))
    return tuple(literal for literal in quoted if literal not in cleaned)


def arguments(values: Sequence[str]) -> tuple[str, ...]:
    """A command line: what follows a flag with a secret name is a secret."""
    before = ("", *values)
    return tuple(
        rules().mark if _FLAG.match(flag) and is_secret(flag) and not value.startswith("-") else prose(value)
        for flag, value in zip(before, values, strict=False)
    )


def secret_arguments(values: Sequence[str]) -> tuple[str, ...]:
    """The secrets themselves: what follows a flag with a secret name, also after ``=``."""
    after = tuple(value for flag, value in itertools.pairwise(values) if _FLAG.match(flag) and is_secret(flag))
    flags = (value.partition("=") for value in values)
    return after + tuple(value for flag, _, value in flags if value and is_secret(flag))


def _redacted(value: str, prose: bool) -> str:
    if not may_have_secret(value):
        return value
    value = _without_keys(value)
    for rule in rules().texts:
        if prose or not rule.prose:
            value = rule.find.sub(rule.by, value)
    return value


def _without_keys(value: str) -> str:
    """Takes out the literals within calls such as ``aes_encrypt(...)``, and within ``f(...) AS password``."""
    spans = [(begin, end) for begin, end in _calls(value) if begin < end]
    for begin, end in reversed(_joined(spans)):
        value = value[:begin] + literals(value[begin:end]) + value[end:]
    return value


def _calls(value: str) -> Iterator[tuple[int, int]]:
    for found in rules().key_call.finditer(value):
        yield found.end(), _closing(value, found.end())
    for found in rules().named_call.finditer(value):
        yield _opening(value, found.start()), found.start()


def _closing(value: str, begin: int) -> int:
    """Where the parenthesis closes that was opened right before ``begin``; the end if it does not."""
    depth = 1
    for at in range(begin, min(len(value), begin + LONGEST_CALL)):
        depth += (value[at] == "(") - (value[at] == ")")
        if depth == 0:
            return at
    return len(value)


def _opening(value: str, end: int) -> int:
    """Where the parenthesis opens that closes at ``end``; the beginning if it does not."""
    depth = 0
    for at in range(end, max(-1, end - LONGEST_CALL), -1):
        depth += (value[at] == ")") - (value[at] == "(")
        if depth == 0:
            return at
    return 0


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in order, those that overlap as one."""
    joined: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if joined and begin < joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((begin, end))
    return joined
