"""A mounted folder that takes whole files only, as a volume of Databricks does: no file is appended to or changed."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from collections.abc import Iterable
from pathlib import Path

from spark_lineage.config.addresses import Address
from spark_lineage.privacy.files import make_folder
from spark_lineage.store.places.objects import Entry, Unreachable, asked


def _unreachable(name: str, error: Exception) -> Unreachable:
    return Unreachable(f"the store {name} cannot be reached: {getattr(error, 'strerror', None) or error}")


_asked = asked(_unreachable, OSError)


class Mounted:
    """See ``Objects``. A file is written beside its place and renamed, so that nobody reads half of it."""

    def __init__(self, address: Address) -> None:
        self._text, self._root = address.text, Path(address.folder)
        # /Volumes/catalog/schema/volume is there where it is mounted, and is nothing that we make.
        mount = Path(*self._root.parts[:5]) if address.scheme == "dbfs" else self._root.parent
        if not mount.is_dir():
            raise Unreachable(f"the store {self._text} is not mounted on this machine: there is no {mount}")

    def __str__(self) -> str:
        return self._text

    @_asked
    def entries(self, prefix: str) -> list[Entry]:
        folder, _, begin = prefix.rpartition("/")
        found = []
        for place, _, files in os.walk(self._root / folder):
            for file in files:
                path = Path(place, file)
                name = path.relative_to(self._root).as_posix()
                if name.startswith(f"{folder}/{begin}" if folder else begin) and not file.endswith(".part"):
                    found.append(self._entry(name))
        return [entry for entry in found if entry is not None]

    def _entry(self, name: str) -> Entry | None:
        try:
            stat = (self._root / name).stat()
        except FileNotFoundError:
            return None
        return Entry(name, stat.st_size, f"{stat.st_mtime_ns}-{stat.st_size}", stat.st_mtime)

    @_asked
    def folders(self, prefix: str) -> list[str]:
        with contextlib.suppress(FileNotFoundError):
            return sorted(path.name for path in (self._root / prefix).iterdir() if path.is_dir())
        return []

    @_asked
    def get(self, name: str, begin: int = 0) -> bytes | None:
        try:
            with (self._root / name).open("rb") as file:
                file.seek(begin)
                return file.read()
        except FileNotFoundError:
            return None

    @_asked
    def put(self, name: str, content: bytes | Path) -> str:
        path = self._root / name
        make_folder(path.parent)
        beside = _beside(path)
        if isinstance(content, Path):
            shutil.copyfile(content, beside)
        else:
            beside.write_bytes(content)
        os.replace(beside, path)
        written = self._entry(name)
        return written.tag if written is not None else ""

    @_asked
    def put_new(self, name: str, content: bytes) -> bool:
        path = self._root / name
        make_folder(path.parent)
        beside = _beside(path)
        beside.write_bytes(content)
        try:
            os.link(beside, path)  # whole at once: another machine may read it in the same moment
        except FileExistsError:
            return False
        except OSError:  # not every volume knows links
            return _put_new(path, content)
        finally:
            beside.unlink(missing_ok=True)
        return True

    @_asked
    def delete(self, names: Iterable[str]) -> None:
        for name in names:
            (self._root / name).unlink(missing_ok=True)
            with contextlib.suppress(OSError):  # not empty yet
                (self._root / name).parent.rmdir()


def _beside(path: Path) -> Path:
    """A name that no other process has, on any machine: in containers all have the same number."""
    return path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")


def _put_new(path: Path, content: bytes) -> bool:
    try:
        with path.open("xb") as file:
            file.write(content)
    except FileExistsError:
        return False
    return True
