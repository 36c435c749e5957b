"""Small notes in the folder of a run, which are replaced as a whole: how far a receiver is, what a collector has."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar

from spark_lineage.privacy.files import make_folder, replace_private

Kept = TypeVar("Kept")


def load(path: Path, kind: type[Kept]) -> Kept | None:
    """The object of a frozen dataclass that a file holds; None where there is none. Raises OSError.

    None also for what only a broken disk leaves there: what is sent twice is better than what is not sent at all.
    """
    try:
        document = json.loads(path.read_bytes())
        names = [field.name for field in fields(kind) if field.name in document]  # type: ignore[arg-type]
        return kind(**{name: document[name] for name in names})
    except (FileNotFoundError, ValueError, TypeError):
        return None


def save(path: Path, document: Mapping[str, Any]) -> None:
    """Makes the folder, not those above it. Raises OSError."""
    make_folder(path.parent, parents=False)
    replace_private(path, json.dumps(document).encode())
