"""Notebooks of Spark: by nbclient and papermill, with a session that was there before; and pyspark's own prompt."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import papermill
import pyspark
import pytest
from nbclient import NotebookClient

from spark_lineage import store
from spark_lineage.activation.jars import LISTENER
from spark_lineage.api.runs import Run
from spark_lineage.model import Outcome
from tests.kernels import LOAD, Kernel, kernel, notebook, outputs
from tests.notebook.shells import Shell

pytestmark = pytest.mark.wide

SESSION = (
    "from pyspark.sql import SparkSession, functions as F\n"
    "spark = (SparkSession.builder.master('local[1]').config('spark.driver.memory', '1g')\n"
    "    .config('spark.ui.enabled', 'false').config('spark.ui.showConsoleProgress', 'false')\n"
    "    .config('spark.sql.shuffle.partitions', 1).getOrCreate())"
)
CLEAN = "def clean(df):\n    return df.dropna()"
ORDERS = "orders = spark.createDataFrame([(1, 2.0), (2, None), (3, 4.0)], 'id int, amount double')"
GOOD = "good = clean(orders)\ngood.count()"
TOTAL = "total = good.groupBy('id').agg(F.sum('amount').alias('s'))\ntotal.show()"
FAULT = "good.select('nothing')"
STEPS = [
    "cell_4", "cell_4.orders", "cell_5", "cell_5.clean", "cell_5.count_good", "cell_6", "cell_6.total",
    "cell_6.show_total",
]  # fmt: skip


def steps(run: Run) -> list[str]:
    return [step.name.partition(".")[2] for step in run.steps[1:]]


def executed(folder: Path, cells: list[str]) -> Any:
    folder.mkdir(exist_ok=True)
    made = notebook(cells)
    client = NotebookClient(
        made, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(folder)}}, allow_errors=True
    )
    client.shutdown_kernel = "graceful"
    client.execute()
    return made


def without_logs(made: Any) -> list[Any]:
    """Without what Spark logs, which has moments."""
    return [
        [count, [output for output in given if output.get("name") != "stderr"]]
        for count, given in outputs(made)
    ]  # fmt: skip


def test_a_notebook_gives_what_it_gives_without_us_and_its_record_is_whole(tmp_path: Path) -> None:
    cells = [SESSION, CLEAN, ORDERS, GOOD, TOTAL, FAULT, "good.count()"]
    plain = without_logs(executed(tmp_path / "plain", ["import os", *cells]))
    observed = without_logs(executed(tmp_path / "observed", [LOAD, *cells]))
    assert observed == plain
    run = store(tmp_path / "observed" / "lineage").run("last")
    assert run.outcome is Outcome.COMPLETE
    assert not (run.folder / "observations.jsonl").exists()
    assert steps(run)[: len(STEPS)] == STEPS
    assert run.dataset("clean").rows == 2
    assert run.step("cell_7").error is not None
    assert "UNRESOLVED_COLUMN" in (run.step("cell_7").error or "")


def test_papermill_runs_a_notebook_with_parameters(tmp_path: Path) -> None:
    made = notebook(
        ["rate = 1", LOAD, SESSION, CLEAN, ORDERS, GOOD, "high = good.filter(F.col('amount') > rate)\nhigh.count()"]
    )
    made.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(made, tmp_path / "in.ipynb")
    papermill.execute_notebook(
        str(tmp_path / "in.ipynb"), str(tmp_path / "out.ipynb"), parameters={"rate": 2}, cwd=str(tmp_path),
        progress_bar=False,
    )  # fmt: skip
    run = store(tmp_path / "lineage").run("last")
    assert run.outcome is Outcome.COMPLETE
    assert [dataset.rows for dataset in run.datasets if dataset.variable in ("good", "high")] == [2, 1]


@pytest.fixture
def given(tmp_path: Path) -> Iterator[Kernel]:
    """A kernel whose start-up made ``spark`` with our listener, before the first cell: as on Databricks."""
    from spark_lineage.activation.jars import jar_or_gap

    jar, _ = jar_or_gap(None, remote=False)
    startup = tmp_path / "ipython" / "profile_default" / "startup"
    startup.mkdir(parents=True)
    listening = f".config('spark.jars', {str(jar)!r}).config('spark.extraListeners', {LISTENER!r}).getOrCreate()"
    (startup / "00-spark.py").write_text(SESSION.replace(".getOrCreate()", listening))
    with kernel(
        tmp_path, IPYTHONDIR=str(tmp_path / "ipython"), IPYKERNEL_CELL_NAME="/databricks/command-17"
    ) as session:
        yield session


def test_a_session_that_is_there_before_with_our_listener_is_observed_whole(given: Kernel) -> None:
    assert given.run(LOAD).err == ""
    for code in (CLEAN, ORDERS, GOOD):
        given.run(code)
    given.end()
    run = given.recorded()
    assert run.outcome is Outcome.COMPLETE
    assert "clean" in ".".join(steps(run))
    assert run.dataset("clean").rows == 2


@pytest.mark.bad_events  # without a JVM half nobody tells the columns of what was made
def test_a_session_without_our_listener_is_observed_in_part_and_one_line_says_so(tmp_path: Path) -> None:
    with kernel(tmp_path) as session:
        session.run(SESSION)
        told = session.run(LOAD)
        assert told.err.startswith("spark-lineage: this SparkSession runs without the listener")
        assert len(told.err.strip().splitlines()) == 1
        for code in (CLEAN, ORDERS, GOOD):
            assert session.run(code).error is None
        session.end()
        run = session.recorded()
        assert "cell_5.clean" in steps(run)
        assert any(gap.what == "jvm" for gap in run.gaps)


def test_two_kernels_write_to_one_store(tmp_path: Path) -> None:
    with kernel(tmp_path) as one, kernel(tmp_path) as other:
        for session in (one, other):
            session.run(LOAD)
            session.run("import pandas as pd")
        for session in (one, other):
            session.run("frame = pd.DataFrame({'a': [1, 2]})")
        for session in (other, one):
            session.run("frame.shape")
            session.end()
    runs = store(tmp_path / "lineage").runs()
    assert [run.outcome for run in runs] == [Outcome.COMPLETE] * 2
    assert [run.dataset("frame").rows for run in runs] == [2, 2]


def test_lines_at_pysparks_prompt_are_steps(tmp_path: Path) -> None:
    home = Path(pyspark.__file__).parent
    from spark_lineage.activation.jars import jar_or_gap

    jar, _ = jar_or_gap(None, remote=False)
    words = [
        str(home / "bin" / "pyspark"), "--master", "local[1]", "--driver-memory", "1g", "--jars", str(jar),
        "--conf", f"spark.extraListeners={LISTENER}", "--conf", "spark.ui.enabled=false",
        "--conf", "spark.ui.showConsoleProgress=false", "--conf", "spark.sql.shuffle.partitions=1",
    ]  # fmt: skip
    env = {
        "PYSPARK_PYTHON": sys.executable, "PYSPARK_DRIVER_PYTHON": sys.executable, "SPARK_HOME": str(home),
        "HOME": str(tmp_path), "PYTHON_BASIC_REPL": "1", "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }  # fmt: skip
    assert shutil.which("java")
    shell = Shell(words, tmp_path, ">>> ", env)
    for text in [ORDERS, f"{CLEAN}\n", "good = clean(orders)", "good = good.filter('id > 1')", "good.count()"]:
        assert "Traceback" not in shell.type(text)
    assert shell.end() == 0
    run = store(tmp_path / "lineage").run("last")
    assert run.outcome is Outcome.COMPLETE
    assert steps(run) == ["orders", "clean", "good", "count_good"]
    assert run.step("clean").source == f"{CLEAN}\n"
    assert [dataset.rows for dataset in run.datasets if dataset.variable == "good"][-1] == 1
