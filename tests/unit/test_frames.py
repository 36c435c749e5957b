"""User frames -> calls and paths, on plain Python code (no Spark)."""

from __future__ import annotations

import asyncio
import gc
import sys
import textwrap
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spark_lineage.capture.code import frames
from spark_lineage.capture.code.frames import Frames, calls_on
from spark_lineage.capture.code.ownership import UserCode
from spark_lineage.capture.code.source_files import SourceFiles
from spark_lineage.capture.deferred import Deferred, observation
from spark_lineage.capture.patching import threads
from spark_lineage.model import CallEnded, CallSeen
from spark_lineage.patches import Patches
from spark_lineage.static import SourceReader


class Watch:
    """Runs a program in which ``probe()`` stands for an operation on a DataFrame."""

    def __init__(self, folder: Path, limit: int = 1000) -> None:
        self.folder = folder
        self.seen: list[Any] = []
        self.overflowed: list[str] = []
        self.probed: list[str] = []
        self.paths: list[Any] = []
        self.left: list[tuple[str, ...]] = []
        self.names: list[Any] = []
        sources = SourceFiles(SourceReader().read, lambda reading: None, lambda file, why: None)
        self.frames = Frames(UserCode([str(folder)]), sources, self.take, limit, self.overflowed.append)

    def take(self, deferred: Deferred) -> None:
        self.seen.append(observation(deferred))

    def probe(self, *args: Any, fail: bool = False, **kwargs: Any) -> Any:
        frame = sys._getframe(1)
        position = self.frames.position(frame)
        if position is None:
            self.probed.append("-")
            return None
        self.frames.announce(position.call)
        calls = {seen.call: seen.function for seen in self.seen if isinstance(seen, CallSeen)}
        self.paths.append(position.path)
        self.probed.append(" ".join(f"{calls[place.call]}:{place.line}" for place in position.path))
        self.names.append(self.frames.sources.names(frame, "probe"))
        if fail:
            self.left.append(tuple(call.code.function for call in self.frames.left_by(frame)))
            raise ValueError("wanted")
        return args[0] if args else None

    def run(self, text: str, name: str = "job.py") -> dict[str, Any]:
        path = self.folder / name
        path.write_text(textwrap.dedent(text).lstrip("\n"))
        space = {"__name__": "__main__", "__file__": str(path), "probe": self.probe}
        exec(compile(path.read_text(), str(path), "exec"), space)
        return space

    @property
    def calls(self) -> list[str]:
        return [seen.function for seen in self.seen if isinstance(seen, CallSeen)]

    @property
    def ended(self) -> list[str]:
        names = {seen.call: seen.function for seen in self.seen if isinstance(seen, CallSeen)}
        return [names[seen.call] for seen in self.seen if isinstance(seen, CallEnded)]


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    return Watch(tmp_path)


def test_paths_have_calls_and_lines(watch: Watch) -> None:
    watch.run(
        """
        def outer():
            probe()
            return inner()
        def inner():
            probe()
        probe()
        outer()
        """
    )
    assert watch.probed == ["<module>:6", "<module>:7 outer:2", "<module>:7 outer:3 inner:5"]
    assert watch.calls == ["<module>", "outer", "inner"]
    assert watch.ended == ["inner", "outer", "<module>"]


def test_each_activation_is_a_call_of_its_own(watch: Watch) -> None:
    watch.run(
        """
        def f(): probe(); probe()
        for _ in range(3): f()
        """
    )
    assert [path[-1].call for path in watch.paths] == ["c2", "c2", "c3", "c3", "c4", "c4"]
    assert watch.ended == ["f", "f", "f", "<module>"]


def test_lambdas_comprehensions_and_class_bodies_fold(watch: Watch) -> None:
    watch.run(
        """
        call = lambda: probe()
        call()
        [probe() for _ in range(1)]
        list(probe() for _ in range(1))
        {probe(): probe() for _ in range(1)}
        class A:
            value = probe()
        """
    )
    assert watch.calls == ["<module>"]
    assert [path[-1].statement for path in watch.paths] == [1, 2, 3, 4, 4, 5]


def test_decorators_inside_is_no_call(watch: Watch) -> None:
    watch.run(
        """
        import functools
        def timed(f):
            @functools.wraps(f)
            def wrapper(*args):
                return f(*args)
            return wrapper
        @timed
        def clean():
            probe()
        clean()
        """
    )
    assert watch.probed == ["<module>:10 clean:9"]


def test_recursion(watch: Watch) -> None:
    watch.run(
        """
        def f(n):
            if n: f(n - 1)
            probe()
        f(2)
        """
    )
    assert watch.probed == ["<module>:4 f:2 f:2 f:3", "<module>:4 f:2 f:3", "<module>:4 f:3"]
    assert len({place.call for path in watch.paths for place in path}) == 4


def test_generators_keep_their_identity_and_take_the_path_of_who_resumes_them(watch: Watch) -> None:
    watch.run(
        """
        def numbers():
            for n in range(2):
                probe()
                yield n
        def first(g): return next(g)
        g = numbers()
        first(g)
        next(g)
        del g
        """
    )
    assert watch.probed == ["<module>:7 first:5 numbers:3", "<module>:8 numbers:3"]
    assert watch.paths[0][-1].call == watch.paths[1][-1].call
    assert watch.ended == ["first", "numbers", "<module>"]


def test_coroutines(watch: Watch) -> None:
    space = watch.run(
        """
        import asyncio
        async def load(n):
            probe()
            await asyncio.sleep(0)
            probe()
            return n
        async def main():
            return await asyncio.gather(load(1), load(2))
        """
    )
    asyncio.run(space["main"]())
    assert watch.calls == ["load", "load"]
    assert [path[-1].call for path in watch.paths] == ["c1", "c2", "c1", "c2"]


def test_statements_on_one_line_are_told_apart(watch: Watch) -> None:
    watch.run(
        """
        a = probe(); b = probe(
            1
        ); c = probe()
        if probe(): d = probe()
        e = (probe(1)
             or probe())
        if True: f = probe()
        """
    )
    expected = [0, 1, 2, 3, 5, 7] if sys.version_info >= (3, 11) else [2, 1, 2, 4, 5, 7]
    found = [path[-1].statement for path in watch.paths]
    if sys.version_info < (3, 11):  # without columns the last statement of the line is taken
        assert len(found) == 6
    else:
        assert found == expected


def test_names_at_use(watch: Watch) -> None:
    watch.run(
        """
        class T:
            pass
        t = T()
        t.probe = probe
        good = bad = 1
        (t
            .probe(good, 2, other=bad))
        t.probe(*[good])
        """
    )
    first, second = watch.names
    assert (first.receiver, first.arguments, first.keywords) == ("t", ("good", None), {"other": "bad"})
    assert (second.receiver, second.arguments, second.keywords) == ("t", (None,), {})


def test_limit_of_calls(tmp_path: Path) -> None:
    watch = Watch(tmp_path, limit=3)
    watch.run(
        """
        def f(): probe()
        for _ in range(10): f()
        """
    )
    assert watch.overflowed == ["f"]
    assert watch.calls == ["<module>", "f", "f", "f", "f"]
    assert len({path[-1].call for path in watch.paths}) == 4
    assert watch.ended == ["f", "f", "f", "<module>"]


def test_a_tracer_keeps_its_frames(watch: Watch) -> None:
    """Where a debugger or coverage holds ``f_trace`` it stays theirs, and calls are still told apart."""
    events: list[str] = []

    def tracer(frame: Any, event: str, arg: object) -> Callable[..., Any] | None:
        if frame.f_code.co_filename.endswith("job.py"):
            events.append(f"{frame.f_code.co_name}:{event}:{frame.f_lineno}")
            return tracer
        return None

    text = """
        def f():
            probe()
            probe()
        f()
        f()
        """
    before = sys.gettrace()
    sys.settrace(tracer)
    try:
        watch.run(text)
    finally:
        sys.settrace(before)
    assert [path[-1].call for path in watch.paths] == ["c2", "c2", "c3", "c3"]
    traced, events[:] = list(events), []
    sys.settrace(tracer)
    try:
        plain = Watch(watch.folder)
        plain.probe = lambda *a, **k: None  # type: ignore[method-assign]
        plain.run(text)
    finally:
        sys.settrace(before)
    assert traced == events


def test_a_tracer_that_comes_later_finds_a_quiet_token(watch: Watch) -> None:
    lines: list[int] = []

    def tracer(frame: Any, event: str, arg: object) -> None:
        lines.append(frame.f_lineno)

    path = watch.folder / "job.py"
    path.write_text("probe()\nimport sys\nsys.settrace(tracer)\na = 1\nb = 2\nsys.settrace(None)\nprobe()\n")
    before = sys.gettrace()
    try:
        exec(compile(path.read_text(), str(path), "exec"), {"probe": watch.probe, "tracer": tracer, "__name__": "x"})
    finally:
        sys.settrace(before)
    assert [path[-1].call for path in watch.paths] == ["c1", "c1"]


def test_threads_start_where_their_starter_stood(watch: Watch) -> None:
    space = watch.run(
        """
        import threading
        def work(): probe()
        probe()
        """
    )
    thread = threading.Thread(target=space["work"])
    thread.start()
    thread.join()
    assert watch.probed == ["<module>:3", "<module>:3 work:2"]


def test_a_thread_is_passed_over_with_the_work_that_it_gives_and_no_other(watch: Watch) -> None:
    """As it is for batches of a stream beyond the first ones."""
    space = watch.run(
        """
        import concurrent.futures, threading
        pool = concurrent.futures.ThreadPoolExecutor(1)
        def work(): probe()
        def batch():
            probe()
            thread = threading.Thread(target=work)
            thread.start()
            thread.join()
            pool.submit(work).result()
        probe()
        """
    )
    placed = Patches(threads.patches(watch.frames, watch.frames.guard))
    placed.install()

    def called_back(passed_over: bool) -> None:
        watch.frames.batch.passed_over = passed_over
        space["batch"]()

    def over_and_again() -> None:
        for passed_over in (True, False, True):
            called_back(passed_over)

    try:
        caller = threading.Thread(target=over_and_again)
        caller.start()
        caller.join()
        space["batch"]()
    finally:
        placed.uninstall()
        space["pool"].shutdown()
    assert [path == "-" for path in watch.probed] == [False, *[True] * 3, *[False] * 3, *[True] * 3, *[False] * 3]
    assert watch.calls.count("work") == 4


def test_errors_leave_calls_up_to_the_first_that_may_catch(watch: Watch) -> None:
    watch.run(
        """
        def broken():
            probe(fail=True)
        def careless():
            return [broken() for _ in range(1)]
        def careful():
            try:
                careless()
            except ValueError:
                pass
        careful()
        def late():
            try:
                careful()
            except KeyError:
                pass
            broken()
        try:
            late()
        except ValueError as error:
            pass
        """
    )
    assert watch.left == [("broken", "careless"), ("broken", "careless"), ("broken", "late")]


def test_calls_of_a_traceback(watch: Watch) -> None:
    with pytest.raises(ValueError) as caught:
        watch.run(
            """
            def broken(): probe(fail=True)
            def unseen(): raise KeyError
            broken()
            """
        )
    assert calls_on(caught.value.__traceback__) == ("c1", "c2")
    assert calls_on(None) == ()


def test_code_of_others_is_no_call(watch: Watch, tmp_path: Path) -> None:
    other = tmp_path / "site-packages"
    other.mkdir()
    (other / "lib.py").write_text("def through(f): return f()\n")
    space: dict[str, Any] = {}
    exec(compile((other / "lib.py").read_text(), str(other / "lib.py"), "exec"), space)
    path = watch.folder / "job.py"
    path.write_text("def mine(): probe()\nthrough(mine)\n")
    exec(compile(path.read_text(), str(path), "exec"), {"probe": watch.probe, "__name__": "x", **space})
    assert watch.probed == ["<module>:2 mine:1"]


@pytest.mark.parametrize(
    ("file", "owned", "reason"),
    [
        ("/home/ada/jobs/job.py", True, "under the program's folder /home/ada/jobs"),
        ("/home/ada/jobs/pyspark/job.py", True, "under the program's folder /home/ada/jobs"),
        ("/home/ada/jobs/.venv/lib/python3.11/site-packages/numpy/core.py", False, "installed package"),
        ("/home/ada/other.py", False, "outside the program's folders"),
        ("/opt/x/site-packages/delta/tables.py", False, "installed package"),
        ("/tmp/spark-1/userFiles-2/helpers.py", True, "shipped with the program"),
        ("/tmp/ipykernel_77/123.py", True, "notebook cell"),
        ("<ipython-input-3-abc>", True, "typed in a notebook or shell"),
        ("<stdin>", True, "typed in a notebook or shell"),
        ("<string>", False, "code without a file"),
        ("<frozen importlib._bootstrap>", False, "code without a file"),
        (asyncio.__file__, False, "standard library"),
        (SourceReader.read.__code__.co_filename, False, "spark-lineage's own"),
    ],
)
def test_verdicts_carry_their_reason(file: str, owned: bool, reason: str) -> None:
    verdict = UserCode(["/home/ada/jobs"]).ownership(file)
    assert (verdict.owned, verdict.reason) == (owned, reason)


def test_a_program_that_is_named_through_a_link_is_the_users(tmp_path):
    (tmp_path / "jobs").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "jobs")
    user_code = UserCode([str(tmp_path / "jobs")])
    assert user_code.ownership(str(tmp_path / "link" / "job.py")).owned
    assert not user_code.ownership(str(tmp_path / "other" / "job.py")).owned


def test_a_program_inside_an_installed_package_is_the_users() -> None:
    user_code = UserCode(["/env/lib/site-packages/acme"])
    assert user_code.ownership("/env/lib/site-packages/acme/main.py").owned
    assert not user_code.ownership("/env/lib/site-packages/other/main.py").owned


def test_deep_recursion_before_the_first_operation(watch: Watch) -> None:
    watch.run(
        """
        def f(n):
            return f(n - 1) if n else probe()
        f(600)
        """
    )
    assert len(watch.paths[0]) == 602
    assert len(watch.calls) == 602


def test_cells_of_a_notebook_are_read_from_their_cache(watch: Watch) -> None:
    import linecache

    file = "/tmp/ipykernel_12/345.py"
    text = "def clean():\n    return probe()\nx = clean()\n"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(compile(text, file, "exec"), {"probe": watch.probe, "__name__": "__main__"})
    assert watch.probed == ["<module>:3 clean:2"]
    assert [place.statement for place in watch.paths[0]] == [1, 0]


def test_source_that_cannot_be_read(watch: Watch) -> None:
    path = watch.folder / "gone.py"
    exec(compile("def f(): probe()\nf()\n", str(path), "exec"), {"probe": watch.probe, "__name__": "x"})
    assert watch.probed == ["<module>:2 f:1"]
    assert [place.statement for place in watch.paths[0]] == [None, None]


def test_threads_that_come_to_a_file_at_once_see_the_same_steps(watch: Watch) -> None:
    from concurrent.futures import ThreadPoolExecutor

    lines = "\n".join(f"def f{n}(): return probe()" for n in range(40))
    for round_ in range(5):
        path = watch.folder / f"many{round_}.py"
        path.write_text(f"{lines}\nALL = [{', '.join(f'f{n}' for n in range(40))}]\n")
        space = {"probe": watch.probe, "__name__": "x"}
        exec(compile(path.read_text(), str(path), "exec"), space)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda f: f(), space["ALL"]))
    assert len(watch.paths) == 200
    assert all(path[-1].statement == 0 for path in watch.paths)
    seen = [each.call for each in watch.seen if isinstance(each, CallSeen)]
    assert len(seen) == len(set(seen)) == 200


def test_code_that_is_gone_is_forgotten_with_its_source(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cells of a notebook, each a file of its own that runs once."""
    monkeypatch.setattr(frames, "MOST_CODES", 50)
    watch.frames._most_codes = 50
    space = watch.run("def kept():\n    probe()\n")
    kept: Callable[[], None] = space["kept"]
    for number in range(500):
        if number % 20 == 0:
            gc.collect()  # a cell's functions and its names hold each other
        kept()
        watch.run("def step():\n    probe()\n\nstep()\n", f"cell_{number}.py")
    assert watch.probed == ["kept:2", "<module>:4 step:2"] * 500
    assert len(watch.frames._codes) <= 110
    assert len(watch.frames.sources._sources) <= 110
    assert len(watch.frames.sources._lines) <= 110


def test_calls_beyond_the_limit_are_said_though_their_code_is_gone(tmp_path: Path) -> None:
    watch = Watch(tmp_path, limit=2)
    watch.frames._most_codes = 1
    watch.run("def often():\n    probe()\n\nfor _ in range(5):\n    often()\n")
    watch.run("probe()\n", "other.py")
    assert [(function, more) for function, more, _ in watch.frames.overflows()] == [("often", 3)]
