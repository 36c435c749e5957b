"""What the source of the program says, as far as it is loaded: of what is imported libraries may be the reason, too."""

from __future__ import annotations

import re
import sys

from spark_lineage.capture.code.ownership import UserCode


def say(pattern: re.Pattern[bytes], user_code: UserCode) -> bool:
    """Whether a pattern is found in the file of any module of the user's."""
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    return any(_says(file, pattern) for file in files if isinstance(file, str) and user_code.ownership(file).owned)


def _says(file: str, pattern: re.Pattern[bytes]) -> bool:
    try:
        with open(file, "rb") as opened:
            return pattern.search(opened.read()) is not None
    except OSError:
        return False
