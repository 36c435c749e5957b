"""``check`` for people: what failed first, then what could not be told, then how much passed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from spark_lineage.answers.check.results import Report, Result, Status
from spark_lineage.faces.terminal import table
from spark_lineage.faces.terminal.table import Cell, Column, Span, plain
from spark_lineage.faces.terminal.wording import MEANING, stale
from spark_lineage.faces.terminal.wording import STYLES as OUTCOMES
from spark_lineage.model import Outcome

STYLES = {Status.PASSED: "green", Status.FAILED: "bold red", Status.UNKNOWN: "yellow"}
MARKS = {Status.PASSED: "passed", Status.FAILED: "FAILED", Status.UNKNOWN: "could not tell"}
COLUMNS = [Column(""), Column("check", share=3), Column("step", share=3), Column("found", share=6)]
WIDEST = 160
STILL_RUNS, RUNNING = MEANING[Outcome.RUNNING], OUTCOMES[Outcome.RUNNING]


def show(report: Report, console: Console) -> None:
    """Prints the report. Rules are listed whatever became of them, built-in checks if they failed."""
    listed = [result for result in report.results if result.status is Status.FAILED or result.rule]
    listed.sort(key=lambda result: (result.status is not Status.FAILED, result.status is not Status.UNKNOWN))
    if listed:
        table.show(console, COLUMNS, [_row(result) for result in listed], width=min(console.width, WIDEST), expand=True)
        console.print()
    untold = [result for result in report.results if result.status is Status.UNKNOWN and not result.rule]
    for line in _untold(untold):
        console.print(Text(line, style="yellow"))
    if report.running:
        console.print(Text(STILL_RUNS, style=RUNNING))
    for said in stale("", report.freshness):
        console.print(said)
    console.print(_sum(report))


def _row(result: Result) -> list[Cell]:
    check = f"{result.check}({result.column})" if result.column and not result.rule else result.check
    return [plain(MARKS[result.status], STYLES[result.status]), plain(check), _step(result), _found(result)]


def _step(result: Result) -> Cell:
    name = f"{result.step}{f' #{result.call}' if result.call > 1 else ''}"
    where = result.where.rsplit("/", 1)[-1] if result.where else None
    return ((name, "bold"), (f"\n{where}", "dim")) if where else ((name, "bold"),)


def _found(result: Result) -> Cell:
    value = f" ({result.details['value']})" if "value" in result.details else ""
    found: list[Span] = [(f"{result.actual}{value}", "")]
    if result.status is not Status.PASSED:
        found.append((f"\nexpected {result.expected}", "dim"))
    return tuple(found)


def _untold(results: Sequence[Result]) -> Iterator[str]:
    """One line per check: that it could not tell is no finding."""
    for check, count in Counter(result.check for result in results).items():
        first = next(result for result in results if result.check == check)
        more = f", and {count - 1} more" if count > 1 else ""
        yield f"could not tell {check} of {first.step}: {first.actual}{more}"


def _sum(report: Report) -> Text:
    counts = {status: len(report.of(status)) for status in Status}
    mark = "not ended yet" if report.running and report.status is Status.UNKNOWN else MARKS[report.status]
    text = Text.assemble((mark, STYLES[report.status]), f"  run {report.run}  {report.app}: ")
    text.append(
        ", ".join(f"{count} {status.value}" for status, count in counts.items() if count)
        or f"nothing to check{' yet' if report.running else ''}"
    )
    return text
