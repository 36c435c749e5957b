"""The secret of a store, from which the hashes of masked values are made: random, readable by its owner only."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

from spark_lineage.privacy.files import make_folder

NAME = "mask.key"
BYTES = 32


def of_store(store: Path) -> bytes:
    """The store's secret, made if it has none: of several processes that make one at once, one wins.

    Raises OSError if the store cannot be written, ValueError if the file has been emptied.
    """
    path = store / NAME
    with contextlib.suppress(FileNotFoundError):
        return _read(path)
    make_folder(store)
    made, name = tempfile.mkstemp(prefix=NAME, dir=store)  # readable by its owner only
    try:
        with os.fdopen(made, "wb") as file:
            file.write(secrets.token_hex(BYTES).encode("ascii"))
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
    finally:
        os.unlink(name)
    return _read(path)


def kept(store: Path) -> bytes | None:
    """The store's secret; None where it has none, or not for us."""
    try:
        return _read(store / NAME)
    except (OSError, ValueError):
        return None


def _read(path: Path) -> bytes:
    key = path.read_bytes().strip()
    if not key:
        raise ValueError(f"{path} is empty: remove it, or set the option mask.key")
    return key
