"""What the runs of several lines have shown, kept between calls: a line takes minutes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def load(folder: Path, name: str) -> dict[str, Any]:
    """By the names of lines; empty where nothing is kept."""
    path = folder / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else {}


def save(folder: Path, name: str, found: dict[str, Any]) -> None:
    """Beside what is kept of other lines."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps({**load(folder, name), **found}, indent=1))
