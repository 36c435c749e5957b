"""What readers refuse."""

from __future__ import annotations

from spark_lineage.model import Outcome, Run
from spark_lineage.refusals import Refusal


class AnswerError(Refusal, ValueError):
    """A question that cannot be answered. Its text is one sentence for the user."""


def still_running(sentence: str, run: Run) -> str:
    """What was not found may come yet, where the run has not ended."""
    return f"{sentence.removesuffix('.')}; run {run.id} still runs" if run.outcome is Outcome.RUNNING else sentence
