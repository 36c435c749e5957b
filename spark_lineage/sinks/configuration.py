"""Whether there is anywhere to send events to. Asked at the start of each program, so it brings in nothing."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path


def configured(environ: Mapping[str, str] | None = None, folder: Path | None = None) -> bool:
    """Whether OpenLineage's configuration names any transport. Imports nothing and opens no connection."""
    environ = os.environ if environ is None else environ
    if environ.get("OPENLINEAGE_DISABLED", "").lower().strip() == "true":
        return False
    if environ.get("OPENLINEAGE_URL") or any(key.startswith("OPENLINEAGE__TRANSPORT") for key in environ):
        return True
    places = (
        Path(environ["OPENLINEAGE_CONFIG"]) if environ.get("OPENLINEAGE_CONFIG") else None,
        (folder or Path.cwd()) / "openlineage.yml",
        Path.home() / ".openlineage" / "openlineage.yml",
    )
    found = next((place for place in places if place is not None and place.is_file()), None)
    try:
        return found is not None and b"transport" in found.read_bytes()
    except OSError:
        return False
