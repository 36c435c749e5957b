"""What ``%lineage`` gives, and what the handles of the API are in a notebook: an object that shows itself."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import TYPE_CHECKING

from spark_lineage.faces.notebook import tables

if TYPE_CHECKING:
    from spark_lineage.answers.check.results import Report
    from spark_lineage.answers.diff.comparison import Comparison
    from spark_lineage.answers.executions import TwoExecutions
    from spark_lineage.answers.explain import Explanation
    from spark_lineage.answers.page import Page
    from spark_lineage.model import LineageGraph

WIDTH = 120  # letters of a line of text
HEIGHT = 640  # pixels of a report


class Shown:
    """An answer that IPython displays: ``_repr_html_`` in a notebook, its text in a shell."""

    def __init__(self, text: Callable[[], str], as_html: Callable[[], str] | None = None) -> None:
        self._text = text
        self._as_html = as_html

    def __repr__(self) -> str:
        return self._text().rstrip("\n")

    def _repr_html_(self) -> str:
        return self._as_html() if self._as_html is not None else _pre(self._text())


def _pre(text: str) -> str:
    return f'<pre style="white-space:pre;overflow-x:auto">{html.escape(text)}</pre>'


def run(graph: LineageGraph) -> Shown:
    """A run: its steps with what went in and came out, its cells, its gaps."""

    def text() -> str:
        from spark_lineage.faces.terminal import show
        from spark_lineage.faces.terminal.console import as_text

        return as_text(lambda console: show.show(graph, console), WIDTH)

    return Shown(text, lambda: tables.run(graph))


def step(graph: LineageGraph) -> Shown:
    """A run that was cut down to one step (``answers.one_step``)."""

    def text() -> str:
        from spark_lineage.faces.terminal import one_step
        from spark_lineage.faces.terminal.console import as_text

        return as_text(lambda console: one_step.show(graph, console), WIDTH)

    return Shown(text, lambda: tables.step(graph))


def two_runs(comparison: Comparison) -> Shown:
    def text() -> str:
        from spark_lineage.faces.terminal import diff
        from spark_lineage.faces.terminal.console import as_text

        return as_text(lambda console: diff.show(comparison, console), WIDTH)

    return Shown(text)


def two_executions(pairs: TwoExecutions) -> Shown:
    return Shown(lambda: tables.executions_as_text(pairs), lambda: tables.executions(pairs))


def checks(answer: Report) -> Shown:
    def text() -> str:
        from spark_lineage.faces.terminal import check
        from spark_lineage.faces.terminal.console import as_text

        return as_text(lambda console: check.show(answer, console), WIDTH)

    return Shown(text)


def explanation(answer: Explanation) -> Shown:
    def text() -> str:
        from spark_lineage.faces.terminal import explain
        from spark_lineage.faces.terminal.console import as_text

        return as_text(lambda console: explain.show(answer, console), WIDTH)

    return Shown(text)


def report(page: Page) -> Shown:
    """The page of the report, in a frame of its own: nothing of it touches the notebook."""

    def text() -> str:
        from spark_lineage.faces import reports

        return reports.text(page, "md")

    def as_html() -> str:
        from spark_lineage.faces import reports

        inside = html.escape(reports.text(page, "html"), quote=True)
        return (
            f'<iframe title="spark-lineage report" sandbox="allow-scripts" srcdoc="{inside}" '
            f'style="width:100%;height:{HEIGHT}px;border:1px solid rgba(128,128,128,.4)"></iframe>'
        )

    return Shown(text, as_html)
