"""Opens a bundle that comes from anywhere: nothing of it is trusted, and only parts that a bundle has are read."""

from __future__ import annotations

import json
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spark_lineage.answers.bundles import FORMAT, MANIFEST, NEEDED, OTHERS, SOURCE
from spark_lineage.answers.errors import AnswerError
from spark_lineage.events.identity import seconds
from spark_lineage.model import SHAPE_ERRORS

LARGEST = 2_000_000_000  # bytes of all parts together
MOST_PARTS = 10_000
SUSPECT = 1_000_000  # bytes from which on it counts how small a part was packed
MOST_PACKED = 400  # times; journals are packed to a tenth or a fiftieth
_SOURCE = re.compile(re.escape(SOURCE) + r"[A-Za-z0-9_-][A-Za-z0-9_.-]*\Z")
_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}\Z")
PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
DAMAGED = (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError, EOFError, ValueError)


@dataclass(frozen=True)
class Manifest:
    """What a bundle says of itself. ``made`` is in seconds since the epoch, ``files`` has a SHA-256 for each part."""

    run: str
    version: str
    made: float
    left_out: tuple[str, ...]
    template: str
    files: Mapping[str, str]


@dataclass(frozen=True)
class Opened:
    manifest: Manifest
    parts: Mapping[str, bytes]


def opened(path: Path) -> Opened:
    """Raises :class:`AnswerError` with one sentence for what is no bundle, or one that nobody should open."""
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            why = next(_reasons(infos), None)
            if why is not None:
                raise AnswerError(f"{path} is no bundle to be opened: {why}")
            parts = {info.filename: archive.read(info) for info in infos}
    except FileNotFoundError:
        raise AnswerError(f"there is no file {path}") from None
    except zipfile.BadZipFile as error:
        raise AnswerError(f"{path} is no bundle: it is no whole zip file ({_said(error)})") from error
    except DAMAGED as error:
        if isinstance(error, AnswerError):
            raise
        raise AnswerError(f"{path} cannot be read: {_said(error)}") from error
    return Opened(_manifest(path, parts[MANIFEST]), parts)


def _reasons(infos: list[zipfile.ZipInfo]) -> Iterator[str]:
    """Why not; nothing is unpacked for that."""
    if len(infos) > MOST_PARTS:
        yield f"it has {len(infos)} parts"
    names = [info.filename for info in infos]
    for info in infos:
        # What a name may be is listed, so that none leads out of the folder, to another file, or to a device.
        if info.filename not in NEEDED + OTHERS and not _SOURCE.match(info.filename):
            yield f"its part {info.filename[:100]!r} is none of a bundle"
        if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
            yield f"its part {info.filename} is no file"
        if info.flag_bits & 0x1 or info.compress_type not in PACKED:
            yield f"its part {info.filename} is encrypted, or packed in a way that bundles are not"
        if info.file_size > SUSPECT and info.file_size > MOST_PACKED * max(1, info.compress_size):
            yield f"its part {info.filename} would grow to {info.file_size} bytes from {info.compress_size}"
    if len(set(names)) < len(names):
        yield f"it has {next(name for name in names if names.count(name) > 1)} twice"
    if sum(info.file_size for info in infos) > LARGEST:
        yield f"it would grow to {sum(info.file_size for info in infos)} bytes"
    for name in NEEDED:
        if name not in names:
            yield f"its part {name} is missing"


def _manifest(path: Path, text: bytes) -> Manifest:
    try:
        document: dict[str, Any] = json.loads(text)
        number = int(document["format"])
        run = str(document["run"])
        found = Manifest(
            run, str(document["version"]), seconds(document["made_at"]), tuple(map(str, document["left_out"])),
            str(document["template"]), {str(name): str(hash_) for name, hash_ in document["files"].items()},
        )  # fmt: skip
    except SHAPE_ERRORS as error:
        raise AnswerError(f"{path} is no bundle: its {MANIFEST} cannot be read ({_said(error)})") from error
    if number > FORMAT:
        raise AnswerError(f"{path} was made by a newer version of spark-lineage: install that to verify it")
    if not _RUN_ID.match(run):
        raise AnswerError(f"{path} is no bundle: {run[:100]!r} is the id of no run")
    return found


def _said(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
