"""Tables of HTML: small, without scripts, in the colours of the notebook around them."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

from spark_lineage.answers.executions import Pair, TwoExecutions
from spark_lineage.answers.headlines import headline
from spark_lineage.answers.show import ShownStep, again, definitions, gaps_beside_the_table, nulls, shown_steps
from spark_lineage.model import Cell, Column, Dataset, LineageGraph, Outcome
from spark_lineage.privacy.terminal import printable

MOST_GAPS = 20
MOST_SOURCE = 4_000  # letters
_CELL = "padding:2px 10px 2px 2px;text-align:left;vertical-align:top;border-bottom:1px solid rgba(128,128,128,.25)"
_RIGHT = _CELL.replace("text-align:left", "text-align:right")
_FAULT = "color:#c62828"
_DOUBT = "color:#b26a00"


def run(graph: LineageGraph) -> str:
    """The steps of a run, what is not observed, and which cells ran again."""
    rows = [row for shown in shown_steps(graph) for row in _rows(shown)]
    head = _line(f"<b>{_text(graph.run.app)}</b> &nbsp; {_outcome(graph.run.outcome)} &nbsp; run {_text(graph.run.id)}")
    table = _table(("step", "in", "out", "rows", "nulls", ""), rows, right=(3, 4))
    return _whole(head, table, _again(graph.run.cells), _gaps(graph))


def step(graph: LineageGraph) -> str:
    """One step: its code, and the columns of what it made."""
    parts: list[str] = []
    for found in graph.steps:
        parts.append(
            _line(
                f"<b>{_text(found.step)}</b> &nbsp; {_outcome(found.outcome)} &nbsp; {_place(found.file, found.line)}"
            )
        )
        if found.error:
            parts.append(_line(_text(headline(found.error)), _FAULT))
        if found.source:
            parts.append(f'<pre style="overflow-x:auto">{_text(found.source[:MOST_SOURCE])}</pre>')
        made = [dataset for dataset in graph.datasets if dataset.id in found.outputs]
        parts.extend(_dataset(dataset) for dataset in made)
    return _whole(*parts, _gaps(graph))


def executions(pairs: TwoExecutions) -> str:
    """Two executions of cells, variable by variable."""
    styles = {"same": "", "different": _FAULT}
    words = [_pair_words(pair) for pair in pairs.pairs]
    rows = [[_text(word) for word in row] for row in words]
    for row, pair in zip(rows, pairs.pairs, strict=True):
        row[3] = f'<span style="{styles.get(pair.verdict, _DOUBT)}">{row[3]}</span>'
    return _whole(_line(_text(_heading(pairs))), _table(_titles(pairs), rows, right=(1, 2)))


def executions_as_text(pairs: TwoExecutions) -> str:
    """The same for a shell."""
    rows = [list(_titles(pairs)), *(_pair_words(pair) for pair in pairs.pairs)]
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    lines = ["  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([_heading(pairs), *map(printable, lines)])


def _heading(pairs: TwoExecutions) -> str:
    code = "their code differs" if pairs.edited else "the same code"
    return f"In[{pairs.before.number}] and In[{pairs.after.number}]: {code}"


def _titles(pairs: TwoExecutions) -> tuple[str, ...]:
    return ("variable", f"rows In[{pairs.before.number}]", f"rows In[{pairs.after.number}]", "", "columns that differ")


def _pair_words(pair: Pair) -> list[str]:
    return [pair.name, _rows_of(pair.before), _rows_of(pair.after), pair.verdict, ", ".join(pair.columns)]


def _rows_of(dataset: Dataset | None) -> str:
    return "none" if dataset is None else f"{dataset.rows:,}" if dataset.rows is not None else "?"


# --------------------------------------------------------------------------- rows


def _rows(shown: ShownStep) -> Iterable[list[str]]:
    step = shown.step
    name = f'<span style="padding-left:{min(shown.depth, 12)}em">{_text(shown.label)}</span>'
    if shown.again:
        name += f' <span style="{_DOUBT}">({_text(shown.again)})</span>'
    if step.call > 1:
        name += f" #{step.call}"
    note = f'<span style="{_FAULT}">{_text(headline(shown.error))}</span>' if shown.error else ""
    if not note and step.outcome is not Outcome.COMPLETE:
        note = _outcome(step.outcome)
    inputs = ", ".join(_text(dataset.id) for dataset in shown.inputs)
    first, *more = shown.outputs or (None,)
    yield [name, inputs, *_output(first), note]
    for output in more:
        yield ["", "", *_output(output), ""]


def _output(output: Dataset | None) -> list[str]:
    if output is None:
        return ["", "", ""]
    missing = nulls(output)
    why = f' title="{_text(output.detail or output.reason or "")}"' if output.rows is None else ""
    rows = f"{output.rows:,}" if output.rows is not None else f'<span style="{_DOUBT}"{why}>?</span>'
    return [_text(output.id), rows, f"{missing:,}" if missing is not None else ""]


def _dataset(dataset: Dataset) -> str:
    made = definitions(dataset)
    rows = [_column(column, made.get(column.name, "")) for column in dataset.columns]
    known = (
        f"{dataset.rows:,} rows" if dataset.rows is not None else f"rows not known: {dataset.detail or dataset.reason}"
    )
    return _line(f"{_text(dataset.id)}: {_text(known)}") + _table(
        ("column", "type", "nulls", "fingerprint", "made by"), rows, right=(2,)
    )


def _column(column: Column, expression: str) -> list[str]:
    missing = f"{column.nulls:,}" if column.nulls is not None else "?"
    return [_text(column.name), _text(column.type), missing, _text(column.fingerprint or "?"), _text(expression)]


def _again(cells: Sequence[Cell]) -> str:
    found = [f"In[{cell.number}] is {again(cell)}" for cell in cells if cell.again is not None]
    return _line(_text("; ".join(found)), _DOUBT) if found else ""


def _gaps(graph: LineageGraph) -> str:
    gaps = list(dict.fromkeys((gap.what, gap.why) for gap in gaps_beside_the_table(graph)))
    if not gaps:
        return ""
    listed = "".join(f"<li>{_text(what)}: {_text(why)}</li>" for what, why in gaps[:MOST_GAPS])
    more = f"<li>and {len(gaps) - MOST_GAPS:,} more</li>" if len(gaps) > MOST_GAPS else ""
    return f'<details style="{_DOUBT}"><summary>not observed ({len(gaps)})</summary><ul>{listed}{more}</ul></details>'


# --------------------------------------------------------------------------- parts


def _whole(*parts: str) -> str:
    return f'<div style="font-size:90%">{"".join(parts)}</div>'


def _line(content: str, style: str = "") -> str:
    return f'<div style="margin:4px 0;{style}">{content}</div>'


def _table(titles: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> str:
    def row(tag: str, words: Sequence[str]) -> str:
        styled = (f'<{tag} style="{_RIGHT if at in right else _CELL}">{word}</{tag}>' for at, word in enumerate(words))
        return f"<tr>{''.join(styled)}</tr>"

    body = "".join(row("td", words) for words in rows)
    return f'<table style="border-collapse:collapse">{row("th", titles)}{body}</table>'


def _outcome(outcome: Outcome) -> str:
    style = {Outcome.FAIL: _FAULT, Outcome.ABORT: _DOUBT}.get(outcome, "")
    return f'<span style="{style}">{outcome.value}</span>'


def _place(file: str, line: int) -> str:
    return _text(f"{file}:{line}")


def _text(text: str) -> str:
    """No control characters, and nothing that HTML would take for its own."""
    return html.escape(printable(text), quote=True)
