"""``doctor`` for people: one line per finding, and below it how to mend it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from rich.console import Console

from spark_lineage.faces.terminal import table
from spark_lineage.faces.terminal.table import Cell, Column, plain

COLUMNS = [Column(""), Column(""), Column("", share=1)]


class Finding(Protocol):
    """What was found of one part of the installation, and how to mend it where it is not well."""

    @property
    def what(self) -> str: ...
    @property
    def ok(self) -> bool: ...
    @property
    def text(self) -> str: ...
    @property
    def mend(self) -> str | None: ...


def show(findings: Iterable[Finding], console: Console) -> None:
    table.show(console, COLUMNS, [row for finding in findings for row in _rows(finding)])


def _rows(finding: Finding) -> Iterator[list[Cell]]:
    mark = plain("ok", "green") if finding.ok else plain("PROBLEM", "bold red")
    yield [mark, plain(finding.what), plain(finding.text)]
    if finding.mend is not None:
        yield [(), (), plain(f"→ {finding.mend}", "bold")]
