"""A report in each of its formats, and the file that it goes to."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spark_lineage.faces import files

if TYPE_CHECKING:
    from spark_lineage.answers.page import Page, PageOfTwo

MARKS = ("spark-lineage report",)  # in the head of each format
SHORT = 13  # letters of a run's id that a file's name says
LONGEST_NAME = 80  # letters of the application's name


def text(page: Page | PageOfTwo, form: str, full: bool = False) -> str:
    """``form``: html, md, mermaid, dot. ``full``: Markdown of any length. Raises Refusal where there is no page."""
    return FORMS[form](page, full)


def _html(page: Page | PageOfTwo, full: bool) -> str:
    from spark_lineage.answers.page import document
    from spark_lineage.faces import html

    template = html.template()
    return html.page(document(page), template)


def _markdown(page: Page | PageOfTwo, full: bool) -> str:
    from spark_lineage.faces.markdown import markdown

    return markdown(page, full)


def _mermaid(page: Page | PageOfTwo, full: bool) -> str:
    from spark_lineage.faces.diagrams import mermaid

    return mermaid(page)


def _dot(page: Page | PageOfTwo, full: bool) -> str:
    from spark_lineage.faces.diagrams import dot

    return dot(page)


FORMS: dict[str, Callable[[Any, bool], str]] = {
    "html": _html, "md": _markdown, "mermaid": _mermaid, "dot": _dot,
}  # fmt: skip


BY_ENDING = {".md": "md", ".markdown": "md", ".mmd": "mermaid", ".mermaid": "mermaid", ".dot": "dot", ".gv": "dot"}


def form_of(path: Path) -> str:
    """The format that the ending of a file's name asks for."""
    return BY_ENDING.get(path.suffix.lower(), "html")


def refuse(path: Path, form: str) -> None:
    """Raises Refusal if a report in this format could not be written there, as far as that can be told now."""
    if form == "html":
        from spark_lineage.faces import html

        html.template()
    files.refuse(path, MARKS, "report")


def save(content: str, path: Path) -> None:
    """Writes the report. Raises Refusal."""
    files.save(content, path, MARKS, "report")


def default_name(page: Page | PageOfTwo) -> str:
    """``report-job-01a22749-7fe2.html``: which run it is, as a name that every file system can hold."""
    from spark_lineage.answers.page import Page

    runs = [page.run] if isinstance(page, Page) else [page.a, page.b]
    app = re.sub(r"[^\w.-]+", "_", runs[-1].graph.run.app).strip("._-")[:LONGEST_NAME] or "run"
    return "-".join(["report", app, *(part.graph.run.id[:SHORT] for part in runs)]) + ".html"
