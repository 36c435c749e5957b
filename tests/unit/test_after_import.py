"""The program's imports are told, also to several that wait for the same module."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from spark_lineage.after_import import Finder, is_whole
from spark_lineage.guard import Guard


def test_each_that_waits_is_told_once_when_the_module_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "from spark_lineage.after_import import is_whole\nWHOLE = is_whole(__name__)\n"
    (tmp_path / "waited_for.py").write_text(text)
    monkeypatch.syspath_prepend(str(tmp_path))
    told: list[tuple[int, str]] = []
    finders = [
        Finder(("waited_for",), lambda module, n=number: told.append((n, module.__name__)), Guard(strict=True))
        for number in range(3)
    ]
    monkeypatch.setattr(sys, "meta_path", [*finders, *sys.meta_path])
    import waited_for  # type: ignore[import-not-found]

    assert sorted(told) == [(number, "waited_for") for number in range(3)]
    assert not waited_for.WHOLE
    assert is_whole("waited_for")
    assert not vars(waited_for.__loader__).get("exec_module")
    del sys.modules["waited_for"]
