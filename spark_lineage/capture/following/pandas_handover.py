"""Whether the program hands data from Spark to pandas or back. Its source says so before it happens.

An object that pandas makes before the first ``toPandas`` (``pd.read_csv`` of what is joined later) has to be seen being
made, so pandas is followed from its import on. Programs that import pandas for something else are left alone.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from spark_lineage.capture.code.ownership import UserCode

_TO_PANDAS = re.compile(rb"\b(toPandas|pandas_api)\b")
_HANDS_OVER = re.compile(rb"\b(toArrow|createDataFrame)\b")
_IMPORTS = re.compile(rb"\bimport\b[^\n#]*\bpandas\b|\bfrom\s+pandas\b")


def to_pandas(user_code: UserCode) -> bool:
    """Whether the loaded modules of the user name a method that hands over. For a notebook it is taken as given.

    That pandas is imported says nothing: pyspark imports it itself where it is installed.
    """
    modules = list(sys.modules.values())
    if getattr(sys.modules.get("__main__"), "__file__", None) is None:
        return True
    files = {file for module in modules if isinstance(file := getattr(module, "__file__", None), str)}
    sources = [_source(file) for file in files if user_code.ownership(file).owned]
    if any(map(_TO_PANDAS.search, sources)):
        return True
    return any(map(_IMPORTS.search, sources)) and any(map(_HANDS_OVER.search, sources))


def _source(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError:
        return b""
