"""Files and tables of databases that pandas and polars read and write: how they are named, and what is a gap."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from spark_lineage.api.runs import Run
from spark_lineage.capture.following.tables import databases, files
from spark_lineage.model import Storage
from tests.unit.test_polars import lines, observed


def storages(run: Run) -> dict[str, str]:
    """Name within its namespace -> what it is."""
    return {
        f"{each.recorded.storage.namespace}|{each.recorded.storage.name}": str(each.recorded.kind.value)
        for each in run.datasets
        if each.recorded.storage is not None
    }


def test_tables_of_sqlite_by_its_own_connection_and_by_sqlalchemy(tmp_path: Path) -> None:
    run = observed(
        tmp_path,
        """
        import sqlite3
        import pandas as pd
        import polars as pl
        import sqlalchemy

        def stored(con):
            pd.DataFrame({"a": [1, 2]}).to_sql("Numbers", con, index=False, if_exists="replace")

        def read(con):
            return pd.read_sql("with few as (select * from Numbers limit 5) select * from few", con)

        def positive(frame):
            return frame[frame.a > 1]

        def kept(frame, engine):
            frame.to_sql("kept", engine, index=False, if_exists="replace")

        def again(engine):
            return pd.read_sql_table("kept", engine)

        def in_polars(con):
            return pl.read_database("select a from kept", con)

        con = sqlite3.connect("base.db")
        stored(con)
        frame = positive(read(con))
        engine = sqlalchemy.create_engine("sqlite:///base.db")
        kept(frame, engine)
        last = again(engine)
        frame = in_polars(con)
        print(len(last), frame.shape, con.total_changes, con.in_transaction)
        """,
    )
    base = f"sqlite://{tmp_path}/base.db"
    assert storages(run) == {f"{base}|Numbers": "sink", f"{base}|kept": "sink"}
    assert [gap.what for gap in run.gaps if gap.what != "rows"] == []
    assert lines(run)[:-1] == [
        "stored:  -> stored=2, Numbers=2",
        "read: Numbers -> read=2",
        "positive: read -> positive=1",
        "kept: positive -> kept=1",
        "again: kept -> again=1",
        "in_polars: kept -> in_polars=1",
    ]


def test_a_program_that_hears_what_sqlite_runs_hears_nothing_of_us(tmp_path: Path) -> None:
    run = observed(
        tmp_path,
        """
        import sqlite3
        import pandas as pd

        con = sqlite3.connect("base.db")
        con.set_trace_callback(print)
        con.execute("create table if not exists t (a int)")
        frame = pd.read_sql("select * from t", con)
        print(len(frame))
        """,
    )
    (gap,) = [gap for gap in run.gaps if gap.what == "source"]
    assert gap.why == (
        "pandas.read_sql has read a database of SQLite, which is not asked for its file: the program may listen"
    )


@pytest.mark.parametrize(
    ("address", "table", "schema", "namespace", "name"),
    [
        ("postgresql+psycopg2://u:secret@host/db", "orders", None, "postgres://host:5432", "db.public.orders"),
        ("postgresql://host:6000/db", "orders", "sales", "postgres://host:6000", "db.sales.orders"),
        ("mysql+pymysql://u:secret@host/db?charset=utf8", "orders", None, "mysql://host:3306", "db.orders"),
        ("mssql+pyodbc://u:secret@host/db", "orders", "dbo", "mssql://host:1433", "db.dbo.orders"),
        ("sqlite:////data/shop.db", "orders", None, "sqlite:///data/shop.db", "orders"),
    ],
)
def test_addresses_of_databases_are_named_as_openlineage_has_it_without_credentials(
    address: str, table: str, schema: str | None, namespace: str, name: str
) -> None:
    given = {"con": address, "table_name": table, "schema": schema}
    assert databases.read("read_sql_table", given, lambda: False) == (Storage(namespace, name, "sql"),)


@pytest.mark.parametrize(
    ("query", "tables"),
    [
        ("select * from a join b using (k)", ["a", "b"]),
        ('with x as (select 1), "y" (k) as (select 2) select * from x, y, Real', ["Real"]),
        ("orders", ["orders"]),
        ("select * from \"My.Table\" where t = 'from nowhere'", ["My.Table"]),
        ("select 1 as one", ["query_42c1d5a9"]),
    ],
)
def test_the_tables_of_a_query(query: str, tables: list[str]) -> None:
    found = databases.read("read_sql", {"con": "mysql://host/", "sql": query}, lambda: False)
    assert not isinstance(found, str)
    assert [each.name for each in found] == tables


FILES = """
    import io
    import pandas as pd

    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    frame.to_csv("one.csv", index=False)
    with open("two.csv", "w") as opened:
        frame.to_csv(opened, index=False)
    frame.to_json("three.json")
    frame.to_pickle("four.pkl")
    frame.to_parquet("five.parquet")
    frame.to_feather("six.feather")
    frame.to_orc("seven.orc")
    frame.to_stata("eight.dta")
    text = frame.to_csv(index=False)

    def read(function, path, **options):
        return function(path, **options)

    one = read(pd.read_csv, "one.csv")
    two = read(pd.read_table, open("two.csv"), sep=",")
    three = read(pd.read_json, "three.json")
    four = read(pd.read_pickle, "four.pkl")
    five = read(pd.read_parquet, "five.parquet")
    six = read(pd.read_feather, "six.feather")
    seven = read(pd.read_orc, "seven.orc")
    eight = read(pd.read_stata, "eight.dta")
    fixed = read(pd.read_fwf, "one.csv")
    buffered = pd.read_csv(io.StringIO(text))
    print(sum(map(len, (one, two, three, four, five, six, seven, eight, fixed, buffered))))
"""


def test_files_of_each_format_are_sources_and_sinks(tmp_path: Path) -> None:
    run = observed(tmp_path, FILES)
    written = [
        "one.csv", "two.csv", "three.json", "four.pkl", "five.parquet", "six.feather", "seven.orc", "eight.dta"
    ]  # fmt: skip
    assert storages(run) == {f"file|{tmp_path}/{name}": "sink" for name in written}
    assert [gap.what for gap in run.gaps if gap.what != "rows"] == []
    read = [line.split(" -> ")[0] for line in lines(run) if line.startswith("read")]
    assert {part for line in read for part in line.partition(": ")[2].split(", ") if "." in part} == set(written)
    (buffered,) = [line for line in lines(run) if line.startswith("buffered")]
    assert buffered == "buffered: frame -> buffered=2", "what was a text in between stands on what the text was made of"


@pytest.mark.parametrize("name", ["read_clipboard", "read_gbq", "scan_iceberg", "scan_pyarrow_dataset"])
def test_what_has_no_name_is_a_gap(name: str) -> None:
    code = compile(f"def {name}():\n    return tell()\n", "pandas.py", "exec")
    space: dict[str, object] = {"tell": lambda: files.read_in(sys._getframe(1), sys._getframe(1).f_code, lambda: False)}
    exec(code, space)
    found = space[name]()  # type: ignore[operator]
    assert isinstance(found, str) and found.startswith(f"{name} has read ")
