"""The packages inside the zip file of ``pyfiles``: what is not installed on the driver is taken from there."""

from __future__ import annotations

import importlib.abc
import sys
from collections.abc import Iterator
from typing import Any

from spark_lineage.guard import Guard

_GUARD = Guard()
FOLDER = "spark_lineage/_vendor"


def add(archive: str) -> None:
    """Makes them importable from ``archive``, after everything that is installed."""
    path = f"{archive}/{FOLDER}"
    if path not in sys.path:
        sys.path.append(path)
        sys.meta_path.append(_Metadata(archive))


class _Metadata(importlib.abc.MetaPathFinder):
    """Versions of these packages; ``importlib.metadata`` itself looks only at the top of a zip file."""

    def __init__(self, archive: str) -> None:
        self._archive = archive

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
        return None

    def find_distributions(self, context: Any = None) -> Iterator[Any]:
        return iter(_GUARD("vendored", self._found, context) or ())

    def _found(self, context: Any) -> list[Any]:
        import re
        import zipfile
        from importlib.metadata import PathDistribution

        name = getattr(context, "name", None)
        if name is None:  # the program lists what is installed: these are not
            return []
        prefix = re.sub(r"[-_.]+", "_", name).lower() + "-"
        return [
            PathDistribution(folder)
            for folder in zipfile.Path(self._archive, FOLDER + "/").iterdir()
            if folder.name.endswith(".dist-info") and folder.name.lower().startswith(prefix)
        ]
