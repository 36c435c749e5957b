"""Graphs of runs built by hand for ``diff``: one line per step says what it makes, from what, and what was measured."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from spark_lineage.model import (
    Column,
    ColumnDefinition,
    ColumnInput,
    Dataset,
    DatasetKind,
    Fragment,
    LineageGraph,
    Mode,
    Outcome,
    Partial,
    ProbedColumn,
    Run,
    Sample,
    Step,
    StepKind,
    Storage,
)

FILE = "/home/ada/job.py"
APP = "job"


def word(*parts: object) -> str:
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Made:
    """One step with one output. ``content`` stands for the rows: equal words are equal rows."""

    name: str
    inputs: tuple[str, ...] = ()
    plan: str = "plan"
    content: str | None = "rows"  # None: not measured
    rows: int = 100
    kind: StepKind = StepKind.STATEMENT
    source: str | None = None  # of the step: its name and plan if not given
    columns: tuple[str, ...] = ("id", "amount")
    operators: tuple[str, ...] | None = None
    expressions: tuple[tuple[str, str], ...] = ()
    nondeterminism: tuple[str, ...] = ()
    opaque: tuple[str, ...] = ()
    reason: str = "filter_pushed"
    pushed: tuple[str, ...] = ()
    partial: str | None = None  # what was seen of the rows that passed the filters in ``pushed``
    counted: bool = False  # only the rows were counted: no column has facts
    covers: tuple[str, ...] = ()
    fails: str | None = None
    returns: bool = True  # whether it has an output, unless it fails
    within: str | None = None  # the function that calls it; made before it
    sample: Sample | None = None
    variable: str | None = None

    def named(self, name: str) -> Made:
        return replace(self, name=name)


@dataclass
class Runs:
    """A program: sources, steps in order, and sinks that write a dataset."""

    made: Sequence[Made]
    sources: Sequence[tuple[str, str | None]] = (("/data/orders", "orders"),)  # path, content
    sinks: Sequence[tuple[str, str]] = ()  # path, dataset
    mode: Mode = Mode.FLOW
    program: str = FILE
    app: str = APP
    labels: dict[str, str] = field(default_factory=dict)
    fails: str | None = None  # the program itself, where none of its steps does

    def graph(self, run: str = "0197a1b2-0000-7000-8000-000000000001") -> LineageGraph:
        ids = self._ids()
        failed = next((output.fails for output in self.made if output.fails), self.fails)
        steps = [self._application(failed)]
        datasets = [self._source(*source) for source in self.sources]
        counts: dict[str, int] = {}
        for number, (output, name) in enumerate(zip(self.made, ids, strict=True)):
            steps.append(self._step(output, name, number))
            if output.fails is None and output.returns:
                datasets.append(self._dataset(output, name, steps[-1]))
        for number, (path, written) in enumerate(self.sinks, len(self.made)):
            dataset = next(dataset for dataset in datasets if dataset.id == written)
            counts[path] = counts.get(path, 0) + 1
            step = self._writing(path, written, number)
            steps.append(step)
            datasets.append(self._sink(path, dataset, step))
        outcome = Outcome.FAIL if failed else Outcome.COMPLETE
        made = Run(run, self.app, self.program, (), 1.0, 99.0, outcome, None, self.mode, self.labels, None, "3.11")
        return LineageGraph(made, tuple(steps), tuple(datasets), ())

    def _ids(self) -> list[str]:
        """``df``, ``df~2``, ...: as the n-th statement that assigns the variable, or the n-th call."""
        met: dict[str, int] = {}
        ids = []
        for output in self.made:
            met[output.name] = met.get(output.name, 0) + 1
            ids.append(output.name if met[output.name] == 1 else f"{output.name}~{met[output.name]}")
        return ids

    def _application(self, failed: str | None) -> Step:
        outcome = Outcome.FAIL if failed else Outcome.COMPLETE
        return Step(
            self.app, 1, StepKind.APPLICATION, "<module>", self.program, 1, 99, None, None, (), (), 1.0, 99.0, outcome,
            failed, (), None, "src1:module", None, None, "MainThread",
        )  # fmt: skip

    def _step(self, made: Made, name: str, number: int) -> Step:
        statement = made.kind is StepKind.STATEMENT
        call = 1 if statement or "~" not in name else int(name.rpartition("~")[2])
        label = name if statement else made.name
        around = f"{self.app}.{made.within}" if made.within else self.app
        source = made.source or f"{made.name} = {made.plan}"
        return Step(
            f"{around}.{label}", call, made.kind, "<module>" if statement else made.name, self.program, 10 + number,
            10 + number, None if statement else 50 + number, (around, 1), made.inputs,
            () if made.fails or not made.returns else (name,), 2.0 + number, 2.5 + number,
            Outcome.FAIL if made.fails else Outcome.COMPLETE, made.fails, (), made.name if statement else None,
            f"src1:{word(source)}", source, None, "MainThread",
        )  # fmt: skip

    def _dataset(self, made: Made, name: str, step: Step) -> Dataset:
        seen = made.content is not None
        known = seen and not made.counted
        columns = tuple(
            Column(column, "double" if column == "amount" else "bigint", True, 0 if known else None,
                   f"xxh64:{word(column, made.content)}" if known else None)
            for column in made.columns
        )  # fmt: skip
        return Dataset(
            id=name, name=made.name, namespace=f"inmemory://{self.app}", kind=DatasetKind.INTERIM, step=step.step,
            call=step.call, variable=made.variable or step.variable, engine="spark", columns=columns,
            rows=made.rows if seen else None, complete=seen, reason=None if seen else made.reason, detail=None,
            pushed=made.pushed, fingerprint=f"row1:{word(made.content)}{word(made.rows)}" if known else None,
            sample=made.sample, storage=None, fragment=self._fragment(made, name), measurements=int(seen),
            partial=self._partial(made) if made.partial is not None else (),
        )  # fmt: skip

    @staticmethod
    def _partial(made: Made) -> tuple[Partial, ...]:
        columns = tuple(
            ProbedColumn(column, "bigint", 0, f"xxh64:{word(column, made.partial)}") for column in made.columns
        )
        return (Partial(made.pushed, made.rows, columns, None),)

    @staticmethod
    def _fragment(made: Made, name: str) -> Fragment:
        ends = tuple(f"Input {dataset}" for dataset in made.inputs)
        expressions = dict(made.expressions)
        origin = made.inputs[0] if made.inputs else "rows"
        return Fragment(
            dataset=name, columns=tuple((column, "bigint", True) for column in made.columns),
            plan_hash=f"plan1:{word(made.plan)}", operators=(*(made.operators or (f"Filter ({made.plan})",)), *ends),
            plan_text="", deterministic=not made.nondeterminism, nondeterminism=made.nondeterminism,
            inputs=made.inputs, sources=(), opaque=made.opaque,
            definitions=tuple(
                ColumnDefinition(
                    column, expressions.get(column, column), (ColumnInput(origin, column, "DIRECT", "IDENTITY"),)
                ) for column in made.columns
            ),
            indirect=(), sample_key=("id",), covers=made.covers,
        )  # fmt: skip

    def _source(self, path: str, content: str | None) -> Dataset:
        seen = content is not None
        columns = tuple(
            Column(column, "bigint", True, 0 if seen else None, f"xxh64:{word(column, content)}" if seen else None)
            for column in ("id", "amount")
        )
        return Dataset(
            path, path, "file", DatasetKind.SOURCE, None, 1, None, "spark", columns, 100 if seen else None, seen,
            None if seen else "not_measured", None, (), f"row1:{word(content) * 2}" if seen else None, None,
            Storage("file", path, "parquet"), None, int(seen),
        )  # fmt: skip

    def _writing(self, path: str, written: str, number: int) -> Step:
        return Step(
            f"{self.app}.line_{10 + number}", 1, StepKind.STATEMENT, "<module>", self.program, 10 + number, 10 + number,
            None, (self.app, 1), (written,), (path,), 2.0 + number, 2.5 + number, Outcome.COMPLETE, None, (), None,
            "src1:write", f"{written}.write.parquet(out)", None, "MainThread",
        )  # fmt: skip

    def _sink(self, path: str, written: Dataset, step: Step) -> Dataset:
        assert written.fragment is not None
        fragment = replace(
            written.fragment, dataset=written.id, plan_hash="identity", operators=("Write",), inputs=(written.id,),
            nondeterminism=(), deterministic=True, opaque=(), indirect=(),
            definitions=tuple(
                ColumnDefinition(name, name, (ColumnInput(written.id, name, "DIRECT", "IDENTITY"),))
                for name in (column.name for column in written.columns)
            ),
        )  # fmt: skip
        return replace(
            written, id=path, name=path, namespace="file", kind=DatasetKind.SINK, step=step.step, call=1,
            variable=None, storage=Storage("file", path, "parquet"), fragment=fragment, mode="overwrite",
        )  # fmt: skip


def chain(*contents: str | None, name: str = "df") -> list[Made]:
    """A flat script: one variable, assigned again and again; each statement does something else."""
    made: list[Made] = []
    for number, content in enumerate(contents):
        above = ("/data/orders",) if number == 0 else (name if number == 1 else f"{name}~{number}",)
        made.append(Made(name, above, plan=f"step {number}", content=content))
    return made
