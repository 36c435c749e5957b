"""What a command says beside its answer, on standard error."""

from __future__ import annotations

from collections.abc import Sequence

import click

from spark_lineage.privacy.terminal import one_line

ALL_READ, SOME_UNREADABLE = 0, 2


def tell(sentence: str) -> None:
    click.echo(one_line(f"spark-lineage: {sentence}"), err=True)


def tell_unreadable(sentences: Sequence[str]) -> int:
    """One sentence for each run that could not be read. Returns the exit status."""
    for sentence in sentences:
        tell(sentence)
    return SOME_UNREADABLE if sentences else ALL_READ
