"""``show`` for people: the step tree with what went in, what came out, rows, nulls, and what is not known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from spark_lineage.answers.headlines import headline
from spark_lineage.answers.show import (
    ShownStep,
    gaps_beside_the_table,
    modes_that_know,
    nulls,
    rows_at_least,
    rows_gained,
    rows_not_known,
    shown_steps,
    stored,
)
from spark_lineage.faces.terminal import table
from spark_lineage.faces.terminal.table import Cell, Column, Span, plain
from spark_lineage.faces.terminal.wording import MEANING, REASONS, STYLES, WIDE, local, reason, stale, time_between
from spark_lineage.model import Dataset, DatasetKind, LineageGraph, Outcome, StepKind

MARKS = {Outcome.COMPLETE: "", Outcome.FAIL: "FAILED ", Outcome.ABORT: "stopped ", Outcome.RUNNING: "running "}
WIDEST = 160
DEEPEST = 12  # levels that are indented
STORED = [Column(""), Column("storage", share=1), Column("format"), Column("rows", right=True)]
MOST_GAPS = 20
MOST_NAMED = 3  # datasets of one reason


def show(graph: LineageGraph, console: Console) -> None:
    """Prints the run. ``console.width`` decides how much fits."""
    console.print(_heading(graph))
    wide = console.width >= WIDE
    rows = [row for step in shown_steps(graph) for row in _rows(step, wide)]
    table.show(console, _columns(wide), rows, gap=2 if wide else 1, width=min(console.width, WIDEST), expand=True)
    _show_unknown(graph, console)
    datasets = stored(graph)
    if datasets:
        console.print()
        table.show(console, STORED, [_stored(dataset) for dataset in datasets])
    gaps = _gaps(graph)
    if gaps:
        console.print(gaps)


def _heading(graph: LineageGraph) -> RenderableType:
    run = graph.run
    first = Text.assemble(
        (run.app, "bold"), "  ", (run.outcome.value, STYLES[run.outcome]), f"  {local(run.started)}",
        f"  {time_between(run.started, run.ended)}" if run.ended is not None else "",
    )  # fmt: skip
    spark = f"Spark {run.spark.spark_version}" if run.spark else "no Spark session"
    labels = "".join(f"  {name}={value}" for name, value in run.labels.items())
    lines = [first, Text(f"run {run.id}  {run.mode.value} mode  {spark}{labels}", style="dim")]
    if run.parent is not None:
        lines.append(Text(f"started by {run.parent.namespace}/{run.parent.name}, run {run.parent.run}", style="dim"))
    lines.extend(stale("", graph.freshness))
    if run.outcome in MEANING:
        lines.append(Text(MEANING[run.outcome], style=STYLES[run.outcome]))
    if run.error:
        lines.append(Text(headline(run.error), style=STYLES[Outcome.FAIL]))
    return Group(*lines)


def _columns(wide: bool) -> list[Column]:
    return [
        Column("step", share=3), Column("inputs → outputs", share=4), Column("rows", right=True),
        Column("change", right=True), Column("nulls", right=True), *([Column("measured", share=2)] if wide else []),
        Column("time", right=True),
    ]  # fmt: skip


def _rows(shown: ShownStep, wide: bool) -> Iterator[list[Cell]]:
    """One line per output; a step without outputs has one line of its own."""
    took = plain(time_between(shown.step.started, shown.step.ended), "dim")
    for number, output in enumerate(shown.outputs or [None]):
        first = number == 0
        flow = _flow(shown, output, first)
        row = [_step_name(shown) if first else (), flow, *_numbers(output, shown.inputs)]
        if wide:
            row.append(_measured(output))
        yield [*row, took if first else ()]


def _flow(shown: ShownStep, output: Dataset | None, first: bool) -> Cell:
    """What went in and came out; the step's error below it."""
    spans: list[Span] = []
    if first and shown.inputs:
        spans.append((", ".join(_short(dataset) for dataset in shown.inputs), "dim"))
    if output is not None:
        spans.append((" → " if spans else "→ ", ""))
        spans.append((_short(output), "bold" if output.kind is DatasetKind.SINK else ""))
    if first and shown.error:
        spans.append((("\n" if spans else "") + headline(shown.error), STYLES[Outcome.FAIL]))
    return tuple(spans)


def _step_name(shown: ShownStep) -> Cell:
    step = shown.step
    spans = [
        ("  " * min(shown.depth, DEEPEST), ""),
        (MARKS[step.outcome], STYLES[step.outcome]),
        (shown.label, "bold" if step.kind in (StepKind.APPLICATION, StepKind.FUNCTION) else ""),
        (f" #{step.call}" if step.call > 1 else "", "dim"),
        (f" ({shown.again})" if shown.again else "", "yellow"),
    ]
    return tuple(span for span in spans if span[0])


def _numbers(output: Dataset | None, inputs: Sequence[Dataset]) -> list[Cell]:
    """Rows, change in rows against the one input, nulls."""
    if output is None:
        return [(), (), ()]
    if output.rows is None:
        seen = rows_at_least(output)
        unknown = "" if output.kind is DatasetKind.MODEL else "?"
        return [plain(f"≥ {seen:,}" if seen is not None else unknown, "yellow"), _changed(output), ()]
    known = nulls(output)
    return [plain(f"{output.rows:,}"), _change(output, inputs), plain(f"{known:,}") if known is not None else ()]


def _changed(output: Dataset) -> Cell:
    """Rows that a command has inserted, updated and deleted in place."""
    changed = output.changed
    signs = ((changed.inserted, "+"), (changed.updated, "~"), (changed.deleted, "-")) if changed is not None else ()
    return plain(" ".join(f"{sign}{count:,}" for count, sign in signs if count))


def _change(output: Dataset, inputs: Sequence[Dataset]) -> Cell:
    gained = rows_gained(output, inputs)
    if gained is None:
        return ()
    if gained == 0:
        return plain("=", "dim")
    before = inputs[0].rows
    share = f" {gained / before:+.0%}" if before and abs(gained) < 10 * before else ""
    return plain(f"{gained:+,}{share}", "red" if gained < 0 else "blue")


def _measured(output: Dataset | None) -> Cell:
    if output is None:
        return ()
    if not output.complete:
        return plain(reason(output), "yellow")
    seen = sum(1 for column in output.columns if column.fingerprint is not None)
    return plain("complete" if seen == len(output.columns) else f"{seen} of {len(output.columns)} columns", "green")


def _show_unknown(graph: LineageGraph, console: Console) -> None:
    """What ``?`` stands for, and which mode would know it."""
    lines = [
        Text(f"? {REASONS.get(why, why.replace('_', ' '))}: {_some(names)}{_knower(why)}", style="yellow")
        for why, names in rows_not_known(graph).items()
    ]
    if lines:
        console.print()
        for line in lines:
            console.print(line)


def _some(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _knower(why: str) -> str:
    *others, last = [f"`--mode {mode.value}`" for mode in modes_that_know(why)] or [""]
    modes = f"{', '.join(others)} or {last}" if others else last
    return f"; {modes} would count them" if modes else ""


def _short(dataset: Dataset) -> str:
    """Interim datasets by id; storage by the end of its path."""
    if dataset.kind is DatasetKind.INTERIM:
        return dataset.id
    return dataset.id if len(dataset.id) <= 24 else f"…/{dataset.id.rstrip('/').rsplit('/', 1)[-1]}"


def _stored(dataset: Dataset) -> list[Cell]:
    rows = f"{dataset.rows:,}" if dataset.rows is not None else "?"
    form = (dataset.storage.format if dataset.storage else None) or ""
    local_file = dataset.namespace in ("file", "")
    where = dataset.name if local_file else f"{dataset.namespace}/{dataset.name.lstrip('/')}"
    return [plain(dataset.kind.value), plain(where), plain(form), plain(rows)]


def _gaps(graph: LineageGraph) -> RenderableType | None:
    gaps = gaps_beside_the_table(graph)
    if not gaps:
        return None
    lines: list[RenderableType] = ["", Text("not observed", style="bold")]
    about: dict[tuple[str, str], dict[str, None]] = {}  # the same of several steps and datasets is said once
    for gap in gaps:
        about.setdefault((gap.what, gap.why), {}).update(dict.fromkeys(filter(None, [gap.dataset or gap.step])))
    for (what, why), names in list(about.items())[:MOST_GAPS]:
        where = f"{_some(list(names))}: " if names else ""
        lines.append(Padding(Text(f"{where}{what}: {why}", style="yellow"), (0, 0, 0, 2), expand=False))
    if len(about) > MOST_GAPS:
        lines.append(Text(f"  and {len(about) - MOST_GAPS:,} more (--json lists all)", style="yellow"))
    return Group(*lines)
