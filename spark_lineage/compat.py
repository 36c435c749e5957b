"""Versions as named behaviours, asked in this one file."""

from __future__ import annotations

import os
import sys
import sysconfig

# PEP 657: instructions know their columns, so that a name can be read off the source (3.11).
HAS_POSITIONS = sys.version_info >= (3, 11)
# ``code.co_qualname`` and ``code.replace(co_qualname=...)`` (3.11).
CODE_HAS_QUALNAME = sys.version_info >= (3, 11)

INSTALLED_FOLDERS = ("site-packages", "dist-packages")


def stdlib_folders() -> tuple[str, ...]:
    """Folders of the standard library, of this interpreter and of the one a virtual environment stands on."""
    names = ("stdlib", "platstdlib")
    found = {sysconfig.get_path(name) for name in names} | {os.path.dirname(os.__file__)}
    return tuple(sorted({real for folder in found if folder for real in (folder, os.path.realpath(folder))}))


def installed_folders() -> tuple[str, ...]:
    """Folders where packages are installed."""
    found = {sysconfig.get_path(name) for name in ("purelib", "platlib")}
    return tuple(sorted({real for folder in found if folder for real in (folder, os.path.realpath(folder))}))
