"""Golden facts: the record of a test, kept beside it, that later runs are compared with."""

from __future__ import annotations

import hashlib
import re
import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from spark_lineage.answers import ask
from spark_lineage.answers.errors import AnswerError

if TYPE_CHECKING:
    from spark_lineage.answers.diff import Comparison

FOLDER = "__lineage__"
FILES = ("events.jsonl", "chain.jsonl", "samples.jsonl")
LONGEST = 100  # characters of a file's name
WIDTH = 100  # columns of a failure text


@dataclass(frozen=True)
class Golden:
    """Those of one test. ``record``: they are made anew."""

    test: str
    folder: Path
    record: bool

    @classmethod
    def of(cls, item: pytest.Item, record: bool) -> Golden:
        return cls(item.nodeid, item.path.parent / FOLDER / item.path.stem / name_of(item), record)

    def after(self, run: Path) -> str | None:
        """How a run differs from them; None if it does not, or there are none. Or records them."""
        if self.record:
            return self._keep(run)
        if not self.folder.is_dir():
            return None
        try:
            comparison = ask.diff((str(self.folder), str(run)), run.parent.parent)
        except AnswerError as error:
            return f"the golden facts of {self.test} cannot be compared: {error}"
        if comparison.different:
            return f"{self.test} does not do what it did when its golden facts were recorded ({self.folder}):\n\n" + (
                _shown(comparison)
            )
        if comparison.uncertain:
            first = comparison.uncertain[0]
            why = f"not all of {self.test} could be compared with its golden facts: {first.dataset}, {first.why}"
            warnings.warn(pytest.PytestWarning(why), stacklevel=2)
        return None

    def _keep(self, run: Path) -> str | None:
        shutil.rmtree(self.folder, ignore_errors=True)
        if not ask.show(str(run), run.parent.parent, whole=False).datasets:
            return None  # there is nothing to compare
        self.folder.mkdir(parents=True)
        for name in FILES:
            if (run / name).exists():
                shutil.copyfile(run / name, self.folder / name)
        return None


def name_of(item: pytest.Item) -> str:
    """The name of a test in its file, as one for files and applications: readable, and another one for another test."""
    test = item.nodeid.partition("::")[2]
    name = re.sub(r"[^\w.=+-]+", "_", test.replace("::", ".")).strip("_")
    if name == test.replace("::", ".") and len(name) <= LONGEST:
        return name
    return f"{name[:LONGEST]}-{hashlib.sha256(test.encode()).hexdigest()[:8]}"


def _shown(comparison: Comparison) -> str:
    from spark_lineage.faces.terminal import diff
    from spark_lineage.faces.terminal.console import as_text

    return as_text(lambda console: diff.show(comparison, console), WIDTH)
