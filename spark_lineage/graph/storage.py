"""What a run read from storage, and what it wrote there.

A place in storage that is written and read later in the program is one dataset; each write of it by another step is
another one (``~2``) of the same name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property

from spark_lineage.graph.activations import Activation, gap
from spark_lineage.graph.observed import Observed, ancestors, moment
from spark_lineage.graph.steps import Steps
from spark_lineage.graph.stored import (
    Address,
    Stored,
    address,
    changes_in_place,
    keeps_nothing,
    overwrites,
    richer,
    with_columns_of,
    within,
)
from spark_lineage.model import Execution, Gap, Operation, OperationKind, Outcome, Storage
from spark_lineage.model.libraries import TABLE_ENGINES


class Storages:
    """All sources and sinks of a run.

    ``by_address`` has the source (first, if there is one) and the writes of each place. ``reads`` says of a DataFrame
    what its fragment reads, in the order of ``Fragment.sources``; ``appended`` which earlier writes that holds, too;
    ``read_in_action`` of an activation what its reads name, and what its executions read that no plan tells.
    """

    def __init__(self, seen: Observed, steps: Steps, interim: Iterable[str], gaps: list[Gap]) -> None:
        self._seen = seen
        self._steps = steps
        self._gaps = gaps
        self.by_address: dict[Address, list[Stored]] = {}
        self.reads: dict[str, tuple[Stored, ...]] = {}
        self.appended: dict[str, list[Stored]] = {}
        self.read_in_action: dict[Activation, dict[Stored, None]] = {}
        self._find_sinks()
        self._find_sources(interim)
        self._name()

    def all(self) -> Iterable[Stored]:
        return (stored for versions in self.by_address.values() for stored in versions)

    def names(self) -> set[str]:
        """Names and ids that no interim dataset may have."""
        return {name for _, name in self.by_address} | {stored.id for stored in self.all()}

    def source_ids(self, df: str) -> tuple[str, ...]:
        return tuple(stored.id for stored in self.reads.get(df, ()))

    def is_whole(self, df: str, position: int) -> bool:
        """Whether the DataFrame reads all that its dataset is said to hold, and nothing else.

        Not where it reads a part of it; and the facts of a dataset that was appended to are those of what was added.
        """
        stored, read = self.reads[df][position], self._seen.fragments[df].sources[position]
        return read.part is None and (stored.activation is None or overwrites(stored))

    def written_as(self, df: str, position: int) -> dict[str, str]:
        """Column as it was read -> as it was written, where the names differ.

        Files without a header give their columns other names; their order tells which is which.
        """
        stored, fragment = self.reads[df][position], self._seen.fragments[df]
        read = [name for name, _ in fragment.sources[position].columns]
        written = [name for name, _ in stored.storage.columns]
        if stored.activation is None or set(read) & set(written) or len(read) != len(written):
            return {}
        return dict(zip(read, written, strict=True))

    # -- sinks

    def _find_sinks(self) -> None:
        for execution in self._seen.executions:
            operation = self._operation(execution)
            activation = self._steps.of(operation) if operation is not None else self._steps.application
            activation.executions.append(execution)
            if execution.op is not None and operation is None:
                why = f"execution {execution.execution} names an operation that was not seen"
                self._gaps.append(gap(activation, None, "execution", why))
            within_place = {address(place)} if (place := _place(operation)) is not None else set()
            for storage, mode, df in execution.sinks:
                if (nothing := keeps_nothing(storage)) is not None:
                    self._gaps.append(gap(activation, None, "sink", nothing))
                elif not within(storage, within_place):  # a model is written as several tables
                    self._written(storage, mode, df, execution, operation, activation)
        for operation in self._seen.operations:
            if (place := _place(operation)) is not None and operation.error is None:
                self._written_by(operation, place)

    def _written_by(self, operation: Operation, storage: Storage) -> None:
        """Notes what an operation has written that no plan shows: the rows of an RDD, a pandas object, a model."""
        activation = self._steps.of(operation)
        versions = self.by_address.setdefault(address(storage), [])
        sink = Stored(storage, activation, moment(operation.started), moment(operation.ended))
        sink.ops.append(operation.op)
        sink.modes.append("overwrite" if storage.format == "model" else "create")
        if storage.format == "model" or operation.detail.get("engine") in TABLE_ENGINES:
            sink.df = next(iter(operation.inputs), None)
        else:
            sink.written_by_rdd = True
        versions.append(sink)

    def _written(
        self, storage: Storage, mode: str, df: str | None, execution: Execution, operation: Operation | None,
        activation: Activation,
    ) -> None:  # fmt: skip
        versions = self.by_address.setdefault(address(storage), [])
        sink = next((stored for stored in versions if stored.activation is activation), None)
        if sink is None:
            sink = Stored(storage, activation, moment(execution.started))
            versions.append(sink)
        op = execution.op
        if op is None or op not in sink.ops:  # one write may run several executions (CTAS, Delta)
            sink.ops.append(op)
            sink.modes.append(mode)
        sink.storage = richer(sink.storage, storage)
        sink.ended = max(sink.ended, moment(execution.ended), moment(operation.ended if operation else None))
        written = df if df is not None or changes_in_place(sink) else _written_whole(operation)
        sink.df = written if written is not None else sink.df
        sink.changed = execution.changed or sink.changed
        sink.failed = execution.outcome is not Outcome.COMPLETE

    # -- sources

    def _find_sources(self, interim: Iterable[str]) -> None:
        """Finds what the plan of each dataset reads, then what executions read that no plan of a dataset reads."""
        own = self._own_places()
        self._find_amended(own)
        written = [stored.df for stored in self.all() if stored.df is not None]
        claims: dict[str, set[Address]] = {}
        read = [op.output for op in self._seen.operations if op.output is not None and _reads(op)]
        for df in self._with_what_they_look_through([*interim, *written, *read]):
            if df in self._seen.fragments and not self._of_a_model(self._seen.fragments[df].sources):
                claims[df] = self._read_by_plan(df)
        for df in read:
            self._read_in_step(df)
        known = set().union(*claims.values())
        for execution in self._seen.executions:
            if execution.sources and not self._looks_for_schema(execution):
                accounted = self._accounted(execution, claims, known, own)
                for storage in execution.sources:
                    if not within(storage, accounted) and not self._of_a_model((storage,)):
                        self._read_by_action(storage, execution)

    def _read_by_plan(self, df: str) -> set[Address]:
        """Finds what the fragment of the DataFrame reads; gives the places."""
        maker = self._seen.makers.get(df)
        activation = self._steps.of(maker) if maker is not None else self._steps.application
        at = moment(maker.started) if maker is not None else activation.started
        found = tuple(self._read(storage, at) for storage in self._seen.fragments[df].sources)
        self.reads[df] = found
        for stored in found:
            versions = self.by_address[address(stored.storage)]
            self.appended.setdefault(df, []).extend(_written_before(versions, at)[1:])
        return {address(stored.storage) for stored in found}

    def _find_amended(self, own: Mapping[str, set[Address]]) -> None:
        """Finds merges. They read the place that they write, so their result holds all that was there before."""
        for execution in self._seen.executions:
            for place in own.get(execution.op or "", set()).intersection(map(address, execution.sources)):
                for stored in self.by_address[place]:
                    if execution.op in stored.ops and (stored.df is None or changes_in_place(stored)):
                        stored.amends = True

    def _own_places(self) -> dict[str, set[Address]]:
        """Id of an operation -> the places that it writes."""
        found: dict[str, set[Address]] = {}
        for place, versions in self.by_address.items():
            for op in (op for stored in versions for op in stored.ops if op is not None):
                found.setdefault(op, set()).add(place)
        return found

    def _accounted(
        self, execution: Execution, claims: Mapping[str, set[Address]], known: set[Address],
        own: Mapping[str, set[Address]],
    ) -> set[Address]:  # fmt: skip
        """The places that an execution reads, and that the plan of a dataset below it reads, too."""
        operation = self._operation(execution)
        if (
            operation is None
            or not self._seen.used_by(operation)
            or operation.kind not in (OperationKind.ACTION, OperationKind.WRITE)
        ):
            return known - own.get(execution.op or "", set())
        above = ancestors(self._seen.makers, self._seen.used_by(operation))
        return set().union(*(claims[df] for df in above if df in claims))

    def _with_what_they_look_through(self, dfs: Iterable[str]) -> list[str]:
        """The DataFrames and, from their fragments, those that are marked and no datasets, as by a cache in a step."""
        found = dict.fromkeys(dfs)
        waiting = list(found)
        for df in waiting:
            fragment = self._seen.fragments.get(df)
            new = [name for name in (fragment.inputs if fragment is not None else ()) if name not in found]
            found.update(dict.fromkeys(new))
            waiting += new
        return list(found)

    def _read(self, storage: Storage, at: float) -> Stored:
        """The dataset that a read at ``at`` of this place sees: the latest write before it, else the source."""
        versions = self.by_address.setdefault(address(storage), [])
        before = _written_before(versions, at)
        if before:
            if storage.format == "kafka":  # messages have more columns (offset, timestamp) than were sent
                before[0].storage = with_columns_of(before[0].storage, storage)
            return before[0]
        source = next((stored for stored in versions if stored.activation is None), None)
        if source is None:
            source = Stored(storage, None, at)
            versions.append(source)
        source.at = min(source.at, at)
        source.storage = richer(source.storage, storage)
        return source

    @cached_property
    def _model_places(self) -> set[Address]:
        """Where models lie that the run saves or loads."""
        loaded = [
            storage
            for df, maker in self._seen.makers.items()
            if "model" in maker.detail and df in self._seen.fragments
            for storage in self._seen.fragments[df].sources
        ]
        saved = [place for operation in self._seen.operations if (place := _place(operation)) is not None]
        return {address(place) for place in (*loaded, *saved) if place.format == "model"}

    def _of_a_model(self, storages: Iterable[Storage]) -> bool:
        """Whether these are files that a model consists of: pyspark reads them one by one."""
        every = list(storages)
        places = self._model_places
        return bool(every and places) and all(within(s, places) and address(s) not in places for s in every)

    def _read_in_step(self, df: str) -> None:
        """Notes what a read names, whether a query ever runs it or not."""
        activation = self._steps.of(self._seen.makers[df]) if df in self._seen.makers else self._steps.application
        self.read_in_action.setdefault(activation, {}).update(dict.fromkeys(self.reads.get(df, ())))

    def _looks_for_schema(self, execution: Execution) -> bool:
        """Whether it ran while a reader looked for the schema: what the read is of, the DataFrame says that it gave."""
        operation = self._operation(execution)
        return (
            operation is not None
            and operation.kind is OperationKind.READ
            and operation.output in self._seen.fragments
            and not execution.sinks
        )

    def _read_by_action(self, storage: Storage, execution: Execution) -> None:
        """Notes that an activation read the place by an action alone, as ``spark.read.parquet(p).count()`` does."""
        operation = self._operation(execution)
        activation = self._steps.application
        at = moment(execution.started)
        if operation is not None:
            reader = self._reader(operation, storage) or operation
            activation, at = self._steps.of(reader), moment(reader.started)
        self.read_in_action.setdefault(activation, {})[self._read(storage, at)] = None

    def _reader(self, operation: Operation, storage: Storage) -> Operation | None:
        """The read above ``operation`` that names this place, or the only read that there is."""
        makers = [self._seen.makers.get(df) for df in ancestors(self._seen.makers, operation.inputs)]
        reads = [
            maker for maker in makers if maker is not None and maker.kind in (OperationKind.READ, OperationKind.CREATE)
        ]
        last = storage.name.rstrip("/").rsplit("/", 1)[-1]
        naming = [read for read in reads if last and any(last in str(text) for text in read.detail.values())]
        if len(naming) >= 1:
            return min(naming, key=lambda read: moment(read.started))
        return reads[0] if len(reads) == 1 else None

    def _operation(self, execution: Execution) -> Operation | None:
        """The operation whose action ran the execution, if it was seen."""
        return self._seen.by_op.get(execution.op) if execution.op is not None else None

    # -- names

    def _name(self) -> None:
        """Gives sources and sinks their ids: the name, with the namespace where two namespaces have the same name."""
        by_name: dict[str, set[str]] = {}
        for namespace, name in self.by_address:
            by_name.setdefault(name, set()).add(namespace)
        used: set[str] = set()
        for (namespace, name), versions in self.by_address.items():
            base = name if len(by_name[name]) == 1 else f"{namespace}/{name}"
            base = base or "unnamed"
            versions.sort(key=lambda stored: (stored.activation is not None, stored.at))
            for number, stored in enumerate(versions, 1):
                stored.id = base if number == 1 else f"{base}~{number}"
                while stored.id in used:
                    number += 1
                    stored.id = f"{base}~{number}"
                used.add(stored.id)


def _reads(operation: Operation) -> bool:
    return operation.kind is OperationKind.READ or "model" in operation.detail


def _place(operation: Operation | None) -> Storage | None:
    """Where an operation writes that no plan shows, as capture has noted it."""
    if operation is None or "place" not in operation.detail:
        return None
    namespace, name, part, format_ = operation.detail["place"].split("\n")
    columns = (("value", "string"),) if format_ == "text" else ()
    return Storage(namespace, name, format_, part=part or None, columns=columns)


def _written_before(versions: Iterable[Stored], at: float) -> list[Stored]:
    """The writes whose rows are read at the moment ``at``: from the latest back to the last that was no append."""
    done = [stored for stored in versions if stored.activation is not None and stored.ended <= at and not stored.failed]
    found: list[Stored] = []
    for stored in sorted(done, key=lambda stored: stored.ended, reverse=True):
        found.append(stored)
        if overwrites(stored) or stored.amends:
            break
    return found


def _written_whole(operation: Operation | None) -> str | None:
    """The DataFrame that a write operation wrote, where the JVM half did not say: its one input.

    None for ``spark.sql``, which may write anything that is made of its inputs.
    """
    if operation is None or operation.kind is not OperationKind.WRITE or len(operation.inputs) != 1:
        return None
    return operation.inputs[0] if operation.name != "SparkSession.sql" else None
