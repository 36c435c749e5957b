"""``diff`` for people: the verdict first, then what there is to see of each cause, then what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from spark_lineage.answers.diff import Comparison, Divergence
from spark_lineage.answers.diff.contents import ColumnChange
from spark_lineage.answers.diff.rows import SideBySide
from spark_lineage.answers.diff.why import count
from spark_lineage.faces.terminal.show import STYLES
from spark_lineage.model import LineageGraph, Outcome

MOST_LISTED = 12
MOST_DIFF = 40  # lines of a source diff
COLUMN = 14  # characters that a column of sampled rows needs to be read


def show(found: Comparison, console: Console) -> None:
    """Prints the comparison. ``console.width`` decides how much fits."""
    console.print(_verdict(found))
    console.print(_runs(found))
    for each in found.sources_changed:
        console.print(_source(each.a.id, each.b.id, each.why))
    for calls in _by_step(found.first_divergences):
        console.print(_divergence(calls, console.width))
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
    first, *others = _by_step(found.first_divergences)
    where, _, rest = first[0].why.partition(": ")
    calls = f", in {len(first):,} calls" if len(first) > 1 else ""
    more = f"{calls} (and {count(len(others), 'other step')}, below)" if others else calls
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
        error = f": {run.error.strip().splitlines()[0][:200]}" if run.error and run.error.strip() else ""
        text.append(f"  {run.outcome.value}{error}", style=STYLES[run.outcome])
    return text


def _source(a: str, b: str, why: str) -> RenderableType:
    name = b if a == b else f"{b} (A: {a})"
    return Group("", Text.assemble(("source ", "bold"), (name, "bold"), f": {why}"))


def _by_step(found: Iterable[Divergence]) -> list[list[Divergence]]:
    """The calls of one step together: what is to be seen of the first is to be seen of all."""
    steps: dict[str, list[Divergence]] = {}
    for each in found:
        steps.setdefault(each.step.step, []).append(each)
    return list(steps.values())


def _divergence(calls: Sequence[Divergence], width: int) -> RenderableType:
    each = calls[0]
    where, _, rest = each.why.partition(": ")
    head = Text.assemble((where, "bold"), f": {rest}")
    parts: list[RenderableType] = ["", head, _indented(_known(each))]
    if len(calls) > 1:
        numbers = ", ".join(f"#{one.step.call}" for one in calls[1:MOST_LISTED])
        more = " …" if len(calls) > MOST_LISTED else ""
        parts.append(_indented(Text(f"the same step differs in {len(calls):,} calls: also {numbers}{more}")))
    if each.columns:
        parts.append(_indented(_columns(each.columns)))
    if each.source_diff:
        parts.append(_indented(_diff("source", each.source_diff)))
    if each.plan_diff:
        parts.append(_indented(_diff("plan", each.plan_diff)))
    if each.rows is not None:
        parts += [_indented(table) for table in _rows(each.rows, width)]
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


def _indented(block: RenderableType) -> RenderableType:
    return Padding(block, (0, 0, 0, 2), expand=False)


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


def _rows(rows: SideBySide, width: int) -> Iterable[RenderableType]:
    """As many columns as can be read: those that differ first, then of the key."""
    room = max(width // COLUMN, 2)
    columns = min(len(rows.columns), room - 1)
    keys = min(len(rows.key), max(room - columns, 1))
    if rows.changed:
        table = _table(*rows.key[:keys], "", *rows.columns[:columns])
        for key, a, b in rows.changed[:5]:
            pairs = list(zip(a, b, strict=True))[:columns]
            table.add_row(*map(_value, key[:keys]), "A", *(_cell(x, y, "red") for x, y in pairs))
            table.add_row(*("" for _ in key[:keys]), "B", *(_cell(y, x, "green") for x, y in pairs))
        yield Group(Text("rows with other values (from the samples)", style="bold"), table)
    for run, only in (("A", rows.only_a), ("B", rows.only_b)):
        if only:
            others = max(room - keys, 0)
            table = _table(*rows.key[:keys], *rows.others[:others])
            for key, row in only[:5]:
                table.add_row(*map(_value, key[:keys]), *map(_value, row[:others]))
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
