"""Stores elsewhere: on object storage, HDFS, or a mounted volume that takes whole files only.

Each has a mirror on this machine: a folder that looks like a store. Runs of this machine are recorded there first and
brought to the place in the background (``sinks.bringing``); what is read of other runs is fetched into it first. So
every reader has folders and files in front of it and need not know: it asks :func:`here` for the folder of a run.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from spark_lineage.config.addresses import Address, address, is_elsewhere
from spark_lineage.privacy.files import make_folder, write_private
from spark_lineage.store.errors import StoreError

if TYPE_CHECKING:
    from spark_lineage.store.places.remote import Remote

MIRROR = "store.json"  # in a mirror: which store it mirrors
PENDING = "pending"  # in a mirror: one empty file for each run that was recorded here and is not whole in the place
FETCHED = "fetched.json"  # in the folder of a run: what of it is as it is in the place
HEARD = 300.0  # seconds after which a driver of which nothing more was heard is taken to be gone

_known: dict[str, Remote | None] = {}
_thread = threading.local()


def folder_of(store: str | Path, spool: str | None = None) -> Path:
    """The folder of a store, or the mirror of one elsewhere, which is made if it is not there.

    Raises StoreError for an address that is none, or where no mirror can be made.
    """
    text = str(store)
    if not is_elsewhere(text):
        return Path(store)
    try:
        found = address(text)
    except ValueError as error:
        raise StoreError(f"the address of the store {error}") from None
    mirror = _spool(spool) / _name(found)
    try:
        if not (mirror / MIRROR).exists():
            make_folder(mirror)
            write_private(mirror / MIRROR, json.dumps({"address": found.text}).encode())
            _known.pop(str(mirror), None)
    except OSError as error:
        why = error.strerror or error
        raise StoreError(f"{mirror}, where runs wait for {found.text}, cannot be made: {why}; set `spool`") from error
    return mirror


def place_of(store: Path) -> Remote | None:
    """The place whose mirror a folder is; None for a store of this machine, and for every one within `offline`."""
    if getattr(_thread, "offline", False):
        return None
    key = str(store)
    if key not in _known:
        _known[key] = _remote(store)
    return _known[key]


@contextlib.contextmanager
def offline() -> Iterator[None]:
    """In this thread nothing is asked of a store elsewhere: its mirror is a store like any other. For the driver."""
    before = getattr(_thread, "offline", False)
    _thread.offline = True
    try:
        yield
    finally:
        _thread.offline = before


def here(run: Path) -> Path:
    """The folder of a run, with what the place has of it. Raises StoreError where the place cannot be reached."""
    place = place_of(run.parent.parent)
    if place is not None:
        place.fetch(run.name)
    return run


def name_of(store: Path) -> str:
    """What a store is called: its folder, or its address elsewhere."""
    place = place_of(store)
    return place.name if place is not None else str(store)


def is_pending(run: Path) -> bool:
    """Whether a run was recorded in this mirror and is not whole in the place: what is here is the record then."""
    return (run.parent.parent / PENDING / run.name).exists()


def mark_pending(run: Path) -> None:
    """What is here of this run is the record from now on, until it is whole in the place. Raises OSError."""
    make_folder(run.parent.parent / PENDING)
    write_private(run.parent.parent / PENDING / run.name, b"")


def heard_lately(run: Path) -> bool:
    """Whether another machine that writes this run has brought something of it lately."""
    try:
        heard = float(json.loads((run / FETCHED).read_bytes())["heard"])
    except (OSError, ValueError, KeyError, TypeError):
        return False
    return time.time() - heard < HEARD


def _remote(store: Path) -> Remote | None:
    try:
        text = json.loads((store / MIRROR).read_bytes())["address"]
        found = address(text)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    from spark_lineage.store.places.remote import Remote

    return Remote(found, store)


def _spool(spool: str | None) -> Path:
    if spool:
        return Path(os.path.abspath(os.path.expanduser(spool)))
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    folder = Path(state) / "spark-lineage"
    with contextlib.suppress(OSError):
        if os.path.isabs(state):
            make_folder(folder)
            if os.access(folder, os.W_OK):
                return folder
    import tempfile

    # A container's user may have no home.
    return Path(tempfile.gettempdir()) / f"spark-lineage-{os.getuid() if hasattr(os, 'getuid') else 'user'}"


def _name(found: Address) -> str:
    import hashlib

    plain = re.sub(r"[^A-Za-z0-9.-]+", "-", found.text)[-60:].strip("-.")
    return f"{plain}-{hashlib.sha256(found.text.encode()).hexdigest()[:12]}"
