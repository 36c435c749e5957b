"""Python source code without what must not be written: secret literals, and secrets within strings and comments."""

from __future__ import annotations

import functools
import io
import token
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from spark_lineage.privacy import redaction, source
from spark_lineage.privacy.rules import may_have_secret

_STRINGS = frozenset(
    kind for name in ("STRING", "FSTRING_MIDDLE", "TSTRING_MIDDLE") if (kind := getattr(token, name, None)) is not None
)
_QUOTES = ('"""', "'''", '"', "'")


@dataclass(frozen=True)
class Cleaning:
    """What cleans the texts within a source; ``literal`` replaces whole literals, where all are to be masked."""

    text: Callable[[str], str]
    prose: Callable[[str], str]
    literal: Callable[[str], str] | None = None


@functools.lru_cache(maxsize=1024)  # one function is called many times
def redacted(code: str) -> str:
    """The source without secrets."""
    if not may_have_secret(code):  # then none of the texts within has one
        return code
    return clean(code, Cleaning(redaction.text, redaction.prose))


def clean(code: str, cleaning: Cleaning) -> str:
    """The source, which can be parsed as before. What is no Python is cleaned as text."""
    whole = source.whole(code)
    secrets = source.secrets(whole)
    if secrets is None:
        return cleaning.text(code)
    cleaned = _tokens(source.without(whole, secrets) if secrets else whole, cleaning)
    if cleaned is None:
        return cleaning.text(code)
    return cleaned.removeprefix(source.ABOVE) if whole != code else cleaned


def _tokens(code: str, cleaning: Cleaning) -> str | None:
    """The source with its strings and comments cleaned; None if its tokens cannot be told apart."""
    try:
        changes = list(_changes(code, cleaning))
    except (tokenize.TokenError, SyntaxError):
        return None
    lines = code.split("\n")
    for (first, begin), (last, end), text in reversed(changes):
        lines[first - 1 : last] = [lines[first - 1][:begin] + text + lines[last - 1][end:]]
    return "\n".join(lines)


def _changes(code: str, cleaning: Cleaning) -> Iterator[tuple[tuple[int, int], tuple[int, int], str]]:
    begins = True  # of a statement: a string that begins one is a docstring
    for each in tokenize.generate_tokens(io.StringIO(code).readline):
        text = each.string
        if each.type == token.COMMENT:
            text = cleaning.prose(text)
        elif each.type in _STRINGS or each.type == token.NUMBER:
            text = _literal(each, cleaning, begins)
        if text != each.string:
            yield each.start, each.end, text
        if each.type not in (token.COMMENT, token.NL):
            begins = each.type in (token.NEWLINE, token.INDENT, token.DEDENT, token.ENCODING)


def _literal(each: tokenize.TokenInfo, cleaning: Cleaning, docstring: bool) -> str:
    if cleaning.literal is not None and not docstring:
        masked = cleaning.literal(each.string)
        return repr(masked) if each.type in (token.STRING, token.NUMBER) else masked
    if each.type == token.NUMBER:
        return cleaned if (cleaned := cleaning.text(each.string)) == each.string else repr(cleaned)
    prefix, quote, content = _parts(each.string) if each.type == token.STRING else ("", "", each.string)
    lines = "\n" in content or "\\n" in content  # a text of several lines may say `password: x`, as YAML does
    return f"{prefix}{quote}{(cleaning.prose if docstring or lines else cleaning.text)(content)}{quote}"


def _parts(string: str) -> tuple[str, str, str]:
    """Prefix, quotes and content of a string as it is written."""
    prefix = string[: min(string.index(quote) for quote in _QUOTES if quote in string)]
    quote = next(quote for quote in _QUOTES if string.startswith(quote, len(prefix)))
    return prefix, quote, string[len(prefix) + len(quote) : len(string) - len(quote)]
