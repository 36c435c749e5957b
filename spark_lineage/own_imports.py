"""What we import is ours, and what the program imports is its own: neither's modules hide the other's.

Python takes a module from ``sys.modules``, else from the first entry of ``sys.path`` that has it, and there the
program's own folder comes first. So a ``secrets.py`` of the program would be hidden by Python's, once we have imported
that; and a ``requests.py`` of the program would be taken for the library by what we import at its end.

While we import (:class:`Apart`), the program's folders are out of ``sys.path`` and its modules out of ``sys.modules``:
also where a library only tries whether there is a module (``chardet``, ``brotli``), it must not find the program's.
Afterwards those of ours are out, whose names the program has for modules of its own. Nothing but modules that the
interpreter has frozen is imported here.
"""

from __future__ import annotations

import _thread
import os
import sys
from _frozen_importlib import FrozenImporter
from _frozen_importlib_external import PathFinder

TYPE_CHECKING = False  # typing is not imported before the program's folder has been put last
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from types import ModuleType, TracebackType

# Two copies of these in one process do not go well together, or are not what is asked: there is one for both.
SHARED = {"spark_lineage", "pyspark", "py4j", "numpy", "pandas", "pyarrow"}
_ARCHIVE = f"python{sys.version_info[0]}{sys.version_info[1]}.zip"  # of the standard library, where there is one
_STANDARD = os.path.dirname(os.path.abspath(os.__file__))

_lock = _thread.RLock()
_set_aside: dict[str, ModuleType] = {}  # ours, while the program runs that has modules of these names
_installed: list[str] = []  # the entries of sys.path that were there without the program
faults: list[BaseException] = []  # of ours, that no run has been told of yet


class Apart:
    """``with Apart():`` what is imported here comes from Python and its libraries, whatever the program's folder holds.

    Within another one it changes nothing. Threads of the program that import meanwhile would see the same as we do, so
    it is for short moments, and for the end. Where hiding or giving back fails, the import goes on: it finds what it
    finds, and the run is told by ``faults``.
    """

    _depth = 0
    _path: list[str]
    _there: set[str]
    _hidden: dict[str, ModuleType]

    def __init__(self, soon: Sequence[str] = ()) -> None:
        """``soon``: folders that will be the first in ``sys.path`` when the program begins."""
        self._soon = list(soon)

    def __enter__(self) -> None:
        _lock.acquire()
        Apart._depth += 1
        try:
            if Apart._depth == 1:
                Apart._path, Apart._there, Apart._hidden = list(sys.path), set(sys.modules), {}
                _quietly(self._hide)
        except BaseException:  # the program was interrupted
            self.__exit__(None, None, None)
            raise

    def _hide(self) -> None:
        path = Apart._path
        early = _early(path)
        if not early and not _set_aside and path[-len(_installed) :] == _installed:
            return
        rest = [entry for entry in path if entry not in early]
        sys.path[:] = [*rest, *(entry for entry in _installed if entry not in rest)]
        places = {os.path.abspath(entry) for entry in early}
        for name in _tops(sys.modules):
            if _place(sys.modules[name]) in places and not _is_shared(name):
                Apart._hidden.update(_take(name))
        sys.modules.update(_set_aside)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if Apart._depth == 1:
                added = [entry for entry in sys.path if entry not in Apart._path and entry not in _installed]
                sys.path[:] = [*Apart._path, *added]
                _quietly(self._give_back)
        finally:
            Apart._depth -= 1
            _lock.release()

    def _give_back(self) -> None:
        try:
            _give_way([*self._soon, *_early(sys.path)], Apart._there.difference(_set_aside))
        finally:
            sys.modules.update(Apart._hidden)


def _quietly(body: Callable[[], None]) -> None:
    try:
        body()
    except BaseException as fault:
        from spark_lineage.guard import signal_behind  # imports what is not frozen: for a fault only

        if signal_behind(fault) is not None:
            raise
        faults.append(fault)


class AsTheProgram:
    """``with AsTheProgram():`` code of the user's that we call is imported as by the program, within an Apart too."""

    _path: list[str]
    _ours: dict[str, ModuleType]

    def __enter__(self) -> None:
        self._path = list(sys.path)
        entries = Apart._path if Apart._depth else _begun
        sys.path[:] = [*entries, *(entry for entry in self._path if entry not in entries)]
        hidden = Apart._hidden if Apart._depth else {}
        self._ours = {name: sys.modules[name] for name in hidden if name in sys.modules}
        sys.modules.update(hidden)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        sys.path[:] = self._path
        for name in Apart._hidden if Apart._depth else ():
            sys.modules.pop(name, None)
        sys.modules.update(self._ours)


def begin() -> None:
    """The first of all that a process of ours does: nothing is imported from the folder that it was started in."""
    if not _installed:
        path = list(sys.path)
        early = _early(path)
        _installed[:] = [entry for entry in path if entry not in early]
        sys.path[:] = _installed
        _begun[:] = path


_begun: list[str] = []  # sys.path as it was


def restore_path() -> None:
    """Now ``sys.path`` is again as it was before :func:`begin`: the program begins."""
    if _begun:
        added = [entry for entry in sys.path if entry not in _begun]
        sys.path[:] = [*_begun, *added]
        _begun.clear()


def give_way() -> None:
    """The program begins, and ``sys.path`` is its own: what it has modules for is set aside of what we have loaded."""
    _give_way(_early(sys.path), None)


def _give_way(early: list[str], there: set[str] | None) -> None:
    """As :func:`give_way`, but for modules that were ``there``; None: those that the interpreter loads itself."""
    places = {os.path.abspath(entry) for entry in early}
    if not early:
        return
    if there is None:
        if not any(_hides(name, early, places) for name in _tops(sys.modules)):
            return
        there = _of_the_interpreter()
    for name in _tops(sys.modules):
        if name not in there and _hides(name, early, places):
            _set_aside.update(_take(name))


def _hides(name: str, early: Sequence[str], places: set[str]) -> bool:
    """Whether a module that is loaded hides one of the program's: not one that Python finds before any file."""
    return (
        name not in sys.builtin_module_names
        and name not in ("__main__", "__mp_main__", "spark_lineage")
        and _place(sys.modules[name]) not in places
        and FrozenImporter.find_spec(name) is None
        and _found(name, early)
    )


def _of_the_interpreter() -> set[str]:
    """The modules that the interpreter has loaded itself before it comes to a program."""
    path = list(sys.path)
    sys.path[:] = _installed or path
    import subprocess

    sys.path[:] = path
    words = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    command = [sys.executable, *words, "-c", "import sys; print(*sys.modules)"]
    return set(subprocess.run(command, capture_output=True, text=True, cwd=_STANDARD, check=False).stdout.split())


def _early(path: Sequence[str]) -> list[str]:
    """The entries of ``sys.path`` that stand before the standard library, and that hold no installed packages."""
    standard = [os.path.abspath(entry) == _STANDARD for entry in path]
    before = path[: standard.index(True)] if True in standard else [entry for entry in path if entry not in _installed]
    before = [entry for entry in before if os.path.basename(entry) != _ARCHIVE]
    return [entry for place, entry in enumerate(before) if place == 0 or _is_of_a_program(entry)]


def _is_of_a_program(entry: str) -> bool:
    try:
        return not any(name.endswith((".dist-info", ".egg-info")) for name in os.listdir(entry or "."))
    except OSError:  # an archive: Python's own, pyspark's, or one of --py-files
        return False


def _is_shared(name: str) -> bool:
    # The library itself has parts; a module of the program that is only called like it has none.
    has_parts = name in SHARED and any(other.startswith(f"{name}.") for other in list(sys.modules))
    return has_parts or name in ("__main__", "__mp_main__")


def _tops(modules: Iterable[str]) -> list[str]:
    return [name for name in list(modules) if "." not in name]


def _take(top: str) -> dict[str, ModuleType]:
    names = [name for name in list(sys.modules) if name == top or name.startswith(top + ".")]
    return {name: sys.modules.pop(name) for name in names}


def _place(module: ModuleType) -> str | None:
    """The entry of ``sys.path`` that a top-level module came from; None if it is none of a file."""
    origin = getattr(getattr(module, "__spec__", None), "origin", None)
    if not isinstance(origin, str) or not os.path.isabs(origin):
        return None
    folder = os.path.dirname(origin)
    return os.path.dirname(folder) if os.path.basename(origin).startswith("__init__.") else folder


def _found(name: str, entries: Sequence[str]) -> bool:
    """Whether a module stands there; a folder without ``__init__.py`` hides nothing that stands further down."""
    try:
        spec = PathFinder.find_spec(name, list(entries))
    except Exception:  # a broken archive, a folder that cannot be read
        return False
    return spec is not None and spec.loader is not None and spec.origin is not None
