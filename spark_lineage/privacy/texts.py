"""Texts and source code without secrets and personal values, and the hashes of what was hidden in them."""

from __future__ import annotations

import functools
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from spark_lineage.privacy import code, command_line, hashes, names, personal, redaction, source
from spark_lineage.privacy.known import KnownSecrets
from spark_lineage.privacy.rules import may_have_secret, rules

_NUMBER = re.compile(r"(?<![\w.`:/])\d+(?:\.\d+)?(?:BD|[LDSF])?(?![\w.`/])")
_QUOTED_NAME = re.compile(r"`((?:[^`]|``)+)(`|\Z)")  # the text may be cut
_KEY = re.compile(r"'(\w+)':")  # of a dict, as Python writes it
_NO_NAME = re.compile(r"\W")
_TYPE = re.compile(r"(?i)(?:decimal|varchar|char)\(\d+(?:, ?\d+)?\)")


@dataclass(frozen=True)
class Choices:
    """What of the options decides what is hidden."""

    mask_columns: Sequence[str] = ()
    mask_personal: bool = True
    mask_literals: bool = False


class Texts:
    """Cleans texts by the rules, by what is known to be secret, and by what looks personal.

    ``key`` gives the key of the store: it is asked for when something must be masked, and may raise OSError or
    ValueError.
    """

    def __init__(self, choices: Choices, key: Callable[[], bytes]) -> None:
        self._choices = choices
        self._key = key
        self._known = KnownSecrets()
        self._positions: frozenset[int] = frozenset()  # of arguments that the program calls secrets, from 1

    # -- what is known to be secret

    def learn(self, settings: Mapping[str, str] | Iterable[tuple[str, str]]) -> None:
        """Settings (environment, labels): the values of those with a secret's name are secrets."""
        self._known.learn_named(settings)

    def learn_arguments(self, argv: Sequence[str]) -> None:
        """A command line: what follows a flag with a secret's name is a secret."""
        self._known.learn(redaction.secret_arguments(argv))

    def learn_program(self, text: str, argv: Sequence[str]) -> None:
        """The source of the program says which of its arguments are secrets, and has secrets itself."""
        self._positions = frozenset(command_line.secret_positions(text))
        self._known.learn(argv[at - 1] for at in self._positions if 0 < at <= len(argv))
        self._known.learn(source.values(text))

    def learn_function(self, text: str) -> None:
        """The source of a function: its secret literals are secrets wherever they stand."""
        self._known.learn(source.values(source.whole(text)))

    # -- texts

    def text(self, value: str) -> str:
        """A plan, SQL, a URL."""
        return self._without_personal(self._known.without(redaction.text(self._with_names(value))))

    def prose(self, value: str) -> str:
        """An error, a comment, a line of the log."""
        return self._without_personal(self._known.without(redaction.prose(self._with_names(value))))

    def code(self, value: str, comments: bool = True) -> str:
        """Python source code; without ``comments``, comments and docstrings stay as they are."""
        if not self._may_change(value):
            return value
        literal = self._masked if self._choices.mask_literals else None
        return code.clean(value, code.Cleaning(self.text, self.prose if comments else str, literal))

    def _may_change(self, value: str) -> bool:
        """A quick look at a whole source: False where none of the texts in it would be another one."""
        choices = self._choices
        return (
            choices.mask_literals
            or "`" in value  # the name of a column
            or may_have_secret(value)
            or self._known.may_stand_in(value)
            or (choices.mask_personal and personal.may_stand_in(value))
        )

    def value(self, name: str, text: str) -> str:
        """A plain value that a program calls ``name``, as Python writes it: cleaned as the source that would say so.

        What looks personal by its name, or by the name of a key in it, is masked as a whole.
        """
        if self._choices.mask_personal and any(map(personal.looks_personal, (name, *_KEY.findall(text)))):
            return personal.hashed(self._hash_key, text)
        begin = f"{_NO_NAME.sub('_', name)} = "
        cleaned = self.code(begin + text)
        return cleaned.removeprefix(begin) if cleaned.startswith(begin) else rules().mark

    def expression(self, value: str, name: str = "") -> str:
        """An expression of a plan; ``name`` is the column that it defines."""
        cleaned = self._known.without(redaction.named(name, self._with_names(value)))
        return self._without_literals(cleaned) if self._choices.mask_literals else self._without_personal(cleaned)

    def column(self, name: str) -> str:
        """The name of a column, the same wherever it stands. Spark writes literals into names that it makes itself.

        What was hidden is told apart by a keyed hash of the whole name: two columns stay two.
        """
        cleaned = self._known.without(names.hidden(name))
        if cleaned == name:
            return name
        return f"{cleaned}#{hmac.new(self._hash_key, name.encode(), hashlib.sha256).hexdigest()[:8]}"

    def type_(self, value: str) -> str:
        """A type as DDL: fields of a struct are called as the columns that they were, and not quoted."""
        return self._known.without(names.hidden(value))

    def _with_names(self, value: str) -> str:
        """A text with the names of columns that it quotes as :meth:`column` has them."""
        if "`" not in value:
            return value

        def clean(found: re.Match[str]) -> str:
            name = found[1].replace("``", "`")
            cleaned = self.column(name)
            return found[0] if cleaned == name else "`" + cleaned.replace("`", "``") + found[2]

        return _QUOTED_NAME.sub(clean, value)

    def optional(self, value: str | None) -> str | None:
        """As :meth:`prose`, of what may not be there."""
        return self.prose(value) if value is not None else None

    def arguments(self, values: Sequence[str]) -> tuple[str, ...]:
        """A command line."""
        return tuple(
            rules().mark if at in self._positions else self._without_personal(self._known.without(value))
            for at, value in enumerate(redaction.arguments(values), start=1)
        )

    def _without_personal(self, value: str) -> str:
        if not self._choices.mask_personal:
            return value
        try:
            return personal.masked_forms(value, self._key)
        except (OSError, ValueError):  # there is no key
            return personal.FORMS.sub(rules().mark, value)

    def _without_literals(self, value: str) -> str:
        value = rules().quoted.sub(lambda found: f"'{self._masked(found[0])}'", value)
        kept = [found.span() for found in _TYPE.finditer(value)]

        def number(found: re.Match[str]) -> str:
            inside = any(begin <= found.start() < end for begin, end in kept)
            return found[0] if inside else self._masked(found[0])

        return _NUMBER.sub(number, value)

    def _masked(self, literal: str) -> str:
        if personal.MASKED in literal or rules().mark in literal:
            return literal.strip("'\"")
        return personal.hashed(self._hash_key, literal)

    # -- hashes

    def rekeyed(self, value: str) -> str:
        """A hash that covers a secret, made again with the key."""
        return hashes.rekeyed(value, self._hash_key)

    def keyed(self, value: str) -> str:
        """A hash made again with the key, and which key that was."""
        return hashes.keyed(value, self._hash_key)

    def source_hash(self, text: str, hash_: str) -> str:
        """The hash of a source, made again if a secret stands in what it covers: neither comments nor docstrings."""
        return hash_ if self.code(text, comments=False) == text else self.rekeyed(hash_)

    @functools.cached_property
    def _hash_key(self) -> bytes:
        """The key of the store; where there is none, one that nobody has, so that runs cannot be compared there."""
        try:
            return self._key()
        except (OSError, ValueError):
            return secrets.token_bytes()
