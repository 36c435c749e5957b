"""Modules of a program that lie in a zip archive, as ``--py-files`` and zipapps have them."""

from __future__ import annotations

import io
import os
import tokenize
import zipfile


def is_file(path: str) -> bool:
    """Whether a file of that path is there, or an archive that it is in."""
    return os.path.isfile(path) or _place(path) is not None


def text_of(path: str) -> str:
    """The text of a module in an archive, as Python reads it. Raises OSError, SyntaxError and UnicodeDecodeError."""
    place = _place(path)
    if place is None:
        raise FileNotFoundError(path)
    try:
        with zipfile.ZipFile(place[0]) as archive:
            data = archive.read(place[1])
    except KeyError:
        raise FileNotFoundError(path) from None
    except zipfile.BadZipFile as error:
        raise OSError(str(error)) from None
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return io.TextIOWrapper(io.BytesIO(data), encoding).read()


def _place(path: str) -> tuple[str, str] | None:
    """The archive that the path leads into, and the name there."""
    folder = os.path.dirname(path)
    while folder not in ("", os.path.dirname(folder)):
        if os.path.isfile(folder):
            return folder, os.path.relpath(path, folder).replace(os.sep, "/")
        folder = os.path.dirname(folder)
    return None
