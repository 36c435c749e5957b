"""What tells a program from others of its name: the repository and folder that it stands in.

It is the same on every machine and in every run: of the repository its address counts, and not where it was cloned to;
of a folder its name. Folders that are made for one run (of a cluster's submission, of a test) tell nothing.
"""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

from spark_lineage.model import RepositorySeen

LONGEST = 120  # characters
FOR_ONE_RUN = re.compile(
    r"userFiles-|spark-[0-9a-f]{8}-|container_|application_\d|[0-9a-f]{8}-[0-9a-f]{4}-|tmp[a-z0-9_]{8}\Z"
)


def of(program: str, folder: str, seen: RepositorySeen | None) -> str:
    """``acme/etl/jobs``; empty where nothing lasting is known.

    ``program`` is a script, or the name of a module that was found in ``folder``.
    """
    script = Path(program)
    stands_in = script.resolve().parent if script.exists() else Path(folder, *program.split(".")[:-1]).resolve()
    if seen is not None:
        inside = os.path.relpath(stands_in, seen.root)
        parts = [_repository(seen), *([] if inside == "." or inside.startswith("..") else inside.split(os.sep))]
    else:
        parts = [stands_in.name] if _lasts(stands_in) else []
    return _sayable("/".join(parts))


def _repository(seen: RepositorySeen) -> str:
    """``acme/etl`` of ``https://host/acme/etl.git`` and of ``git@host:acme/etl``; else the name of its folder."""
    found = re.search(r"([^/:\s]+/[^/:\s]+?)(?:\.git)?/*\Z", seen.remote or "")
    return found[1] if found is not None else Path(seen.root).name


def _lasts(folder: Path) -> bool:
    common = (Path.home(), Path(folder.anchor), Path(tempfile.gettempdir()).resolve())
    return folder not in common and not FOR_ONE_RUN.match(folder.name)


def _sayable(text: str) -> str:
    """With ``_`` for what receivers do not take in a namespace."""
    kept = "".join(letter if letter.isascii() and (letter.isalnum() or letter in "_-.@+/") else "_" for letter in text)
    return kept.strip("/.")[-LONGEST:].strip("/.")
