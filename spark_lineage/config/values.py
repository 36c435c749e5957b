"""What the values of options may be.

Each function takes what a source gives (a text, or a value of TOML) and gives the value itself. It raises ValueError
with the end of a sentence, ``must be ...``, for what cannot be used.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from typing import Any

from spark_lineage.config import addresses
from spark_lineage.model import Mode


class NotUsable(ValueError):
    """One of several values that were given together; ``given`` is that one."""

    def __init__(self, sentence: str, given: str) -> None:
        super().__init__(sentence)
        self.given = given


def text(value: Any) -> str:
    if isinstance(value, (dict, list)):
        raise ValueError("must be a text")
    return str(value)


def store(value: Any) -> str:
    """A folder, or the address of a store elsewhere in the spelling in which addresses are compared."""
    path = text(value)
    if not addresses.is_elsewhere(path):
        return path
    try:
        return addresses.address(path).text
    except ValueError as error:
        raise NotUsable(str(error), addresses.without_credentials(path)) from None


def optional_text(value: Any) -> str | None:
    return text(value) or None


def switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in {"true", "1", "yes", "on"}:
        return True
    if word in {"false", "0", "no", "off"}:
        return False
    raise ValueError("must be true or false")


def count(value: Any) -> int:
    try:
        number = int(str(value))
    except ValueError:
        raise ValueError("must be a whole number") from None
    if number < 0:
        raise ValueError("must not be negative")
    return number


def seconds(value: Any) -> float:
    try:
        number = float(str(value))
    except ValueError:
        raise ValueError("must be a number of seconds") from None
    if not 0 <= number < float("inf"):
        raise ValueError("must be a number of seconds from 0 up")
    return number


def choice(*words: str) -> Callable[[Any], str]:
    """What takes one of ``words``, in small letters or capitals."""

    def parse(value: Any) -> str:
        word = str(value).strip().lower()
        if word not in words:
            nearest = difflib.get_close_matches(word, words, 1)
            raise ValueError(
                f"must be one of {', '.join(words)}" + (f" (did you mean {nearest[0]}?)" if nearest else "")
            )
        return word

    return parse


def mode(value: Any) -> Mode:
    return value if isinstance(value, Mode) else Mode(choice(*(known.value for known in Mode))(value))


def labels(value: Any) -> dict[str, str]:
    """``{"team": "risk"}`` or ``team=risk,env=dev``."""
    if isinstance(value, Mapping):
        return {str(key): text(item) for key, item in value.items()}
    pairs = value if isinstance(value, (list, tuple)) else [part for part in str(value).split(",") if part.strip()]
    found = {}
    for pair in pairs:
        key, equals, label = str(pair).partition("=")
        if not equals or not key.strip():
            raise NotUsable("must be written key=value", str(pair))
        found[key.strip()] = label.strip()
    return found


def names(value: Any) -> tuple[str, ...]:
    """A list of texts, or one text with commas."""
    listed = value if isinstance(value, (list, tuple)) else str(value).split(",")
    return tuple(name for item in listed if (name := text(item).strip()))
