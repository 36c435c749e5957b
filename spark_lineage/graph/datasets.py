"""Which datasets there are, who made them and who used them.

Interim datasets are DataFrames at boundaries; sources and sinks are storage (``graph.storage``).
"""

from __future__ import annotations

from dataclasses import replace

from spark_lineage.graph.activations import Activation, gap
from spark_lineage.graph.derived import completed
from spark_lineage.graph.described import Described
from spark_lineage.graph.fragments import Rewriter
from spark_lineage.graph.naming import interim_names
from spark_lineage.graph.observed import Observed, moment
from spark_lineage.graph.steps import Steps
from spark_lineage.graph.storage import Storages
from spark_lineage.graph.stored import Stored
from spark_lineage.model import Dataset, Gap, Operation, crossing


class Datasets:
    """All datasets of a run; fills in the inputs and outputs of the activations."""

    def __init__(self, seen: Observed, steps: Steps) -> None:
        self._seen = seen
        self._steps = steps
        self.gaps: list[Gap] = []
        self._uses: list[tuple[Operation, str]] = []
        self._interim = self._find_interim()
        self._storages = Storages(seen, steps, self._interim, self.gaps)
        self._named = interim_names(seen, list(self._interim.items()), self._storages.names())
        self._ids = {df: named.id for df, named in self._named.items()}
        storages = self._storages
        self._rewriter = Rewriter(
            seen.fragments, self._ids, storages.source_ids, storages.written_as, storages.is_whole
        )
        self._connect()
        self.all = self._finished()

    def id_of(self, df: str | None) -> str | None:
        return self._ids.get(df) if df is not None else None

    def activation_of(self, df: str | None) -> Activation | None:
        maker = self._seen.makers.get(df) if df is not None else None
        return self._steps.of(maker) if maker is not None else None

    def _find_interim(self) -> dict[str, Activation]:
        """DataFrames used by another unit than the one that made them, and those that capture marked as such."""
        seen, steps = self._seen, self._steps
        found = self._crossing()
        for df, marks in seen.marks.items():
            if df in seen.makers and any(mark.why == "boundary" for mark in marks):
                found.add(df)
        made = [(moment(seen.makers[df].started), order, df) for order, df in enumerate(seen.makers) if df in found]
        return {df: steps.of(seen.makers[df]) for _, _, df in sorted(made)}

    def _crossing(self) -> set[str]:
        """DataFrames used by another unit than the one that made them; notes their uses."""
        found: set[str] = set()
        orphans: set[str] = set()
        for operation in self._seen.operations:
            unit = self._steps.unit_of(operation)
            for df in dict.fromkeys(operation.inputs):
                maker = self._seen.makers.get(df)
                if maker is not None and crossing(self._steps.unit_of(maker), unit):
                    found.add(df)
                    self._uses.append((operation, df))
                elif maker is None and df not in orphans and operation.output != df:
                    orphans.add(df)
                    why = f"a DataFrame of {operation.name} was not seen being made"
                    self.gaps.append(gap(self._steps.of(operation), None, "input", why))
        return found

    def _connect(self) -> None:
        uses = [*self._uses_of_interim(), *self._uses_of_sinks()]
        for activation, read in self._storages.read_in_action.items():
            uses.extend((activation.started, activation, stored.id) for stored in read)
        for _, activation, dataset in sorted(uses, key=lambda use: use[0]):
            if dataset not in activation.outputs:
                activation.inputs[dataset] = None

    def _uses_of_interim(self) -> list[tuple[float, Activation, str]]:
        """(moment, activation, dataset that it used); outputs are filled in."""
        uses = [(moment(op.started), self._steps.of(op), self._ids[df]) for op, df in self._uses]
        for df, activation in self._interim.items():
            at = moment(self._seen.makers[df].started)
            uses.extend((at, activation, name) for name in self._inputs_of(df))
            activation.outputs[self._ids[df]] = None
        return uses

    def _uses_of_sinks(self) -> list[tuple[float, Activation, str]]:
        uses: list[tuple[float, Activation, str]] = []
        for stored in self._storages.all():
            if stored.activation is not None:
                stored.activation.outputs[stored.id] = None
                if stored.df is not None and stored.df not in self._interim:
                    uses.extend((stored.at, stored.activation, name) for name in self._inputs_of(stored.df))
        return uses

    def _inputs_of(self, df: str) -> tuple[str, ...]:
        fragment = self._rewriter.rewritten(df)
        inputs = fragment.inputs if fragment is not None else self._storages.source_ids(df)
        return (*inputs, *(stored.id for stored in self._storages.appended.get(df, ())))

    def _finished(self) -> tuple[Dataset, ...]:
        """In order of first appearance: at one moment what is read, then what is made, then what is written."""
        described = Described(self._seen, self._steps, self._storages, self._rewriter, self.gaps)
        ranked: list[tuple[float, int, Dataset]] = []
        for df, activation in self._interim.items():
            at = moment(self._seen.makers[df].started)
            ranked.append((at, 1, described.interim(df, activation, self._named[df])))
        for stored in self._storages.all():
            if stored.activation is None:
                ranked.append((stored.at, 0, described.source(stored)))
            else:
                ranked.append((stored.at, 2, described.sink(stored, stored.activation, self._written_as_it_is(stored))))
        found = tuple(dataset for _, _, dataset in sorted(ranked, key=lambda rank: rank[:2]))
        finished = completed(found, {self._ids[df]: described.counted(df) for df in self._interim})
        known = {after.id for before, after in zip(found, finished, strict=True) if after.complete > before.complete}
        self.gaps = [gap for gap in self.gaps if gap.what != "rows" or gap.dataset not in known]
        counted = {dataset.id for dataset in finished if dataset.rows is not None}
        self.gaps = [
            replace(gap, why=f"{gap.why}; how many rows it has is known")
            if gap.what == "rows" and gap.dataset in counted
            else gap
            for gap in self.gaps
        ]
        return finished

    def _written_as_it_is(self, stored: Stored) -> str | None:
        """The id of the dataset that the step wrote, if another step made it."""
        maker = self._interim.get(stored.df) if stored.df is not None else None
        return self.id_of(stored.df) if maker is not None and maker is not stored.activation else None
