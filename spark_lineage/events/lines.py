"""One event as one line of a journal. It needs no OpenLineage client."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any


def to_line(document: Mapping[str, Any]) -> str:
    """One line of JSON. Raises ValueError for NaN. NUL is replaced, since databases behind receivers refuse it."""
    text = json.dumps(document, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("\\u0000", "\\ufffd") if "\\u0000" in text else text
