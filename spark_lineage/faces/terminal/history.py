"""``history`` for people: one line per run, with a bar for the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.text import Text

from spark_lineage.answers.series import Point, Series
from spark_lineage.answers.show import nulls
from spark_lineage.faces.terminal import table
from spark_lineage.faces.terminal.table import Cell, Column, Span, plain
from spark_lineage.faces.terminal.wording import STYLES, WIDE, local, reason, short_commit, time_between
from spark_lineage.model import Outcome, fingerprints

EIGHTHS = " ▏▎▍▌▋▊▉█"
HEIGHTS = "▁▂▃▄▅▆▇█"
NARROWEST_BAR, WIDEST_BAR = 8, 24
LONG_LABELS = 20
SHORT_FINGERPRINT = 8


def show(series: Sequence[Series], console: Console, short: Mapping[str, str]) -> None:
    """``short``: the shortest unique beginning of each run id."""
    for number, followed in enumerate(series):
        if number:
            console.print()
        _show(followed, console, short)


def _show(series: Series, console: Console, short: Mapping[str, str]) -> None:
    wide = console.width >= WIDE
    console.print(_headline(series, short))
    columns = [Column("run"), Column("commit"), Column("started")]
    columns += [Column("rows", right=True), Column("nulls", right=True), Column("content")] if _has_data(series) else []
    columns += [Column("took", right=True)] if wide or not _has_data(series) else []
    columns += [Column("changed", share=3)]
    longest = max(len(_labels(point)) for point in series.points)
    columns += [Column("labels", share=2 if longest > LONG_LABELS else 0)] if longest else []
    rows = [_row(point, series, wide, short) for point in series.points]
    bar = min(WIDEST_BAR, console.width - table.natural_width(columns, rows, 2) - 2)
    known_rows = [_known_rows(point) for point in series.points]
    ascii_only = console.options.ascii_only
    if bar >= NARROWEST_BAR and any(known_rows):
        columns.append(Column(""))
        rows = [[*row, _bar(count, known_rows, bar, ascii_only)] for row, count in zip(rows, known_rows, strict=True)]
    elif sum(1 for count in known_rows if count is not None) > 1 and not ascii_only:
        console.print(f"rows  {_line(known_rows)}", style="cyan")
    table.show(console, columns, rows, 2)


def _headline(series: Series, short: Mapping[str, str]) -> Text:
    """When it changed last, and in what."""
    subject = series.subject
    step = next((point.step for point in reversed(series.points) if point.step is not None), None)
    where = f" ({step.function}, {step.file.rpartition('/')[2]}:{step.line})" if step is not None else ""
    there = [point for point in series.points if point.there]
    changes = [point for point in there if point.changed]
    line = Text.assemble((subject.dataset or subject.step or "", "bold"), (where, "dim"), ": ")
    if len(there) == 1:
        return line.append("in one run only, there is nothing to compare")
    if not changes:
        return line.append(f"{_unchanged(there)} in {len(there)} runs")
    last = changes[-1]
    run = last.graph.run
    by = f", commit {short_commit(run.repository)}" if run.repository else ""
    times = "once" if len(changes) == 1 else f"{len(changes)} times"
    when = f"{short.get(run.id, run.id)} ({local(run.started)}{by})"
    return line.append(f"changed {times} in {len(there)} runs, last in {when}: {', '.join(last.changed)}")


def _unchanged(points: Sequence[Point]) -> str:
    """Never more than was seen."""
    if all("fingerprint" in point.compared for point in points[1:]):
        return "the same"
    measured = sum(1 for point in points if point.dataset is not None and fingerprints.whole(point.dataset.fingerprint))
    known = f" (the content is known of {measured})" if any(point.dataset for point in points) else ""
    return f"no change seen{known}"


def _has_data(series: Series) -> bool:
    return any(point.dataset is not None for point in series.points)


def _row(point: Point, series: Series, wide: bool, short: Mapping[str, str]) -> list[Cell]:
    run, step = point.graph.run, point.step
    started = local(run.started) if wide else local(run.started)[5:16]
    row = [
        plain(short.get(run.id, run.id), "bold"),
        plain(short_commit(run.repository), "dim"),
        plain(started),
    ]
    if _has_data(series):
        row += _numbers(point)
    if wide or not _has_data(series):
        row.append(plain(time_between(step.started, step.ended) if step else "", "dim"))
    row.append(_changed(point))
    if any(point.graph.run.labels for point in series.points):
        row.append(plain(_labels(point), "dim"))
    return row


def _labels(point: Point) -> str:
    return " ".join(f"{name}={value}" for name, value in point.graph.run.labels.items())


def _numbers(point: Point) -> list[Cell]:
    dataset = point.dataset
    if dataset is None:
        return [(), (), ()]
    known = nulls(dataset)
    content = (fingerprints.whole(dataset.fingerprint) or "").rpartition(":")[2][:SHORT_FINGERPRINT]
    rows = (
        plain(f"{dataset.rows:,}", "" if dataset.complete else "yellow")
        if dataset.rows is not None
        else plain("?", "yellow")
    )
    return [rows, plain(f"{known:,}" if known is not None else ""), plain(content or "?", "" if content else "yellow")]


def _changed(point: Point) -> Cell:
    """What changed; where less is known than that, why."""
    if not point.there:
        return plain("not in this run", "dim")
    spans = [(", ".join(point.changed), "bold yellow")] if point.changed else _alike(point)
    if point.step is not None and point.step.outcome is not Outcome.COMPLETE:
        spans.append((f"({point.step.outcome.value})", STYLES[point.step.outcome]))
    if point.dataset is not None and not point.dataset.complete:
        spans.append((f"({reason(point.dataset)})", "yellow"))
    return tuple((f" {text}" if number else text, style) for number, (text, style) in enumerate(spans))


def _alike(point: Point) -> list[Span]:
    """``=`` where the whole content is known to be the same; else what is."""
    if "fingerprint" in point.compared:
        return [("=", "dim")]
    return [("rows =", "dim")] if "rows" in point.compared else []


def _known_rows(point: Point) -> int | None:
    """Half a bar of rows that were not counted to the last would mislead: it has none."""
    return point.dataset.rows if point.dataset is not None else None


def _bar(rows: int | None, every: Sequence[int | None], width: int, ascii_only: bool) -> Cell:
    """From nothing to the most rows of any run."""
    most = max((rows for rows in every if rows is not None), default=0)
    if rows is None or not most:
        return ()
    eighths = max(1, round(rows * width * 8 / most)) if rows else 0
    if ascii_only:
        return plain("#" * max(1, eighths // 8) if eighths else "", "cyan")
    return plain("█" * (eighths // 8) + EIGHTHS[eighths % 8].strip(), "cyan")


def _line(every: Sequence[int | None]) -> str:
    """One letter per run, where there is no room for bars."""
    most = max((rows for rows in every if rows is not None), default=0) or 1
    return "".join("·" if rows is None else HEIGHTS[round(rows * 7 / most)] for rows in every)
