"""``check`` for people: what failed first, then what could not be told, then how much passed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.table import Table
from rich.text import Text

from spark_lineage.answers.check.results import Report, Result, Status

STYLES = {Status.PASSED: "green", Status.FAILED: "bold red", Status.UNKNOWN: "yellow"}
MARKS = {Status.PASSED: "passed", Status.FAILED: "FAILED", Status.UNKNOWN: "could not tell"}


def show(report: Report, console: Console) -> None:
    """Prints the report. Rules are listed whatever became of them, built-in checks if they failed."""
    listed = [each for each in report.results if each.status is Status.FAILED or each.rule]
    listed.sort(key=lambda each: (each.status is not Status.FAILED, each.status is not Status.UNKNOWN))
    if listed:
        console.print(_table(listed, min(console.width, 160)))
        console.print()
    untold = [each for each in report.results if each.status is Status.UNKNOWN and not each.rule]
    for line in _untold(untold):
        console.print(Text(line, style="yellow"))
    console.print(_verdict(report))


def _table(results: Iterable[Result], width: int) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold", width=width)
    table.add_column("", no_wrap=True)
    table.add_column("check", ratio=3, overflow="fold")
    table.add_column("step", ratio=3, overflow="fold")
    table.add_column("found", ratio=6, overflow="fold")
    for each in results:
        step = Text(f"{each.step}{f' #{each.call}' if each.call > 1 else ''}", style="bold")
        if each.where:
            step.append(f"\n{each.where.rsplit('/', 1)[-1]}", style="dim")
        found = Text(each.actual)
        if "value" in each.details:
            found.append(f" ({each.details['value']})")
        if each.status is not Status.PASSED:
            found.append(f"\nexpected {each.expected}", style="dim")
        check = f"{each.check}({each.column})" if each.column and not each.rule else each.check
        table.add_row(Text(MARKS[each.status], style=STYLES[each.status]), Text(check), step, found)
    return table


def _untold(results: list[Result]) -> Iterator[str]:
    """One line per check: that it could not tell is no finding."""
    for check, count in Counter(each.check for each in results).items():
        first = next(each for each in results if each.check == check)
        more = f", and {count - 1} more" if count > 1 else ""
        yield f"could not tell {check} of {first.step}: {first.actual}{more}"


def _verdict(report: Report) -> Text:
    counts = {status: len(report.of(status)) for status in Status}
    text = Text.assemble((MARKS[report.status], STYLES[report.status]), f"  run {report.run}  {report.app}: ")
    text.append(", ".join(f"{count} {status.value}" for status, count in counts.items() if count) or "nothing to check")
    return text
