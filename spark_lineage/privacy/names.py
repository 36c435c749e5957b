"""Names that Spark makes of an expression: it writes literals into them without quotes, ``aes_decrypt(x, KEY, GCM)``.

Which words are literals and which are columns nobody can tell any more. What stands in the place of a key, or beside a
secret's name, is taken out unless it is a plain word.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from spark_lineage.privacy.redaction import is_secret
from spark_lineage.privacy.rules import may_have_secret, rules

_CALL = re.compile(r"(\w*)\(")
_COLUMN = re.compile(r"[A-Za-z_][\w.]*")
_PLAIN = re.compile(r"[a-z][a-z_]{0,23}|-?\d{1,4}|GCM|CBC|ECB|DEFAULT|PKCS|NONE|NULL|true|false|")
_CAST = re.compile(r"(.*) AS [A-Z_]+(?:\(\d+(?:, ?\d+)?\))?")
_ENCRYPTS = re.compile(r"(?i)crypt|hmac")  # their first argument is the text, the next one the key
_OPERATOR = re.compile(r" (?:=|==|!=|<>|<=>|<=|>=|<|>|LIKE|RLIKE|ILIKE|IN) ")


@functools.lru_cache(maxsize=1024)
def hidden(name: str) -> str:
    """The name with a mark in the place of each word that may be a secret."""
    if "(" not in name or not may_have_secret(name):
        return name
    try:
        return _text(name, key=False)
    except RecursionError:
        return rules().mark


def _text(text: str, key: bool) -> str:
    """What stands between two commas, with the calls in it. ``key``: within a call whose literals are keys."""
    found = _CALL.search(text)
    if found is None:
        return text
    end = _closing(text, found.end())
    inside = _arguments(found[1], text[found.end() : end], key)
    return text[: found.end()] + inside + text[end : end + 1] + _text(text[end + 1 :], key)


def _arguments(function: str, text: str, key: bool) -> str:
    if not function:
        return _compared(_text(text, key))
    own = function.lower() in rules().key_functions
    parts = list(_parts(text))
    beside = any(is_secret(part) for part in parts if _COLUMN.fullmatch(part))
    cleaned = []
    for at, part in enumerate(parts):
        if "(" in part:
            part = _text(part, key or own)
        elif key or own:
            part = part if _stays(part, at, len(parts), function if own else "") else rules().mark
        elif beside and not is_secret(part) and _PLAIN.fullmatch(part) is None:
            part = rules().mark
        cleaned.append(part)
    return ", ".join(cleaned)


def _stays(part: str, at: int, of: int, key_function: str) -> bool:
    """Whether an argument of a call whose literals are keys is none of them."""
    cast = _CAST.fullmatch(part)
    word = cast[1] if cast else part
    if at == 0 and (key_function or of == 1):
        return _COLUMN.fullmatch(word) is not None
    if key_function and _ENCRYPTS.search(key_function):
        return _PLAIN.fullmatch(word) is not None and (not word[:1].islower() or at > 1)
    return _PLAIN.fullmatch(word) is not None


def _compared(text: str) -> str:
    """``password = x``, or the other way round."""
    operator = _OPERATOR.search(text)
    if operator is None:
        return text
    left, right = text[: operator.start()], text[operator.end() :]
    if is_secret(left) and not is_secret(right):
        right = right if _PLAIN.fullmatch(right) else rules().mark
    elif is_secret(right) and not is_secret(left):
        left = left if _PLAIN.fullmatch(left) else rules().mark
    return left + operator[0] + right


def _parts(text: str) -> Iterator[str]:
    """What commas separate that stand in no parentheses."""
    begin = depth = 0
    for at, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0 and text.startswith(", ", at):
            yield text[begin:at]
            begin = at + 2
    yield text[begin:]


def _closing(text: str, begin: int) -> int:
    depth = 1
    for at in range(begin, len(text)):
        depth += (text[at] == "(") - (text[at] == ")")
        if depth == 0:
            return at
    return len(text)
