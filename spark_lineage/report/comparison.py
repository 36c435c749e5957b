"""``diff`` for people: the verdict first, then what there is to see of each cause, then what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from spark_lineage.compare import Comparison, Divergence
from spark_lineage.compare.contents import ColumnChange
from spark_lineage.compare.rows import SideBySide
from spark_lineage.compare.why import count
from spark_lineage.model import LineageGraph, Outcome
from spark_lineage.report.table import STYLES

MOST_LISTED = 12
MOST_DIFF = 40  # lines of a source diff
INDENT = (0, 0, 0, 2)


def show(found: Comparison, console: Console) -> None:
    """Prints the comparison. ``console.width`` decides how much fits."""
    console.print(_verdict(found))
    console.print(_runs(found))
    for each in found.sources_changed:
        console.print(_source(each.a.id, each.b.id, each.why))
    for divergence in found.first_divergences:
        console.print(_divergence(divergence))
    for block in (_consequences(found), _one_sided(found), _uncertain(found)):
        if block is not None:
            console.print(block)


def _verdict(found: Comparison) -> RenderableType:
    if found.same:
        return Text.assemble(("same", "bold green"), f": {_evidence(found)}")
    if found.sources_changed:
        names = ", ".join(each.b.id for each in found.sources_changed[:3])
        return Text.assemble(("different", "bold red"), f": the sources are not the same: {names}")
    if not found.different:
        what = count(len(found.uncertain), "dataset")
        return Text.assemble(
            ("uncertain", "bold yellow"), f": no difference was found, and {what} could not be compared; ",
            f"otherwise {_evidence(found)}",
        )  # fmt: skip
    if not found.first_divergences:
        return Text.assemble(("different", "bold red"))
    first, *others = found.first_divergences
    where, _, rest = first.why.partition(": ")
    more = f" (and {count(len(others), 'other step')}, below)" if others else ""
    return Text.assemble(
        ("different", "bold red"), ": ", (where, "bold"), f" is the first step that differs{more}: {rest}"
    )


def _evidence(found: Comparison) -> str:
    said = [f"{count(found.measured, 'dataset')} measured to be equal"]
    if found.derived:
        said.append(f"{found.derived:,} derived (same plan over equal inputs)")
    if found.within_tolerance:
        said.append(f"{len(found.within_tolerance):,} of them within tolerance (sums of floats)")
    return ", ".join(said)


def _runs(found: Comparison) -> RenderableType:
    return Group(_run("A", found.a), _run("B", found.b))


def _run(name: str, graph: LineageGraph) -> Text:
    run = graph.run
    labels = "".join(f"  {key}={value}" for key, value in run.labels.items())
    commit = f"  commit {run.repository.commit[:10]}" if run.repository is not None else ""
    text = Text(f"{name}  {run.id}  {run.app}  {run.mode.value} mode{commit}{labels}", style="dim")
    if run.outcome is not Outcome.COMPLETE:
        text.append(f"  {run.outcome.value}", style=STYLES[run.outcome])
    return text


def _source(a: str, b: str, why: str) -> RenderableType:
    name = b if a == b else f"{b} (A: {a})"
    return Group("", Text.assemble(("source ", "bold"), (name, "bold"), f": {why}"))


def _divergence(each: Divergence) -> RenderableType:
    where, _, rest = each.why.partition(": ")
    head = Text.assemble((where, "bold"), f": {rest}")
    parts: list[RenderableType] = ["", head, Padding(_known(each), INDENT)]
    if each.columns:
        parts.append(Padding(_columns(each.columns), INDENT))
    if each.source_diff:
        parts.append(Padding(_diff("source", each.source_diff), INDENT))
    if each.plan_diff:
        parts.append(Padding(_diff("plan", each.plan_diff), INDENT))
    if each.rows is not None:
        parts += [Padding(table, INDENT) for table in _rows(each.rows)]
    return Group(*parts)


def _known(each: Divergence) -> Text:
    """Which facts the verdict stands on."""
    equal = f"inputs are equal ({each.inputs_evidence})" if each.inputs_equal else "of its inputs too little is known"
    dataset = each.dataset
    rows = [f"{side.rows:,}" if side is not None and side.rows is not None else "?" for side in (each.a, each.b)]
    output = f"output {dataset.id}: rows {rows[0]} → {rows[1]}" if dataset is not None else "no output"
    called = f"; called at line {each.step.site_line}" if each.step.site_line is not None else ""
    renamed = ""
    if each.step_a is not None and each.step_b is not None and each.step_a.function != each.step_b.function:
        renamed = f"; in A it is {each.step_a.function}"
    return Text(f"{equal}; {output}{called}{renamed}", style="dim")


def _columns(changes: Sequence[ColumnChange]) -> RenderableType:
    table = _table("column", "change", "A", "B")
    told = [each for each in changes if each.change != "values"]
    values = [each.name for each in changes if each.change == "values" and each.name not in {one.name for one in told}]
    for each in told[:MOST_LISTED]:
        table.add_row(Text(each.name), each.change, Text(each.a or "", style="red"), Text(each.b or "", style="green"))
    for name in values[:MOST_LISTED]:
        table.add_row(Text(name), "values", "", "")
    left = len(told) + len(values) - min(len(told), MOST_LISTED) - min(len(values), MOST_LISTED)
    if left > 0:
        table.add_row(f"… {left} more", "", "", "")
    return table


def _diff(title: str, lines: Sequence[str]) -> RenderableType:
    shown: list[RenderableType] = [Text(title, style="bold")]
    for line in lines[:MOST_DIFF]:
        style = "green" if line.startswith("+") else "red" if line.startswith("-") else "dim"
        shown.append(Text(line, style=style))
    if len(lines) > MOST_DIFF:
        shown.append(Text(f"… {len(lines) - MOST_DIFF} more lines (--json has all)", style="dim"))
    return Group(*shown)


def _rows(rows: SideBySide) -> Iterable[RenderableType]:
    if rows.changed:
        table = _table(*rows.key, "", *rows.columns)
        for key, a, b in rows.changed[:5]:
            table.add_row(*map(_value, key), "A", *(_cell(x, y, "red") for x, y in zip(a, b, strict=True)))
            table.add_row(*("" for _ in key), "B", *(_cell(y, x, "green") for x, y in zip(a, b, strict=True)))
        yield Group(Text("rows with other values (from the samples)", style="bold"), table)
    for run, only in (("A", rows.only_a), ("B", rows.only_b)):
        if only:
            table = _table(*rows.key, *rows.others)
            for key, row in only[:5]:
                table.add_row(*map(_value, key), *map(_value, row))
            yield Group(Text(f"rows only in {run} (from the samples)", style="bold"), table)


def _cell(value: str | None, other: str | None, style: str) -> Text:
    return Text(_shown(value), style=style if value != other else "dim")


def _value(value: str | None) -> Text:
    return Text(_shown(value))


def _shown(value: str | None) -> str:
    return "NULL" if value is None else value


def _table(*headings: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for each in headings:
        table.add_column(each, overflow="fold")
    return table


def _consequences(found: Comparison) -> RenderableType | None:
    if not found.diverged:
        return None
    lines: list[RenderableType] = ["", Text("what follows from it", style="bold")]
    for each in found.diverged[:MOST_LISTED]:
        because = f"  because of {', '.join(each.caused_by)}" if each.caused_by else ""
        lines.append(Text.assemble("  ", each.dataset or each.step, (because, "dim")))
    if len(found.diverged) > MOST_LISTED:
        lines.append(Text(f"  … {len(found.diverged) - MOST_LISTED} more (--json lists all)", style="dim"))
    return Group(*lines)


def _one_sided(found: Comparison) -> RenderableType | None:
    lines = [
        Text(f"only in {run}: {', '.join(names[:MOST_LISTED])}{' …' if len(names) > MOST_LISTED else ''}", style="dim")
        for run, names in (("A", found.only_in_a), ("B", found.only_in_b))
        if names
    ]
    return Group("", *lines) if lines else None


def _uncertain(found: Comparison) -> RenderableType | None:
    if not found.uncertain:
        return None
    lines: list[RenderableType] = ["", Text("uncertain", style="bold yellow")]
    lines += [Text(f"  {each.dataset}: {each.why}", style="yellow") for each in found.uncertain[:MOST_LISTED]]
    if len(found.uncertain) > MOST_LISTED:
        lines.append(Text(f"  … {len(found.uncertain) - MOST_LISTED} more (--json lists all)", style="dim"))
    return Group(*lines)
