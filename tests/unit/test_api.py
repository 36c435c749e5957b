"""The Python API: the examples of docs/api.md as they stand there, and what they do not show."""

from __future__ import annotations

import doctest
import gc
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from observing import RUN, shop

import spark_lineage
from spark_lineage import api
from spark_lineage.answers import ask
from spark_lineage.api import document
from spark_lineage.cli.commands import main
from spark_lineage.events import build, samples
from spark_lineage.graph import assemble
from spark_lineage.model import Column, LineageGraph, Outcome
from spark_lineage.sinks.journal import Journal
from spark_lineage.store.wal import WriteAhead

ROOT = Path(__file__).parents[2]
LATER = RUN[:-1] + "2"


def write(store: Path, graph: LineageGraph) -> Path:
    folder = store / "runs" / graph.run.id
    Journal(folder, fsync=False).write(build(graph), samples(graph))
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Two runs of the golden program on different orders."""
    for run, salt in ((RUN, 0), (LATER, 1)):
        write(tmp_path / "lineage", assemble(shop(run=run, salt=salt)))
    return tmp_path / "lineage"


def examples(page: Path) -> Iterator[str]:
    return (block for block in re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL) if ">>>" in block)


def test_the_examples_of_the_documentation(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(store.parent)
    text = "\n".join(examples(ROOT / "docs" / "api.md"))
    test = doctest.DocTestParser().get_doctest(text, {}, "docs/api.md", "docs/api.md", 0)
    said: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.IGNORE_EXCEPTION_DETAIL).run(test, out=said.append)
    assert result.attempted > 20
    assert result.failed == 0, "".join(said)


def test_what_each_object_has_is_documented() -> None:
    page = (ROOT / "docs" / "api.md").read_text()
    for kind, row in ((api.Store, "store"), (api.Run, "run"), (api.Step, "step"), (api.Dataset, "dataset"),
                      (Column, "column"), (api.Sample, "sample")):  # fmt: skip
        told = set(re.findall(r"`(\w+)", re.search(rf"^\| {row} \|.*", page, re.MULTILINE)[0]))  # type: ignore[index]
        public = {name for name in (*dir(kind), *kind.__dataclass_fields__) if not name.startswith("_")}
        assert public - told == ({"recorded"} if row == "sample" else set()), row
        assert told - public <= {"run", "None"}, row


def test_the_documents_are_those_of_the_commands(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = spark_lineage.store(store)
    run = asked.run()
    for words, answer in (
        (["show"], run), (["diff"], asked.diff()), (["explain", "clean.a"], run.explain("clean.a")),
        (["check"], run.check()), (["history", "clean"], asked.history("clean")), (["verify"], run.verify()),
    ):  # fmt: skip
        main([*words, "--json", "--store", str(store)])
        assert document(answer) == json.loads(capsys.readouterr().out)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="int is no answer"):
        document(3)  # type: ignore[arg-type]


def test_nothing_is_collected_while_it_reads(store: Path) -> None:
    """Of a run of thousands of steps that takes half the time. Afterwards all is as it was."""
    before = gc.get_threshold()
    collections: list[str] = []
    try:
        gc.set_threshold(10)
        gc.callbacks.append(lambda phase, said: collections.append(phase))
        found = ask.show("last", store), ask.diff((), store), ask.explain("clean.a", store=store)
        assert len(collections) < 20, "only between the questions"
        kept = [[found] for _ in range(20_000)]
        assert len(collections) > 20 and kept and gc.isenabled()
    finally:
        gc.callbacks.pop()
        gc.set_threshold(*before)


def test_it_imports_neither_spark_nor_pandas(store: Path) -> None:
    script = (
        "import sys, spark_lineage\n"
        f"run = spark_lineage.store({str(store)!r}).run()\n"
        "run['clean'].rows, run['clean'].sample.rows, run.explain('clean.a'), run.diff(), run.check()\n"
        "print({'pyspark', 'py4j', 'pandas', 'click', 'rich'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=store, capture_output=True, text=True, timeout=60)
    assert (done.stdout.strip(), done.stderr) == ("set()", "")


def test_the_package_called_store_is_the_function_too() -> None:
    """Importing ``spark_lineage.store`` puts the package where the function of that name was."""
    import spark_lineage.store as package

    assert spark_lineage.store is package
    assert package("x") == spark_lineage.store(path="x") == spark_lineage.api.store("x")
    assert package.Store("x").path == Path("x")


def test_runs_are_found_by_all_their_names(store: Path) -> None:
    asked = spark_lineage.store(store)
    assert [run.id for run in asked.runs()] == [LATER, RUN]
    for name in ("last", LATER, str(store / "runs" / LATER)):
        assert asked.run(name).id == LATER
    assert asked.run("nightly").labels == {"label": "nightly"}
    assert len(asked.runs(last=1)) == 1
    with pytest.raises(spark_lineage.AnswerError, match="no run of an application other"):
        asked.runs(app="other")


@pytest.mark.bad_events
def test_what_is_asked_of_a_run_that_is_damaged(store: Path) -> None:
    events = store / "runs" / LATER / "events.jsonl"
    events.write_bytes(events.read_bytes().replace(b"clean", b"clear"))
    run = spark_lineage.store(store).run(LATER)
    for question in (lambda: run.steps, lambda: run["clean"], lambda: run.explain("clean.a"), lambda: run.check()):
        with pytest.raises(spark_lineage.AnswerError, match="cannot be read"):
            question()
    assert "not the one that was written" in str(run.verify().why)


@pytest.mark.bad_events
def test_rows_that_were_altered_are_refused_when_they_are_looked_at(store: Path) -> None:
    kept = store / "runs" / LATER / "samples.jsonl"
    kept.write_text(kept.read_text().replace('[\\"1\\",\\"1\\"]', '[\\"2\\",\\"1\\"]'))
    sample = spark_lineage.store(store).run(LATER)["clean"].sample
    assert sample is not None
    with pytest.raises(spark_lineage.AnswerError, match="not the one that was written"):
        sample.to_arrow()


def test_rows_of_which_none_are_kept(store: Path) -> None:
    (store / "runs" / LATER / "samples.jsonl").unlink()
    assert spark_lineage.store(store).run(LATER)["clean"].sample is None


@pytest.mark.bad_events
def test_a_run_that_cannot_be_read_is_listed_with_the_reason(store: Path) -> None:
    (store / "runs" / LATER / "events.jsonl").write_text("{}\n")
    damaged = next(run for run in spark_lineage.store(store).runs() if run.unreadable is not None)
    assert (damaged.id, "cannot be read" in str(damaged.unreadable)) == (LATER, True)
    with pytest.raises(spark_lineage.AnswerError, match="cannot be read"):
        _ = damaged.outcome


@pytest.mark.parametrize(
    ("ask", "says"),
    [(lambda run: run["claen"], "no dataset claen; the nearest: clean"),
     (lambda run: run.step("clean#7"), "there is no call clean#7"),
     (lambda run: run.step("/data/orders"), "made by no step"),
     (lambda run: run.step("claen"), "no step claen; the nearest: clean"),
     (lambda run: run["clean"].column("aa"), "clean has no column aa"),
     (lambda run: run.explain("nothing"), "names no column"),
     (lambda run: spark_lineage.store(run.folder.parent.parent).run("last~1").diff(), "is the first of job")],
)  # fmt: skip
def test_what_there_is_not_is_said_in_one_sentence(store: Path, ask: object, says: str) -> None:
    with pytest.raises(spark_lineage.AnswerError) as refused:
        ask(spark_lineage.store(store).run())  # type: ignore[operator]
    assert says in str(refused.value)
    assert "\n" not in str(refused.value)


def test_answers_are_frozen_and_equal_where_they_are_of_the_same(store: Path) -> None:
    run, again = (spark_lineage.store(store).run() for _ in range(2))
    assert (run, run["clean"], run.step("clean")) == (again, again["clean"], again.step("clean"))
    assert len({run, again}) == len({run["clean"], again["clean"]}) == 1
    with pytest.raises(AttributeError):
        run["clean"].rows = 3  # type: ignore[misc]


def test_a_run_that_still_runs(tmp_path: Path) -> None:
    ahead = WriteAhead(tmp_path / "runs" / RUN)
    ahead.append(shop(finished=False))
    run = spark_lineage.store(tmp_path).run()
    assert (run.outcome, run.ended, run["clean"].rows) == (Outcome.RUNNING, None, 80)
    assert run.check().running
    ahead.close()
