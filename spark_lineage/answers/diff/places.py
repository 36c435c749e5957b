"""Where something stands in the user's code, for people."""

from __future__ import annotations


def file_name(path: str) -> str:
    """The last part of a path, whichever system it was recorded on."""
    return path.replace("\\", "/").rpartition("/")[2]


def place(file: str, line: int) -> str:
    """``shop.py:26``."""
    return f"{file_name(file)}:{line}"
