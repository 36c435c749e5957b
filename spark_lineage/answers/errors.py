"""What readers refuse."""

from __future__ import annotations

from spark_lineage.refusals import Refusal


class AnswerError(Refusal, ValueError):
    """A question that cannot be answered. Its text is one sentence for the user."""
