"""``spark-lineage run``: runs a program as ``python SCRIPT`` or ``python -m MODULE`` would, observed.

The program gets a ``__main__`` module of its own, with the attributes that the interpreter gives it, and ends
the way it would have: uncaught errors reach ``sys.excepthook`` by the interpreter's own path, with our frames
taken out; exit status, signals, threads and exit functions are the interpreter's.
"""

from __future__ import annotations

import atexit
import builtins
import contextlib
import importlib.machinery
import importlib.util
import itertools
import os
import signal
import sys
import time
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from spark_lineage import compat, own_imports
from spark_lineage.activation import checking, reporting
from spark_lineage.activation.checking import Checking, UsageError
from spark_lineage.activation.doors import OwnDoor, stop_at_exit
from spark_lineage.activation.hint import hint_at_end
from spark_lineage.activation.jars import JarError, find_spark, jar_or_gap
from spark_lineage.activation.java import JavaError, find_java
from spark_lineage.activation.tracebacks import without_our_frames
from spark_lineage.answers.check.rules import RuleError, Rules, load
from spark_lineage.config import OPTIONS, Config, ConfigError, did_you_mean, resolve
from spark_lineage.guard import Guard, leave
from spark_lineage.model import Mode

_FAULTS = Guard()  # tells the agent, once there is one


@dataclass(frozen=True)
class Request:
    """What stands on the command line after ``run``."""

    target: str
    is_module: bool
    arguments: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    help: bool = False
    checking: Checking = field(default_factory=Checking)
    report: str | None = None  # the file that the report goes to


def prepare(words: Sequence[str]) -> Request | None:
    """Reads the command line and switches the agent on; None if only help is asked for.

    Raises :class:`UsageError`; nothing of the program has run by then.
    """
    request = parse(words)
    if request.help:
        return None
    module_path = _check_target(request)
    try:
        _switch_on_as_configured(request, module_path)
    except UsageError:
        raise
    except (ConfigError, JavaError, JarError, RuleError) as error:
        raise UsageError(str(error)) from None
    except BaseException as fault:  # not the user's: the program runs unobserved
        _FAULTS.caught("activation", fault)
        _FAULTS("activation", _tell, request, fault)
    return request


# --------------------------------------------------------------------------- command line


def parse(words: Sequence[str]) -> Request:
    """Options up to the script (or ``-m MODULE``); all that follows is the program's.

    Raises :class:`UsageError`.
    """
    words, asked = checking.take(words)
    words, report = reporting.take(words)
    request = _parse(words)
    return replace(request, checking=asked, report=report)


def _parse(words: Sequence[str]) -> Request:
    by_flag = {option.flag: option for option in OPTIONS}
    settings: dict[str, Any] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word in {"--help", "-h"}:
            return Request("", False, help=True)
        if word == "-m":
            if not rest:
                raise UsageError("-m needs the name of a module.")
            return Request(rest[0], True, tuple(rest[1:]), settings)
        if word == "--" and rest:
            return Request(rest[0], False, tuple(rest[1:]), settings)
        if not word.startswith("-") or word == "-":
            return Request(word, False, tuple(rest), settings)
        flag, equals, value = word.partition("=")
        option = by_flag.get(flag)
        if option is None:
            known = [*by_flag, *checking.WORDS, reporting.WORD, "-m", "--help"]
            raise UsageError(f"Unknown option {flag}{did_you_mean(flag, known)}.")
        if not equals:
            if option.type == "true | false":
                value = "true"
                _refuse_lost_value(flag, rest)
            elif rest:
                value = rest.pop(0)
            else:
                raise UsageError(f"{flag} needs a value: {option.type}.")
        if option.name == "labels":
            settings.setdefault("labels", []).append(value)
        elif settings.get(option.name, value) != value:
            raise UsageError(
                f"{flag} is given as {settings[option.name]} and as {value}: these conflict, leave one out."
            )
        else:
            settings[option.name] = value
    raise UsageError("There is no program to run: give a script, or -m and a module.")


def _refuse_lost_value(flag: str, rest: Sequence[str]) -> None:
    """``--enabled false job.py`` means something else than it says: ``false`` would be the program."""
    if rest and rest[0].lower() in ("true", "false", "yes", "no", "on", "off", "1", "0") and not Path(rest[0]).exists():
        raise UsageError(f"{flag} takes its value behind an equals sign: write {flag}={rest[0]}.")


def _check_target(request: Request) -> str | None:
    """The file of the module, for modules. Raises :class:`UsageError` if there is nothing that Python could run."""
    if request.is_module:
        return _find_module(request.target)
    path = Path(request.target)
    if not path.exists():
        raise UsageError(f"The script {request.target} does not exist.")
    if path.is_dir():
        if not (path / "__main__.py").is_file():
            raise UsageError(f"{request.target} is a folder without __main__.py, not a Python program.")
        return None
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"The script {request.target} cannot be read: {error.strerror}.") from None
    if not _is_archive(content) and (why := _why_not_python(path, content)):
        raise UsageError(f"{request.target} is not a Python program: {why}.")
    return None


def _is_archive(content: bytes) -> bool:
    return content.startswith(b"PK\x03\x04")


def _why_not_python(path: Path, content: bytes) -> str | None:
    """A reason for people. A ``.py`` file with a mistake in its text is Python's to report, as without us."""
    if path.suffix in {".py", ".pyw"}:
        return None
    if b"\0" in content:
        return "it has binary content"
    try:
        compile(content, str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        return f"line {line} is not Python" if line else str(error)
    return None


def _find_module(name: str) -> str | None:
    sys.path.insert(0, os.getcwd())
    try:
        top = importlib.util.find_spec(name.partition(".")[0])
    except (ImportError, ValueError):
        top = None
    finally:
        del sys.path[0]
    if top is None or name.startswith("."):
        raise UsageError(f"There is no module {name}: it is neither in this folder nor installed.")
    locations = list(top.submodule_search_locations or [])
    return locations[0] if locations else top.origin


# --------------------------------------------------------------------------- switching on


def _switch_on_as_configured(request: Request, module_path: str | None) -> None:
    """Raises what :func:`_switch_on` does."""
    config = resolve(
        request.settings, folders=[*dict.fromkeys((Path.cwd(), *_program_folders(request, module_path)))], flags=True
    )
    if request.checking.on and (not config.enabled or config.mode is Mode.PLAN):
        raise UsageError("--check needs what plan mode and enabled=false leave out: the rows that flow.")
    if config.enabled:
        _switch_on(config, request, module_path)


def _tell(request: Request, fault: BaseException) -> None:
    """In the record, if it has begun; else in the log of the store that was to hold it."""
    from spark_lineage import agent
    from spark_lineage.agent.elsewhere import store_folder

    observer = agent.current()
    if observer is not None:
        observer.flush()
        return
    given = {name: str(request.settings[name]) for name in ("store", "spool") if request.settings.get(name)}
    store = store_folder(Config(**given))  # type: ignore[arg-type]
    store.mkdir(parents=True, exist_ok=True)
    with (store / "agent.log").open("a", encoding="utf-8") as log:
        log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} WARNING {request.target} was not observed: {fault!r}\n")


def _switch_on(config: Config, request: Request, module_path: str | None) -> None:
    """Raises ConfigError, JavaError, JarError, UsageError: nothing of the program has run by then."""
    jar, unseen = jar_or_gap(config.jar, _is_remote())
    if jar is not None and not _is_remote() and not _asks_for_a_server(request):
        find_java(oldest=find_spark().oldest_java)

    from spark_lineage import agent
    from spark_lineage.activation import autostart
    from spark_lineage.activation.hook import SparkHook

    name = request.target.rpartition(".")[2] if request.is_module else Path(request.target).resolve().stem
    program = agent.Program(
        name=name,
        path=request.target,
        argv=request.arguments,
        roots=tuple(dict.fromkeys(map(str, _program_folders(request, module_path)))),
    )
    rules = _rules(config, request, program.roots)
    report = reporting.ReportAtEnd(request.report) if request.report is not None else None
    try:
        observer = agent.start(config, program, rules, with_functions=request.checking.on)
    except OSError as error:
        raise UsageError(f"The store {config.store} cannot be written: {error.strerror or error}.") from None
    _FAULTS.report, _FAULTS.strict = observer.gap, config.strict
    # First of all: whatever fails from here on, what is known is written at the end.
    check_at_end = checking.CheckAtEnd(request.checking) if request.checking.on else None
    at_end = check_at_end if report is None else report.before(check_at_end)
    stop_at_exit(lambda: _Ended.by, hint_at_end(config, at_end))
    autostart.step_aside()
    if _is_remote():
        _use_this_python()
    if unseen is not None:
        observer.gap("jvm", unseen)
    if jar is not None:
        SparkHook(OwnDoor(config, jar, agent.current), observer.guard, python=sys.executable).install()


def _rules(config: Config, request: Request, roots: Sequence[str]) -> Rules:
    """Raises RuleError and ConfigError: a bad rule is told before the program runs."""
    return load([Path.cwd(), *map(Path, roots)], request.checking.rules, config.checks_file)


def _is_remote() -> bool:
    """A Spark Connect client needs no Java of its own."""
    return bool(os.environ.get("SPARK_REMOTE")) or "SPARK_CONNECT_MODE_ENABLED" in os.environ


def _asks_for_a_server(request: Request) -> bool:
    """Whether the script itself may do so, by ``builder.remote``: then it may need no Java, and is not refused."""
    path = Path(request.target)
    return not request.is_module and path.is_file() and b".remote(" in path.read_bytes()


MOST_FILES = 500  # of an installed package that are looked at


def _program_folders(request: Request, module_path: str | None) -> Iterator[Path]:
    """Of a module the current folder is one, whatever runs: ``-m unittest`` and ``-m pytest`` run the program's code.

    Modules of the standard library are none of the program's, and installed ones only if they speak of Spark or pandas:
    jobs are installed as wheels, too.
    """
    if not request.is_module:
        path = Path(os.path.realpath(request.target))
        yield path if path.is_dir() else path.parent
        return
    yield Path.cwd()
    if module_path is None:
        return
    path = Path(module_path)
    if any(path.is_relative_to(folder) for folder in compat.installed_folders()) or _is_installed(path.parent):
        if _handles_data(path):
            yield path
    elif not any(path.is_relative_to(folder) for folder in compat.stdlib_folders()):
        yield path.parent


def _is_installed(folder: Path) -> bool:
    """Whether packages are installed there: their metadata stands beside them."""
    return any(folder.glob("*.dist-info"))


def _handles_data(package: Path) -> bool:
    files = itertools.islice(package.rglob("*.py") if package.is_dir() else iter((package,)), MOST_FILES)
    return any(word in file.read_bytes() for file in files for word in (b"pyspark", b"pandas"))


def _use_this_python() -> None:
    """For a local server of Spark Connect, which pyspark starts without asking our hook."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)


# --------------------------------------------------------------------------- as the interpreter would


class _Ended:
    """How the program's main code was left."""

    by: BaseException | None = None
    # CPython (3.11) uses the dict of the first ``__main__`` after it has printed an error, without holding it.
    first_main: types.ModuleType | None = sys.modules.get("__main__")


def die_of_an_interrupt() -> None:
    """What the interpreter does last for a program that Ctrl-C stopped: the shell sees that a signal ended it.

    The interpreter forgets about the Ctrl-C if anything is run from a text afterwards, as libraries do when they are
    imported for writing the record.
    """
    if type(_Ended.by) is not KeyboardInterrupt:
        return
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGINT)


def execute(request: Request) -> None:
    """Runs the program as ``__main__``. What it raises passes; the interpreter prints it without our frames."""
    main = types.ModuleType("__main__")
    main.__dict__.update(_fresh_main())
    sys.modules["__main__"] = main
    try:
        if request.is_module:
            _execute_module(request)
        elif os.path.isdir(request.target) or _is_archive(_head(request.target)):
            _execute_container(request)
        else:
            _execute_script(request, main)
    except BaseException as error:
        _Ended.by = error
        _print_without_us(main)
        raise


def _fresh_main() -> dict[str, Any]:
    """What the interpreter puts into ``__main__`` before the program is known."""
    fresh: dict[str, Any] = {"__loader__": importlib.machinery.BuiltinImporter}
    if sys.version_info < (3, 14):
        fresh["__annotations__"] = {}
    fresh["__builtins__"] = builtins
    return fresh


def _execute_script(request: Request, main: types.ModuleType) -> None:
    script = request.target
    path = _as_the_interpreter_spells(script)
    sys.argv[:] = [script, *request.arguments]
    _set_first_path(os.path.dirname(os.path.realpath(script)))
    main.__dict__["__file__"] = path
    if sys.version_info < (3, 15):
        main.__dict__["__cached__"] = None
    main.__dict__["__loader__"] = importlib.machinery.SourceFileLoader("__main__", path)
    try:
        code = compile(Path(script).read_bytes(), path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        _refused_by_python(request, error)
        raise
    exec(code, main.__dict__)
    _forget_file(main)


def _refused_by_python(request: Request, error: Exception) -> None:
    """The record of a program that is not even begun is written, and the interpreter takes our place.

    It reads a file in another way than ``compile`` does, and has other words for what it finds (a NUL byte, an encoding
    that is not known).
    """
    import subprocess

    _Ended.by = error
    flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    with contextlib.suppress(OSError):
        os.execv(sys.executable, [sys.executable, *flags, request.target, *request.arguments])


def _as_the_interpreter_spells(script: str) -> str:
    """Absolute, but not normalised: tracebacks show this path."""
    return script if os.path.isabs(script) else os.path.join(os.getcwd(), script.removeprefix("./"))


def _forget_file(main: types.ModuleType) -> None:
    """The interpreter takes these away after the script, before threads are waited for."""
    main.__dict__.pop("__file__", None)
    main.__dict__.pop("__cached__", None)


def _execute_module(request: Request) -> None:
    import runpy

    sys.argv[:] = ["-m", *request.arguments]
    _set_first_path(os.getcwd())
    # What `python -m` itself calls; its frames stand in the plain run's tracebacks too.
    runpy._run_module_as_main(request.target)  # type: ignore[attr-defined]


def _execute_container(request: Request) -> None:
    """A folder or zip file with ``__main__.py``."""
    import runpy

    sys.argv[:] = [request.target, *request.arguments]
    path = os.path.abspath(request.target)
    _FAULTS("imports", own_imports.restore_path)
    if sys.flags.isolated or _has_first_path():
        sys.path[0] = path
    else:
        sys.path.insert(0, path)
    _FAULTS("imports", own_imports.give_way)
    runpy._run_module_as_main("__main__", alter_argv=False)  # type: ignore[attr-defined]


def _has_first_path() -> bool:
    """True if the interpreter has put an entry for its own script (that is us) at the start of the path."""
    return not getattr(sys.flags, "safe_path", sys.flags.isolated)


def _set_first_path(folder: str) -> None:
    _FAULTS("imports", own_imports.restore_path)
    if _has_first_path():
        sys.path[0] = folder
    _FAULTS("imports", own_imports.give_way)


def _head(path: str) -> bytes:
    with open(path, "rb") as file:
        return file.read(4)


def _print_without_us(main: types.ModuleType) -> None:
    """Lets the interpreter print the error of the program, once, as it would without us."""
    hook = sys.excepthook

    def excepthook(kind: type[BaseException], error: BaseException, traceback: types.TracebackType | None) -> None:
        _FAULTS("excepthook", _as_it_was, hook)
        stripped = _FAULTS("excepthook", _stripped, error)
        try:
            hook(kind, error, traceback if stripped is None else stripped[0])
        except BaseException as second:  # the interpreter prints both, without this frame
            leave(second)
            raise
        finally:
            _FAULTS("excepthook", _forget_file, main)

    sys.excepthook = excepthook


def _as_it_was(hook: Any) -> None:
    sys.excepthook = hook


def _stripped(error: BaseException) -> tuple[types.TracebackType | None]:
    sys.last_traceback = without_our_frames(error, execute.__code__)
    return (sys.last_traceback,)
