"""Documents on standard output."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping


def print_json(document: Mapping[str, object]) -> None:
    """Prints ASCII, one value per line. It is made in two steps, of which each is fast: ``json.dump(..., indent=1)``
    takes ten times as long for a large run.
    """
    from msgspec.json import format as formatted

    sys.stdout.write(formatted(json.dumps(document), indent=1) + "\n")
