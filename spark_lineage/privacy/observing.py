"""Everything that is observed passes here before it is written: secrets are taken out, personal values are masked.

What was taken out is still told apart where it matters: where a secret or a personal value stood in a source or a
plan, its hash is made again with the key of the store. So a changed secret is a changed step, the hash of an unchanged
one is the same in each run, and nobody can try secrets against the hash without the key.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from spark_lineage.guard import Guard
from spark_lineage.model import (
    CallEnded,
    CellBegun,
    CellEnded,
    ColumnDefinition,
    Execution,
    Fragment,
    FunctionReading,
    JvmGap,
    LinkSeen,
    Marked,
    Observation,
    Operation,
    Probed,
    ProgramEnded,
    ProgramFile,
    ProgramStarted,
    PythonGap,
    RepositorySeen,
    SourceRead,
    SourceReading,
    SparkStarted,
    Statement,
    Storage,
    ValueSeen,
)
from spark_lineage.privacy import redaction, renaming
from spark_lineage.privacy.masking import MaskedColumns, Masking
from spark_lineage.privacy.personal import MASKED
from spark_lineage.privacy.rules import rules
from spark_lineage.privacy.texts import Choices, Texts

LONGEST_VALUE = 200  # characters of a value's text
MOST_HELD = 1_000  # samples that wait for the lineage of their dataset


class Privacy:
    """Cleans the observations of one program, batch by batch, in the order in which they are written.

    ``key`` gives the key of the store. Not safe for several threads at once. A sample of a dataset whose lineage the
    JVM half still owes is held back: the measurement is written without it, and again with it once the lineage is
    known.
    """

    def __init__(self, choices: Choices, key: Callable[[], bytes], guard: Guard) -> None:
        key = functools.cache(key)
        self._guard = guard
        self.texts = Texts(choices, key)
        self._masking = Masking(key, choices.mask_columns, choices.mask_personal)
        self._inherited = MaskedColumns(self._masking)
        self._owed: set[str] = set()  # marked datasets whose fragment has not come
        self._held: dict[tuple[str, str], Probed] = {}  # by dataset and instance

    # -- observations

    def of(self, batch: Sequence[Observation]) -> list[Observation]:
        """What may be written of a batch, in its order; samples that were held back come last."""
        for observation in batch:
            self._guard("privacy", self._learn, observation)
        cleaned = [clean for observation in batch if (clean := self._cleaned(observation)) is not None]
        if len(self._held) > MOST_HELD:
            return cleaned + self.rest()
        return cleaned + self._released(lambda probed: self._inherited.knows(probed.dataset))

    def rest(self) -> list[Observation]:
        """At the end, or where too many are held back: samples whose lineage never came, all masked."""
        return self._released(lambda probed: True)

    def _learn(self, observation: Observation) -> None:
        if isinstance(observation, Marked):
            if not self._inherited.knows(observation.df):
                self._owed.add(observation.df)
        elif isinstance(observation, Fragment):
            self._owed.discard(observation.dataset)
            self._inherited.learn(observation)
        elif isinstance(observation, Probed):
            self._inherited.see(observation)
        elif isinstance(observation, SourceRead):
            for function in observation.reading.functions:
                self.texts.learn_function(function.source)
        elif isinstance(observation, ProgramStarted):
            self.texts.learn(observation.labels)
            self.texts.learn_arguments(observation.argv)

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
        labels = {name: self.texts.expression(value, name) for name, value in started.labels.items()}
        labels = {name: rules().mark if redaction.is_secret(name) else value for name, value in labels.items()}
        return replace(
            started, argv=self.texts.arguments(started.argv), program=self.texts.text(started.program), labels=labels
        )

    def _operation(self, operation: Operation) -> Operation:
        if operation.error is None and not operation.detail:
            return operation
        detail = {
            name: self.texts.expression(text) if name == "sql" else self.texts.text(text)
            for name, text in operation.detail.items()
        }
        return replace(operation, error=self.texts.optional(operation.error), detail=detail)

    def _source(self, read: SourceRead) -> SourceRead:
        reading = read.reading
        functions = tuple(map(self._function, reading.functions))
        hashes = [(function.source_hash for function in read) for read in (functions, reading.functions)]
        same = all(a == b for a, b in zip(*hashes, strict=True))
        source_hash = reading.source_hash if same else self.texts.rekeyed(reading.source_hash)
        return SourceRead(SourceReading(reading.file, source_hash, functions, tuple(map(self._file, reading.files))))

    def _file(self, file: ProgramFile) -> ProgramFile:
        """A file may have a secret where nobody looks for one, in a comment say: its hashes are made with the key."""
        source_hash = self.texts.keyed(file.source_hash) if file.source_hash is not None else None
        return replace(file, text_hash=self.texts.keyed(file.text_hash), source_hash=source_hash)

    def _function(self, function: FunctionReading) -> FunctionReading:
        return replace(
            function,
            source=self.texts.code(function.source),
            source_hash=self.texts.source_hash(function.source, function.source_hash),
            doc=self.texts.optional(function.doc),
            statements=tuple(map(self._statement, function.statements)),
        )

    def _statement(self, statement: Statement) -> Statement:
        text = self.texts.code(statement.source)
        if text == statement.source:
            return statement
        return replace(
            statement, source=text, source_hash=self.texts.source_hash(statement.source, statement.source_hash)
        )

    def _fragment(self, fragment: Fragment) -> Fragment:
        expression = self.texts.expression
        cleaned = replace(
            fragment,
            operators=tuple(map(expression, fragment.operators)),
            plan_text="\n".join(map(expression, fragment.plan_text.split("\n"))),
            nondeterminism=tuple(map(expression, fragment.nondeterminism)),
            sources=tuple(map(self._storage, fragment.sources)),
            definitions=tuple(map(self._definition, fragment.definitions)),
            row_operators=tuple(
                replace(
                    each,
                    text=expression(each.text) if each.text is not None else None,
                    undone=tuple((join, expression(text)) for join, text in each.undone),
                    drops=tuple((expression(text), columns) for text, columns in each.drops),
                    deciding=tuple(map(self._definition, each.deciding)),
                )
                for each in fragment.row_operators
            ),
            notes=tuple(replace(each, text=expression(each.text, each.column)) for each in fragment.notes),
        )
        cleaned = renaming.fragment(cleaned, self.texts.column, self.texts.type_)
        hidden = cleaned != fragment or any(_was_hidden(text) for text in _texts(cleaned))
        return replace(cleaned, plan_hash=self.texts.rekeyed(fragment.plan_hash)) if hidden else fragment

    def _definition(self, definition: ColumnDefinition) -> ColumnDefinition:
        return replace(definition, expression=self.texts.expression(definition.expression, definition.column))

    def _storage(self, storage: Storage) -> Storage:
        """Names are what lineage consists of: only secrets are taken out, but a query of JDBC is SQL."""
        clean = self.texts.text if storage.format == "jdbc" else redaction.text
        of_part = self.texts.expression if storage.format == "jdbc" else redaction.text
        part = of_part(storage.part) if storage.part is not None else None
        columns = tuple((self.texts.column(column), self.texts.type_(of)) for column, of in storage.columns)
        return replace(
            storage, namespace=redaction.text(storage.namespace), name=clean(storage.name), part=part, columns=columns,
            without_nulls=tuple(map(self.texts.column, storage.without_nulls)),
        )  # fmt: skip

    def _probed(self, probed: Probed, held: bool = False) -> Probed:
        """Columns get their names last: what is masked is found by the names that they have."""
        return renaming.probed(self._masked(probed, held), self.texts.column, self.texts.type_)

    def _masked(self, probed: Probed, held: bool) -> Probed:
        name = (probed.dataset, probed.instance)
        self._held.pop(name, None)
        cleaned = replace(
            probed,
            detail=self.texts.expression(probed.detail) if probed.detail is not None else None,
            pushed=tuple(map(self.texts.expression, probed.pushed)),
            # As in what they are compared with: the pushed filters, and the storages of fragments.
            needless=tuple(
                replace(
                    each,
                    filter=self.texts.expression(each.filter),
                    namespace=redaction.text(each.namespace),
                    name=redaction.text(each.name),
                    column=self.texts.column(each.column),
                )
                for each in probed.needless
            ),
            answers=tuple(
                # By its text an answer finds the rule that asked.
                replace(
                    each, arguments=tuple(map(redaction.text, each.arguments)), reason=self.texts.optional(each.reason)
                )
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
            masked = self._guard("mask", self._masking.of, cleaned, self._inherited.of(cleaned.dataset))
        return masked or replace(cleaned, sample=None)

    def _execution(self, execution: Execution) -> Execution:
        return replace(
            execution,
            description=self.texts.prose(execution.description),
            error=self.texts.optional(execution.error),
            sources=tuple(map(self._storage, execution.sources)),
            sinks=tuple((self._storage(storage), mode, made) for storage, mode, made in execution.sinks),
        )


def _was_hidden(text: str) -> bool:
    """Also by the JVM half: without a Python half it masks what looks personal itself."""
    return rules().mark in text or MASKED in text


def _texts(fragment: Fragment) -> Iterable[str]:
    yield from fragment.operators
    yield fragment.plan_text
    yield from (each.expression for each in fragment.definitions)
    yield from (each.text for each in fragment.notes)
    yield from (each.text for each in fragment.row_operators if each.text is not None)
    yield from (made.expression for each in fragment.row_operators for made in each.deciding)


def _error(privacy: Privacy, ended: Any) -> Any:
    return replace(ended, error=privacy.texts.optional(ended.error))


def _cell_begun(privacy: Privacy, begun: CellBegun) -> CellBegun:
    """A cell may have a secret anywhere: its hashes are made with the key."""
    return replace(begun, key=privacy.texts.optional(begun.key), text_hash=privacy.texts.keyed(begun.text_hash))


def _cell_ended(privacy: Privacy, ended: CellEnded) -> CellEnded:
    binds = {name: privacy.texts.keyed(made) for name, made in ended.binds.items()}
    return replace(ended, error=privacy.texts.optional(ended.error), binds=binds)


def _value(privacy: Privacy, seen: ValueSeen) -> ValueSeen:
    """The digest of what was hidden is made again with the key, and says with which."""
    text = privacy.texts.value(seen.name, seen.text)
    digest = seen.digest if text == seen.text else privacy.texts.keyed(seen.digest)
    return replace(seen, digest=digest, text=text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…")


def _why(privacy: Privacy, gap: Any) -> Any:
    return replace(gap, what=privacy.texts.text(gap.what), why=privacy.texts.prose(gap.why))


def _spark(privacy: Privacy, started: SparkStarted) -> SparkStarted:
    return replace(started, app_name=privacy.texts.text(started.app_name), master=privacy.texts.text(started.master))


def _repository(privacy: Privacy, seen: RepositorySeen) -> RepositorySeen:
    return replace(seen, remote=redaction.text(seen.remote) if seen.remote is not None else None)


def _link(privacy: Privacy, seen: LinkSeen) -> LinkSeen:
    """The state of a trace is handed on as it is, or not at all."""
    state = seen.state if privacy.texts.optional(seen.state) == seen.state else None
    return replace(seen, state=state, address=redaction.optional(seen.address))


# What is not here has names, numbers and hashes only.
_CLEAN: Mapping[type, Callable[[Privacy, Any], Observation]] = {
    ProgramStarted: Privacy._program,
    ProgramEnded: _error,
    RepositorySeen: _repository,
    LinkSeen: _link,
    SourceRead: Privacy._source,
    CallEnded: _error,
    CellBegun: _cell_begun,
    CellEnded: _cell_ended,
    Operation: Privacy._operation,
    PythonGap: _why,
    ValueSeen: _value,
    SparkStarted: _spark,
    Fragment: Privacy._fragment,
    Probed: Privacy._probed,
    Execution: Privacy._execution,
    JvmGap: _why,
}
