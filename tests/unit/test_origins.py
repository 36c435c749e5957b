"""What Python data came from, followed through the source of plain programs (no Spark).

``collect(x)`` brings ``x`` into Python, ``count(x)`` a number of it; ``create(data)`` tells what ``data`` came from.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from test_frames import Watch

from spark_lineage.capture.following.nodes import Node
from spark_lineage.capture.following.python_data import PythonData

PROGRAMS = {
    "of the statement itself": ("x = create([(r, 1) for r in collect('a')])", ["a"]),
    "over names": ("rows = collect('a')\npairs = [(r, 1) for r in rows]\nx = create(list(pairs))", ["a"]),
    "appended in a loop": ("out = []\nfor r in collect('a'):\n    out.append(r)\nx = create(out)", ["a"]),
    "by key": ("out = {}\nfor r in collect('a'):\n    out[r] = 1\nx = create(out)", ["a"]),
    "of two": ("a, b = collect('a'), collect('b')\nx = create(a + b)", ["ab"]),
    "the last of a name": ("r = collect('a')\nx = create(set(r))\nr = collect('b')\ny = create(set(r))", ["a", "b"]),
    "of either branch": (
        "r = collect('a')\nif len(r) > 9:\n    r = collect('b')\nelse:\n    r = collect('c')\nx = create(set(r))",
        ["ac"],
    ),
    "literals": ("n = count('a')\nx = create([(1, 'a')])", [""]),
    "a number": ("n = count('a')\nx = create([(n,)])", ["a"]),
    "rows before numbers": ("r = collect('a')\nn = count('b')\nx = create([(i, n) for i in r])", ["a"]),
    "through a function": ("def f(rows): return [r for r in rows]\nr = collect('a')\nx = create(f(r))", ["a"]),
    "made in a function": (
        "def f(other, rows):\n    data = set(rows)\n    return create(data)\n"
        "o = collect('b')\nr = collect('a')\nx = f(o, r)",
        ["a"],
    ),
    "brought by a function": ("def f(): return set(collect('a'))\nr = f()\nx = create(r)", ["a"]),
    "by keyword": (
        "def f(other, rows=()):\n    return create(list(rows))\no = collect('b')\nr = collect('a')\nx = f(o, rows=r)",
        ["a"],
    ),
    "a global of the module": ("r = collect('a')\ndef f():\n    return create(set(r))\nx = f()", ["a"]),
    "literals in a function": (
        "def f(session):\n    return create([(1,)])\nspark = 1\no = collect('b')\nx = (f(spark), o)",
        [""],
    ),
    "used before": ("r = collect('a')\ns = collect('b')\nt = s.copy()\nx = create(r + [1])", ["a"]),
    "of an instance that another method filled": (
        "class J:\n    def fetch(self, x):\n        self.rows = collect('a')\n"
        "    def frame(self): create(set(self.rows))\n"
        "    def both(self):\n        self.fetch(1)\n        self.frame()\n"
        "o = collect('b')\nj = J()\nj.fetch(o)\nj.frame()\nJ().both()",
        ["a", "a"],
    ),
    "of an instance": (
        "class J:\n    def f(self):\n        self.rows = collect('a')\n        create(set(self.rows))\nx = J().f()",
        ["a"],
    ),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_what_data_came_from(tmp_path: Path, name: str) -> None:
    text, expected = PROGRAMS[name]
    watch, python_data, told = Watch(tmp_path), PythonData(), []
    nodes = {letter: Node(letter, None) for letter in "abc"}

    def brought(letter: str, number: bool) -> Any:
        position = watch.frames.position(sys._getframe(2))
        assert position is not None
        python_data.ran(position, [nodes[letter]], number)
        return 1 if number else [letter]

    def collect(letter: str) -> Any:
        return brought(letter, False)

    def count(letter: str) -> Any:
        return brought(letter, True)

    def create(data: object) -> None:
        frame = sys._getframe(1)
        position = watch.frames.position(frame)
        assert position is not None
        found = python_data.behind(watch.frames.sources, position, watch.frames.sources.read_by(frame, "create"))
        told.append("".join(sorted(node.id for node in found)))

    path = tmp_path / "job.py"
    path.write_text(text)
    space = {"__name__": "__main__", "collect": collect, "count": count, "create": create}
    exec(compile(text, str(path), "exec"), space)
    assert told == expected
