"""Rewrites plan fragments: ids of datasets of the graph take the place of ids of DataFrames."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from spark_lineage.graph.expressions import Reference, enclosed, quoted, substituted
from spark_lineage.graph.observed import op_of_query
from spark_lineage.model import ColumnDefinition, ColumnInput, ColumnNote, Fragment, RowOperator

_INPUT = re.compile(r"\bInput (d\d+)\b")
DEEPEST = 50  # fragments whose expressions are written into each other
LONGEST = 20_000  # characters of an expression that is written into another one


class Rewriter:
    """Rewrites fragments. An input that is no dataset is looked through, if it has a fragment of its own.

    ``source_ids(df)`` gives the ids of the sources of a fragment, in the order of ``Fragment.sources``;
    ``written_as(df, position)`` the names that columns of a source have there, where it is read under other names;
    ``is_whole(df, position)`` whether the rows that are read of it are those that its dataset is said to have.
    """

    def __init__(
        self, fragments: Mapping[str, Fragment], ids: Mapping[str, str], source_ids: Callable[[str], tuple[str, ...]],
        written_as: Callable[[str, int], Mapping[str, str]] = lambda df, position: {},
        is_whole: Callable[[str, int], bool] = lambda df, position: True,
    ) -> None:  # fmt: skip
        self._fragments = fragments
        self._ids = ids
        self._source_ids = source_ids
        self._written_as = written_as
        self._is_whole = is_whole
        self._done: dict[str, Fragment] = {}
        self._lost: dict[str, dict[str, None]] = {}
        self._texts: dict[tuple[str, str], str | None] = {}  # of columns that are looked through

    def rewritten(self, df: str) -> Fragment | None:
        fragment = self._fragments.get(df)
        if fragment is None:
            return None
        if df not in self._done:
            self._done[df] = self._rewrite(fragment)
        return self._done[df]

    def lost(self, df: str) -> tuple[str, ...]:
        """Inputs of the fragment that could not be named."""
        return tuple(self._lost.get(df, ()))

    def _rewrite(self, fragment: Fragment) -> Fragment:
        df = fragment.dataset
        own = self._ids.get(df, df)
        inputs: dict[str, None] = {}
        for name in fragment.inputs:
            inputs.update(dict.fromkeys(self._datasets(df, name)))
        inputs.update(dict.fromkeys(self._source_ids(df)))
        inputs.pop(own, None)
        definitions = tuple(self._definition(df, definition) for definition in fragment.definitions)
        indirect = self._deciding(fragment)
        # Sources are datasets of the graph now, and their columns stand there.
        sources = tuple(replace(source, columns=()) for source in fragment.sources)
        return replace(
            fragment,
            dataset=own,
            plan_hash=self._hash(fragment),
            operators=tuple(self._text(text) for text in fragment.operators),
            plan_text=self._text(fragment.plan_text),
            inputs=tuple(inputs),
            sources=sources,
            definitions=definitions,
            indirect=indirect,
            row_operators=tuple(self._row_operator(df, operator) for operator in fragment.row_operators),
            notes=tuple(self._note(df, note) for note in fragment.notes),
        )

    def _definition(self, df: str, definition: ColumnDefinition) -> ColumnDefinition:
        # Most columns are those of one dataset as they are: these need no look at their expressions.
        if len(definition.inputs) == 1 and definition.expression == quoted((use := definition.inputs[0]).column):
            named = self._ids.get(use.dataset)
            if named is not None and not use.dataset.startswith("source:"):
                # By their classes: `replace` takes twice as long, and a wide frame has many of these.
                same = ColumnInput(named, use.column, use.kind, use.subtype, use.masking)
                return ColumnDefinition(definition.column, definition.expression, (same,), definition.followed)
        return replace(
            definition,
            expression=self._expression(definition, 0),
            inputs=tuple(self._columns(df, df, definition.inputs)),
            followed=definition.followed and all(map(self._followed, definition.inputs)),
        )

    def _deciding(self, fragment: Fragment) -> tuple[ColumnInput, ...]:
        """The columns that decide which rows there are, also in the fragments that are looked through."""
        found: dict[ColumnInput, None] = {}
        for below in self._looked_through(fragment):
            found.update(self._columns(fragment.dataset, below.dataset, below.indirect))
        return tuple(found)

    def _looked_through(self, fragment: Fragment) -> list[Fragment]:
        """The fragment, and those below it of DataFrames that are no datasets."""
        waiting, seen = [fragment], {fragment.dataset}
        for below in waiting:
            hidden = [df for df in below.inputs if df not in self._ids and df not in seen and df in self._fragments]
            seen.update(hidden)
            waiting += [self._fragments[df] for df in hidden]
        return waiting

    def _hash(self, fragment: Fragment) -> str:
        """The query of a command often only puts the columns of a DataFrame in order: that one's plan is its plan."""
        hashes = [below.plan_hash for below in self._looked_through(fragment)]
        if len(hashes) == 1 or not op_of_query(fragment.dataset):
            return fragment.plan_hash
        return f"plan2:{hashlib.sha256(' '.join(hashes).encode()).hexdigest()[:32]}"

    def _row_operator(self, df: str, operator: RowOperator) -> RowOperator:
        """An input that is not exactly one dataset of the graph becomes ``opaque``: nothing is known of its rows."""
        named = [self._one(df, name) for name in operator.datasets]
        drops = tuple((text, tuple(filter(None, (self._named(df, *column) for column in columns))))
                      for text, columns in operator.drops)  # fmt: skip
        if operator.op == "input" and (None in named or not all(self._whole(df, name) for name in operator.datasets)):
            return RowOperator("opaque")
        datasets = tuple(dict.fromkeys(name for name in named if name is not None))
        deciding = tuple(self._definition(df, definition) for definition in operator.deciding)
        return replace(operator, datasets=datasets, drops=tuple(drop for drop in drops if drop[1]), deciding=deciding)

    def _note(self, df: str, note: ColumnNote) -> ColumnNote:
        return replace(note, input=self._named(df, *note.input)) if note.input is not None else note

    def _one(self, df: str, dataset: str) -> str | None:
        """The id of the dataset that an input of the fragment is, if it is one itself; nothing is looked through."""
        if not dataset.startswith("source:"):
            return self._ids.get(dataset)
        ids, position = self._source_ids(df), dataset[len("source:") :]
        return ids[int(position)] if position.isdecimal() and int(position) < len(ids) else None

    def _stored_as(self, df: str, column: ColumnInput) -> str:
        """The name that a column of a source has where it lies."""
        if not column.dataset.startswith("source:"):
            return column.column
        return self._written_as(df, int(column.dataset[len("source:") :])).get(column.column, column.column)

    def _whole(self, df: str, dataset: str) -> bool:
        if not dataset.startswith("source:"):
            return True
        position = dataset[len("source:") :]
        return not position.isdecimal() or self._is_whole(df, int(position))

    def _named(self, df: str, dataset: str, column: str) -> tuple[str, str] | None:
        named = self._one(df, dataset)
        return (named, column) if named is not None else None

    def _text(self, text: str) -> str:
        """``Input d5`` is written as the dataset that it is."""
        return _INPUT.sub(lambda found: f"Input {self._ids.get(found[1], found[1])}", text)

    def _expression(self, definition: ColumnDefinition, depth: int) -> str:
        """The expression over columns of datasets.

        Columns of fragments that are looked through are replaced by their own expressions.
        """
        owners: dict[str, list[str]] = {}
        for use in definition.inputs:
            if use.dataset not in owners.setdefault(use.column, []):
                owners[use.column].append(use.dataset)

        def write(reference: Reference) -> str | None:
            candidates = owners[reference.column]
            owner = reference.qualifier or (candidates[0] if len(candidates) == 1 else "")
            if owner in self._ids:
                named = f"{quoted(self._ids[owner])}.{quoted(reference.column)}"
                return named if reference.qualifier else None
            return self._inner(owner, reference.column, depth + 1)

        qualifiers = {use.dataset for use in definition.inputs}
        return substituted(definition.expression, owners, qualifiers, write)

    def _inner(self, df: str, column: str, depth: int) -> str | None:
        """The expression of a column of a fragment that is looked through; None in a circle, and where it is too long.

        It is written once: a column that is made from another one twice, and that likewise, would double at each step.
        """
        if (df, column) not in self._texts:
            self._texts[df, column] = None  # while it is being written: a circle
            definition = self._defined(df, column)
            if definition is not None and depth <= DEEPEST:
                text = enclosed(self._expression(definition, depth))
                self._texts[df, column] = text if len(text) <= LONGEST else None
        return self._texts[df, column]

    def _defined(self, df: str, column: str) -> ColumnDefinition | None:
        definitions = self._fragments[df].definitions if df in self._fragments else ()
        return next((definition for definition in definitions if definition.column == column), None)

    def _followed(self, use: ColumnInput) -> bool:
        """False where a fragment that is looked through makes the column from what could not be followed."""
        waiting = [use]
        met = {(use.dataset, use.column)}
        for each in waiting:
            inner = self._defined(each.dataset, each.column) if each.dataset not in self._ids else None
            if inner is None:
                continue
            if not inner.followed:
                return False
            more = [below for below in inner.inputs if (below.dataset, below.column) not in met]
            met.update((below.dataset, below.column) for below in more)
            waiting += more
        return True

    def _datasets(self, root: str, df: str) -> tuple[str, ...]:
        """The datasets that a DataFrame comes down to, in the order of its inputs, and its sources after them."""
        found: list[str] = []
        waiting: list[tuple[str, bool]] = [(df, False)]
        met: set[str] = set()
        ended = False
        while waiting:
            each, inputs_done = waiting.pop()
            if inputs_done:
                found.extend(self._source_ids(each))
                continue
            if each in met:
                continue
            met.add(each)
            below = self._fragments.get(each)
            ended = ended or each in self._ids or below is None or not below.inputs
            if each in self._ids:
                found.append(self._ids[each])
            elif below is None:
                self._lost.setdefault(root, {})[each] = None
            else:
                waiting.append((each, True))
                waiting.extend((parent, False) for parent in reversed(below.inputs))
        if not ended:  # a circle
            self._lost.setdefault(root, {})[df] = None
        return tuple(found)

    def _columns(self, root: str, owner: str, inputs: tuple[ColumnInput, ...]) -> dict[ColumnInput, None]:
        """The columns of datasets that ``inputs`` of the fragment of ``owner`` come down to; each is looked at once."""
        found: dict[ColumnInput, None] = {}
        waiting = [(owner, use) for use in reversed(inputs)]
        met: set[tuple[str, ColumnInput]] = set()
        ended = not inputs
        while waiting:
            each = waiting.pop()
            if each in met:
                continue
            met.add(each)
            column = each[1]
            below = self._looks_through(root, *each, found)
            ended = ended or not below
            waiting.extend((column.dataset, column.through(use)) for use in reversed(below or ()))
        if not ended:  # a circle
            self._lost.setdefault(root, {})[inputs[0].dataset] = None
        return found

    def _looks_through(
        self, root: str, owner: str, column: ColumnInput, found: dict[ColumnInput, None]
    ) -> tuple[ColumnInput, ...] | None:
        """What a column of a fragment that is no dataset is made from; None where it ends, in ``found`` or lost."""
        named = self._one(owner, column.dataset)
        if named is not None:
            found[replace(column, dataset=named, column=self._stored_as(owner, column))] = None
            return None
        if column.dataset in self._fragments:
            inner = self._defined(column.dataset, column.column)
            return inner.inputs if inner is not None else ()
        self._lost.setdefault(root, {})[column.dataset] = None
        return None


def identity(dataset: str, fragment: Fragment | None) -> Fragment | None:
    """The fragment of a sink that holds the dataset unchanged; None if the dataset's columns are not known."""
    if fragment is None:
        return None
    return replace(
        fragment,
        dataset=dataset,
        plan_hash="identity",
        operators=("Write",),
        plan_text="",
        deterministic=True,
        nondeterminism=(),
        inputs=(dataset,),
        sources=(),
        opaque=(),
        definitions=tuple(
            ColumnDefinition(name, name, (ColumnInput(dataset, name, "DIRECT", "IDENTITY"),))
            for name, _, _ in fragment.columns
        ),
        indirect=(),
        row_operators=(RowOperator("input", datasets=(dataset,)),),
        notes=(),
    )
