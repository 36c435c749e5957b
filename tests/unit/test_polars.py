"""Frames of polars that cross steps: who made them, from what, and what they hold; between pandas, Arrow and polars."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from spark_lineage import store
from spark_lineage.api.runs import Run
from spark_lineage.model import Outcome

EAGER = """
    import polars as pl

    def load():
        return pl.read_csv("orders.csv")

    def clean(frame):
        return frame.drop_nulls()

    def rich(frame):
        return frame.with_columns((pl.col("amount") * 2).alias("double"))

    orders = load()
    good = clean(orders)
    out = rich(good)
    out.write_parquet("out.parquet")
    print(out["double"].sum())
"""


def observed(folder: Path, program: str) -> Run:
    (folder / "job.py").write_text(textwrap.dedent(program))
    (folder / "orders.csv").write_text("id,amount\n1,10\n2,\n3,30\n4,40\n")
    words = [sys.executable, "-m", "spark_lineage", "run", "job.py"]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=300)
    plain = subprocess.run([sys.executable, "job.py"], cwd=folder, capture_output=True, text=True, timeout=300)
    assert (done.stdout, done.stderr, done.returncode) == (plain.stdout, plain.stderr, plain.returncode)
    return store(folder / "lineage").run("last")


def lines(run: Run) -> list[str]:
    """``step: inputs -> outputs=rows``."""
    return [
        f"{step.name.partition('.')[2]}: {', '.join(each.id.rpartition('/')[2] for each in step.inputs)} -> "
        + ", ".join(f"{each.id.rpartition('/')[2]}={each.rows}" for each in step.outputs)
        for step in run.steps
        if step.inputs or step.outputs
    ]


def test_eager_frames_are_followed_from_file_to_file(tmp_path: Path) -> None:
    run = observed(tmp_path, EAGER)
    assert run.outcome is Outcome.COMPLETE
    assert [gap.what for gap in run.gaps if gap.what != "rows"] == []
    assert {dataset.recorded.engine for dataset in run.datasets if dataset.recorded.step} >= {"polars"}
    shown = lines(run)
    assert shown[:3] == ["load: orders.csv -> load=4", "clean: load -> clean=3", "rich: clean -> rich=3"]
    assert any("out.parquet" in line for line in shown)


def test_lazy_frames_are_edges_without_facts(tmp_path: Path) -> None:
    run = observed(
        tmp_path,
        """
        import polars as pl

        def scan():
            return pl.scan_csv("orders.csv")

        def positive(lazy):
            return lazy.filter(pl.col("amount") > 10)

        def collected(lazy):
            return lazy.collect()

        def total(frame):
            return frame["amount"].sum()

        frame = collected(positive(scan()))
        print(total(frame))
        """,
    )
    assert lines(run) == [
        "scan: orders.csv -> scan=None",
        "positive: scan -> positive=None",
        "collected: positive -> collected=2",
        "total: collected -> ",
    ]
    assert {each.recorded.reason for each in run.datasets if each.rows is None and each.recorded.step} == {
        "never_executed"
    }


def test_the_chain_holds_through_pandas_and_arrow_and_fingerprints_are_equal(tmp_path: Path) -> None:
    run = observed(
        tmp_path,
        """
        import pandas as pd
        import polars as pl

        def made():
            return pd.DataFrame({"id": [1, 2, 3], "name": ["a", None, "c"]})

        def in_polars(frame):
            return pl.from_pandas(frame)

        def as_arrow(frame):
            return frame.to_arrow()

        def back(table):
            return pl.from_arrow(table)

        def in_pandas(frame):
            return frame.to_pandas()

        last = in_pandas(back(as_arrow(in_polars(made()))))
        print(len(last))
        """,
    )
    assert lines(run)[:2] == ["made:  -> made=3", "in_polars: made -> in_polars=3"]
    assert any(line.startswith("in_pandas: back -> in_pandas=3") for line in lines(run))
    facts = [run.dataset(name).recorded.fingerprint for name in ("made", "in_polars", "back", "in_pandas")]
    assert len(set(facts)) == 1
    above = {name for step in run.steps for name in (each.id for each in step.inputs)}
    assert "in_polars" in above, "what came through Arrow stands on the frame before"


def test_a_frame_that_is_changed_in_place_is_another_dataset(tmp_path: Path) -> None:
    run = observed(
        tmp_path,
        """
        import polars as pl

        def made():
            return pl.DataFrame({"a": [1, 2, 3]})

        def changed(frame):
            frame.insert_column(0, pl.Series("b", [4, 5, 6]))

        frame = made()
        changed(frame)
        print(frame.shape)
        """,
    )
    columns = [[column.name for column in dataset.recorded.columns] for dataset in run.datasets]
    assert columns == [["a"], ["b", "a"]]


@pytest.mark.wide
def test_frames_that_go_through_duckdb_keep_their_edges(tmp_path: Path) -> None:
    run = observed(
        tmp_path,
        """
        import duckdb
        import pandas as pd

        def made():
            return pd.DataFrame({"k": ["a", "a", "b"], "v": [1, 2, 3]})

        def grouped(frame):
            return duckdb.sql("select k, sum(v) as v from frame group by k order by k").df()

        def large(frame):
            return frame[frame.v > 2]

        last = large(grouped(made()))
        print(len(last))
        """,
    )
    assert lines(run)[:3] == ["made:  -> made=3", "grouped: made -> grouped=2", "large: grouped -> large=2"]
