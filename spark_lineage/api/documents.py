"""Answers as plain dictionaries: what the commands print with ``--json``."""

from __future__ import annotations

from typing import Any

from spark_lineage.answers import history, show
from spark_lineage.answers.check import results
from spark_lineage.answers.diff import Comparison
from spark_lineage.answers.diff import document as diff
from spark_lineage.answers.explain import Explanation
from spark_lineage.answers.explain import document as explain
from spark_lineage.answers.verify import Verified
from spark_lineage.answers.verify import document as verify
from spark_lineage.answers.verify_store import VerifiedStore
from spark_lineage.answers.verify_store import document as verify_store
from spark_lineage.api.runs import Run

Answer = Run | Comparison | Explanation | results.Report | history.History | Verified | VerifiedStore


def document(answer: Answer) -> dict[str, Any]:
    """What ``show``, ``diff``, ``explain``, ``check``, ``history`` and ``verify`` print with ``--json`` of an answer.

    Raises TypeError for what is no answer.
    """
    if isinstance(answer, Run):
        return show.document(answer.graph)
    if isinstance(answer, Comparison):
        return diff.document(answer)
    if isinstance(answer, Explanation):
        return explain(answer)
    if isinstance(answer, results.Report):
        return results.document(answer)
    if isinstance(answer, history.History):
        return history.document(answer)
    if isinstance(answer, Verified):
        return verify(answer)
    if isinstance(answer, VerifiedStore):
        return verify_store(answer)
    raise TypeError(f"{type(answer).__name__} is no answer of the store")
