"""``verify`` for people: one line with the finding, and one for each thing that is not proven."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from spark_lineage.answers.verify import Verified
from spark_lineage.answers.verify_store import VerifiedStore


def show(answer: Verified, console: Console) -> None:
    _print(f"{answer.run}: {answer.why or f'intact, {answer.events} events'}", console)
    for remark in answer.remarks:
        _print(f"  {remark}", console)


def show_store(answer: VerifiedStore, console: Console) -> None:
    """What is wrong, the first thing first; then what is not proven, and which runs ended last."""
    for finding in answer.findings:
        _print(finding, console)
    runs = "1 run" if len(answer.runs) == 1 else f"{len(answer.runs)} runs"
    said = "intact" if answer.intact else "not intact"
    _print(f"{answer.store}: {said}, {runs}", console)
    for remark in answer.remarks:
        _print(f"  {remark}", console)
    for run, root in answer.last:
        _print(f"  ended last: {run} root hash {root}", console)


def _print(sentence: str, console: Console) -> None:
    console.print(Text(sentence), soft_wrap=True)
