"""Answers as a notebook shows them: HTML where it can, and the text of the terminal where it cannot."""

from spark_lineage.faces.notebook.shown import (
    Shown,
    checks,
    explanation,
    report,
    run,
    step,
    two_executions,
    two_runs,
)

__all__ = ["Shown", "checks", "explanation", "report", "run", "step", "two_executions", "two_runs"]
