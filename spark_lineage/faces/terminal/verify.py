"""``verify`` for people: one line."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from spark_lineage.answers.verify import Verified


def show(answer: Verified, console: Console) -> None:
    console.print(Text(f"{answer.run}: {answer.why or f'intact, {answer.events} events'}"), soft_wrap=True)
