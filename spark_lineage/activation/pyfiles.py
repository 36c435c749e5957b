"""The zip file for drivers where nothing is installed: our Python half and what it needs, all pure Python."""

from __future__ import annotations

import importlib.metadata
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from spark_lineage.refusals import Refusal
from spark_lineage.version import VERSION

# What the journal needs. Delta tables need compiled packages; they can be written later from the journal.
NEEDED = ("openlineage-python", "executing", "tomli")
PACKAGE = Path(__file__).parent.parent
VENDOR = "spark_lineage/_vendor"
# Files of the same content give the same zip file, whenever it is made.
_DATE = (2020, 1, 1, 0, 0, 0)

SITECUSTOMIZE = '''"""Start-up hook of spark-lineage, for drivers where it is not installed."""

import os
import sys


def _observe(here):
    if "PYSPARK_GATEWAY_PORT" not in os.environ:
        return
    from spark_lineage.activation.autostart import install
    from spark_lineage.activation.vendored import add

    add(here)

    install()


def _shadowed(here):
    """The sitecustomize that would have run without this one."""
    from importlib.machinery import PathFinder
    from importlib.util import module_from_spec

    spec = PathFinder.find_spec("sitecustomize", [path for path in sys.path if os.path.abspath(path) != here])
    if spec is not None and spec.loader is not None:
        module = module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


_here = os.path.dirname(os.path.abspath(__file__))
try:
    _observe(_here)
except Exception:
    pass
_shadowed(_here)
'''


class PyFilesError(Refusal):
    """The zip file cannot be made; its text is one sentence for the user."""


def build(output: Path | None = None) -> Path:
    """Writes the zip file and gives its absolute path.

    Raises :class:`PyFilesError` if a needed package is not installed here or the file cannot be written.
    """
    target = (output or _cache() / f"spark_lineage_pyfiles-{VERSION}.zip").absolute()
    try:
        return _written(target)
    except OSError as error:
        raise PyFilesError(str(error)) from error


def _written(target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            _write(archive)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return target


def _write(archive: zipfile.ZipFile) -> None:
    files = {"sitecustomize.py": SITECUSTOMIZE.encode(), **dict(_own_files()), **dict(_vendored_files())}
    folders = {str(parent) + "/" for name in files for parent in PurePosixPath(name).parents if str(parent) != "."}
    for name in sorted([*files, *folders]):  # zipimport finds namespace packages by their folder entries only
        archive.writestr(zipfile.ZipInfo(name, _DATE), files.get(name, b""), zipfile.ZIP_DEFLATED)


def _own_files() -> Iterator[tuple[str, bytes]]:
    for path in sorted(PACKAGE.rglob("*")):
        if path.suffix in {".py", ".json"} or path.name == "VERSION":
            yield f"spark_lineage/{path.relative_to(PACKAGE).as_posix()}", path.read_bytes()


def _vendored_files() -> Iterator[tuple[str, bytes]]:
    for distribution in _distributions():
        for file in distribution.files or ():
            source = Path(str(distribution.locate_file(file)))
            inside = ".." not in file.parts
            if inside and "__pycache__" not in file.parts and _is_wanted(file.name) and source.is_file():
                yield f"{VENDOR}/{file.as_posix()}", source.read_bytes()


def _is_wanted(name: str) -> bool:
    return name.endswith((".py", ".pem")) or name == "METADATA"


def _distributions() -> list[importlib.metadata.Distribution]:
    """The needed packages and what they depend on here."""
    found: dict[str, importlib.metadata.Distribution] = {}
    pending = list(NEEDED)
    while pending:
        name = re.sub(r"[-_.]+", "-", pending.pop()).lower()
        if name in found:
            continue
        try:
            found[name] = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            if name == NEEDED[0]:
                raise PyFilesError(f"{name} is not installed here, and the zip file needs it.") from None
            continue  # needed by other versions of Python only
        pending.extend(_required(found[name]))
    return [found[name] for name in sorted(found)]


def _required(distribution: importlib.metadata.Distribution) -> Iterator[str]:
    for requirement in distribution.requires or ():
        if "extra ==" not in requirement:
            yield re.split(r"[^A-Za-z0-9._-]", requirement, maxsplit=1)[0]


def _cache() -> Path:
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "spark-lineage"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return folder if os.access(folder, os.W_OK) else Path(tempfile.gettempdir())
    except OSError:
        return Path(tempfile.gettempdir())
