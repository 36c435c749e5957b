"""HDFS by ``hdfs-native``, the client that ``deltalake`` has for its tables there: no Java, no libhdfs.

It reads ``core-site.xml`` and ``hdfs-site.xml`` below HADOOP_CONF_DIR (or HADOOP_HOME), and takes Kerberos tickets from
where they are.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from spark_lineage.config.addresses import Address
from spark_lineage.store.places.objects import Entry, Unreachable, asked, missing

CHUNK = 4_000_000  # bytes that are written at once


def _unreachable(name: str, error: Exception) -> Unreachable:
    return Unreachable(f"the store {name} cannot be reached: {_said(error)}")


def _said(error: Exception) -> str:
    """The name of the error that a name node gave, if it is one; nothing else of its text."""
    found = re.search(r"\b([A-Za-z]+Exception)\b", str(error))
    return found.group(1) if found is not None else type(error).__name__


_asked = asked(_unreachable)  # it has one class of errors for nearly everything


class Hdfs:
    """See ``Objects``. A file is written beside its place and renamed, so that nobody reads half of it."""

    def __init__(self, address: Address) -> None:
        if (sentence := missing(address)) is not None:
            raise Unreachable(sentence, True)
        self._text = address.text
        parts = urlsplit(address.text)
        self._root = parts.path
        self._client = self._opened(f"hdfs://{parts.netloc}")

    def __str__(self) -> str:
        return self._text

    @_asked
    def _opened(self, url: str) -> Any:
        from hdfs_native import Client

        return Client(url)

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    @_asked
    def entries(self, prefix: str) -> list[Entry]:
        folder = prefix.rpartition("/")[0]
        try:
            found = list(self._client.list_status(self._path(folder), recursive=True))
        except FileNotFoundError:
            return []
        entries = [self._entry(status) for status in found if not status.isdir]
        return [entry for entry in entries if entry.name.startswith(prefix) and not entry.name.endswith(".part")]

    def _entry(self, status: Any) -> Entry:
        name = urlsplit(status.path).path[len(self._root) + 1 :]
        at = status.modification_time
        return Entry(name, status.length, f"{at}-{status.length}", at / 1000)

    @_asked
    def folders(self, prefix: str) -> list[str]:
        try:
            found = list(self._client.list_status(self._path(prefix.rstrip("/")), recursive=False))
        except FileNotFoundError:
            return []
        return sorted(urlsplit(status.path).path.rpartition("/")[2] for status in found if status.isdir)

    @_asked
    def get(self, name: str, begin: int = 0) -> bytes | None:
        try:
            with self._client.read(self._path(name)) as file:
                file.seek(begin)
                return bytes(file.read())
        except FileNotFoundError:
            return None

    @_asked
    def put(self, name: str, content: bytes | Path) -> str:
        path = self._path(name)
        beside = _beside(path)
        self._written(beside, content, overwrite=True)
        self._client.rename(beside, path, overwrite=True)
        return self._entry(self._client.get_file_info(path)).tag

    @_asked
    def put_new(self, name: str, content: bytes) -> bool:
        path = self._path(name)
        beside = _beside(path)
        self._written(beside, content, overwrite=True)
        try:
            self._client.rename(beside, path, overwrite=False)
        except Exception:
            self._client.delete(beside, recursive=False)
            if self._is_there(path):
                return False
            raise
        return True

    def _is_there(self, path: str) -> bool:
        try:
            self._client.get_file_info(path)
        except FileNotFoundError:
            return False
        return True

    def _written(self, path: str, content: bytes | Path, overwrite: bool) -> None:
        from hdfs_native import WriteOptions

        data = content.read_bytes() if isinstance(content, Path) else content
        with self._client.create(path, WriteOptions(overwrite=overwrite, create_parent=True)) as file:
            for begin in range(0, len(data), CHUNK):
                file.write(data[begin : begin + CHUNK])

    @_asked
    def delete(self, names: Iterable[str]) -> None:
        for name in names:
            try:
                self._client.delete(self._path(name), recursive=False)
            except FileNotFoundError:
                continue


def _beside(path: str) -> str:
    """A name that no other process has, on any machine: in containers all have the same number."""
    return f"{path}.{uuid.uuid4().hex}.part"
