"""Does the program hand DataFrames of Spark's to pandas, or pandas's to Spark? Its source says so before it does.

What pandas makes before the first ``toPandas`` (``pd.read_csv`` of what is joined later) has to be seen being made.
Programs that import pandas for something else are left alone.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from spark_lineage.capture.scope import Scope

_HANDS_OVER = re.compile(rb"\b(toPandas|toArrow|createDataFrame|pandas_api)\b")


def to_pandas(scope: Scope) -> bool:
    """Whether some module of the program that is loaded names what hands over; a notebook is taken to."""
    modules = list(sys.modules.values())
    if getattr(sys.modules.get("__main__"), "__file__", None) is None:
        return True
    files = {file for module in modules if isinstance(file := getattr(module, "__file__", None), str)}
    return any(_names_it(file) for file in files if scope.verdict(file).owned)


def _names_it(file: str) -> bool:
    try:
        return _HANDS_OVER.search(Path(file).read_bytes()) is not None
    except OSError:
        return False
