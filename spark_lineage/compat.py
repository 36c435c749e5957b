"""Versions as named behaviours, asked in this one file."""

from __future__ import annotations

import os
import sys
import sysconfig
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast

# PEP 657: instructions know their columns, so that a name can be read off the source (3.11).
HAS_POSITIONS = sys.version_info >= (3, 11)
# ``code.co_qualname`` and ``code.replace(co_qualname=...)`` (3.11).
CODE_HAS_QUALNAME = sys.version_info >= (3, 11)

# PEP 667: ``frame.f_locals`` of a function is a view, and no dict that the frame keeps (3.13).
FRAME_LOCALS_ARE_A_VIEW = sys.version_info >= (3, 13)

# A parse in one thread may end a parse in another one with an error of the interpreter's own (python/cpython#106905).
PARSES_DISTURB_EACH_OTHER = sys.version_info[:2] == (3, 11)
PARSE_TRIES = 50

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


def script_folders() -> tuple[str, ...]:
    """Folders where the commands of installed packages are, as ``spark-lineage`` itself."""
    found = {sysconfig.get_path("scripts"), os.path.dirname(sys.executable)}
    return tuple(sorted({real for folder in found if folder for real in (folder, os.path.realpath(folder))}))


def parse(source: str) -> ast.Module:
    """``ast.parse``, which may be called by several threads at once. Raises what that raises.

    Python 3.11 counts the depth of recursion for all threads together, so a parse beside another one may end with a
    ``SystemError`` that says nothing about the source (python/cpython#106905). It is tried again then. There is no
    lock: a child that the program forks while a thread of ours holds it would wait for ever.
    """
    import ast

    for _ in range(PARSE_TRIES):
        try:
            return ast.parse(source)
        except SystemError:
            continue
    return ast.parse(source)
