"""The program's imports are told, and are those of the plain program, whatever finders others have."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import itertools
import sys
import traceback
import types
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import wrapt
from wrapt.importer import ImportHookFinder

from spark_lineage.after_import import Finder, is_whole
from spark_lineage.guard import Guard

NAME = "waited_for"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    for name in (NAME, "another"):
        (tmp_path / f"{name}.py").write_text("VALUE = 1\n")
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


class Ours:
    """Finders of ours, and the modules that each was told of."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.reported: list[tuple[str, str]] = []

    def finder(self, strict: bool = True) -> Finder:
        guard = Guard(lambda what, why: self.reported.append((what, why)), strict=strict)
        return Finder((NAME,), lambda module: self.told.append(module.__name__), guard)


class Asking(importlib.abc.MetaPathFinder):
    """What others have, at its simplest: it asks all finders but itself, and stands around the loader."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        self.asked.append(fullname)
        for finder in sys.meta_path:
            if finder is not self and (spec := finder.find_spec(fullname, path, target)) is not None:
                return spec
        return None


def test_each_that_waits_is_told_once_when_the_module_is_whole(folder: Path) -> None:
    text = "from spark_lineage.after_import import is_whole\nWHOLE = is_whole(__name__)\n"
    (folder / f"{NAME}.py").write_text(text)
    ours = Ours()
    sys.meta_path[:0] = [ours.finder() for _ in range(3)]
    module = importlib.import_module(NAME)
    assert ours.told == [NAME] * 3
    assert not module.WHOLE
    assert is_whole(NAME)
    assert "exec_module" not in vars(module.__loader__)


@pytest.mark.parametrize("order", ["foreign, ours", "ours, foreign", "foreign, ours, foreign, ours", "ours, ours"])
def test_finders_that_ask_all_others_end(folder: Path, order: str) -> None:
    ours = Ours()
    foreign = Asking()  # two of its kind would ask each other for ever, without us
    finders: list[Any] = [ours.finder() if name == "ours" else foreign for name in order.split(", ")]
    sys.meta_path[:0] = finders
    module = importlib.import_module(NAME)
    importlib.import_module("another")
    assert ours.told == [NAME] * order.split(", ").count("ours")
    assert "exec_module" not in vars(module.__loader__)
    assert type(module.__loader__) is importlib.machinery.SourceFileLoader
    with pytest.raises(ModuleNotFoundError, match="No module named 'none_such'"):
        importlib.import_module("none_such")


@pytest.mark.parametrize("wrapt_first", [True, False])
def test_finders_of_wrapt_tell_as_without_us(folder: Path, wrapt_first: bool) -> None:
    theirs: list[str] = []
    ours, others = Ours(), list(sys.meta_path)
    wrapt.register_post_import_hook(lambda module: theirs.append(module.__name__), NAME)
    finders = [ours.finder(), ImportHookFinder()]
    sys.meta_path[:] = [*(reversed(finders) if wrapt_first else finders), *others]
    module = importlib.import_module(NAME)
    assert (theirs, ours.told) == ([NAME], [NAME])
    assert type(module.__loader__) is importlib.machinery.SourceFileLoader
    assert module.__spec__ is not None
    assert module.__spec__.loader is module.__loader__
    assert "exec_module" not in vars(module.__loader__)


def test_what_forbids_an_import_does_so_as_without_us(folder: Path) -> None:
    class Forbidding(importlib.abc.MetaPathFinder):
        asked = 0

        def find_spec(self, fullname: str, path: Any, target: Any = None) -> None:
            if fullname == NAME:
                self.asked += 1
                raise ImportError("not here")

    def seen() -> tuple[str, int]:
        try:
            importlib.import_module(NAME)
        except ImportError:
            return traceback.format_exc(), forbidding.asked
        return "", 0

    forbidding = Forbidding()
    sys.meta_path.insert(0, forbidding)
    plain, asked = seen()
    ours = Ours()
    sys.meta_path.insert(0, ours.finder(strict=False))
    assert seen() == (plain, 2 * asked)
    assert "not here" in plain
    assert ours.reported == []


def test_a_module_that_fails_leaves_the_traceback_that_it_left(folder: Path) -> None:
    (folder / f"{NAME}.py").write_text("def f():\n    return 1 / 0\n\n\nf()\n")

    def seen() -> str:
        try:
            importlib.import_module(NAME)
        except ZeroDivisionError:
            return traceback.format_exc()
        return ""

    plain = seen()
    ours = Ours()
    sys.meta_path.insert(0, ours.finder())
    assert seen() == plain != ""
    assert ours.told == []
    (folder / f"{NAME}.py").write_text("VALUE = 'mended by the program'\n")
    importlib.invalidate_caches()
    assert importlib.import_module(NAME).VALUE == "mended by the program"
    assert ours.told == [NAME]


def test_a_loader_of_many_modules_tells_of_the_one(folder: Path) -> None:
    """That of an archive is one object for all modules in it; a module is looked for and not imported, too."""
    with zipfile.ZipFile(folder / "archive.zip", "w") as archive:
        for name in (NAME, "another"):
            archive.write(folder / f"{name}.py", f"{name}.py")
    sys.path.insert(0, str(folder / "archive.zip"))
    ours = Ours()
    sys.meta_path.insert(0, ours.finder())
    assert importlib.util.find_spec(NAME) is not None
    another = importlib.import_module("another")
    assert ours.told == []
    module = importlib.import_module(NAME)
    assert module.__loader__ is another.__loader__
    assert set(ours.told) == {NAME}


def test_what_stood_at_a_loader_stands_there_again(folder: Path) -> None:
    calls: list[str] = []

    class Standing(importlib.abc.MetaPathFinder):
        def find_spec(self, fullname: str, path: Any, target: Any = None) -> Any:
            spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
            if spec is not None and fullname == NAME:
                execute = spec.loader.exec_module

                def exec_module(module: types.ModuleType) -> None:
                    del spec.loader.exec_module
                    calls.append(module.__name__)
                    execute(module)

                spec.loader.exec_module = exec_module
            return spec

    ours = Ours()
    sys.meta_path[:0] = [ours.finder(), Standing()]
    importlib.import_module(NAME)
    assert (calls, ours.told) == ([NAME], [NAME])


def test_a_module_that_is_put_off_is_not_imported_for_us(folder: Path) -> None:
    ours = Ours()
    sys.meta_path.insert(0, ours.finder())
    spec = importlib.util.find_spec(NAME)
    assert spec is not None
    assert spec.loader is not None
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[NAME] = module
    spec.loader.exec_module(module)
    assert not is_whole(NAME)
    assert ours.told == []
    assert module.VALUE == 1
    assert ours.told == [NAME]
    assert is_whole(NAME)


def test_a_module_that_is_loaded_again_is_told_again(folder: Path) -> None:
    ours = Ours()
    sys.meta_path.insert(0, ours.finder())
    module = importlib.import_module(NAME)
    assert importlib.reload(module) is module
    assert ours.told == [NAME, NAME]


@pytest.mark.parametrize(
    "broken", list(itertools.product(("_begin", "_hook", "loaded"), (True, False))), ids=lambda each: str(each)
)
def test_our_faults_leave_the_import(folder: Path, broken: tuple[str, bool], monkeypatch: pytest.MonkeyPatch) -> None:
    part, found = broken  # ``found``: whether there is such a module
    if not found:
        (folder / f"{NAME}.py").unlink()
        importlib.invalidate_caches()
    ours = Ours()
    finder = ours.finder(strict=False)
    monkeypatch.setattr(finder, part if part.startswith("_") else f"_{part}", _fails)
    sys.meta_path.insert(0, finder)
    if found:
        assert importlib.import_module(NAME).VALUE == 1
    else:
        with pytest.raises(ModuleNotFoundError, match=f"No module named '{NAME}'"):
            importlib.import_module(NAME)
    assert ours.told == []
    assert len(ours.reported) == (1 if found or part == "_begin" else 0)


def _fails(*args: Any) -> Callable[[], None]:
    raise RuntimeError("ours")
