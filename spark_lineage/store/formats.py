"""Which format a run is written in. One that is newer than ours is refused, not misread.

The number of the format stands in the address of the schema of the run's first facet (``…/facets/2/…``), and for a run
that has not ended in ``process.json``. A release that breaks what it writes has another number, or another first
number of its version.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from spark_lineage.model import FORMAT
from spark_lineage.store.errors import StoreError
from spark_lineage.version import VERSION

_SCHEMA = re.compile(r"/facets/(\d{1,9})/")
_PRODUCER = re.compile(r"/(\d{1,9})\.(\d{1,9})[^/]*\Z")


def refuse_newer(facet: Mapping[str, Any], where: object) -> None:
    """``facet``: the context facet of the run's first event. Raises StoreError."""
    schema = _SCHEMA.search(str(facet.get("_schemaURL")))
    written = _PRODUCER.search(str(facet.get("_producer")))
    by = f"{written.group(0)[1:]}" if written else "a newer version"
    if schema and int(schema.group(1)) > FORMAT:
        raise StoreError(_sentence(where, by))
    if written and _line(*written.groups()) > _line(*VERSION.split(".")[:2]):
        raise StoreError(_sentence(where, by))


def refuse_newer_format(number: object, where: object) -> None:
    """``number``: as ``process.json`` has it. Raises StoreError."""
    if isinstance(number, int) and number > FORMAT:
        raise StoreError(_sentence(where, "a newer version"))


def _line(major: str, minor: str) -> tuple[int, int]:
    """Versions that may differ in their format: 0.1 and 0.2, 1 and 2."""
    return (int(major), int(minor) if int(major) == 0 else 0)


def _sentence(where: object, by: str) -> str:
    return (
        f"the run in {where} was written by spark-lineage {by}, which is newer than this one ({VERSION}): "
        "install that version to read it"
    )
