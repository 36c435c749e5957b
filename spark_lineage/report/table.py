"""``show`` for people: the step tree with what went in, what came out, rows, nulls, and what is not known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from spark_lineage.model import Dataset, DatasetKind, LineageGraph, Outcome, Step, StepKind

STYLES = {Outcome.COMPLETE: "green", Outcome.FAIL: "bold red", Outcome.ABORT: "yellow", Outcome.RUNNING: "cyan"}
MARKS = {Outcome.COMPLETE: "", Outcome.FAIL: "FAILED ", Outcome.ABORT: "stopped ", Outcome.RUNNING: "running "}
NARROW = 100  # columns of a terminal below which less is shown
MOST_GAPS = 20
REASONS = {
    "never_executed": "never executed",
    "plan_mode": "plan mode",
    "limit": "stopped by a limit",
    "filter_pushed": "filter pushed below",
    "stepped_aside": "probe stepped aside",
    "served_from_cache": "served from a cache",
    "exchange_reused": "exchange reused",
    "not_measured": "not measured",
    "several_writes": "written several times",
    "fixed_plan": "plan was fixed",
    "partial": "not all rows flowed",
    "failed": "failed",
}


def show(graph: LineageGraph, console: Console, store: str = "") -> None:
    """Prints the run. ``console.width`` decides how much fits."""
    console.print(_heading(graph, store))
    console.print(_steps(graph, console.width))
    if stored := _stored(graph):
        console.print(stored)
    gaps = _gaps(graph)
    if gaps:
        console.print(gaps)


def _heading(graph: LineageGraph, store: str) -> RenderableType:
    run = graph.run
    first = Text.assemble(
        (run.app, "bold"), "  ", (run.outcome.value, STYLES[run.outcome]), f"  {_local(run.started)}",
        f"  {_time(run.started, run.ended)}" if run.ended is not None else "",
    )  # fmt: skip
    spark = f"Spark {run.spark.spark_version}" if run.spark else "no Spark session"
    labels = "".join(f"  {name}={value}" for name, value in run.labels.items())
    lines = [first, Text(f"run {run.id}  {run.mode.value} mode  {spark}{labels}", style="dim")]
    if run.error:
        lines.append(Text(_first_line(run.error), style=STYLES[Outcome.FAIL]))
    return Group(*lines)


def _steps(graph: LineageGraph, width: int) -> Table:
    datasets = {each.id: each for each in graph.datasets}
    wide = width >= NARROW
    table = Table(
        box=None, pad_edge=False, padding=(0, 2 if wide else 1, 0, 0), header_style="bold", width=min(width, 160)
    )
    table.add_column("step", ratio=3, overflow="fold")
    table.add_column("inputs → outputs", ratio=4, overflow="fold")
    table.add_column("rows", justify="right", no_wrap=True)
    table.add_column("change", justify="right", no_wrap=True)
    table.add_column("nulls", justify="right", no_wrap=True)
    if wide:
        table.add_column("measured", overflow="fold", ratio=2)
    table.add_column("time", justify="right", no_wrap=True)
    for step, depth in _tree(graph.steps):
        for row in _rows(step, depth, datasets, wide):
            table.add_row(*row)
    return table


def _tree(steps: Sequence[Step]) -> Iterable[tuple[Step, int]]:
    """Every step below its parent, calls in order of start."""
    known = {(step.step, step.call) for step in steps}
    children: dict[tuple[str, int] | None, list[Step]] = {}
    for step in steps:
        parent = step.parent if step.parent in known and step.parent != (step.step, step.call) else None
        children.setdefault(parent, []).append(step)
    todo = [(step, 0) for step in reversed(children.get(None, ()))]
    while todo:
        step, depth = todo.pop()
        yield step, depth
        todo.extend((child, depth + 1) for child in reversed(children.get((step.step, step.call), ())))


def _rows(step: Step, depth: int, datasets: Mapping[str, Dataset], wide: bool) -> Iterable[list[RenderableType]]:
    """One line per output; a step without outputs has one line of its own."""
    ins = [datasets[each] for each in step.inputs if each in datasets]
    outs = [datasets[each] for each in step.outputs if each in datasets]
    name: RenderableType = _step_name(step, depth)
    took = Text(_time(step.started, step.ended), style="dim")
    inputs = ", ".join(_short(each) for each in ins)
    for number, out in enumerate(outs or [None]):
        flow = Text()
        if number == 0 and inputs:
            flow.append(inputs, style="dim")
        if out is not None:
            flow.append(" → " if flow else "→ ")
            flow.append(_short(out), style="bold" if out.kind is DatasetKind.SINK else "")
            if not wide and not out.complete:
                flow.append(f" ({_reason(out)})", style="yellow")
        if number == 0 and step.error:
            flow.append(("\n" if flow else "") + _first_line(step.error), style=STYLES[Outcome.FAIL])
        row: list[RenderableType] = [name if number == 0 else "", flow, *_facts(out, ins)]
        if wide:
            row.append(_measured(out))
        yield [*row, took if number == 0 else ""]


def _step_name(step: Step, depth: int) -> Text:
    label = (
        step.step if depth == 0 else step.step.rsplit(".", 1)[-1] if step.kind is not StepKind.FUNCTION else _leaf(step)
    )
    text = Text("  " * depth)
    text.append(MARKS[step.outcome], style=STYLES[step.outcome])
    text.append(label, style="bold" if step.kind in (StepKind.APPLICATION, StepKind.FUNCTION) else "")
    if step.call > 1:
        text.append(f" #{step.call}", style="dim")
    return text


def _leaf(step: Step) -> str:
    """The part of the name below the parent's; ``Pipeline.clean`` has a dot of its own."""
    parent = step.parent[0] if step.parent else ""
    return step.step[len(parent) + 1 :] if step.step.startswith(f"{parent}.") else step.step


def _facts(out: Dataset | None, ins: Sequence[Dataset]) -> list[RenderableType]:
    """Rows, change in rows against the one input, nulls."""
    if out is None:
        return ["", "", ""]
    if out.rows is None:
        return [Text("?", style="yellow"), "", ""]
    known = [each.nulls for each in out.columns if each.nulls is not None]
    return [f"{out.rows:,}", _change(out, ins), f"{sum(known):,}" if known else ""]


def _change(out: Dataset, ins: Sequence[Dataset]) -> Text:
    """Against the input, if there is but one: of joins and unions no difference says anything."""
    if len(ins) != 1 or ins[0].rows is None or out.rows is None:
        return Text("")
    difference = out.rows - ins[0].rows
    if difference == 0:
        return Text("=", style="dim")
    share = f" {difference / ins[0].rows:+.0%}" if ins[0].rows and abs(difference) < 10 * ins[0].rows else ""
    return Text(f"{difference:+,}{share}", style="red" if difference < 0 else "blue")


def _measured(out: Dataset | None) -> Text:
    if out is None:
        return Text("")
    if not out.complete:
        return Text(_reason(out), style="yellow")
    seen = sum(1 for each in out.columns if each.fingerprint is not None)
    return Text("complete" if seen == len(out.columns) else f"{seen} of {len(out.columns)} columns", style="green")


def _reason(dataset: Dataset) -> str:
    return REASONS.get(dataset.reason or "", (dataset.reason or "unknown").replace("_", " "))


def _short(dataset: Dataset) -> str:
    """Interim datasets by id; storage by the end of its path."""
    if dataset.kind is DatasetKind.INTERIM:
        return dataset.id
    return dataset.id if len(dataset.id) <= 24 else f"…/{dataset.id.rstrip('/').rsplit('/', 1)[-1]}"


def _stored(graph: LineageGraph) -> Table | None:
    stored = [each for each in graph.datasets if each.kind in (DatasetKind.SOURCE, DatasetKind.SINK)]
    if not stored:
        return None
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", title_justify="left")
    for column, justify in (("", "left"), ("storage", "left"), ("format", "left"), ("rows", "right")):
        table.add_column(column, justify=justify, overflow="fold")  # type: ignore[arg-type]
    for each in stored:
        rows = f"{each.rows:,}" if each.rows is not None else "?"
        form = (each.storage.format if each.storage else None) or ""
        where = each.name if each.namespace in ("file", "") else f"{each.namespace}/{each.name.lstrip('/')}"
        table.add_row(each.kind.value, escape(where), form, rows)
    return Group("", table)  # type: ignore[return-value]


def _gaps(graph: LineageGraph) -> RenderableType | None:
    """What the table does not say already: that a dataset is not complete stands in its line."""
    gaps = [each for each in graph.gaps if each.what != "rows"]
    if not gaps:
        return None
    lines: list[RenderableType] = ["", Text("not observed", style="bold")]
    for gap in gaps[:MOST_GAPS]:
        where = gap.dataset or gap.step
        lines.append(Text(f"  {f'{where}: ' if where else ''}{gap.what}: {gap.why}", style="yellow"))
    if len(gaps) > MOST_GAPS:
        lines.append(Text(f"  and {len(gaps) - MOST_GAPS:,} more (--json lists all)", style="yellow"))
    return Group(*lines)


def _local(moment: float) -> str:
    return datetime.fromtimestamp(moment, tz=timezone.utc).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _time(started: float, ended: float | None) -> str:
    if ended is None:
        return ""
    took = max(ended - started, 0.0)
    if took < 1:
        return f"{took * 1000:.0f} ms"
    if took < 60:
        return f"{took:.1f} s"
    minutes, rest = divmod(round(took), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def _first_line(text: str) -> str:
    line = text.strip().splitlines()[0] if text.strip() else text
    return line if len(line) <= 200 else line[:199] + "…"
