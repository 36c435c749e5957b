"""A small language for observation lists: the program ``flow`` as capture and the JVM half would report it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from spark_lineage.model import (
    CallEnded,
    CallSeen,
    ColumnDefinition,
    ColumnInput,
    Execution,
    Fragment,
    FunctionReading,
    Marked,
    Mode,
    Observation,
    Operation,
    OperationKind,
    Outcome,
    Path,
    Place,
    Probed,
    ProbedColumn,
    ProgramEnded,
    ProgramStarted,
    Sample,
    SourceRead,
    SourceReading,
    SparkStarted,
    Statement,
    Storage,
    VariableSeen,
)

FILE = "/home/ada/job.py"
RUN = "0197a1b2-0000-7000-8000-000000000001"
T0 = 1_700_000_000.0


class Program:
    """Collects observations; each one is a tenth of a second later than the one before."""

    def __init__(self, app: str = "job", mode: Mode = Mode.FLOW, run: str = RUN) -> None:
        self.seen: list[Observation] = []
        self.app = app
        self.run = run
        self._ops = 0
        self._calls = 0
        self._clock = T0
        self.seen.append(
            ProgramStarted(app, FILE, ("--day", "1"), "3.11.4", self.tick(), mode, {"label": "nightly"}, run)
        )
        self.seen.append(SparkStarted("app-1", app, "4.2.0", "2.13.16", "17.0.1", "local[2]", self.tick()))

    def tick(self) -> float:
        self._clock = round(self._clock + 0.1, 6)
        return self._clock

    def read(self, *functions: FunctionReading) -> None:
        self.seen.append(SourceRead(SourceReading(FILE, "src1:file", functions)))

    def call(
        self, function: str, line: int, site: Place | None = None, composite: bool = False, module: str = "__main__",
        file: str = FILE, task: int | None = None,
    ) -> str:  # fmt: skip
        name = f"c{self._calls}"
        self._calls += 1
        parent = site.call if site else None
        self.seen.append(
            CallSeen(name, parent, function, module, file, line, site, "MainThread", self.tick(), composite, task)
        )
        return name

    def end(self, call: str, error: str | None = None) -> None:
        self.seen.append(CallEnded(call, self.tick(), error))

    def op(
        self, path: Path, kind: OperationKind = OperationKind.TRANSFORM, inputs: Sequence[str] = (),
        output: str | None = None, name: str = "DataFrame.filter", error: str | None = None,
        failed: Sequence[str] = (), detail: Mapping[str, str] | None = None,
    ) -> str:  # fmt: skip
        op = f"o{self._ops}"
        self._ops += 1
        start = self.tick()
        self.seen.append(
            Operation(
                op, name, kind, path, tuple(inputs), output, start, self.tick(), error, tuple(failed), detail or {}
            )
        )
        return op

    def mark(self, df: str, inputs: Sequence[str] = (), why: str = "boundary") -> None:
        self.seen.append(Marked(df, why, tuple(inputs)))

    def variable(self, df: str, variable: str, call: str) -> None:
        self.seen.append(VariableSeen(df, variable, call))

    def finish(self, outcome: Outcome = Outcome.COMPLETE, error: str | None = None, failed: Sequence[str] = ()) -> None:
        self.seen.append(ProgramEnded(self.tick(), outcome, error, tuple(failed)))


def statements(*variables: str | None, first: int = 1) -> tuple[Statement, ...]:
    """Statements on lines ``first``, ``first + 1``, ...: each assigns the variable given (None: none)."""
    counts: dict[str | None, int] = {}
    made = []
    for index, variable in enumerate(variables):
        counts[variable] = counts.get(variable, 0) + 1
        line = first + index
        made.append(Statement(index, line, line, variable, counts[variable], f"src1:{index}", f"{variable} = ..."))
    return tuple(made)


def function(
    name: str, line: int, *body: str | None, composite: bool = False, doc: str | None = None
) -> FunctionReading:
    return FunctionReading(
        name,
        line,
        line + max(len(body), 1),
        composite,
        f"src1:{name}",
        doc,
        statements(*body, first=line + 1),
        "def ...",
    )


def module(*variables: str | None) -> FunctionReading:
    return FunctionReading("<module>", 1, len(variables), True, "src1:module", None, statements(*variables))


def fragment(
    dataset: str, columns: Sequence[str], inputs: Sequence[str] = (), sources: Sequence[Storage] = (),
    operators: Sequence[str] = ("Filter (a > 1)", "Relation"), expressions: Mapping[str, str] | None = None,
    indirect: bool = True,
) -> Fragment:  # fmt: skip
    origin = inputs[0] if inputs else "source:0"
    expressions = expressions or {}
    definitions = tuple(
        ColumnDefinition(
            column,
            expressions.get(column, column),
            (ColumnInput(origin, column, "DIRECT", "TRANSFORMATION" if column in expressions else "IDENTITY"),),
        )
        for column in columns
    )
    return Fragment(
        dataset=dataset, columns=tuple((column, "bigint", True) for column in columns), plan_hash=f"plan1:{dataset}",
        operators=tuple(operators), plan_text="\n".join(operators), deterministic=True, nondeterminism=(),
        inputs=tuple(inputs), sources=tuple(sources), opaque=(), definitions=definitions,
        indirect=(ColumnInput(origin, columns[0], "INDIRECT", "FILTER"),) if indirect else (),
        sample_key=tuple(columns[:1]),
    )  # fmt: skip


def probe(
    dataset: str, rows: int | None, columns: Sequence[str] = (), complete: bool = True, reason: str | None = None,
    instance: str = "1", execution: int = 1, salt: int = 0, plan_hash: str | None = None, sample: bool = False,
    pushed: Sequence[str] = (),
) -> Probed:  # fmt: skip
    return Probed(
        dataset, f"{dataset}/{instance}", execution, rows, complete, reason, None, tuple(pushed),
        tuple(ProbedColumn(column, "bigint", 1, f"xxh64:{rows or 0:08x}{salt + number:08x}")
              for number, column in enumerate(columns)),
        f"row1:{rows or 0:016x}{salt:016x}" if complete and columns else None,
        Sample(("a",), tuple(columns), (tuple("1" for _ in columns),), (1,)) if sample else None, plan_hash,
    )  # fmt: skip


def storage(name: str, *columns: str, format: str = "parquet") -> Storage:
    return Storage("file", name, format, None, None, tuple((column, "bigint") for column in columns))


def executed(
    number: int, op: str | None, started: float, sinks: Sequence[tuple[Storage, str, str | None]] = (),
    sources: Sequence[Storage] = (), outcome: Outcome = Outcome.COMPLETE, error: str | None = None,
) -> Execution:  # fmt: skip
    return Execution(
        number, op, "parquet at job.py:9", started, started + 0.05, outcome, error, (number,),
        {"task_ms": 12, "rows_written": 8}, tuple(sources), tuple(sinks),
    )  # fmt: skip


ORDERS = storage("/data/orders", "a", "b")
REPORT = storage("/data/report", "a", "b")


def shop(mode: Mode = Mode.FLOW, run: str = RUN, salt: int = 0, finished: bool = True) -> list[Observation]:
    """The golden program::

    def load(spark):                                  # 10
        return spark.read.parquet("/data/orders")
    def clean(orders):                                # 20
        kept = orders.filter("a > 1")
        return kept
    def main(spark):                                  # 30
        orders = load(spark)
        good = clean(orders)
        total = good.groupBy("a").sum("b")
        total.write.parquet("/data/report")
    main(spark)                                       # 1
    """
    p = Program(mode=mode, run=run)
    p.read(
        module(None),
        function("load", 10, None),
        function("clean", 20, "kept", None, doc="Keeps what is good."),
        function("main", 30, "orders", "good", "total", None, composite=True),
    )
    body = p.call("<module>", 1, composite=True)
    at_body = Place(body, 0, 1)
    main = p.call("main", 30, at_body, composite=True)

    def here(statement: int) -> Place:
        return Place(main, statement, 31 + statement)

    load = p.call("load", 10, here(0))
    p.op((at_body, here(0), Place(load, 0, 11)), OperationKind.READ, output="d1", name="DataFrameReader.parquet",
         detail={"path": "/data/orders"})  # fmt: skip
    p.end(load)
    clean = p.call("clean", 20, here(1))
    p.mark("d1")
    p.variable("d1", "orders", main)
    p.seen.append(fragment("d1", ["a", "b"], sources=[ORDERS], operators=["Relation"], indirect=False))
    p.op((at_body, here(1), Place(clean, 0, 21)), inputs=["d1"], output="d2")
    p.variable("d2", "kept", clean)
    p.end(clean)
    p.mark("d2", ["d1"])
    p.variable("d2", "good", main)
    p.seen.append(fragment("d2", ["a", "b"], inputs=["d1"]))
    p.op((at_body, here(2)), inputs=["d2"], output="d3", name="GroupedData.sum")
    p.variable("d3", "total", main)
    p.mark("d3", ["d2"])
    p.seen.append(fragment("d3", ["a", "b"], inputs=["d2"], operators=["Aggregate [a]"], expressions={"b": "sum(b)"}))
    write = p.op((at_body, here(3)), OperationKind.WRITE, inputs=["d3"], name="DataFrameWriter.parquet",
                 detail={"path": "/data/report"})  # fmt: skip
    if mode is not Mode.PLAN:
        p.seen.append(probe("d1", 100, ["a", "b"], salt=salt))
        p.seen.append(probe("d2", 80, ["a", "b"], sample=True, salt=salt))
        p.seen.append(probe("d3", 8, ["a", "b"], sample=True, salt=salt))
    p.seen.append(executed(1, write, p.tick(), [(REPORT, "overwrite", "d3")], [ORDERS]))
    if finished:
        p.end(main)
        p.finish()
    return p.seen
