"""``spark-lineage run`` against ``python`` itself: what a program prints, raises and exits with must be equal."""

# ruff: noqa: E501  (programs of one line)
from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import textwrap
import time
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
# Another interpreter than the one that runs the tests: nothing but the standard library is needed here.
PYTHON = os.environ.get("SPARK_LINEAGE_TEST_PYTHON", sys.executable)
RUN = [PYTHON, "-m", "spark_lineage", "run", "--enabled=false"]

PROGRAMS = {
    "success": "print('hello'); import sys; print('there', file=sys.stderr)",
    "globals": """
        names = {name: type(value).__name__ for name, value in globals().items()}
        print(names); print(__name__, __file__, __doc__, __package__, __spec__, __builtins__)
        print(type(__loader__), getattr(__loader__, 'path', None), __loader__.get_source('__main__') is not None)
        import sys; print(sys.modules['__main__'].__dict__ is globals(), sys.argv)
        print(list(sys.modules['__main__'].__dict__))
    """,
    "docstring": '"""I am documented."""\nprint(__doc__)\nx: int = 3\nprint(__annotations__)',
    "argv_and_path": "import sys; print(sys.argv, sys.path, sys.flags)",
    "raise": "def f():\n    raise ValueError('no')\n\nf()",
    "raise_long_line": "x = [1, 2]\nprint(x[0],\n      x[5] + 1)",
    "chained": """
        def f():
            try:
                1 / 0
            except ZeroDivisionError as error:
                raise KeyError('gone') from error
        try:
            f()
        except KeyError:
            raise RuntimeError('and again')
    """,
    "syntax_error": "print('never')\nif True\n    pass\n",
    "indentation_error": "def f():\nreturn 3\n",
    "unclosed": "print((1, 2\n",
    "bad_encoding": "# -*- coding: nonsense -*-\nprint(1)\n",
    "syntax_warning": "x = 3\nprint(x is 3, '\\d')\n",
    "deprecation_warning": "import warnings; warnings.warn('old', DeprecationWarning); warnings.warn('odd')",
    "syntax_error_in_import": "import broken_neighbour",
    "exit_3": "import sys; print('before'); sys.exit(3)",
    "exit_text": "import sys; sys.exit('a reason')",
    "exit_none": "import sys; sys.exit(None)",
    "exit_tuple": "import sys; sys.exit((1, 2))",
    "exit_true": "raise SystemExit(True)",
    "exit_in_function": "import sys\ndef f():\n    try:\n        1/0\n    except Exception:\n        sys.exit(4)\nf()",
    "quit": "quit(5)",
    "os_exit": "import os, sys; print('flushed', flush=True); print('not flushed'); os._exit(7)",
    "keyboard_interrupt": "raise KeyboardInterrupt",
    "sigint": "import os, signal, time\nos.kill(os.getpid(), signal.SIGINT)\ntime.sleep(5)\nprint('never')",
    "sigint_caught": """
        import os, signal, time
        try:
            os.kill(os.getpid(), signal.SIGINT); time.sleep(5)
        except KeyboardInterrupt:
            print('caught')
    """,
    "sigterm": "import os, signal, time\nos.kill(os.getpid(), signal.SIGTERM)\ntime.sleep(5)",
    "excepthook": """
        import sys, traceback
        def hook(kind, error, tb):
            print('hook', kind.__name__, error, sys.last_value is error, file=sys.stderr)
            traceback.print_exception(kind, error, tb)
        sys.excepthook = hook
        raise ValueError('for the hook')
    """,
    "excepthook_raises": """
        import sys
        def hook(*args): raise RuntimeError('in the hook')
        sys.excepthook = hook
        raise ValueError('for the hook')
    """,
    "excepthook_exits": """
        import sys
        def hook(*args): sys.exit(9)
        sys.excepthook = hook
        raise ValueError('for the hook')
    """,
    "excepthook_is_the_default": "import sys, threading; print(sys.excepthook is sys.__excepthook__, threading.excepthook)",
    "last_value_at_exit": """
        import atexit, sys
        atexit.register(lambda: print(repr(sys.last_value), sys.last_traceback.tb_frame.f_code.co_name))
        raise ValueError('kept')
    """,
    "atexit_order": """
        import atexit
        class Loud:
            def __del__(self): print('del')
        loud = Loud()
        atexit.register(print, 'exit 1'); atexit.register(print, 'exit 2'); print('end')
    """,
    "atexit_raises": "import atexit\ndef f(): raise ValueError('at exit')\natexit.register(f)",
    "atexit_exits": "import atexit, sys\natexit.register(sys.exit, 5)\n",
    "thread_outlives_main": """
        import threading, time
        def work():
            time.sleep(0.3); print('thread', '__file__' in globals(), '__cached__' in globals())
        threading.Thread(target=work).start(); print('main ends')
    """,
    "thread_raises": """
        import threading
        def work(): raise ValueError('in a thread')
        thread = threading.Thread(target=work, name='worker'); thread.start(); thread.join()
    """,
    "threads_listed": "import threading; print(threading.enumerate(), threading.active_count())",
    "pool": """
        from concurrent.futures import ThreadPoolExecutor
        def work(n): return 10 // n
        with ThreadPoolExecutor(2) as pool: print(list(pool.map(work, [1, 2, 0])))
    """,
    "spawn": """
        import multiprocessing
        def work(n): return n * 2
        if __name__ == '__main__':
            with multiprocessing.get_context('spawn').Pool(2) as pool: print(pool.map(work, [1, 2, 3]))
    """,
    "fork": """
        import multiprocessing
        def work(n): return n * 2
        if __name__ == '__main__':
            with multiprocessing.get_context('fork').Pool(2) as pool: print(pool.map(work, [1, 2, 3]))
    """,
    "raw_fork": "import os, sys\npid = os.fork()\nif pid == 0:\n    sys.exit(3)\nprint(os.waitpid(pid, 0)[1] >> 8)",
    "stdin": "import sys; print(sys.stdin.read()); print(sys.stdin.isatty())",
    "input": "print(input('> '))",
    "exec_self": """
        import os, sys
        if len(sys.argv) < 4: os.execv(sys.executable, [sys.executable, sys.argv[0], 'a', 'b', 'c'])
        print(sys.argv)
    """,
    "pickle": """
        import pickle
        class Thing: pass
        print(type(pickle.loads(pickle.dumps(Thing()))) is Thing, Thing.__module__)
    """,
    "dataclass": """
        from __future__ import annotations
        import dataclasses, typing
        @dataclasses.dataclass
        class Point: x: int = 3
        print(Point(), typing.get_type_hints(Point))
    """,
    "future_does_not_leak_in": "def f(x: undefined_name): pass\n",
    "inspect": "import inspect\ndef f():\n    return 3\nprint(inspect.getsource(f), inspect.getsourcefile(f), len(inspect.stack()))",
    "main_module_import": "import __main__; print(__main__.__file__, __main__.__name__); value = 3; print(__main__.value)",
    "runpy": "import runpy; print(runpy.run_path(__file__.replace('runpy', 'success'))['__name__'])",
    "recursion": "def f(n):\n    return f(n + 1)\nf(0)",
    "exception_group": """
        import sys
        if sys.version_info >= (3, 11):
            def f(): raise ValueError('one')
            errors = []
            for _ in range(2):
                try: f()
                except ValueError as error: errors.append(error)
            raise ExceptionGroup('many', errors)
    """,
    "bad_str": "class Odd(Exception):\n    def __str__(self): raise ValueError('no text')\nraise Odd()",
    "async": "import asyncio\nasync def main():\n    await asyncio.sleep(0)\n    raise ValueError('async')\nasyncio.run(main())",
    "closed_stdout": "import sys; print('x'); sys.stdout.close()",
    "modules": "import sys; print(sorted(m for m in sys.modules if not m.startswith(('spark_lineage', '_')) and m.partition('.')[0] not in sys.stdlib_module_names))",
    "neighbour": "import neighbour; print(neighbour.NAME, neighbour.__file__)",
    "shadows_our_packages": "import click, rich, attr, yaml, requests; print(click.NAME, rich.NAME, attr.NAME, yaml.NAME, requests.NAME)",
    "traceback_in_program": "import traceback\ntry:\n    1/0\nexcept ZeroDivisionError:\n    traceback.print_exc()",
    "stack_in_program": "import traceback\ndef f():\n    print(traceback.format_stack()[-2:])\nf()",
    "empty": "",
    "only_comment": "# nothing\n",
    "crlf": "print(1)\r\nprint(2)\r\n",
    "bom": "\ufeffprint('bom')\n",
    "latin": "# -*- coding: latin-1 -*-\nprint(ascii('\xe9'))\n",
}
NEIGHBOURS = {name: f"NAME = {name!r}" for name in ("neighbour", "click", "rich", "attr", "yaml", "requests")}
# Our frames below the program's: what the program sees of its own stack stays as it is.
BY_DESIGN = {
    "inspect": "len(inspect.stack()) counts the runner's frames",
    "bad_encoding": "compile() has other words for it than the interpreter's own file reader",
    "recursion": "the recursion limit is reached some frames earlier",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("programs")
    for name, text in PROGRAMS.items():
        encoding = "latin-1" if name == "latin" else "utf-8"
        (folder / f"p_{name}.py").write_bytes(textwrap.dedent(text).encode(encoding))
    for name, text in NEIGHBOURS.items():
        (folder / f"{name}.py").write_text(text)
    (folder / "broken_neighbour.py").write_text("def f(:\n")
    package = folder / "package" / "inner"
    package.mkdir(parents=True)
    (folder / "package" / "__init__.py").write_text("print('package', __name__)")
    (package / "__init__.py").write_text("")
    (package / "__main__.py").write_text("import sys; print(__name__, __spec__.name, sys.argv, sys.path[0])")
    (package / "job.py").write_text(
        "import sys\nfrom . import __name__ as parent\n"
        "print(__name__, __package__, __spec__.name, __file__, sys.argv, sys.path[0], parent)\n"
        "print(sorted(globals()))\n"
        "def f():\n    raise ValueError('in a module')\nif len(sys.argv) > 1:\n    f()\n"
    )
    (folder / "container").mkdir()
    (folder / "container" / "__main__.py").write_text("import sys; print(__name__, sys.argv, sys.path[0], __file__)")
    with zipfile.ZipFile(folder / "container.zip", "w") as archive:
        archive.writestr("__main__.py", "import sys; print(__name__, sys.argv, sys.path[0], __file__); 1/0")
    (folder / "link.py").symlink_to(folder / "package" / "linked.py")
    (folder / "package" / "linked.py").write_text("import sys; print(__file__, sys.path[0], sys.argv)")
    return folder


def outcome(command: list[str], folder: Path, environ: dict[str, str] | None = None) -> tuple[int, str, str]:
    """(exit status, stdout, stderr); negative status: killed by that signal."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", **(environ or {})}
    done = subprocess.run(
        command, cwd=folder, env=environment, input="typed\n", capture_output=True, text=True, timeout=60
    )
    return done.returncode, _comparable(done.stdout), _comparable(done.stderr)


def _comparable(text: str) -> str:
    """Without addresses, thread and process ids."""
    return re.sub(r"0x[0-9a-f]+|\b\d{12,}\b", "N", text)


def assert_same(
    folder: Path, words: list[str], python: tuple[str, ...] = (), environ: dict[str, str] | None = None
) -> None:
    plain = outcome([PYTHON, *python, *words], folder, environ)
    run = [PYTHON, *python, *RUN[1:]]
    observed = outcome([*run, *words], folder, environ)
    assert observed == plain


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name not in BY_DESIGN])
def test_program_runs_as_in_plain_python(folder, name):
    assert_same(folder, [f"p_{name}.py", "first", "--mode", "exact", "-m"])


@pytest.mark.parametrize("path", ["./p_success.py", "package/../p_raise.py", "link.py", "container", "container.zip"])
def test_other_spellings_of_the_script(folder, path):
    assert_same(folder, [path, "x"])


def test_absolute_path(folder):
    assert_same(folder, [str(folder / "p_globals.py")])


@pytest.mark.parametrize(
    "module", ["package.inner.job", "package.inner", "p_success", "package.job_missing", "p_raise"]
)
@pytest.mark.parametrize("arguments", [[], ["x"]])
def test_module(folder, module, arguments):
    assert_same(folder, ["-m", module, *arguments])


@pytest.mark.parametrize("flags", [("-O",), ("-u",), ("-W", "error"), ("-X", "dev"), ("-s",), ("-B",)])
@pytest.mark.parametrize("name", ["raise", "syntax_warning", "deprecation_warning", "success"])
def test_flags_of_the_interpreter(folder, flags, name):
    assert_same(folder, [f"p_{name}.py"], flags)


@pytest.mark.skipif(sys.version_info < (3, 11), reason="PYTHONSAFEPATH is new in 3.11")
def test_safe_path(folder):
    assert_same(folder, ["p_argv_and_path.py"], environ={"PYTHONSAFEPATH": "1"})


def test_installed_script_runs_as_the_module_does(folder, tmp_path):
    """The console script of an installation has a first path entry of its own, which the program must not see."""
    script = tmp_path / "spark-lineage"
    script.write_text(
        "import sys\nfrom spark_lineage.cli import main\nif __name__ == '__main__':\n    sys.exit(main())\n"
    )
    # Memory that is used after it was freed shows: the interpreter itself looks at its first ``__main__`` once more.
    freed = {"PYTHONMALLOC": "malloc", "MALLOC_PERTURB_": "165"}
    for name in ("argv_and_path", "raise", "keyboard_interrupt", "exit_text", "spawn", "syntax_error", "unclosed"):
        plain = outcome([PYTHON, f"p_{name}.py"], folder)
        assert outcome([PYTHON, str(script), "run", "--enabled=false", f"p_{name}.py"], folder, freed) == plain


@pytest.mark.parametrize("program", [["stopped.py"], ["-m", "stopped"]])
@pytest.mark.parametrize("way", ["module", "console script"])
def test_an_interrupted_program_dies_of_the_signal_once_its_record_is_written(tmp_path, program, way):
    (tmp_path / "stopped.py").write_text("raise KeyboardInterrupt")
    script = tmp_path / "spark-lineage"
    script.write_text("import sys\nfrom spark_lineage.cli import main\nsys.exit(main())\n")
    start = [PYTHON, "-m", "spark_lineage"] if way == "module" else [PYTHON, str(script)]
    plain = outcome([PYTHON, *program], tmp_path)
    assert plain[0] == -signal.SIGINT
    assert outcome([*start, "run", "--store", "store", *program], tmp_path) == plain
    assert len(list((tmp_path / "store" / "runs").glob("*/events.jsonl"))) == 1


def test_ctrl_c_from_outside(folder):
    """SIGINT while the program sleeps: same output, and the process dies of the signal as a plain one does."""
    (folder / "sleeper.py").write_text("import time\nprint('up', flush=True)\ndef f():\n    time.sleep(30)\nf()\n")

    def interrupted(command):
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stdout is not None and process.stdout.readline() == "up\n"
        time.sleep(0.5)  # until it is in sleep(30)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        return process.returncode, out, err

    plain = interrupted([PYTHON, "sleeper.py"])
    assert plain[0] == -signal.SIGINT
    assert interrupted([*RUN, "sleeper.py"]) == plain
