"""Two runs compared: which steps are the first whose output differs though their inputs do not. Reads graphs only."""

from __future__ import annotations

from spark_lineage.answers.diff.comparison import Comparison, Divergence, Uncertain
from spark_lineage.answers.diff.result import compare_runs

__all__ = ["Comparison", "Divergence", "Uncertain", "compare_runs"]
