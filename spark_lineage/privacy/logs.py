"""The log of an agent: without secrets, and for its owner only."""

from __future__ import annotations

import io
import logging
from collections.abc import Callable
from pathlib import Path

from spark_lineage.guard import QuietFileHandler
from spark_lineage.privacy.files import open_private


class PrivateLog(QuietFileHandler):
    """Writes cleaned lines to a file that is made with the first of them."""

    def __init__(self, path: Path, clean: Callable[[str], str]) -> None:
        super().__init__(path, delay=True, encoding="utf-8")
        self._clean = clean

    def format(self, record: logging.LogRecord) -> str:
        """The line, and the traceback below it where there is one, without secrets."""
        return self._clean(super().format(record))

    def _open(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(open_private(Path(self.baseFilename), "ab"), "utf-8", "backslashreplace")
