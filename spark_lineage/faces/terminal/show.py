"""``show`` for people: the step tree with what went in, what came out, rows, nulls, and what is not known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timezone

from rich.console import Console, Group, RenderableType
from rich.text import Text

from spark_lineage.faces.terminal import table as layout
from spark_lineage.faces.terminal.table import Cell, Column, Span, plain
from spark_lineage.model import Dataset, DatasetKind, LineageGraph, Outcome, Step, StepKind

STYLES = {Outcome.COMPLETE: "green", Outcome.FAIL: "bold red", Outcome.ABORT: "yellow", Outcome.RUNNING: "cyan"}
MARKS = {Outcome.COMPLETE: "", Outcome.FAIL: "FAILED ", Outcome.ABORT: "stopped ", Outcome.RUNNING: "running "}
# What a word alone does not tell.
MEANING = {
    Outcome.ABORT: "The program was killed before it ended: this is what was seen up to then.",
    Outcome.RUNNING: "The program still runs: this is what has been seen so far.",
}
NARROW = 100  # columns of a terminal below which less is shown
WIDEST = 160
DEEPEST = 12  # levels that are indented
STORED = [Column(""), Column("storage", share=1), Column("format"), Column("rows", right=True)]
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


def show(graph: LineageGraph, console: Console) -> None:
    """Prints the run. ``console.width`` decides how much fits."""
    console.print(_heading(graph))
    wide = console.width >= NARROW
    layout.show(console, _columns(wide), _table(graph, wide), gap=2 if wide else 1, expand=min(console.width, WIDEST))
    stored = [each for each in graph.datasets if each.kind in (DatasetKind.SOURCE, DatasetKind.SINK)]
    if stored:
        console.print()
        layout.show(console, STORED, [_stored(each) for each in stored])
    gaps = _gaps(graph)
    if gaps:
        console.print(gaps)


def _heading(graph: LineageGraph) -> RenderableType:
    run = graph.run
    first = Text.assemble(
        (run.app, "bold"), "  ", (run.outcome.value, STYLES[run.outcome]), f"  {local(run.started)}",
        f"  {time(run.started, run.ended)}" if run.ended is not None else "",
    )  # fmt: skip
    spark = f"Spark {run.spark.spark_version}" if run.spark else "no Spark session"
    labels = "".join(f"  {name}={value}" for name, value in run.labels.items())
    lines = [first, Text(f"run {run.id}  {run.mode.value} mode  {spark}{labels}", style="dim")]
    if run.parent is not None:
        lines.append(Text(f"started by {run.parent.namespace}/{run.parent.name}, run {run.parent.run}", style="dim"))
    if run.outcome in MEANING:
        lines.append(Text(MEANING[run.outcome], style=STYLES[run.outcome]))
    if run.error:
        lines.append(Text(_first_line(run.error), style=STYLES[Outcome.FAIL]))
    return Group(*lines)


def _columns(wide: bool) -> list[Column]:
    return [
        Column("step", share=3), Column("inputs → outputs", share=4), Column("rows", right=True),
        Column("change", right=True), Column("nulls", right=True), *([Column("measured", share=2)] if wide else []),
        Column("time", right=True),
    ]  # fmt: skip


def _table(graph: LineageGraph, wide: bool) -> Iterable[list[Cell]]:
    datasets = {each.id: each for each in graph.datasets}
    # An error goes up through all that called: it is shown where it came from.
    passed_on = {(step.parent, step.error) for step in graph.steps if step.error}
    for step, depth in _tree(graph.steps):
        shown = replace(step, error=None) if ((step.step, step.call), step.error) in passed_on else step
        yield from _rows(shown, depth, datasets, wide)


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


def _rows(step: Step, depth: int, datasets: Mapping[str, Dataset], wide: bool) -> Iterable[list[Cell]]:
    """One line per output; a step without outputs has one line of its own."""
    ins = [datasets[each] for each in step.inputs if each in datasets]
    outs = [datasets[each] for each in step.outputs if each in datasets]
    name, took = _step_name(step, depth), plain(time(step.started, step.ended), "dim")
    for number, out in enumerate(outs or [None]):
        first = number == 0
        row = [name if first else (), _flow(step, ins if first else [], out, wide, first), *_facts(out, ins)]
        if wide:
            row.append(_measured(out))
        yield [*row, took if first else ()]


def _flow(step: Step, ins: Sequence[Dataset], out: Dataset | None, wide: bool, first: bool) -> Cell:
    """What went in and came out; the step's error below it."""
    spans: list[Span] = []
    if ins:
        spans.append((", ".join(_short(each) for each in ins), "dim"))
    if out is not None:
        spans.append((" → " if spans else "→ ", ""))
        spans.append((_short(out), "bold" if out.kind is DatasetKind.SINK else ""))
        if not wide and not out.complete:
            spans.append((f" ({reason(out)})", "yellow"))
    if first and step.error:
        spans.append((("\n" if spans else "") + _first_line(step.error), STYLES[Outcome.FAIL]))
    return tuple(spans)


def _step_name(step: Step, depth: int) -> Cell:
    label = (
        step.step if depth == 0 else step.step.rsplit(".", 1)[-1] if step.kind is not StepKind.FUNCTION else _leaf(step)
    )
    spans = [
        ("  " * min(depth, DEEPEST), ""),
        (MARKS[step.outcome], STYLES[step.outcome]),
        (label, "bold" if step.kind in (StepKind.APPLICATION, StepKind.FUNCTION) else ""),
        (f" #{step.call}" if step.call > 1 else "", "dim"),
    ]
    return tuple(each for each in spans if each[0])


def _leaf(step: Step) -> str:
    """The part of the name below the parent's; ``Pipeline.clean`` has a dot of its own."""
    parent = step.parent[0] if step.parent else ""
    return step.step[len(parent) + 1 :] if step.step.startswith(f"{parent}.") else step.step


def _facts(out: Dataset | None, ins: Sequence[Dataset]) -> list[Cell]:
    """Rows, change in rows against the one input, nulls."""
    if out is None:
        return [(), (), ()]
    if out.rows is None:
        return [plain("?", "yellow"), (), ()]
    known = nulls(out)
    return [plain(f"{out.rows:,}"), _change(out, ins), plain(f"{known:,}") if known is not None else ()]


def nulls(dataset: Dataset) -> int | None:
    """Over all columns that were measured; None where none was."""
    known = [each.nulls for each in dataset.columns if each.nulls is not None]
    return sum(known) if known else None


def _change(out: Dataset, ins: Sequence[Dataset]) -> Cell:
    """Against the input, if there is but one: of joins and unions no difference says anything."""
    if len(ins) != 1 or ins[0].rows is None or out.rows is None:
        return ()
    difference = out.rows - ins[0].rows
    if difference == 0:
        return plain("=", "dim")
    share = f" {difference / ins[0].rows:+.0%}" if ins[0].rows and abs(difference) < 10 * ins[0].rows else ""
    return plain(f"{difference:+,}{share}", "red" if difference < 0 else "blue")


def _measured(out: Dataset | None) -> Cell:
    if out is None:
        return ()
    if not out.complete:
        return plain(reason(out), "yellow")
    seen = sum(1 for each in out.columns if each.fingerprint is not None)
    return plain("complete" if seen == len(out.columns) else f"{seen} of {len(out.columns)} columns", "green")


def reason(dataset: Dataset) -> str:
    """Why a dataset is not complete, for people."""
    return REASONS.get(dataset.reason or "", (dataset.reason or "unknown").replace("_", " "))


def _short(dataset: Dataset) -> str:
    """Interim datasets by id; storage by the end of its path."""
    if dataset.kind is DatasetKind.INTERIM:
        return dataset.id
    return dataset.id if len(dataset.id) <= 24 else f"…/{dataset.id.rstrip('/').rsplit('/', 1)[-1]}"


def _stored(each: Dataset) -> list[Cell]:
    rows = f"{each.rows:,}" if each.rows is not None else "?"
    form = (each.storage.format if each.storage else None) or ""
    where = each.name if each.namespace in ("file", "") else f"{each.namespace}/{each.name.lstrip('/')}"
    return [plain(each.kind.value), plain(where), plain(form), plain(rows)]


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


def local(moment: float) -> str:
    return datetime.fromtimestamp(moment, tz=timezone.utc).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def time(started: float, ended: float | None) -> str:
    if ended is None:
        return ""
    return duration(ended - started)


def duration(seconds: float) -> str:
    took = max(seconds, 0.0)
    if took < 1:
        return f"{took * 1000:.0f} ms"
    if took < 60:
        return f"{took:.1f} s"
    minutes, rest = divmod(round(took), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def _first_line(text: str) -> str:
    line = text.strip().splitlines()[0] if text.strip() else text
    return line if len(line) <= 200 else line[:199] + "…"
