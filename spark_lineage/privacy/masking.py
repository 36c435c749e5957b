"""Masks sampled values of columns that look personal, and of those made from such: promise "no secrets leak".

Columns are recognised by their names (parts of ``customer_email``, ``PhoneNumber``), also inside of structs, by values
that look personal (:mod:`spark_lineage.privacy.personal`), and by their lineage. Nulls stay.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from spark_lineage.model import Fragment, Probed, Sample
from spark_lineage.privacy.personal import MASKED, SHORTEST_CARD, forms, has_personal_field, hashed, looks_personal

__all__ = ["MASKED", "MaskedColumns", "Masking", "looks_personal"]


@dataclass(frozen=True)
class Masking:
    """``key`` gives the secret, and is asked for when a value must be masked for the first time.

    ``columns``: names (with ``*`` and ``?``, whatever their case) that are masked besides; ``personal`` false masks
    only those.
    """

    key: Callable[[], bytes]
    columns: Sequence[str] = ()
    personal: bool = True

    def of(self, probed: Probed, inherited: Collection[str] = ()) -> Probed:
        """The measurement with its sample masked. ``inherited``: columns that are made from masked ones."""
        if probed.sample is None:
            return probed
        return replace(probed, sample=self.masked(probed.sample, {*self.chosen(probed), *inherited}))

    def all_of(self, probed: Probed) -> Probed:
        """The measurement with every value of its sample masked."""
        return self.of(probed, probed.sample.columns if probed.sample is not None else ())

    def chosen(self, probed: Probed) -> frozenset[str]:
        """The columns of a sample that are masked for what they themselves are."""
        if probed.sample is None:
            return frozenset()
        types, rows = {column.name: column.type for column in probed.columns}, probed.sample.rows
        return frozenset(
            name
            for number, name in enumerate(probed.sample.columns)
            if self.names(name)
            or (self.personal and has_personal_field(types.get(name, "")))
            or (self.personal and _looks_personal([row[number] for row in rows if row[number] is not None]))
        )

    def names(self, column: str) -> bool:
        """Whether a column is masked for its name."""
        return any(fnmatch.fnmatchcase(column.lower(), pattern.lower()) for pattern in self.columns) or (
            self.personal and looks_personal(column)
        )

    def masked(self, sample: Sample, columns: Collection[str]) -> Sample:
        """The sample with the values of these columns masked."""
        numbers = {number for number, name in enumerate(sample.columns) if name in columns}
        if not numbers:
            return sample
        key = self.key()
        rows = tuple(
            tuple(
                hashed(key, value) if number in numbers and value is not None else value
                for number, value in enumerate(row)
            )
            for row in sample.rows
        )
        return replace(sample, rows=rows)


def _looks_personal(values: Sequence[str | None]) -> bool:
    """By its values. Of long numbers every tenth has the check digit of a card: half of them must have it."""
    numbers = [value for value in values if value and value.isdigit()]
    cards = [value for value in numbers if len(value) >= SHORTEST_CARD and forms(value)]
    # One look at all of them: no form goes beyond the end of a line.
    others = "\n".join([value for value in values if value and not value.isdigit()])
    return bool(forms(others)) or len(cards) * 2 > len(numbers)


MOST_DATASETS = 2_000  # whose column lineage is known
Column = tuple[str, str]  # dataset, column


class MaskedColumns:
    """Which columns of datasets are masked or made from masked ones, by the fragments that are known so far.

    Those of the latest ``most`` datasets are known. Of earlier ones it is known which of their columns are masked.
    """

    def __init__(self, masking: Masking, most: int = MOST_DATASETS) -> None:
        self.most = most
        self._masking = masking
        self._named: dict[str, bool] = {}  # whether a column is masked for its name
        self._inputs: dict[str, dict[str, tuple[Column, ...]]] = {}  # of the columns of each dataset
        self._readers: dict[str, dict[str, None]] = {}  # of each dataset those of ``_inputs`` that are made from it
        self._masked: dict[str, set[str]] = {}  # columns by dataset

    def learn(self, fragment: Fragment) -> None:
        """The lineage of one dataset. A hash or a count of a masked column shows nothing of it and is left out."""
        inputs = {
            definition.column: tuple(
                (each.dataset, each.column) for each in definition.inputs if each.kind == "DIRECT" and not each.masking
            )
            for definition in fragment.definitions
        }
        self._forget(fragment.dataset)
        self._inputs[fragment.dataset] = inputs
        for above in {each for columns in inputs.values() for each, _ in columns}:
            self._readers.setdefault(above, {})[fragment.dataset] = None
        if self._look_at(fragment.dataset):
            self._pass_on(fragment.dataset)
        if len(self._inputs) > self.most:
            self._forget(next(iter(self._inputs)))

    def see(self, probed: Probed) -> None:
        """The columns of a dataset whose values are seen to be personal."""
        fresh = self._masking.chosen(probed) - self._masked.get(probed.dataset, set())
        if fresh:
            self._masked.setdefault(probed.dataset, set()).update(fresh)
            self._pass_on(probed.dataset)

    def knows(self, dataset: str) -> bool:
        """Whether the lineage of this dataset is known."""
        return dataset in self._inputs

    def of(self, dataset: str) -> frozenset[str]:
        """The columns of a dataset that are masked, or made from masked columns."""
        masked = self._masked.get(dataset, ())
        return frozenset(masked if dataset not in self._inputs else self._inputs[dataset].keys() & masked)

    def _forget(self, dataset: str) -> None:
        """The lineage of a dataset, if it is known."""
        for above in {each for columns in self._inputs.pop(dataset, {}).values() for each, _ in columns}:
            readers = self._readers[above]
            readers.pop(dataset, None)
            if not readers:
                del self._readers[above]

    def _pass_on(self, dataset: str) -> None:
        """To what is made from a dataset of which more columns are masked than before."""
        waiting = [dataset]
        while waiting:
            waiting += [reader for reader in self._readers.get(waiting.pop(), ()) if self._look_at(reader)]

    def _look_at(self, dataset: str) -> bool:
        """Whether more of its columns are masked than before."""
        before = self._masked.get(dataset, set())
        fresh = {
            column
            for column, inputs in self._inputs[dataset].items()
            if column not in before and any(map(self._is_masked, inputs))
        }
        if fresh:
            self._masked[dataset] = before | fresh
        return bool(fresh)

    def _is_masked(self, column: Column) -> bool:
        dataset, name = column
        return name in self._masked.get(dataset, ()) or self._is_named(name)

    def _is_named(self, column: str) -> bool:
        if column not in self._named:
            self._named[column] = self._masking.names(column)
        return self._named[column]
