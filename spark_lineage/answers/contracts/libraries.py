"""The libraries of the extra ``contracts``, and the sentence for where they are not installed."""

from __future__ import annotations

from importlib.util import find_spec

from spark_lineage.answers.errors import AnswerError

NEEDED = ("sqlglot", "duckdb")


def require() -> None:
    """Raises :class:`AnswerError` where a library is missing."""
    missing = [name for name in NEEDED if find_spec(name) is None]
    if missing:
        raise AnswerError(
            f"Metric contracts need {' and '.join(missing)}, not installed here: "
            "pip install 'spark-lineage-agent[contracts]'."
        )
