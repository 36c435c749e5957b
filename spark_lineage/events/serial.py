"""Events as JSON. The OpenLineage client's own serialiser, with its traps closed."""

from __future__ import annotations

import json
from typing import Any

from openlineage.client.event_v2 import RunEvent
from openlineage.client.serde import Serde


def to_document(event: RunEvent) -> dict[str, Any]:
    document: dict[str, Any] = Serde.to_dict(event)
    return document


def to_line(document: dict[str, Any]) -> str:
    """One line of JSON. NaN is refused, not written; NUL, which databases behind receivers refuse, is replaced."""
    text = json.dumps(document, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return text.replace("\\u0000", "\\ufffd") if "\\u0000" in text else text
