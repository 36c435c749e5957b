"""Whether a program says that it uses Spark, before it has begun it.

That pyspark is among the loaded modules says nothing: observing a program loads it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType

NAMES = (b"pyspark", b"from delta", b"import delta")


class SparkNamed:
    """Looks at the code of the program that has been loaded so far; reads each file once.

    ``owned`` says whether a file is the program's. Attributes of the program's modules are not asked for, since that
    may run code of theirs.
    """

    def __init__(self, owned: Callable[[str], bool]) -> None:
        self._owned = owned
        self._read: set[str] = set()
        self._found = False

    def look(self) -> bool:
        for file in [] if self._found else self._files():
            self._read.add(file)
            if self._owned(file) and _names_spark(file):
                self._found = True
                break
        return self._found

    def _files(self) -> list[str]:
        modules = (module for module in list(sys.modules.values()) if type(module) is ModuleType)
        files = {vars(module).get("__file__") for module in modules}
        return [file for file in files if type(file) is str and file not in self._read]


def _names_spark(file: str) -> bool:
    try:
        with open(file, "rb") as opened:
            text = opened.read()
    except OSError:
        return False
    return any(name in text for name in NAMES)
