"""Notebooks of pandas in real kernels: cells are steps, executions are told apart, and what was stale is found."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from spark_lineage.api.runs import Run
from spark_lineage.model import CheckResult, CheckStatus, Outcome
from tests.kernels import LOAD, Kernel, kernel

IMPORT = "import pandas as pd"
ORDERS = "orders = pd.DataFrame({'id': [1, 2, 3, 4], 'amount': [10.0, None, 30.0, 40.0]})"
CLEAN = "def clean(frame):\n    return frame.dropna()"
GOOD = "good = clean(orders)"
TOTAL = "total = good.amount.sum()\ntotal"


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Kernel]:
    """A kernel in which the extension is loaded, as In[1], and pandas imported, as In[2]."""
    with kernel(tmp_path) as started:
        assert started.run(LOAD).err == ""
        started.run(IMPORT)
        yield started


def steps(run: Run) -> list[tuple[str, str]]:
    return [(step.name.partition(".")[2], step.file) for step in run.steps[1:]]


def stale(run: Run) -> list[CheckResult]:
    return [result for result in run.check().results if result.check == "stale_cell"]


def test_cells_are_steps_by_their_execution_counts(session: Kernel) -> None:
    for code in (ORDERS, CLEAN, f"{GOOD}\nbig = good[good.amount > 10]", "total = big.amount.sum()\ntotal"):
        ran = session.run(code)
    assert ran.text in ("np.float64(70.0)", "70.0")
    session.end()
    run = session.recorded()
    assert run.outcome is Outcome.COMPLETE
    assert steps(run) == [
        ("cell_3", "In[3]"),
        ("cell_3.orders", "In[3]"),
        ("cell_5", "In[5]"),
        ("cell_5.clean", "In[4]"),  # where the function stands
        ("cell_5.big", "In[5]"),
        ("cell_6", "In[6]"),
        ("cell_6.total", "In[6]"),
    ]
    assert [(dataset.variable, dataset.rows) for dataset in run.datasets] == [("orders", 4), ("good", 3), ("big", 2)]
    assert [cell.number for cell in run.graph.run.cells] == [1, 2, 3, 4, 5, 6]
    assert not (run.folder / "observations.jsonl").exists()
    assert stale(run) == []


def test_a_cell_that_runs_again_and_an_edited_one_are_told_apart(session: Kernel) -> None:
    for id, code in (("a", ORDERS), ("b", CLEAN), ("c", GOOD), ("d", TOTAL)):
        session.run(code, id)
    session.run(TOTAL, "d")
    session.run(ORDERS.replace("40.0", "50.0"), "a")
    shown = session.run("%lineage")
    session.end()
    cells = session.recorded().graph.run.cells
    assert [(cell.number, cell.again, cell.edited, cell.sure) for cell in cells if cell.again] == [
        (7, 6, False, True),
        (8, 3, True, True),
    ]
    assert "cell_7 (In[6] again)" in shown.text
    assert "In[8] is In[3] again, edited" in shown.html


def test_what_was_stale_when_it_was_used_is_found(session: Kernel) -> None:
    """The upstream cell is edited and run again, the one between is not."""
    for id, code in (("a", ORDERS), ("b", CLEAN), ("c", GOOD)):
        session.run(code, id)
    session.run(ORDERS.replace("None", "20.0"), "a")
    session.run(TOTAL, "d")
    session.end()
    (found,) = [result for result in stale(session.recorded()) if not result.passed]
    assert (found.status, found.dataset) == (CheckStatus.FAILED, "clean")  # as the step is called
    assert "In[7] used good of In[5], but In[3] was edited and ran again as In[6]" in found.actual


@pytest.mark.wide
def test_a_function_that_was_edited_makes_stale_what_the_old_one_made(session: Kernel) -> None:
    for id, code in (("a", ORDERS), ("b", CLEAN), ("c", GOOD)):
        session.run(code, id)
    session.run(CLEAN.replace("dropna()", "fillna(0)"), "b")
    session.run(TOTAL, "d")
    session.end()
    (found,) = [result for result in stale(session.recorded()) if not result.passed]
    assert found.status is CheckStatus.FAILED
    assert "In[5] read clean of In[4], and In[4] was edited and ran again as In[6]" in found.actual


@pytest.mark.wide
def test_a_cell_that_is_applied_twice_is_found(session: Kernel) -> None:
    session.run(ORDERS, "a")
    session.run("orders = orders.assign(amount=orders.amount * 2)", "b")
    session.run("orders = orders.assign(amount=orders.amount * 2)", "b")
    session.end()
    (found,) = [result for result in stale(session.recorded()) if not result.passed]
    assert "In[5] is that cell itself, which ran again: it took what it had made before" in found.actual


def test_what_ran_again_and_made_the_same_is_not_stale(session: Kernel) -> None:
    for id, code in (("a", ORDERS), ("b", CLEAN), ("c", GOOD), ("d", TOTAL)):
        session.run(code, id)
    session.run(f"{CLEAN}  # the same", "b")
    session.run(TOTAL, "d")
    session.run(ORDERS, "a")
    session.run("orders.shape", "e")
    session.run(TOTAL, "d")
    session.end()
    results = stale(session.recorded())
    assert results
    assert [result.actual for result in results if not result.passed] == []


@pytest.mark.wide
def test_what_ran_again_and_was_not_measured_is_no_failure(session: Kernel) -> None:
    for id, code in (("a", ORDERS), ("b", CLEAN), ("c", GOOD)):
        session.run(code, id)
    session.run(ORDERS, "a")
    session.run(TOTAL, "d")
    session.end()
    (found,) = [result for result in stale(session.recorded()) if not result.passed]
    assert found.status is CheckStatus.UNKNOWN
    assert "with the same code; whether its orders is another one was not measured" in found.actual


@pytest.mark.wide
def test_without_ids_of_cells_an_edit_is_a_guess_and_no_failure(session: Kernel) -> None:
    session.run(ORDERS)
    session.run(CLEAN)
    session.run(GOOD)
    session.run(ORDERS.replace("None", "20.0"))
    session.run(TOTAL)
    session.end()
    (found,) = [result for result in stale(session.recorded()) if not result.passed]
    assert found.status is CheckStatus.UNKNOWN
    assert "In[6] binds the same names as In[3] and may be another version of it" in found.actual


@pytest.mark.wide
def test_a_cell_that_fails_and_one_that_is_interrupted_are_cells_of_a_session_that_goes_on(session: Kernel) -> None:
    session.run(ORDERS)
    failed = session.run("good = orders.dropna()\nx = good.nothing")
    assert failed.error == ("AttributeError", "'DataFrame' object has no attribute 'nothing'")
    assert "spark_lineage" not in failed.traceback
    threading.Timer(2.0, session.manager.interrupt_kernel).start()
    assert session.run("import time\nfor _ in range(600):\n    time.sleep(0.1)").error == ("KeyboardInterrupt", "")
    session.run("good = orders.dropna()\ngood.shape")
    session.end()
    run = session.recorded()
    assert run.outcome is Outcome.COMPLETE
    assert [(cell.number, (cell.error or "").partition(":")[0]) for cell in run.graph.run.cells if cell.error] == [
        (4, "AttributeError"),
        (5, "KeyboardInterrupt"),
    ]
    assert run.step("cell_4").outcome is Outcome.FAIL


@pytest.mark.wide
def test_a_notebook_whose_last_cell_failed_has_failed(session: Kernel) -> None:
    session.run(ORDERS)
    session.run("orders.nothing")
    session.end()
    run = session.recorded()
    assert (run.outcome, run.error) == (Outcome.FAIL, "AttributeError: 'DataFrame' object has no attribute 'nothing'")


@pytest.mark.wide
def test_a_kernel_that_is_killed_while_it_is_idle_was_stopped_in_nothing(session: Kernel) -> None:
    session.run(ORDERS)
    session.run("good = orders.dropna()\ngood.shape")
    session.end(now=True)
    run = session.recorded()
    assert (run.folder / "observations.jsonl").exists()
    assert run.outcome is Outcome.COMPLETE
    assert run.graph.run.outcome is Outcome.COMPLETE
    assert run.dataset("orders").rows == 4


@pytest.mark.wide
def test_a_kernel_that_is_killed_in_a_cell_was_stopped(session: Kernel) -> None:
    session.run(ORDERS)
    pid = session.run("import os, time\nos.getpid()").text
    message = session.client.execute("time.sleep(600)")
    while session.client.get_iopub_msg(timeout=60)["parent_header"].get("msg_id") != message:
        pass
    begun = time.monotonic()
    while b'"number":5' not in next(session.folder.glob("lineage/runs/*/observations.jsonl")).read_bytes():
        assert time.monotonic() < begun + 60
        time.sleep(0.05)
    os.kill(int(pid), signal.SIGKILL)
    session.end(now=True)
    assert session.recorded().outcome is Outcome.ABORT


def test_the_magic_answers_in_one_sentence_or_in_a_table(session: Kernel) -> None:
    for code in (ORDERS, CLEAN, GOOD, ORDERS.replace("40.0", "50.0"), f"{GOOD}\n{TOTAL}"):
        session.run(code)
    assert "interactive.cell_7.clean" in session.run("%lineage show good").html
    assert "interactive.cell_5" in session.run("%lineage show In[5]").text
    two = session.run("%lineage diff In[3] In[6]")
    assert two.text.splitlines()[0] == "In[3] and In[6]: their code differs"
    assert two.text.splitlines()[2].split() == ["orders", "4", "4", "different", "amount"]
    assert "srcdoc=" in session.run("%lineage report").html
    assert "passed" in session.run("%lineage check").text
    for words, sentence in {
        "shwo": "%lineage knows no shwo",
        "show a b": "%lineage show takes one more word at most, not 2",
        "show nothing_of_it": "has no step nothing_of_it",
        "diff 3 99": "no cell In[99] was seen in this session",
        "diff 4": "In[4] has run once",
        "diff": "interactive has no earlier run here",
        "explain": "%lineage explain needs DATASET.COLUMN",
        "show 'open": "No closing quotation",
    }.items():
        ran = session.run(f"%lineage {words}")
        assert ran.err.startswith("UsageError: "), words
        assert sentence in ran.err
        assert len(ran.err.strip().splitlines()) == 1


@pytest.mark.wide
def test_two_runs_of_a_notebook_are_compared(tmp_path: Path) -> None:
    for amount in ("40.0", "50.0"):
        with kernel(tmp_path) as session:
            for code in (LOAD, IMPORT, ORDERS.replace("40.0", amount), CLEAN, GOOD, TOTAL):
                session.run(code)
            if amount == "50.0":
                assert "cell_3.orders" in session.run("%lineage diff").text
            session.end()


@pytest.mark.wide
def test_the_extension_goes_and_comes_again(session: Kernel) -> None:
    session.run(ORDERS)
    session.run("%unload_ext spark_lineage")
    assert "not found" in session.run("%lineage").err
    session.run("good = orders.dropna()\ngood.shape")
    assert session.run(LOAD).err == ""
    session.run("two = orders.head(2)")
    session.run("two.shape")
    session.end()
    from spark_lineage import store

    first, second = store(session.folder / "lineage").runs()
    assert {first.outcome, second.outcome} == {Outcome.COMPLETE}


@pytest.mark.wide
def test_settings_that_cannot_be_used_are_one_sentence_and_the_notebook_goes_on(tmp_path: Path) -> None:
    with kernel(tmp_path, SPARK_LINEAGE__MODE="fast") as session:
        told = session.run(LOAD)
        assert told.error is None
        assert len(told.err.strip().splitlines()) == 1
        assert told.err.startswith("spark-lineage: ")
        assert session.run("1 + 1").text == "2"


@pytest.mark.wide
def test_cells_that_all_have_one_name_are_read_each_by_its_own_text(tmp_path: Path) -> None:
    with kernel(tmp_path, IPYKERNEL_CELL_NAME="/databricks/command-17") as session:
        for code in (LOAD, IMPORT, ORDERS, f"x = 1\n{CLEAN}", f"y = 2\nz = 3\n{GOOD}", TOTAL):
            assert session.run(code).error is None
        session.end()
        assert [name for name, _ in steps(session.recorded())] == [
            "cell_3", "cell_3.orders", "cell_5", "cell_5.clean", "cell_6", "cell_6.total",
        ]  # fmt: skip
