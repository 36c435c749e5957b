"""What a report of two runs says of the comparison: the culprits first, with what there is to see of each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from spark_lineage.answers.diff import Divergence
from spark_lineage.answers.diff.conclusion import conclusion
from spark_lineage.answers.diff.rows import SideBySide, Values
from spark_lineage.answers.page import PageOfTwo
from spark_lineage.answers.page.document import SAMPLES, SOURCE
from spark_lineage.faces.markdown.fitting import Section
from spark_lineage.faces.markdown.text import block, code, header, plain, row

FEW = 10  # consequences and the like, where not everything is asked for
MOST_LINES = 40  # of a diff
MOST_COLUMNS = 6  # of sampled rows, and of changes that are named
MOST_ROWS = 5
CELL = 60  # characters of a sampled value


def title(page: PageOfTwo) -> list[str]:
    found = conclusion(page.comparison)
    a, b = page.a.graph.run, page.b.graph.run
    said = plain(f"{found.where}{found.said}", 600)
    ids = f"A is run {code(a.id)}, B is run {code(b.id)}."
    return [f"## {code(b.app, 80)}: {found.verdict}", "", *([said, ""] if said else []), ids, ""]


def sections(page: PageOfTwo, full: bool) -> Iterator[Section]:
    comparison = page.comparison
    if comparison.sources_changed:
        sources = [f"- {code(each.b.id)}: {plain(each.why)}" for each in comparison.sources_changed]
        yield _list("### Sources that are not the same", sources, "source")
    firsts = comparison.first_divergences
    if firsts:
        yield _list("### First steps that differ", [_words(each) for each in firsts], "step that differs first")
    for divergence in firsts if full else firsts[:1]:
        details = tuple(_details(divergence, page.left_out))
        if details:
            yield Section((f"#### {code(divergence.step.step)}", ""), details, "detail")
    if comparison.diverged:
        consequences = [_consequence(each.dataset or each.step, each.caused_by) for each in comparison.diverged]
        yield _list("### Differ because of that", consequences, "consequence", None if full else FEW)
    if comparison.uncertain:
        uncertain = [f"- {code(each.dataset)}: {plain(each.why)}" for each in comparison.uncertain]
        yield _list("### Uncertain", uncertain, "uncertain dataset", None if full else FEW)
    for run, names in (("A", comparison.only_in_a), ("B", comparison.only_in_b)):
        if names:
            yield _list(f"### Only in {run}", [f"- {code(name)}" for name in names], "step", None if full else FEW)
    same = f"{comparison.measured:,} measured, {comparison.derived:,} derived (same plan over equal inputs)"
    yield Section((f"Datasets that are the same: {same}.", ""), (), "line")


def _list(head: str, lines: Sequence[str], what: str, most: int | None = None) -> Section:
    return Section((head, ""), tuple((line,) for line in lines), what, ("",), most)


def _words(divergence: Divergence) -> str:
    a, b = (side.rows if side is not None else None for side in (divergence.a, divergence.b))
    counts = " → ".join("?" if rows is None else f"{rows:,}" for rows in (a, b))
    known = (
        f"inputs are equal ({divergence.inputs_evidence})" if divergence.inputs_equal else "inputs are not all known"
    )
    dataset = f"{code(divergence.dataset.id)}: " if divergence.dataset is not None else ""
    return f"- {dataset}{plain(divergence.why, 600)}; {known}; rows {counts}"


def _consequence(name: str, caused_by: Sequence[str]) -> str:
    because = ", ".join(code(each) for each in caused_by[:3])
    return f"- {code(name)}" + (f" (because of {because})" if because else "")


def _details(divergence: Divergence, left_out: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """What changed in its columns, its source, its plan and its rows: each a block of its own."""
    if divergence.columns:
        named = [
            f"- {code(each.name)}: {plain(each.change)}, {plain(each.a or 'nothing')} → {plain(each.b or 'nothing')}"
            for each in divergence.columns[:MOST_COLUMNS]
        ]
        more = len(divergence.columns) - MOST_COLUMNS
        yield (*named, *([f"- and {more:,} more columns"] if more > 0 else []), "")
    for lines in (() if SOURCE in left_out else divergence.source_diff, divergence.plan_diff):
        if lines:
            cut = [f"… {len(lines) - MOST_LINES:,} more lines"] if len(lines) > MOST_LINES else []
            yield (*block([*lines[:MOST_LINES], *cut], "diff"), "")
    if divergence.rows is not None and SAMPLES not in left_out:
        yield (*_rows(divergence.rows), "")


def _rows(rows: SideBySide) -> Iterator[str]:
    """Sampled rows of both runs by their key; a cell that differs says both values."""
    keys, columns = rows.key[:MOST_COLUMNS], rows.columns[:MOST_COLUMNS]
    if rows.changed:
        yield from header([*map(code, keys), *map(code, columns)], [False] * (len(keys) + len(columns)))
        for key, a, b in rows.changed[:MOST_ROWS]:
            cells = [_both(x, y) for x, y in zip(a, b, strict=True)]
            yield row([*map(_value, key[: len(keys)]), *cells[: len(columns)]])
    for run, only in (("A", rows.only_a), ("B", rows.only_b)):
        if only:
            named = ", ".join(_key(key) for key, _ in only[:MOST_ROWS])
            yield from ("", f"sampled rows only in {run}: {named}{' …' if len(only) > MOST_ROWS else ''}")


def _both(a: str | None, b: str | None) -> str:
    return _value(a) if a == b else f"{_value(a)} → {_value(b)}"


def _value(value: str | None) -> str:
    return "NULL" if value is None else code(value, CELL) or "(empty)"


def _key(key: Values) -> str:
    return f"({', '.join(map(_value, key[:MOST_COLUMNS]))})"
