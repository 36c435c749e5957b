"""The hash of a function's code: what it does counts, where it stands and how it is written does not."""

from __future__ import annotations

import functools
import logging
import random
import threading
import types
from typing import Any

import pytest

from spark_lineage.capture.code.function_hash import code_hash


def made(source: str, name: str = "f") -> Any:
    """The function ``name`` of a module of the user."""
    module = types.ModuleType("program")
    exec(compile(source, "/home/ada/program.py", "exec"), vars(module))
    return getattr(module, name)


def hashed(function: Any) -> str:
    return code_hash(function, lambda file: file == "/home/ada/program.py")


PLAIN = "def f(x):\n    y = x * 2\n    return y + 1\n"

HARMLESS = {
    "comments and blank lines": "# why\n\n\ndef f(x):\n    # twice\n    y = x * 2\n\n    return y + 1\n",
    "names of local variables": "def f(amount):\n    double = amount * 2\n    return double + 1\n",
    "a docstring": 'def f(x):\n    """Twice."""\n    y = x * 2\n    return y + 1\n',
    "annotations": "def f(x: int) -> int:\n    y = x * 2\n    return y + 1\n",
}

HARMFUL = {
    "a constant": ("def f(x): return x * 2", "def f(x): return x * 3"),
    "a comparison": ("def f(x): return x > 2", "def f(x): return x >= 2"),
    "a text that is returned": ("def f(x): return 'a'", "def f(x): return 'b'"),
    "a default": ("def f(x, y=1): return x + y", "def f(x, y=2): return x + y"),
    "a global": ("K = 1\ndef f(x): return x + K", "K = 2\ndef f(x): return x + K"),
    "a global table": ("K = {'a': 1}\ndef f(x): return K[x]", "K = {'a': 2}\ndef f(x): return K[x]"),
    "a callee": (
        "def g(x): return x * 2\ndef f(x): return g(x)",
        "def g(x): return x * 3\ndef f(x): return g(x)",
    ),
    "a closed-over value": (
        "def make(n):\n    def f(x): return x + n\n    return f\nf = make(1)",
        "def make(n):\n    def f(x): return x + n\n    return f\nf = make(2)",
    ),
    "an inner function": (
        "def f(x):\n    def g(y): return y + 1\n    return g(x)",
        "def f(x):\n    def g(y): return y + 2\n    return g(x)",
    ),
    "a method of the user's class": (
        "class A:\n    def m(self, x): return x + 1\ndef f(x): return A().m(x)",
        "class A:\n    def m(self, x): return x + 2\ndef f(x): return A().m(x)",
    ),
    "what an object holds": (
        "class A:\n    def __init__(self, n): self.n = n\n    def m(self, x): return x + self.n\nf = A(1).m",
        "class A:\n    def __init__(self, n): self.n = n\n    def m(self, x): return x + self.n\nf = A(2).m",
    ),
    "a function of a library": (
        "import math\ndef f(x): return math.floor(x)",
        "import math\ndef f(x): return math.ceil(x)",
    ),
    "an argument of a partial": (
        "from functools import partial\ndef g(n, x): return n + x\nf = partial(g, 1)",
        "from functools import partial\ndef g(n, x): return n + x\nf = partial(g, 2)",
    ),
    "the name of a keyword": ("def f(x): return x.assign(a=x)", "def f(x): return x.assign(b=x)"),
    "a lambda": ("f = lambda x: x + 1", "f = lambda x: x - 1"),
    "an array": (
        "import numpy\nK = numpy.array([1, 2])\ndef f(x): return K[x]",
        "import numpy\nK = numpy.array([1, 3])\ndef f(x): return K[x]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("source", HARMLESS.values(), ids=HARMLESS.keys())
def test_how_it_is_written_does_not_count(source: str) -> None:
    assert hashed(made(source)) == hashed(made(PLAIN))
    assert not hashed(made(source)).endswith("?")


@pytest.mark.parametrize("sources", HARMFUL.values(), ids=HARMFUL.keys())
def test_what_it_does_counts(sources: tuple[str, str]) -> None:
    before, after = (hashed(made(each)) for each in sources)
    assert before != after
    assert before == hashed(made(sources[0])), "the same from run to run"


def test_what_is_only_python_is_known() -> None:
    assert not any(hashed(made(source)).endswith("?") for pair in HARMFUL.values() for source in pair)


def test_a_set_has_no_order() -> None:
    words = [f"word {number}" for number in range(40)]
    a = made(f"K = set({words!r})\ndef f(x): return x in K")
    random.Random(7).shuffle(words)
    assert hashed(a) == hashed(made(f"K = set({words!r})\ndef f(x): return x in K"))


def test_what_is_decorated_is_looked_into() -> None:
    source = (
        "import functools\ndef d(g):\n    @functools.wraps(g)\n    def w(x): return g(x)\n    return w\n"
        "@d\ndef f(x): return x + {}"
    )
    assert hashed(made(source.format(1))) != hashed(made(source.format(2)))


def test_functions_that_call_each_other_end() -> None:
    assert hashed(made("def g(x): return f(x)\ndef f(x): return g(x) if x else 0"))


def test_no_code_of_the_users_objects_runs_and_what_is_not_known_is_said() -> None:
    source = "def f(x): return K.size + x"
    function = made(source)

    class Loud:
        def __getattr__(self, name: str) -> Any:
            raise AssertionError(f"{name} was asked for")

        def __eq__(self, other: object) -> bool:
            raise AssertionError("compared")

        __hash__ = None  # type: ignore[assignment]

    function.__globals__["K"] = Loud()
    assert hashed(function).endswith("?")


def test_locks_and_loggers_are_no_data() -> None:
    function = made("def f(x): return LOG.info(x) or LOCK")
    function.__globals__.update(LOG=logging.getLogger("a"), LOCK=threading.Lock())
    assert not hashed(function).endswith("?")


def test_builtins_and_partials_of_them() -> None:
    assert hashed(len) != hashed(sum)
    assert hashed(functools.partial(int, base=2)) != hashed(functools.partial(int, base=8))
