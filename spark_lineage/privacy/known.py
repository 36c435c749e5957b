"""Secrets that are known by their value: what the environment, the Spark conf, arguments and the source call a secret.

Such a value is taken out wherever it stands, also where no name stands beside it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping

from spark_lineage.privacy.redaction import is_secret
from spark_lineage.privacy.rules import rules

SHORTEST = 6  # characters: shorter ones stand in too many words by chance
LONGEST = 4_096
MOST = 1_000  # values; a program that has more of them is not a program
_PATH = re.compile(r"[/~.]|[A-Za-z]:[\\/]")  # a file that holds a secret is none: /run/secrets/token
_ORDINARY = re.compile(r"\d{1,8}|[a-z_]{1,11}|[Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]")  # words such as "orders"


class KnownSecrets:
    """The values, and how they are taken out of a text."""

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._longest_first: tuple[str, ...] = ()
        self._pattern: re.Pattern[str] | None = None
        self._learning = threading.Lock()

    def learn(self, values: Iterable[str]) -> None:
        """Adds what may be a secret; short values, plain words, small numbers and paths are none."""
        some = {value for value in values if _may_be(value)}
        with self._learning:
            if some <= self._values or len(self._values) >= MOST:
                return
            self._values |= some
            self._longest_first = tuple(sorted(self._values, key=len, reverse=True))
            self._pattern = re.compile("|".join(rf"(?<!\w){re.escape(value)}(?!\w)" for value in self._longest_first))

    def learn_named(self, settings: Mapping[str, str] | Iterable[tuple[str, str]]) -> None:
        """Adds the values of those settings that have a secret's name."""
        pairs = settings.items() if isinstance(settings, Mapping) else settings
        self.learn(value for name, value in pairs if is_secret(name))

    def may_stand_in(self, text: str) -> bool:
        """False where no part of the text has one of the values."""
        return any(value in text for value in self._longest_first)

    def without(self, text: str) -> str:
        return text if self._pattern is None else self._pattern.sub(rules().mark, text)


def _may_be(value: str) -> bool:
    return (
        SHORTEST <= len(value) <= LONGEST
        and _PATH.match(value) is None
        and _ORDINARY.fullmatch(value) is None
        and rules().mark not in value
    )
