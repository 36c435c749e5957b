"""Whether code is the user's, decided by its file, with the reason."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from spark_lineage import compat

_PACKAGE = str(Path(os.path.abspath(__file__)).parents[2])
# In the archive that travels with --py-files there is more of ours than the package.
_OWN_FOLDER = os.path.dirname(_PACKAGE) if os.path.dirname(_PACKAGE).endswith(".zip") else _PACKAGE
# What lies in a folder that is an environment of installed packages: of Python's own venv, and of conda.
_ENVIRONMENT = ("pyvenv.cfg", "conda-meta")
_NOTEBOOK = ("<ipython-input-", "<stdin>", "<python-input-", "<cell line", "<marimo")


@dataclass(frozen=True)
class Ownership:
    """Whether the code of one file is the user's, and why."""

    owned: bool
    reason: str
    spark: bool = False  # it is pyspark's or py4j's own


class UserCode:
    """Decides which code is the user's. ``folders`` are those of the program.

    The most specific folder decides: a program may live inside an installed package (``-m package``), and an
    environment inside the program's folder.
    """

    def __init__(self, folders: Sequence[str] = ()) -> None:
        owned = {folder: f"under the program's folder {folder}" for folder in _variants(folders)}
        spark = dict.fromkeys(_variants(_package_folders("pyspark", "py4j")), "Spark's own")
        stdlib = dict.fromkeys(_variants(compat.stdlib_folders()), "standard library")
        installed = dict.fromkeys(_variants(compat.installed_folders()), "installed package")
        own = dict.fromkeys(_variants([_OWN_FOLDER]), "spark-lineage's own")
        scripts = dict.fromkeys(_variants(compat.script_folders()), "command of an installed package")
        self.folders = tuple(owned)
        self._owned = frozenset(owned)
        self._spark = frozenset(spark)
        reasons = {**stdlib, **scripts, **installed, **spark, **owned, **own}
        self._reasons = sorted(reasons.items(), key=lambda item: -len(item[0]))
        self._known: dict[str, Ownership] = {}

    def ownership(self, file: str) -> Ownership:
        """Whose the code of a file is; ``file`` is a ``co_filename``. Each file is decided on once."""
        found = self._known.get(file)
        if found is None:
            found = self._known[file] = self._decide(file)
        return found

    def _decide(self, file: str) -> Ownership:
        if file.startswith(_NOTEBOOK):
            return Ownership(True, "typed in a notebook or shell")
        if file.startswith("<"):
            return Ownership(False, "code without a file")
        path = os.path.abspath(file)
        for place in dict.fromkeys((path, os.path.realpath(path))):  # the program may be named through a link
            for folder, reason in self._reasons:
                if place.startswith(folder.rstrip(os.sep) + os.sep):
                    return self._inside(place, folder, reason)
        parts = path.split(os.sep)
        if any(part in compat.INSTALLED_FOLDERS for part in parts):
            return Ownership(False, "installed package")
        if any(part.startswith("ipykernel_") for part in parts):
            return Ownership(True, "notebook cell")
        if any(part.startswith("userFiles-") for part in parts):
            return Ownership(True, "shipped with the program")
        return Ownership(False, "outside the program's folders")

    def _inside(self, path: str, folder: str, reason: str) -> Ownership:
        if folder not in self._owned:
            return Ownership(False, reason, spark=folder in self._spark)
        below = [part for part in path[len(folder) :].split(os.sep)[:-1] if part]
        if any(part in compat.INSTALLED_FOLDERS for part in below):
            return Ownership(False, "installed package")
        for part in below:
            folder = os.path.join(folder, part)
            if any(os.path.exists(os.path.join(folder, name)) for name in _ENVIRONMENT):
                return Ownership(False, f"in the environment {folder}")
        return Ownership(True, reason)


def _package_folders(*names: str) -> list[str]:
    """Where packages are, without importing them."""
    found: list[str] = []
    for name in names:
        try:
            spec = importlib.util.find_spec(name)
        except (ImportError, ValueError):
            continue
        found.extend(spec.submodule_search_locations or () if spec is not None else ())
    return found


def program_folders(script: str | None = None) -> tuple[str, ...]:
    """The folders of a program whose folders nobody has named: that of ``script``, else the current one.

    ``script`` defaults to the file of the running ``__main__``. For a module in a package it is the folder that holds
    the package.
    """
    if script is None:
        script = getattr(sys.modules.get("__main__"), "__file__", None)
    if script is None:
        return (os.getcwd(),)
    folder = os.path.dirname(os.path.abspath(script))
    while os.path.isfile(os.path.join(folder, "__init__.py")) and os.path.dirname(folder) != folder:
        folder = os.path.dirname(folder)
    return (folder,)


def _variants(folders: Iterable[str]) -> list[str]:
    found = []
    for folder in folders:
        path = os.path.abspath(folder)
        found.extend([path, os.path.realpath(path)])
    return found
