"""``explain`` for people: the definition, the source columns, the steps on the way, and what decided on the rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from spark_lineage.answers.explain import Explanation, Hop, RowCondition, Source
from spark_lineage.faces.terminal import table
from spark_lineage.faces.terminal.table import Column, plain
from spark_lineage.faces.terminal.wording import MEANING, STYLES
from spark_lineage.model import Dataset, Outcome

UNFOLDED = 1_000_000  # characters
COLUMNS = [Column("", share=2), Column("", share=5)]
FROM_PYTHON = frozenset(["pandas", "rdd", "local"])  # leaves of plans


def show(explanation: Explanation, console: Console) -> None:
    """Prints the explanation. Steps are folded to the width of a terminal; into a pipe go whole lines."""
    names = _Names(explanation)
    column = f"{names(explanation.dataset)}.{explanation.column}"
    if explanation.running:
        _print(console, Text(MEANING[Outcome.RUNNING], style=STYLES[Outcome.RUNNING]))
    _print(console, Text(column, style="bold"), "", f"  {explanation.definition}", "")
    _show_sources(explanation, names, console)
    if explanation.path:
        _print(console, "", Text.assemble(("through", "bold"), " (last step first)"))
        _show_hops(explanation.path, names, console)
    _show_deciding(explanation, names, console)
    _show_gaps(explanation, names, console)
    _show_conditions(explanation, console)
    _show_places(names, console)


def _print(console: Console, *lines: str | Text) -> None:
    for line in lines:
        console.print(Text(line) if isinstance(line, str) else line, soft_wrap=True)


def _show_sources(explanation: Explanation, names: _Names, console: Console) -> None:
    if explanation.sources:
        _print(console, Text("from", style="bold"))
        columns = [f"{names(source.dataset)}.{source.column}" for source in explanation.sources]
        width = max(map(len, columns))
        for source, column in zip(explanation.sources, columns, strict=True):
            _print(console, f"  {column.ljust(width)}{_remarks(source)}".rstrip())
    elif any(_came_from_python(dataset) for dataset in _ends(explanation)):
        _print(console, "It came through Python or pandas, where columns are not followed; `show` has the steps.")
    elif not explanation.path:
        _print(console, "It is a column of a source: it comes from outside the run.")
    else:
        _print(console, "It is made from no column of any source.")


def _came_from_python(dataset: Dataset) -> bool:
    return dataset.fragment is not None and bool(FROM_PYTHON & set(dataset.fragment.opaque))


def _ends(explanation: Explanation) -> list[Dataset]:
    """The datasets where the definition ends."""
    ends = [hop.dataset for hop in explanation.path if not hop.inputs]
    return ends or ([] if explanation.path else [explanation.dataset])


def _remarks(source: Source) -> str:
    how = "" if source.direct else "  (only decides between values)"
    end = "" if source.known else "  (how this was made was not observed)"
    return f"{how}{end}"


def _show_deciding(explanation: Explanation, names: _Names, console: Console) -> None:
    by_subtype: dict[str, list[str]] = {}
    for source, subtype in explanation.deciding:
        column = f"{names(source.dataset)}.{source.column}"
        by_subtype.setdefault(subtype.lower().replace("_", " "), []).append(column)
    if by_subtype:
        _print(console, "", Text("rows decided by", style="bold"))
    rows = [[plain(f"  {subtype}"), plain(", ".join(columns))] for subtype, columns in by_subtype.items()]
    if rows:
        table.show(console, [Column(""), Column("", share=1)], rows, width=_width(console))


def _show_gaps(explanation: Explanation, names: _Names, console: Console) -> None:
    if explanation.gaps:
        _print(console, "", Text("not observed", style="bold"))
    datasets = {dataset.id: dataset for dataset in names.every}
    for gap in explanation.gaps:
        _print(console, f"  {names(datasets[gap.dataset or ''])}: {gap.why}")


def _show_conditions(explanation: Explanation, console: Console) -> None:
    """In the order in which rows pass; then what one row stands for, and what of all this is not wholly known."""
    if explanation.conditions:
        _print(console, "", Text.assemble(("rows", "bold"), " (as they pass)"))
        rows = [[plain(f"  {_place(each)}"), plain(_condition(each))] for each in explanation.conditions]
        table.show(console, COLUMNS, rows, width=_width(console))
    if explanation.grain is not None:
        keys = ", ".join(_key(*key) for key in explanation.grain.keys) or "all rows"
        why = f"  (not sure: {explanation.grain.why})" if explanation.grain.why else ""
        _print(console, "", Text("one row for each", style="bold"), f"  {keys}{why}")
    if explanation.partial:
        _print(console, "", Text("partial", style="bold"), *(f"  {reason}" for reason in explanation.partial))


def _place(condition: RowCondition) -> str:
    return condition.step.step if condition.step else condition.dataset.step or ""


def _condition(condition: RowCondition) -> str:
    keys = ", ".join(_key(*key) for key in condition.keys)
    match condition.op:
        case "filter":
            return f"where {condition.sql}"
        case "join":
            return f"{condition.kind or ''} join on {condition.sql or 'nothing'}".lstrip()
        case "aggregate":
            return f"group by {keys}" if keys else "group all rows"
        case "deduplicate":
            return f"where {condition.sql}" if condition.sql else f"one row for each {keys}"
        case "limit":
            return f"{condition.kind or 'limit'} {condition.sql or 'of an unknown number'}"
        case "generate":
            return f"rows made by {condition.sql or 'a generator'}"
        case "unknown" | "other":
            return f"not known: {condition.reason}"
    return " ".join(filter(None, [condition.op if condition.op != "set" else None, condition.kind]))


def _key(name: str, sql: str) -> str:
    return sql if sql.rpartition(".")[2] == name else f"{sql} AS {name}"


def _show_places(names: _Names, console: Console) -> None:
    """Where the datasets lie that were called by the end of their path."""
    if names.places:
        _print(console, "", Text("where", style="bold"))
    width = max(map(len, names.places), default=0)
    for short, place in names.places.items():
        _print(console, f"  {short.ljust(width)}  {place}")


class _Names:
    """What datasets are called here: storage by the last part of its path, where that is clear."""

    def __init__(self, explanation: Explanation) -> None:
        every = [explanation.dataset, *(hop.dataset for hop in explanation.path)]
        every += [source.dataset for source in explanation.sources]
        every += [source.dataset for source, _ in explanation.deciding]
        self.every = every
        stored = {dataset.id: _last_part(dataset) for dataset in every if dataset.storage is not None}
        taken = [*stored.values(), *{dataset.id for dataset in every}]
        self._short = {id_: name for id_, name in stored.items() if taken.count(name) == 1}
        self.places = {self._short[dataset.id]: dataset.id for dataset in every if dataset.id in self._short}

    def __call__(self, dataset: Dataset) -> str:
        return self._short.get(dataset.id, dataset.id)


def _last_part(dataset: Dataset) -> str:
    return dataset.id.rstrip("/").rpartition("/")[2] or dataset.id


def _show_hops(path: Sequence[Hop], names: _Names, console: Console) -> None:
    rows = []
    for hops in _stretches(path):
        first = hops[0]
        if len(hops) == 1:
            rows.append((_step(first), f"{names(first.dataset)}.{first.column} = {first.expression}"))
        else:
            steps = ", ".join(_step(hop).rpartition(".")[2] for hop in hops)
            rows.append(("", f"{first.column} passes unchanged through {steps}"))
    table.show(console, COLUMNS, [[plain(f"  {step}"), plain(text)] for step, text in rows], width=_width(console))


def _width(console: Console) -> int | None:
    return None if console.is_terminal else UNFOLDED


def _stretches(path: Sequence[Hop]) -> Iterator[list[Hop]]:
    """The path, with steps in a row that only pass the column on taken together."""
    row: list[Hop] = []
    for hop in path:
        if row and not (_passes(hop) and _passes(row[-1]) and row[-1].inputs[0].dataset == hop.dataset.id):
            yield row
            row = []
        row.append(hop)
    if row:
        yield row


def _passes(hop: Hop) -> bool:
    return len(hop.inputs) == 1 and hop.inputs[0].column == hop.column and hop.inputs[0].subtype == "IDENTITY"


def _step(hop: Hop) -> str:
    return hop.step.step if hop.step else hop.dataset.step or ""
