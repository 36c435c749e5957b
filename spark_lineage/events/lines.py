"""One event as one line of a journal. It needs no OpenLineage client."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

# Made once, and without a look for circles: documents are trees, and a run of a thousand steps waits for its lines.
_ENCODER = json.JSONEncoder(ensure_ascii=True, allow_nan=False, check_circular=False, separators=(",", ":"))


def to_line(document: Mapping[str, Any]) -> str:
    """One line of JSON. Raises ValueError for NaN. NUL is replaced, since databases behind receivers refuse it."""
    text = _ENCODER.encode(document)
    return text.replace("\\u0000", "\\ufffd") if "\\u0000" in text else text
