"""``verify`` for people: one line with the finding, and one for each thing that was not looked at."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from spark_lineage.answers.verify import Verified


def show(answer: Verified, console: Console) -> None:
    console.print(Text(f"{answer.run}: {answer.why or f'intact, {answer.events} events'}"), soft_wrap=True)
    for remark in answer.remarks:
        console.print(Text(f"  {remark}"), soft_wrap=True)
