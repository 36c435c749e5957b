"""The classes of OpenLineage's events and facets (``event_v2``, ``facet_v2``), without the client that sends them.

``openlineage.client`` imports all of its transports before anything else (requests, httpx, asyncio, yaml), which takes
three times as long as its classes do, and programs wait for it at their end. Whoever sends events is another process.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from openlineage.client import event_v2, facet_v2

PACKAGE = "openlineage.client"


def _classes() -> list[Any]:
    names = [f"{PACKAGE}.event_v2", f"{PACKAGE}.facet_v2"]
    spec = None if PACKAGE in sys.modules else importlib.util.find_spec(PACKAGE)
    if spec is None:
        return [importlib.import_module(name) for name in names]
    there = set(sys.modules)
    sys.modules[PACKAGE] = importlib.util.module_from_spec(spec)  # its own code does not run
    try:
        return [importlib.import_module(name) for name in names]
    finally:
        # Who imports the client later, the program perhaps, imports all of it.
        for name in [name for name in sys.modules if f"{name}.".startswith(f"{PACKAGE}.") and name not in there]:
            del sys.modules[name]
        vars(sys.modules["openlineage"]).pop("client", None)


if not TYPE_CHECKING:
    event_v2, facet_v2 = _classes()

__all__ = ["event_v2", "facet_v2"]
