"""Is this code the user's? A verdict with its reason."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from spark_lineage import compat

_OWN_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_NOTEBOOK = ("<ipython-input-", "<stdin>", "<python-input-", "<cell line", "<marimo")
_SPARK = ("pyspark", "py4j")


@dataclass(frozen=True)
class Verdict:
    owned: bool
    reason: str
    spark: bool = False  # pyspark's or py4j's own


class Scope:
    """Decides by the file of a code object. ``folders`` are the program's; more may be added while it runs."""

    def __init__(self, folders: Sequence[str] = ()) -> None:
        self.folders = tuple(dict.fromkeys(_variants(folders)))
        self._stdlib = tuple(folder + os.sep for folder in compat.stdlib_folders())
        self._installed = tuple(folder + os.sep for folder in compat.installed_folders())
        self._verdicts: dict[str, Verdict] = {}

    def verdict(self, file: str) -> Verdict:
        """Of a ``co_filename``, cached."""
        found = self._verdicts.get(file)
        if found is None:
            found = self._verdicts[file] = self._decide(file)
        return found

    def _decide(self, file: str) -> Verdict:
        if file.startswith(_NOTEBOOK):
            return Verdict(True, "typed in a notebook or shell")
        if file.startswith("<"):
            return Verdict(False, "code without a file")
        path = os.path.abspath(file)
        parts = path.split(os.sep)
        if path.startswith(_OWN_FOLDER + os.sep) or "spark_lineage" in parts:
            return Verdict(False, "spark-lineage's own")
        if any(part in _SPARK or part.startswith("py4j-") or part == "pyspark.zip" for part in parts[:-1]):
            return Verdict(False, "Spark's own", spark=True)
        if any(part in compat.INSTALLED_FOLDERS for part in parts) or path.startswith(self._installed):
            return Verdict(False, "installed package")
        if any(part.startswith("ipykernel_") for part in parts):
            return Verdict(True, "notebook cell")
        for folder in self.folders:
            if path == folder or path.startswith(folder.rstrip(os.sep) + os.sep):
                return Verdict(True, f"under the program's folder {folder}")
        if path.startswith(self._stdlib):
            return Verdict(False, "standard library")
        if any(part.startswith("userFiles-") for part in parts):
            return Verdict(True, "shipped with the program")
        return Verdict(False, "outside the program's folders")


def program_folders(script: str | None = None) -> tuple[str, ...]:
    """Where the user's code is, for a program that nobody named: the script's folder, else the current one.

    ``script`` defaults to the running ``__main__``'s file. A module in a package counts from the folder that holds
    the package, and the entries of ``sys.path`` below such a folder belong to it anyway.
    """
    if script is None:
        script = getattr(sys.modules.get("__main__"), "__file__", None)
    if script is None:
        return (os.getcwd(),)
    folder = os.path.dirname(os.path.abspath(script))
    while os.path.isfile(os.path.join(folder, "__init__.py")) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return (folder,)


def _variants(folders: Sequence[str]) -> list[str]:
    found = []
    for folder in folders:
        path = os.path.abspath(folder)
        found.extend([path, os.path.realpath(path)])
    return found
