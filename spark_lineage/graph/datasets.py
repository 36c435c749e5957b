"""Which datasets there are, who made them and who used them.

Interim datasets are DataFrames at boundaries; sources and sinks are storage. A place in storage that is written and
read later in the program is one dataset; each write of it by another step is another one (``~2``) of the same name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from spark_lineage.graph.bare import as_stored, is_bare
from spark_lineage.graph.facts import Facts, Measurements, columns, unknown
from spark_lineage.graph.fragments import Rewriter, identity
from spark_lineage.graph.naming import Named, interim_names, interim_namespace
from spark_lineage.graph.observed import Observed, ancestors, moment
from spark_lineage.graph.places import Address, Stored, address, overwrites, richer, within
from spark_lineage.graph.steps import Activation, Steps
from spark_lineage.model import (
    Dataset,
    DatasetKind,
    Execution,
    Fragment,
    Gap,
    Operation,
    OperationKind,
    Outcome,
    Storage,
    crossing,
)

UNKNOWN = "unknown"  # the namespace of storage behind connectors that the JVM half does not know
NOT_TOLD_APART = "two places that it reads or writes have one name here"


class Datasets:
    """All datasets of a run; fills in the inputs and outputs of the activations."""

    def __init__(self, seen: Observed, steps: Steps) -> None:
        self._seen = seen
        self._steps = steps
        self._measurements = Measurements(seen)
        self.gaps: list[Gap] = []
        self._uses: list[tuple[Operation, str]] = []
        self._interim = self._find_interim()
        self._stored: dict[Address, list[Stored]] = {}
        self._find_sinks()
        self._read_in_action: dict[Activation, dict[Stored, None]] = {}
        self._reads: dict[str, tuple[Stored, ...]] = {}  # DataFrame id -> what its fragment reads, by source index
        self._appended: dict[str, list[Stored]] = {}  # earlier writes that the last one was appended to
        self._find_sources()
        self._name_stored()
        self._named = interim_names(seen, list(self._interim.items()), self._taken())
        self._ids = {df: named.id for df, named in self._named.items()}
        self._rewriter = Rewriter(seen.fragments, self._ids, self._source_ids, self._written_as)
        self._connect()
        self.all = self._finished()

    # -- interim

    def _find_interim(self) -> dict[str, Activation]:
        """DataFrames used by another unit than the one that made them, and those that capture marked as such."""
        seen, steps = self._seen, self._steps
        found: set[str] = set()
        orphans: set[str] = set()
        for operation in seen.operations:
            unit = steps.unit_of(operation)
            for df in dict.fromkeys(operation.inputs):
                maker = seen.makers.get(df)
                if maker is None:
                    if df not in orphans and operation.output != df:
                        orphans.add(df)
                        self._gap(
                            steps.of(operation),
                            None,
                            "input",
                            f"a DataFrame of {operation.name} was not seen being made",
                        )
                elif crossing(steps.unit_of(maker), unit):
                    found.add(df)
                    self._uses.append((operation, df))
        for df, marks in seen.marks.items():
            if df in seen.makers and any(mark.why == "boundary" for mark in marks):
                found.add(df)
        made = [(moment(seen.makers[df].started), order, df) for order, df in enumerate(seen.makers) if df in found]
        return {df: steps.of(seen.makers[df]) for _, _, df in sorted(made)}

    # -- storage

    def _find_sinks(self) -> None:
        for execution in self._seen.executions:
            operation = self._seen.by_op.get(execution.op) if execution.op is not None else None
            activation = self._steps.of(operation) if operation is not None else self._steps.application
            activation.executions.append(execution)
            if execution.op is not None and operation is None:
                self._gap(
                    activation,
                    None,
                    "execution",
                    f"execution {execution.execution} names an operation that was not seen",
                )
            for storage, mode, df in execution.sinks:
                self._written(storage, mode, df, execution, operation, activation)

    def _written(
        self, storage: Storage, mode: str, df: str | None, execution: Execution, operation: Operation | None,
        activation: Activation,
    ) -> None:  # fmt: skip
        storage = replace(storage, version=None)  # a plan knows which version it read, not which one it makes
        versions = self._stored.setdefault(address(storage), [])
        sink = next((each for each in versions if each.activation is activation), None)
        if sink is None:
            sink = Stored(storage, activation, moment(execution.started))
            versions.append(sink)
        op = execution.op
        if op is None or op not in sink.ops:  # one write may run several executions (CTAS, Delta)
            sink.ops.append(op)
            sink.modes.append(mode)
        sink.storage = richer(sink.storage, storage)
        sink.ended = max(sink.ended, moment(execution.ended), moment(operation.ended if operation else None))
        written = df if df is not None else _written_whole(operation)
        sink.df = written if written is not None else sink.df
        sink.failed = execution.outcome is not Outcome.COMPLETE

    def _find_sources(self) -> None:
        """What each dataset's plan reads; then what executions read that no plan of a dataset accounts for."""
        own = self._own_places()
        self._find_amended(own)
        claims: dict[str, set[Address]] = {}
        written = [each.df for versions in self._stored.values() for each in versions if each.df is not None]
        for df in self._with_what_they_look_through([*self._interim, *written]):
            fragment = self._seen.fragments.get(df)
            maker = self._seen.makers.get(df)
            if fragment is None:
                continue
            activation = self._steps.of(maker) if maker is not None else self._steps.application
            at = moment(maker.started) if maker is not None else activation.started
            found = tuple(self._read(storage, at) for storage in fragment.sources)
            self._reads[df] = found
            for each in found:
                versions = self._stored[address(each.storage)]
                self._appended.setdefault(df, []).extend(self._written_before(versions, at)[1:])
            claims[df] = {address(each.storage) for each in found}
        everything = set().union(*claims.values())
        for execution in self._seen.executions:
            if not execution.sources:
                continue
            accounted = self._accounted(execution, claims, everything, own)
            for storage in execution.sources:
                if not within(storage, accounted):
                    self._read_by_action(storage, execution)

    def _find_amended(self, own: Mapping[str, set[Address]]) -> None:
        """A merge reads what it writes to: its result holds all that was written before."""
        for execution in self._seen.executions:
            for place in own.get(execution.op or "", set()).intersection(map(address, execution.sources)):
                for stored in self._stored[place]:
                    stored.amends = stored.amends or (stored.df is None and execution.op in stored.ops)

    def _own_places(self) -> dict[str, set[Address]]:
        """Where each operation writes to."""
        found: dict[str, set[Address]] = {}
        for place, versions in self._stored.items():
            for op in (op for each in versions for op in each.ops if op is not None):
                found.setdefault(op, set()).add(place)
        return found

    def _accounted(
        self, execution: Execution, claims: Mapping[str, set[Address]], known: set[Address],
        own: Mapping[str, set[Address]],
    ) -> set[Address]:  # fmt: skip
        """Places whose reading by an execution is told by the plan of a dataset."""
        operation = self._seen.by_op.get(execution.op) if execution.op is not None else None
        if (
            operation is None
            or not operation.inputs
            or operation.kind not in (OperationKind.ACTION, OperationKind.WRITE)
        ):
            return known - own.get(execution.op or "", set())
        above = ancestors(self._seen.makers, operation.inputs)
        return set().union(*(claims[df] for df in above if df in claims))

    def _with_what_they_look_through(self, dfs: Iterable[str]) -> list[str]:
        """Also DataFrames that are marked and no datasets, such as one that is cached within a step."""
        found = dict.fromkeys(dfs)
        open_ = list(found)
        for df in open_:
            fragment = self._seen.fragments.get(df)
            new = [each for each in (fragment.inputs if fragment is not None else ()) if each not in found]
            found.update(dict.fromkeys(new))
            open_ += new
        return list(found)

    def _read(self, storage: Storage, at: float) -> Stored:
        """The dataset that a read at ``at`` of this place sees: the latest write before it, else the source."""
        versions = self._stored.setdefault(address(storage), [])
        before = self._written_before(versions, at)
        if before:
            return before[0]
        source = next((each for each in versions if each.activation is None), None)
        if source is None:
            source = Stored(storage, None, at)
            versions.append(source)
        source.at = min(source.at, at)
        source.storage = richer(source.storage, storage)
        return source

    def _written_before(self, versions: Iterable[Stored], at: float) -> list[Stored]:
        """The writes that what is read at ``at`` consists of, latest first: back to the one that was no append."""
        done = [each for each in versions if each.activation is not None and each.ended <= at and not each.failed]
        found: list[Stored] = []
        for each in sorted(done, key=lambda each: each.ended, reverse=True):
            found.append(each)
            if overwrites(each) or each.amends:
                break
        return found

    def _read_by_action(self, storage: Storage, execution: Execution) -> None:
        """A plan that no dataset stands for, such as ``spark.read.parquet(p).count()`` in one statement."""
        operation = self._seen.by_op.get(execution.op) if execution.op is not None else None
        activation = self._steps.application
        at = moment(execution.started)
        if operation is not None:
            reader = self._reader(operation, storage) or operation
            activation, at = self._steps.of(reader), moment(reader.started)
        self._read_in_action.setdefault(activation, {})[self._read(storage, at)] = None

    def _reader(self, operation: Operation, storage: Storage) -> Operation | None:
        """The read above ``operation`` that names this place, or the only read that there is."""
        makers = [self._seen.makers.get(df) for df in ancestors(self._seen.makers, operation.inputs)]
        reads = [
            each for each in makers if each is not None and each.kind in (OperationKind.READ, OperationKind.CREATE)
        ]
        last = storage.name.rstrip("/").rsplit("/", 1)[-1]
        naming = [each for each in reads if last and any(last in str(text) for text in each.detail.values())]
        if len(naming) >= 1:
            return min(naming, key=lambda each: moment(each.started))
        return reads[0] if len(reads) == 1 else None

    def _name_stored(self) -> None:
        """Ids of sources and sinks: the name; with the namespace where two namespaces hold the same name."""
        by_name: dict[str, set[str]] = {}
        for namespace, name in self._stored:
            by_name.setdefault(name, set()).add(namespace)
        used: set[str] = set()
        for (namespace, name), versions in self._stored.items():
            base = name if len(by_name[name]) == 1 else f"{namespace}/{name}"
            base = base or "unnamed"
            versions.sort(key=lambda each: (each.activation is not None, each.at))
            for number, stored in enumerate(versions, 1):
                stored.id = base if number == 1 else f"{base}~{number}"
                while stored.id in used:
                    number += 1
                    stored.id = f"{base}~{number}"
                used.add(stored.id)

    def _taken(self) -> set[str]:
        names = {name for _, name in self._stored}
        return names | {each.id for versions in self._stored.values() for each in versions}

    def _source_ids(self, df: str) -> tuple[str, ...]:
        return tuple(each.id for each in self._reads.get(df, ()))

    def _written_as(self, df: str, position: int) -> dict[str, str]:
        """Files without a header give their columns names of their own: which they are is told by the order."""
        stored, fragment = self._reads[df][position], self._seen.fragments[df]
        read = [name for name, _ in fragment.sources[position].columns]
        written = [name for name, _ in stored.storage.columns]
        if stored.activation is None or set(read) & set(written) or len(read) != len(written):
            return {}
        return dict(zip(read, written, strict=True))

    # -- edges

    def _connect(self) -> None:
        steps, seen = self._steps, self._seen
        uses: list[tuple[float, Activation, str]] = []
        for operation, df in self._uses:
            uses.append((moment(operation.started), steps.of(operation), self._ids[df]))
        for df, activation in self._interim.items():
            at = moment(seen.makers[df].started)
            uses.extend((at, activation, each) for each in self._inputs_of(df))
            activation.outputs[self._ids[df]] = None
        for versions in self._stored.values():
            for stored in versions:
                if stored.activation is not None:
                    stored.activation.outputs[stored.id] = None
                    if stored.df is not None and stored.df not in self._interim:
                        uses.extend((stored.at, stored.activation, each) for each in self._inputs_of(stored.df))
        for activation, pending in self._read_in_action.items():
            uses.extend((activation.started, activation, stored.id) for stored in pending)
        for _, activation, dataset in sorted(uses, key=lambda each: each[0]):
            if dataset not in activation.outputs:
                activation.inputs[dataset] = None

    def _inputs_of(self, df: str) -> tuple[str, ...]:
        fragment = self._rewriter.rewritten(df)
        inputs = fragment.inputs if fragment is not None else self._source_ids(df)
        return (*inputs, *(each.id for each in self._appended.get(df, ())))

    # -- the result

    def _finished(self) -> tuple[Dataset, ...]:
        ranked: list[tuple[float, int, Dataset]] = []
        for df, activation in self._interim.items():
            at = moment(self._seen.makers[df].started)
            ranked.append((at, 1, self._interim_dataset(df, activation, self._named[df])))
        for versions in self._stored.values():
            for stored in versions:
                dataset = self._source(stored) if stored.activation is None else self._sink(stored, stored.activation)
                ranked.append((stored.at, 0 if stored.activation is None else 2, dataset))
        return tuple(each[2] for each in sorted(ranked, key=lambda each: each[:2]))

    def _interim_dataset(self, df: str, activation: Activation, named: Named) -> Dataset:
        facts = self._measurements.of(df)
        fragment = self._rewriter.rewritten(df)
        for lost in self._rewriter.lost(df):
            self._gap(activation, named.id, "lineage", f"the plan stands on {lost}, which is no dataset of this run")
        maker = self._seen.makers[df]
        return self._dataset(
            named.id, named.name, interim_namespace(self._steps.root.name), DatasetKind.INTERIM, activation, facts,
            fragment, variable=named.variable, engine=str(maker.detail.get("engine", "spark")),
        )  # fmt: skip

    def _source(self, stored: Stored) -> Dataset:
        facts = self._bare_read(stored)
        return self._dataset(
            stored.id, stored.storage.name, stored.storage.namespace, DatasetKind.SOURCE, None, facts, None,
            stored.storage,
        )  # fmt: skip

    def _sink(self, stored: Stored, activation: Activation) -> Dataset:
        df, facts = stored.df, unknown("not_measured", "the DataFrame that was written was not marked")
        fragment: Fragment | None = None
        if df is not None:
            facts = self._measurements.of(df)
            fragment = self._rewriter.rewritten(df)
            if df in self._interim and self._interim[df] is not activation:
                fragment = identity(self._ids[df], self._seen.fragments.get(df))
        if stored.failed:
            facts = unknown("failed", "the write failed")
        elif len(stored.ops) > 1:
            facts = unknown("several_writes", f"this step wrote it {len(stored.ops)} times: {', '.join(stored.modes)}")
        elif facts.complete and stored.modes and not overwrites(stored):
            facts = _with_detail(facts, f"{stored.modes[-1]}: these are the rows that this step wrote")
        return self._dataset(
            stored.id, stored.storage.name, stored.storage.namespace, DatasetKind.SINK, activation, facts, fragment,
            stored.storage, mode=stored.modes[-1] if stored.modes else None,
        )  # fmt: skip

    def _bare_read(self, stored: Stored) -> Facts:
        """What a source holds is known where a DataFrame that is nothing but a read of it was measured."""
        for df, reads in self._reads.items():
            fragment = self._seen.fragments.get(df)
            if len(reads) == 1 and reads[0] is stored and fragment is not None and is_bare(fragment):
                facts = self._measurements.of(df)
                if facts.complete and as_stored(fragment, stored.storage):
                    return facts
                if facts.complete:  # a projection has the rows of its source, but another content
                    return replace(facts, columns=(), fingerprint=None, sample=None, differ=None)
        return unknown("not_measured", "no plain read of it was measured as a whole")

    def _dataset(
        self, id_: str, name: str, namespace: str, kind: DatasetKind, activation: Activation | None, facts: Facts,
        fragment: Fragment | None, storage: Storage | None = None, variable: str | None = None, engine: str = "spark",
        mode: str | None = None,
    ) -> Dataset:  # fmt: skip
        declared = fragment.columns if fragment is not None else ()
        if storage is not None and storage.columns:
            declared = tuple((column, type_, True) for column, type_ in storage.columns)
        if facts.differ is not None:
            self._gap(activation, id_, "measurements_differ", f"{facts.differ}: it is nondeterministic")
        if storage is not None and storage.namespace == UNKNOWN:
            self._gap(activation, id_, "connector", f"{name} is a connector that is not known: {NOT_TOLD_APART}")
        if not facts.complete:
            why = [str(facts.reason), *([facts.detail] if facts.detail else []), *facts.pushed]
            self._gap(activation, id_, "rows", ": ".join([why[0], ", ".join(why[1:])]) if why[1:] else why[0])
        return Dataset(
            id=id_, name=name, namespace=namespace, kind=kind, step=activation.node.name if activation else None,
            call=activation.call if activation else 1, variable=variable, engine=engine,
            columns=columns(declared, facts), rows=facts.rows, complete=facts.complete, reason=facts.reason,
            detail=facts.detail, pushed=facts.pushed,
            fingerprint=facts.fingerprint, sample=facts.sample, storage=storage, fragment=fragment,
            measurements=facts.measurements, mode=mode, partial=facts.partial, answers=facts.answers,
        )  # fmt: skip

    def _gap(self, activation: Activation | None, dataset: str | None, what: str, why: str) -> None:
        self.gaps.append(Gap(activation.node.name if activation else None, dataset, what, why))

    def id_of(self, df: str | None) -> str | None:
        return self._ids.get(df) if df is not None else None

    def activation_of(self, df: str | None) -> Activation | None:
        maker = self._seen.makers.get(df) if df is not None else None
        return self._steps.of(maker) if maker is not None else None


def _written_whole(operation: Operation | None) -> str | None:
    """A write operation writes its one input, if the JVM half could not say; SQL may write anything made of it."""
    if operation is None or operation.kind is not OperationKind.WRITE or len(operation.inputs) != 1:
        return None
    if operation.name == "SparkSession.sql":
        return None
    return operation.inputs[0]


def _with_detail(facts: Facts, text: str) -> Facts:
    return replace(facts, detail=f"{facts.detail}; {text}" if facts.detail else text)
