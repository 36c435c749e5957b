"""Everything that is observed passes here before it is written: secrets are taken out, personal values are masked.

What was taken out is still told apart where it matters: where a secret or a personal value stood in a source or a
plan, its hash is made again with the key of the store. So a changed secret is a changed step, the hash of an unchanged
one is the same in each run, and nobody can try secrets against the hash without the key.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from spark_lineage.guard import Guard
from spark_lineage.model import (
    CallEnded,
    Execution,
    Fragment,
    FunctionReading,
    JvmGap,
    Marked,
    Observation,
    Operation,
    Probed,
    ProgramEnded,
    ProgramStarted,
    PythonGap,
    RepositorySeen,
    SourceRead,
    SourceReading,
    SparkStarted,
    Statement,
    Storage,
)
from spark_lineage.privacy import code, personal, redaction, source
from spark_lineage.privacy.known import KnownSecrets
from spark_lineage.privacy.masking import Heirs, Masking
from spark_lineage.privacy.rules import rules

_NUMBER = re.compile(r"(?<![\w.`:/])\d+(?:\.\d+)?(?:BD|[LDSF])?(?![\w.`/])")
_TYPE = re.compile(r"(?i)(?:decimal|varchar|char)\(\d+(?:, ?\d+)?\)")


@dataclass(frozen=True)
class Choices:
    """What of the options decides what is hidden."""

    mask_columns: Sequence[str] = ()
    mask_personal: bool = True
    mask_literals: bool = False


class Privacy:
    """Cleans the observations of one program, batch by batch, in the order in which they are written.

    ``key`` gives the key of the store. Not safe for several threads at once. A sample of a dataset whose lineage the
    JVM half still owes is held back: the measurement is written without it, and again with it once the lineage is
    known.
    """

    def __init__(self, choices: Choices, key: Callable[[], bytes], guard: Guard) -> None:
        self._choices = choices
        self._guard = guard
        self._key = functools.cache(key)
        self._known = KnownSecrets()
        self._positions: frozenset[int] = frozenset()  # of arguments that the program calls secrets, from 1
        self._masking = Masking(self._key, choices.mask_columns, choices.mask_personal)
        self._heirs = Heirs(self._masking)
        self._owed: set[str] = set()  # marked datasets whose fragment has not come
        self._held: dict[tuple[str, str], Probed] = {}  # by dataset and instance

    # -- what is known to be secret

    def learn(self, settings: Mapping[str, str] | Iterable[tuple[str, str]]) -> None:
        """Settings (environment, Spark conf, labels): the values of those with a secret's name are secrets."""
        self._known.learn_named(settings)

    def learn_program(self, text: str, argv: Sequence[str]) -> None:
        """The source of the program says which of its arguments are secrets, and has secrets itself."""
        self._positions = frozenset(source.argument_positions(text))
        self._known.learn(argv[at - 1] for at in self._positions if 0 < at <= len(argv))
        self._known.learn(span.value for span in source.secrets(text) or () if span.value)

    # -- texts

    def text(self, value: str) -> str:
        """A plan, SQL, a URL."""
        return self._without_personal(self._known.without(redaction.text(value)))

    def prose(self, value: str) -> str:
        """An error, a comment, a line of the log."""
        return self._without_personal(self._known.without(redaction.prose(value)))

    def code(self, value: str, comments: bool = True) -> str:
        """Python source code; without ``comments``, comments and docstrings stay as they are."""
        literal = self._masked if self._choices.mask_literals else None
        return code.clean(value, code.Cleaning(self.text, self.prose if comments else str, literal))

    def expression(self, value: str, name: str = "") -> str:
        """An expression of a plan; ``name`` is the column that it defines."""
        cleaned = self._known.without(redaction.named(name, value))
        return self._without_literals(cleaned) if self._choices.mask_literals else self._without_personal(cleaned)

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
        return personal.hashed(self._key(), literal)

    def _rekeyed(self, value: str) -> str:
        """A hash that covers a secret, made again with the key."""
        head, colon, digits = value.rpartition(":")
        return head + colon + hmac.new(self._key(), value.encode(), hashlib.sha256).hexdigest()[: len(digits)]

    # -- observations

    def of(self, batch: Sequence[Observation]) -> list[Observation]:
        """What may be written of a batch, in its order; samples that were held back come last."""
        for observation in batch:
            self._guard("privacy", self._learn, observation)
        cleaned = [clean for observation in batch if (clean := self._cleaned(observation)) is not None]
        return cleaned + self._released(lambda probed: self._heirs.knows(probed.dataset))

    def rest(self) -> list[Observation]:
        """At the end: samples whose lineage never came, all masked."""
        return self._released(lambda probed: True)

    def _learn(self, observation: Observation) -> None:
        if isinstance(observation, Marked):
            if not self._heirs.knows(observation.df):
                self._owed.add(observation.df)
        elif isinstance(observation, Fragment):
            self._owed.discard(observation.dataset)
            self._heirs.learn(observation)
        elif isinstance(observation, Probed):
            self._heirs.see(observation)
        elif isinstance(observation, SourceRead):
            for function in observation.reading.functions:
                self._known.learn(span.value for span in source.of_piece(function.source) if span.value)
        elif isinstance(observation, ProgramStarted):
            self.learn(observation.labels)
            self._known.learn(redaction.secret_arguments(observation.argv))

    def _cleaned(self, observation: Observation) -> Observation | None:
        """None if it could not be cleaned: what may hold a secret is not written."""
        clean = _CLEAN.get(type(observation))
        if clean is None:
            return observation
        return self._guard(f"privacy of {type(observation).__name__}", clean, self, observation)

    def _released(self, ready: Callable[[Probed], bool]) -> list[Observation]:
        released = {name: probed for name, probed in self._held.items() if ready(probed)}
        for name in released:
            del self._held[name]
        return [self._probed(probed, held=True) for probed in released.values()]

    def _program(self, started: ProgramStarted) -> ProgramStarted:
        labels = {name: self.expression(value, name) for name, value in started.labels.items()}
        labels = {name: rules().mark if redaction.is_secret(name) else value for name, value in labels.items()}
        return replace(started, argv=self.arguments(started.argv), program=self.text(started.program), labels=labels)

    def _operation(self, operation: Operation) -> Operation:
        if operation.error is None and not operation.detail:
            return operation
        detail = {
            name: self.expression(text) if name == "sql" else self.text(text) for name, text in operation.detail.items()
        }
        return replace(operation, error=self._optional(operation.error), detail=detail)

    def _optional(self, value: str | None) -> str | None:
        return self.prose(value) if value is not None else None

    def _source(self, read: SourceRead) -> SourceRead:
        reading = read.reading
        functions = tuple(map(self._function, reading.functions))
        hashes = [(function.source_hash for function in read) for read in (functions, reading.functions)]
        same = all(a == b for a, b in zip(*hashes, strict=True))
        return SourceRead(
            SourceReading(reading.file, reading.source_hash if same else self._rekeyed(reading.source_hash), functions)
        )

    def _function(self, function: FunctionReading) -> FunctionReading:
        return replace(
            function,
            source=self.code(function.source),
            source_hash=self._source_hash(function.source, function.source_hash),
            doc=self._optional(function.doc),
            statements=tuple(map(self._statement, function.statements)),
        )

    def _statement(self, statement: Statement) -> Statement:
        text = self.code(statement.source)
        if text == statement.source:
            return statement
        return replace(statement, source=text, source_hash=self._source_hash(statement.source, statement.source_hash))

    def _source_hash(self, text: str, hash_: str) -> str:
        """The hash covers neither comments nor docstrings: what was hidden there is no reason for another one."""
        return hash_ if self.code(text, comments=False) == text else self._rekeyed(hash_)

    def _fragment(self, fragment: Fragment) -> Fragment:
        expression = self.expression
        cleaned = replace(
            fragment,
            operators=tuple(map(expression, fragment.operators)),
            plan_text="\n".join(map(expression, fragment.plan_text.split("\n"))),
            nondeterminism=tuple(map(expression, fragment.nondeterminism)),
            sources=tuple(map(self._storage, fragment.sources)),
            definitions=tuple(
                replace(each, expression=expression(each.expression, each.column)) for each in fragment.definitions
            ),
            row_operators=tuple(
                replace(
                    each,
                    text=expression(each.text) if each.text is not None else None,
                    undone=tuple((join, expression(text)) for join, text in each.undone),
                    drops=tuple((expression(text), columns) for text, columns in each.drops),
                )
                for each in fragment.row_operators
            ),
            notes=tuple(replace(each, text=expression(each.text, each.column)) for each in fragment.notes),
        )
        hidden = cleaned != fragment or any(rules().mark in text for text in _texts(cleaned))
        return replace(cleaned, plan_hash=self._rekeyed(fragment.plan_hash)) if hidden else fragment

    def _storage(self, storage: Storage) -> Storage:
        """Names are what lineage consists of: only secrets are taken out, but a query of JDBC is SQL."""
        clean = self.text if storage.format == "jdbc" else redaction.text
        return replace(storage, namespace=redaction.text(storage.namespace), name=clean(storage.name))

    def _probed(self, probed: Probed, held: bool = False) -> Probed:
        name = (probed.dataset, probed.instance)
        self._held.pop(name, None)
        cleaned = replace(
            probed,
            detail=self.expression(probed.detail) if probed.detail is not None else None,
            pushed=tuple(map(self.expression, probed.pushed)),
            answers=tuple(
                # By its text an answer finds the rule that asked.
                replace(each, arguments=tuple(map(redaction.text, each.arguments)), reason=self._optional(each.reason))
                for each in probed.answers
            ),
        )
        if probed.sample is None:
            return cleaned
        if probed.dataset in self._owed:
            if not held:
                self._held[name] = probed
                return replace(cleaned, sample=None)
            masked = self._guard("mask", self._masking.all_of, cleaned)
        else:
            masked = self._guard("mask", self._masking.of, cleaned, self._heirs.of(cleaned.dataset))
        return masked or replace(cleaned, sample=None)

    def _execution(self, execution: Execution) -> Execution:
        return replace(
            execution,
            description=self.prose(execution.description),
            error=self._optional(execution.error),
            sources=tuple(map(self._storage, execution.sources)),
            sinks=tuple((self._storage(storage), mode, made) for storage, mode, made in execution.sinks),
        )


def _texts(fragment: Fragment) -> Iterable[str]:
    yield from fragment.operators
    yield fragment.plan_text
    yield from (each.expression for each in fragment.definitions)
    yield from (each.text for each in fragment.notes)
    yield from (each.text for each in fragment.row_operators if each.text is not None)


def _error(privacy: Privacy, ended: Any) -> Any:
    return replace(ended, error=privacy._optional(ended.error))


def _why(privacy: Privacy, gap: Any) -> Any:
    return replace(gap, what=privacy.text(gap.what), why=privacy.prose(gap.why))


def _spark(privacy: Privacy, started: SparkStarted) -> SparkStarted:
    return replace(started, app_name=privacy.text(started.app_name), master=privacy.text(started.master))


def _repository(privacy: Privacy, seen: RepositorySeen) -> RepositorySeen:
    return replace(seen, remote=redaction.text(seen.remote) if seen.remote is not None else None)


# What is not here has names, numbers and hashes only.
_CLEAN: Mapping[type, Callable[[Privacy, Any], Observation]] = {
    ProgramStarted: Privacy._program,
    ProgramEnded: _error,
    RepositorySeen: _repository,
    SourceRead: Privacy._source,
    CallEnded: _error,
    Operation: Privacy._operation,
    PythonGap: _why,
    SparkStarted: _spark,
    Fragment: Privacy._fragment,
    Probed: Privacy._probed,
    Execution: Privacy._execution,
    JvmGap: _why,
}
