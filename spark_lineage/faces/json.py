"""Documents on standard output."""

from __future__ import annotations

import json
import sys
from typing import Any


def print_json(document: Any) -> None:
    """ASCII, one value per line. In two steps, of which each is fast: ``json.dump(..., indent=1)`` takes ten times as
    long for a large run.
    """
    from msgspec.json import format as formatted

    sys.stdout.write(formatted(json.dumps(document), indent=1) + "\n")
