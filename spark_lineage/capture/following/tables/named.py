"""Whether the program itself handles pandas or polars. That they are imported says nothing: pyspark imports pandas."""

from __future__ import annotations

import re
import sys

from spark_lineage.capture.code import loaded_sources
from spark_lineage.capture.code.ownership import UserCode

_NAMED = re.compile(
    rb"^[^#\n]*\b(?:import|from)\s+(?:[\w., ]+,\s*)?(?:pandas|polars)\b|\btoPandas\b|\bpandas_api\b", re.MULTILINE
)


class TablesNamed:
    """Reads the sources of the program that are loaded; again where more modules have been, until one names pandas."""

    def __init__(self, user_code: UserCode) -> None:
        self._user_code = user_code
        self._modules = 0
        self._named = False

    def __call__(self) -> bool:
        """True, too, for a notebook, which has no file to read."""
        if not self._named and len(sys.modules) != self._modules:
            self._modules = len(sys.modules)
            if getattr(sys.modules.get("__main__"), "__file__", None) is None:
                self._named = True
            else:
                self._named = loaded_sources.say(_NAMED, self._user_code)
        return self._named
