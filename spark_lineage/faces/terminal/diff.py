"""``diff`` for people: the conclusion first, then what there is to see of each cause, then what follows from it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from spark_lineage.answers.diff import Comparison, Divergence
from spark_lineage.answers.diff.changes import shortened
from spark_lineage.answers.diff.conclusion import calls_of, conclusion, listed
from spark_lineage.answers.diff.contents import ColumnChange, Content
from spark_lineage.answers.diff.rows import SideBySide, Values
from spark_lineage.answers.headlines import headline
from spark_lineage.faces.terminal import table
from spark_lineage.faces.terminal.table import Cell, Column, plain
from spark_lineage.faces.terminal.wording import STYLES, stale
from spark_lineage.model import LineageGraph, Outcome

MOST_LISTED = 12
VERDICTS = {"same": "bold green", "different": "bold red", "uncertain": "bold yellow"}
MOST_DIFF = 40  # lines of a source diff
MOST_ROWS = 5
INDENT = 2
COLUMN = 14  # characters that a column of sampled rows needs to be read


def show(comparison: Comparison, console: Console) -> None:
    """Prints the comparison. ``console.width`` decides how much fits."""
    conclusion = _conclusion(comparison)
    whole = conclusion.cell_len <= console.width
    console.print(_cut(conclusion, console.width), soft_wrap=True)
    console.print(Group(_run("A", comparison.a), _run("B", comparison.b), *stale("B is ", comparison.b.freshness)))
    for source in comparison.sources_changed:
        console.print(_source(source.a.id, source.b.id, source.why))
    for number, calls in enumerate(comparison.divergences_by_step()):
        _show_divergence(calls, console, told=whole and number == 0 and not comparison.sources_changed)
    for block in (_consequences(comparison), _one_sided(comparison), _uncertain(comparison), _gone(comparison)):
        if block is not None:
            console.print(block)


def _gone(comparison: Comparison) -> RenderableType | None:
    """What was compared of these is what was written, and not what is there now."""
    if not comparison.gone:
        return None
    lines = [Text(f"  {dataset} ({run}): {why}") for run, dataset, why in comparison.gone[:MOST_LISTED]]
    more = len(comparison.gone) - MOST_LISTED
    return Group(
        "",
        Text("written, and then not there any more", style="bold"),
        *lines,
        *([f"  and {more} more"] if more > 0 else []),
    )


def _cut(text: Text, width: int) -> Text:
    """One line. What is cut off stands below in full."""
    one = text.copy()
    one.truncate(width, overflow="ellipsis")
    return one


def _conclusion(comparison: Comparison) -> Text:
    found = conclusion(comparison)
    text = Text(found.verdict, style=VERDICTS[found.verdict])
    if found.where or found.said:
        text.append(": ").append(found.where, style="bold").append(found.said)
    return text


def _run(name: str, graph: LineageGraph) -> Text:
    run = graph.run
    labels = "".join(f"  {key}={value}" for key, value in run.labels.items())
    commit = f"  commit {run.repository.commit[:10]}" if run.repository is not None else ""
    text = Text(f"{name}  {run.id}  {run.app}  {run.mode.value} mode{commit}{labels}", style="dim")
    if run.outcome is not Outcome.COMPLETE:
        error = f": {headline(run.error)}" if run.error and run.error.strip() else ""
        text.append(f"  {run.outcome.value}{error}", style=STYLES[run.outcome])
    return text


def _source(a: str, b: str, why: str) -> RenderableType:
    name = b if a == b else f"{b} (A: {a})"
    return Group("", Text.assemble(("source ", "bold"), (name, "bold"), f": {why}"))


# --------------------------------------------------------------------------- a cause


def _show_divergence(calls: Sequence[Divergence], console: Console, told: bool) -> None:
    """``told``: the conclusion stands above in full, and is not said again."""
    first = calls[0]
    where, _, rest = first.why.partition(": ")
    console.print("", Text(where, style="bold") if told else Text.assemble((where, "bold"), f": {rest}"), sep="\n")
    _show_indented(console, _known(first))
    _show_others(calls, console)
    if first.columns:
        _show_columns(first.columns, console)
    if first.source_diff:
        _show_indented(console, _diff("source", first.source_diff))
    if first.plan_diff:
        _show_indented(console, _diff("plan", first.plan_diff))
    if first.rows is not None:
        _show_rows(first.rows, console)


def _show_others(calls: Sequence[Divergence], console: Console) -> None:
    """The other calls of the step that differ, and the other outputs of its first call."""
    first, numbers = calls[0], calls_of(calls)
    beside = [call.dataset.id for call in calls[1:] if call.step.call == first.step.call and call.dataset is not None]
    if beside:
        _show_indented(console, Text(f"its output{'s' if len(beside) > 1 else ''} {listed(beside)} differ too"))
    if len(numbers) > 1:
        others = listed([f"#{number}" for number in numbers[1:]])
        _show_indented(console, Text(f"the same step differs in {len(numbers):,} calls: also {others}"))


def _show_indented(console: Console, block: RenderableType) -> None:
    console.print(Padding(block, (0, 0, 0, INDENT), expand=False))


def _known(divergence: Divergence) -> Text:
    """Which facts the conclusion stands on."""
    known = f"inputs are equal ({divergence.inputs_evidence})"
    equal = known if divergence.inputs_equal else "of its inputs too little is known"
    dataset = divergence.dataset
    a, b = (
        f"{side.rows:,}" if side is not None and side.rows is not None else "?" for side in (divergence.a, divergence.b)
    )
    without = "a plain value differs" if divergence.measured.content is Content.DIFFERENT else "no output"
    output = f"output {dataset.id}: rows {a} → {b}" if dataset is not None else without
    line = divergence.step.site_line
    called = f"; called at line {line}" if line is not None else ""
    return Text(f"{equal}; {output}{called}{_renamed(divergence)}", style="dim")


def _renamed(divergence: Divergence) -> str:
    a, b = divergence.step_a, divergence.step_b
    return f"; in A it is {a.function}" if a is not None and b is not None and a.function != b.function else ""


def _show_columns(changes: Sequence[ColumnChange], console: Console) -> None:
    told = [change for change in changes if change.change != "values"]
    names_told = {change.name for change in told}
    values = [change.name for change in changes if change.change == "values" and change.name not in names_told]
    rows = []
    for change in told[:MOST_LISTED]:
        a, b = shortened(change.a or "", change.b or "")
        rows.append([plain(change.name), plain(change.change), plain(a, "red"), plain(b, "green")])
    rows += [[plain(name), plain("values"), (), ()] for name in values[:MOST_LISTED]]
    left = len(told) + len(values) - min(len(told), MOST_LISTED) - min(len(values), MOST_LISTED)
    if left > 0:
        rows.append([plain(f"… {left} more"), (), (), ()])
    _show_table(console, ("column", "change", "A", "B"), rows)


def _diff(title: str, lines: Sequence[str]) -> RenderableType:
    shown: list[RenderableType] = [Text(title, style="bold")]
    for line in lines[:MOST_DIFF]:
        style = "green" if line.startswith("+") else "red" if line.startswith("-") else "dim"
        shown.append(Text(line, style=style))
    if len(lines) > MOST_DIFF:
        shown.append(Text(f"… {len(lines) - MOST_DIFF} more lines (--json has all)", style="dim"))
    return Group(*shown)


# --------------------------------------------------------------------------- sampled rows


def _show_rows(rows: SideBySide, console: Console) -> None:
    """As many columns as can be read: those that differ first, then of the key."""
    room = max(console.width // COLUMN, 2)
    columns = min(len(rows.columns), room - 1)
    keys = min(len(rows.key), max(room - columns, 1))
    if rows.changed:
        _show_indented(console, Text("rows with other values (from the samples)", style="bold"))
        _show_table(console, (*rows.key[:keys], "", *rows.columns[:columns]), _changed_rows(rows, keys, columns))
    for run, only in (("A", rows.only_a), ("B", rows.only_b)):
        if only:
            others = max(room - keys, 0)
            _show_indented(console, Text(f"rows only in {run} (from the samples)", style="bold"))
            cells = [[*_values(key[:keys]), *_values(row[:others])] for key, row in only[:MOST_ROWS]]
            _show_table(console, (*rows.key[:keys], *rows.others[:others]), cells)


def _changed_rows(rows: SideBySide, keys: int, columns: int) -> list[list[Cell]]:
    """Two lines for each row: its values in A, then those in B."""
    cells: list[list[Cell]] = []
    for key, of_a, of_b in rows.changed[:MOST_ROWS]:
        pairs = list(zip(of_a, of_b, strict=True))[:columns]
        cells.append([*_values(key[:keys]), plain("A"), *(_value_beside(a, b, "red") for a, b in pairs)])
        cells.append([*([()] * keys), plain("B"), *(_value_beside(b, a, "green") for a, b in pairs)])
    return cells


def _value_beside(value: str | None, other: str | None, style: str) -> Cell:
    return plain(_written(value), style if value != other else "dim")


def _values(values: Values) -> list[Cell]:
    return [plain(_written(value)) for value in values]


def _written(value: str | None) -> str:
    return "NULL" if value is None else value


def _show_table(console: Console, headings: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    table.show(console, [Column(heading, share=1) for heading in headings], rows, indent=INDENT)


# --------------------------------------------------------------------------- what follows, and what is not known


def _consequences(comparison: Comparison) -> RenderableType | None:
    if not comparison.diverged:
        return None
    lines: list[RenderableType] = ["", Text("what follows from it", style="bold")]
    for consequence in comparison.diverged[:MOST_LISTED]:
        because = f"  because of {', '.join(consequence.caused_by)}" if consequence.caused_by else ""
        lines.append(Text.assemble("  ", consequence.dataset or consequence.step, (because, "dim")))
    if len(comparison.diverged) > MOST_LISTED:
        lines.append(Text(f"  … {len(comparison.diverged) - MOST_LISTED} more (--json lists all)", style="dim"))
    return Group(*lines)


def _one_sided(comparison: Comparison) -> RenderableType | None:
    lines = [
        Text(f"only in {run}: {', '.join(names[:MOST_LISTED])}{' …' if len(names) > MOST_LISTED else ''}", style="dim")
        for run, names in (("A", comparison.only_in_a), ("B", comparison.only_in_b))
        if names
    ]
    return Group("", *lines) if lines else None


def _uncertain(comparison: Comparison) -> RenderableType | None:
    uncertain = comparison.uncertain
    if not uncertain:
        return None
    lines: list[RenderableType] = ["", Text("uncertain", style="bold yellow")]
    lines += [Text(f"  {dataset.dataset}: {dataset.why}", style="yellow") for dataset in uncertain[:MOST_LISTED]]
    if len(uncertain) > MOST_LISTED:
        lines.append(Text(f"  … {len(uncertain) - MOST_LISTED} more (--json lists all)", style="dim"))
    return Group(*lines)
