"""pandas objects followed from step to step, without Spark: what is a dataset, who made it, from what."""

from __future__ import annotations

import contextlib
import gc
import itertools
import subprocess
import sys
import textwrap
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from spark_lineage.capture import observation
from spark_lineage.capture.code.frames import Frames
from spark_lineage.capture.code.ownership import UserCode
from spark_lineage.capture.code.source_files import SourceFiles
from spark_lineage.capture.following.python_data import PythonData
from spark_lineage.capture.following.tables.objects import MOST_VERSIONS, Tables
from spark_lineage.capture.patching import table_attributes, threads
from spark_lineage.config import Config
from spark_lineage.fingerprint import pandas_objects
from spark_lineage.graph import assemble
from spark_lineage.guard import Guard
from spark_lineage.model import LineageGraph, Mode, Observation, Outcome, ProgramEnded, ProgramStarted, SourceRead
from spark_lineage.patches import Patches
from spark_lineage.static import SourceReader

ROOT = Path(__file__).parents[2]


class Followed:
    """A program run in this process, with its pandas objects followed."""

    def __init__(self, folder: Path, mode: str) -> None:
        self.seen: list[Observation] = []
        emit = lambda deferred: self.seen.append(observation(deferred))  # noqa: E731
        sources = SourceFiles(SourceReader().read, lambda reading: emit(SourceRead(reading)), lambda file, why: None)
        frames = self.frames = Frames(UserCode([str(folder)]), sources, emit, 1000, lambda function: None)
        config = Config(mode=Mode(mode), sample_rows=3)
        ids = itertools.count(1), itertools.count(1)
        self.pandas = Tables(frames, emit, Guard(strict=True), pandas_objects, config, ids, PythonData())
        self.mode = Mode(mode)
        self.file = folder / "job.py"
        self._patches: Patches | None = None

    def follow(self) -> None:
        self._patches = Patches(table_attributes.patches(self.pandas))
        self._patches.install()

    def leave(self) -> None:
        if self._patches is not None:
            self._patches.uninstall()
        self.pandas.end()

    def graph(self) -> LineageGraph:
        started = ProgramStarted("job", str(self.file), (), "3.11", 1.0, self.mode, {}, "r")
        return assemble([started, *self.seen, ProgramEnded(2e9, Outcome.COMPLETE, None)])

    def lines(self) -> list[str]:
        """``step: inputs -> outputs=rows`` of each step that has some."""
        graph = self.graph()
        rows = {each.id: each.rows for each in graph.datasets}
        return [
            f"{each.step.partition('.')[2]}: {', '.join(each.inputs)} -> "
            + ", ".join(f"{name}={rows[name]}" for name in each.outputs)
            for each in graph.steps
            if each.inputs or each.outputs
        ]


@contextlib.contextmanager
def installed(followed: Followed) -> Iterator[Followed]:
    around_threads = Patches(threads.patches(followed.frames, Guard(strict=True)))
    around_threads.install()
    followed.follow()
    try:
        yield followed
    finally:
        followed.leave()
        around_threads.uninstall()


def run(folder: Path, text: str, mode: str = "flow", before: str = "") -> Followed:
    """``before`` runs while nobody looks yet."""
    followed = Followed(folder, mode)
    source = textwrap.dedent(before) + textwrap.dedent(text)
    followed.file.write_text(source)
    space: dict[str, Any] = {"__name__": "__main__", "follow": followed.follow, "pd": pd}
    with installed(followed) if not before else contextlib.nullcontext():
        exec(compile(source, str(followed.file), "exec"), space)
    followed.leave()
    space.clear()
    return followed


FRAME = 'base = pd.DataFrame({"k": [1, 1, 2, 3], "x": [1.0, None, 3.0, 4.0]})\n'


def test_statements_that_change_a_frame_in_place_are_steps(tmp_path: Path) -> None:
    got = run(tmp_path, FRAME + """
base["y"] = base["x"] * 2
base.loc[base["k"] == 1, "y"] = 0
base.drop(columns=["x"], inplace=True)
base.columns = ["k", "z"]
del base["k"]
print(len(base))
""")  # fmt: skip
    assert got.lines() == [
        "base:  -> base=4",
        "base_y: base -> base_y=4",
        "base_loc: base_y -> base_loc=4",
        "drop_base: base_loc -> drop_base=4",
        "base_columns: drop_base -> base_columns=4",
        "line_7: base_columns -> line_7=4",
        "line_8: line_7 -> ",
    ]
    columns = {each.id: [column.name for column in each.columns] for each in got.graph().datasets}
    assert columns["drop_base"] == ["k", "y"] and columns["base_columns"] == ["k", "z"] and columns["line_7"] == ["z"]


def test_what_pandas_writes_are_sinks(tmp_path: Path) -> None:
    got = run(tmp_path, FRAME + f"""
def export(frame):
    kept = frame[frame["k"] == 1]
    kept.to_csv("{tmp_path}/kept.csv", index=False)

def each(frame):
    for k in (1, 2):
        frame.to_json(f"{tmp_path}/{{k}}.json")

def opened(frame):
    with open("{tmp_path}/opened.csv", "w") as file:
        frame.to_csv(file)

export(base)
each(base)
opened(base)
base["x"].to_pickle("{tmp_path}/x.pkl")
text = base.to_csv()
""")  # fmt: skip
    assert [line.replace(f"{tmp_path}/", "") for line in got.lines()] == [
        "base:  -> base=4",
        "export: base -> export=2, kept.csv=2",
        "each: base -> 1.json=4, 2.json=4",
        "opened: base -> opened.csv=4",
        "to_pickle_base: base -> to_pickle_base=4, x.pkl=4",
        "text: base -> ",
    ]
    graph = got.graph()
    kept = next(each for each in graph.datasets if each.id == f"{tmp_path}/kept.csv")
    assert kept.storage is not None
    assert (kept.namespace, kept.storage.format, [column.name for column in kept.columns]) == (
        "file",
        "csv",
        ["k", "x"],
    )
    assert [gap for gap in graph.gaps if gap.what == "sink"] == []


def test_a_table_of_a_database_in_memory_is_a_gap(tmp_path: Path) -> None:
    got = run(tmp_path, FRAME + """
import sqlite3
base.to_sql("t", sqlite3.connect(":memory:"))
""")  # fmt: skip
    (gap,) = [gap for gap in got.graph().gaps if gap.what == "sink"]
    assert gap.why == (
        "pandas.to_sql has written a database in memory, whose tables have no name that would be theirs in another run"
    )


def test_a_function_that_changes_its_argument_and_returns_nothing(tmp_path: Path) -> None:
    got = run(tmp_path, FRAME + """
def fill(frame):
    frame["x"] = frame["x"].fillna(0)
def look(frame):
    return frame["x"].sum()
fill(base)
total = look(base)
""")  # fmt: skip
    assert [line for line in got.lines() if "fill" in line] == ["fill: base -> fill=4", "look: fill -> "]


def test_what_only_looks_makes_nothing(tmp_path: Path) -> None:
    got = run(
        tmp_path, FRAME + "print(base.describe())\nshown = base.head(2)\nfor row in base.itertuples():\n    pass\n"
    )
    assert {each.name for each in got.graph().datasets} == {"base"}


def test_what_pandas_calls_back_belongs_to_its_caller_and_pipe_does_not(tmp_path: Path) -> None:
    got = run(tmp_path, FRAME + """
def label(row):
    return "high" if row["x"] > 2 else "low"
def top(group):
    return group.nlargest(1, "x")
def widen(frame):
    return frame.assign(w=1)
rows = base.apply(label, axis=1)
best = base.groupby("k")[["x"]].apply(top)
wide = base.pipe(widen)
print(rows, best, wide)
""")  # fmt: skip
    steps = [line.partition(":")[0] for line in got.lines()]
    assert [each for each in steps if each != "wide"] == [
        "base",
        "rows",
        "best",
        "widen",
        "print_rows",
    ]  # 3 copies first


def test_rows_that_a_loop_hands_to_a_function_are_no_datasets(tmp_path: Path) -> None:
    got = run(tmp_path, FRAME + """
def twice(row):
    return row["x"] * 2
made = pd.DataFrame([twice(row) for _, row in base.iterrows()])
print(made)
""")  # fmt: skip
    assert got.lines()[1] == "made: base -> made=4"


def test_what_was_there_before_belongs_to_the_statement_that_bound_it(tmp_path: Path) -> None:
    got = run(tmp_path, """
follow()
merged = base.merge(rates, on="k")
print(merged)
""", before=FRAME + 'rates = pd.DataFrame({"k": [1, 2], "r": [5, 6]})\nrates = rates[rates["k"] > 1]\n')  # fmt: skip
    lines = [line for line in got.lines() if "merged" in line.partition(":")[0]]
    assert lines == ["merged: base, rates~2 -> merged=1", "print_merged: merged -> "]
    assert {each.step for each in got.graph().datasets} == {"job.base", "job.rates~2", "job.merged"}


def test_nothing_is_measured_in_plan_mode(tmp_path: Path) -> None:
    got = run(tmp_path, FRAME + 'base["y"] = 1\nprint(base)\n', mode="plan")
    found = {
        each.id: (each.rows, each.reason, each.fingerprint, [c.name for c in each.columns])
        for each in got.graph().datasets
    }
    assert found == {
        "base": (None, "plan_mode", None, ["k", "x"]),
        "base_y": (None, "plan_mode", None, ["k", "x", "y"]),
    }


def test_large_objects_are_only_counted_and_odd_ones_incomplete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pandas_objects, "MOST_VALUES", 5)
    got = run(tmp_path, FRAME + 'odd = pd.DataFrame({"o": [object(), 1]})\nprint(base, odd)\n')
    found = {each.id: (each.rows, each.complete, each.reason, each.fingerprint) for each in got.graph().datasets}
    assert found == {"base": (None, False, "too_large", None), "odd": (None, False, "no_fingerprint", None)}
    details = {each.id: each.detail for each in got.graph().datasets}
    assert "4 rows seen" in str(details["base"]) and "o: objects that have no fingerprint" in str(details["odd"])


def test_a_loop_that_changes_a_frame_very_often_is_not_followed_to_its_end(tmp_path: Path) -> None:
    got = run(tmp_path, FRAME + f"""
for n in range({MOST_VERSIONS + 50}):
    base["x"] = n
    total = base["x"].sum()
print(total)
""")  # fmt: skip
    made = [each for each in got.graph().datasets if each.step == "job.base_x"]
    assert [each.complete for each in made] == [True] * MOST_VERSIONS + [False]
    assert made[-1].reason == "too_many" and not [each for each in got.graph().datasets if each.step == "job.total"]


def test_objects_are_let_go_and_carry_no_trace(tmp_path: Path) -> None:
    followed = Followed(tmp_path, "flow")
    plain = set(vars(pd.DataFrame({"a": [1]})))
    with installed(followed):
        frame = pd.DataFrame({"a": [1]})
        column = frame["a"]
        assert set(vars(frame)) - {"_item_cache"} == plain - {"_item_cache"}
        held = [weakref.ref(frame), weakref.ref(column)]
        del frame, column
        gc.collect()
        assert [each() for each in held] == [None, None]
    assert "_mgr" not in vars(pd.core.generic.NDFrame)


WARNS = """
import warnings
import pandas as pd
warnings.simplefilter("always")
frame = pd.DataFrame({"k": [1, 1, 2], "x": [1.0, None, 3.0]})
def part(frame):
    small = frame[frame["k"] == 1]
    small["y"] = 1
    return small
small = part(frame)
small.loc[small.index[0], "x"] = 5
frame[frame["k"] == 2]["x"] = 7
frame["x"].fillna(0, inplace=True)
frame["x"][0] = 9
frame.loc[:, "x"].replace(9, 8, inplace=True)
column = frame["x"]
column.iloc[1] = 4
view = frame.iloc[:2]
view.iloc[0, 0] = 6
try:
    frame["nope"]
except KeyError as error:
    print(error)
print(frame, small, view, frame["x"] is frame["x"], frame._mgr.nblocks)
"""
FOLLOW = """
import sys
sys.path.insert(0, {root!r})
from pathlib import Path
from tests.unit.test_tables import Followed
followed = Followed(Path({folder!r}), "flow")
followed.follow()
exec(compile(open({file!r}).read(), {file!r}, "exec"), {{"__name__": "__main__"}})
assert len(followed.graph().datasets) > 3
"""


def test_warnings_of_pandas_are_those_of_a_plain_run(tmp_path: Path) -> None:
    program = tmp_path / "job.py"
    program.write_text(WARNS)
    follow = tmp_path / "follow.py"
    follow.write_text(FOLLOW.format(root=str(ROOT), folder=str(tmp_path), file=str(program)))
    plain, followed = (
        subprocess.run([sys.executable, str(file)], capture_output=True, text=True, cwd=tmp_path)
        for file in (program, follow)
    )
    assert (followed.stdout, followed.stderr, followed.returncode) == (plain.stdout, plain.stderr, 0)
    assert "hained" in plain.stderr or "SettingWithCopyWarning" in plain.stderr


def test_numbers_lists_and_arrays_carry_what_they_were_taken_from(tmp_path: Path) -> None:
    got = run(tmp_path, FRAME + """
def highest(frame):
    return frame["x"].max()
def below(frame, limit):
    return frame[frame["k"] < limit]
def total(frame):
    return frame.sum()
other = pd.DataFrame({"x": [2.0, 3.0]})
limit = highest(other)
names = other["x"].tolist()
few = below(base, limit)
some = base[base["x"].isin(names)]
all_of_few = total(few)
made = pd.DataFrame({"x": names})
print(few, some, made, all_of_few)
""")  # fmt: skip
    lines = {line.partition(":")[0]: line.partition(": ")[2] for line in got.lines()}
    made = {each.step: each.fragment.inputs for each in got.graph().datasets if each.fragment is not None}
    assert set(made["job.below"]) == {"base", "other"}
    assert set(made["job.some"]) == {"base", "other"}
    assert made["job.total"] == ("below",)
    assert made["job.made"] == ("other",)
    assert lines["highest"] == "other -> "


class Broken:
    """Looks into nothing."""

    def __getattr__(self, name: str) -> Any:
        raise OSError("a fault of ours")


def test_faults_of_ours_are_told_and_end_it(tmp_path: Path) -> None:
    followed = Followed(tmp_path, "flow")
    told: list[str] = []
    followed.pandas.guard = Guard(lambda what, why: told.append(f"{what}: {why}"))
    followed.pandas._contents = Broken()
    source = FRAME + "a = base[base['k'] > 1]\nb = a.sum()\nc = base.mean()\nd = base.max()\ne = list(d)\n"
    followed.file.write_text(source)
    space: dict[str, Any] = {"__name__": "__main__", "pd": pd}
    with installed(followed):
        exec(compile(source, str(followed.file), "exec"), space)
    assert space["e"] == [3.0, 4.0]
    assert told == ["pandas: this part of spark-lineage failed (OSError: a fault of ours)"] * 3


def test_threads_that_call_one_function_each_have_their_own_frames(tmp_path: Path) -> None:
    got = run(tmp_path, """
import pandas as pd
from concurrent.futures import ThreadPoolExecutor
def make(n):
    frame = pd.DataFrame({"x": range(n)})
    frame["y"] = n
    return frame
def widen(frame):
    return frame.assign(z=1)
def both(n):
    return widen(make(n))
with ThreadPoolExecutor(3) as pool:
    made = list(pool.map(both, [2, 3, 4]))
whole = pd.concat(made)
print(len(whole))
""")  # fmt: skip
    datasets = {each.id: each for each in got.graph().datasets}
    steps = {each.id: str(each.step).rpartition(".")[2] for each in datasets.values()}
    rows = {
        step: sorted(datasets[name].rows or 0 for name in steps if steps[name] == step) for step in ("make", "widen")
    }
    assert rows == {"make": [2, 3, 4], "widen": [2, 3, 4]}
    assert datasets["whole"].rows == 9
    inputs = {name: each.fragment.inputs for name, each in datasets.items() if each.fragment is not None}
    assert len(inputs["whole"]) == 3
    for name in (each for each in steps if steps[each] == "widen"):
        assert [datasets[above].rows for above in inputs[name]] == [datasets[name].rows]


def test_arrays_taken_from_a_frame_and_put_back_keep_the_link(tmp_path: Path) -> None:
    """By a name, beside another frame, within one statement, in an instance, in a dict."""
    got = run(tmp_path, """
import numpy as np
def load():
    return pd.DataFrame({"a": [1.0, 2.0]})
def other():
    return pd.DataFrame({"c": [7, 8]})
def values(frame):
    return frame["a"].to_numpy()
def scaled(array):
    return array * 2
def beside(frame, array):
    frame = frame.copy()
    frame["b"] = array
    return frame
def made(array):
    return pd.DataFrame({"n": array})
class Held:
    def __init__(self, frame):
        self.matrix = frame.to_numpy()
    def frame(self):
        return pd.DataFrame(self.matrix)
base = load()
rest = other()
array = scaled(values(base))
joined = beside(rest, array)
nested = made(scaled(values(base)))
kept = Held(base).frame()
box = {"m": base.to_numpy()}
boxed = pd.DataFrame(np.round(box["m"]))
print(len(joined), len(nested), len(kept), len(boxed))
""")  # fmt: skip
    lines = got.lines()
    assert "beside: other, load -> beside=2" in lines
    assert "made: load -> made=2" in lines
    assert "Held.frame: load -> frame=2" in lines
    assert "boxed: load -> boxed=2" in lines
