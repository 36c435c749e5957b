"""Statements that give no name to what they make are named by what they do."""

from __future__ import annotations

import ast

import pytest

from spark_lineage.static import SourceReader
from spark_lineage.static.deeds import deed

DEEDS = {
    'best.write.mode("overwrite").parquet("out/x")': "write_best",
    'best.write.saveAsTable("sales.best")': "write_best",
    'self.best.write.csv("x")': "write_best",
    'best.groupBy("a").count().write.parquet("x")': "write_best",
    'clean(orders).write.parquet("x")': "write_clean",
    'spark.read.parquet("a").write.parquet("out/best.parquet")': "write_best",
    'spark.table("a").writeTo("cat.db.t").append()': "write_t",
    "best.show()": "show_best",
    "print(best.count())": "count_best",
    "rows.append(best.count())": "count_best",
    'print(spark.read.json("out/totals").count())': "count_totals",
    "assert best.count() > 3": "count_best",
    "save(best, path)": "save_best",
    "main(spark)": "main",
    'spark.sql("INSERT INTO sales.report SELECT * FROM best")': "insert_report",
    'spark.sql(f"CREATE OR REPLACE TABLE `a`.`b` AS SELECT {x}")': "create_b",
    'spark.sql("MERGE INTO target t USING s ON t.a = s.a WHEN MATCHED THEN DELETE")': "merge_target",
    'spark.sql("WITH a AS (SELECT 1) INSERT OVERWRITE TABLE x TABLE a")': "insert_x",
    'spark.sql("SELECT 1").collect()': "collect",
    'spark.sql("DROP TABLE IF EXISTS a.b")': "drop_b",
    'spark.sql(f"drop table if exists {name}")': "drop_name",
    'spark.sql(f"insert into {self.orders} select {x[0]} from t")': "insert_orders",
    'spark.sql(f"delete from delta.`{path}/orders` where id > {n}")': "delete_orders",
    'best.createOrReplaceTempView("b")': "createOrReplaceTempView_best",
    "for number, row in enumerate(best.collect()): pass": "collect_best",
    "3": None,
}


@pytest.mark.parametrize("source", DEEDS)
def test_deeds(source: str) -> None:
    assert deed(ast.parse(source).body[0]) == DEEDS[source]


def statements(text: str, function: str = "<module>") -> list[tuple[str | None, int]]:
    (found,) = (each for each in SourceReader().read(text, "/job.py").functions if each.qualname == function)
    return [(each.deed or each.variable, each.ordinal) for each in found.statements]


def test_they_are_numbered_in_order_and_lines_do_not_count() -> None:
    text = 'best = spark.table("t")\nbest.write.parquet("a"); best.write.parquet("b")\nwrite_best = best.limit(1)\n'
    expected = [("best", 1), ("write_best", 1), ("write_best", 2), ("write_best", 3)]
    assert statements(text) == expected
    assert statements("# one line more\n\n" + text) == expected


STRAIGHT = """
def main():
    orders = spark.read.parquet("orders")
    good = orders.filter("a > 1")
    good.write.parquet("good")

def clean(orders):
    good = orders.filter("a > 1")
    return good.dropDuplicates()
{}
"""


@pytest.mark.parametrize(
    "called",
    [
        "main()", 'if __name__ == "__main__":\n    main()', "import sys\nsys.exit(main())", "raise SystemExit(main())",
        "def run():\n    main()\nrun()",
    ],
)  # fmt: skip
def test_a_straight_main_is_divided_and_a_function_that_gives_something_is_not(called: str) -> None:
    text = STRAIGHT.format(f"{called}\nx = clean(orders)")
    divided = {each.qualname: each.composite for each in SourceReader().read(text, "/job.py").functions}
    assert (divided["main"], divided["clean"]) == (True, False)


def test_so_is_a_method_that_is_the_whole_job() -> None:
    text = """
class Job:
    def run(self):
        orders = self.spark.read.parquet("orders")
        orders.filter("a > 1").write.parquet("good")
    def other(self):
        orders = self.spark.read.parquet("orders")
        return orders.filter("a > 1")
Job().run()
"""
    divided = {each.qualname: each.composite for each in SourceReader().read(text, "/job.py").functions}
    assert (divided["Job.run"], divided["Job.other"]) == (True, False)


def test_main_of_another_module_is_divided_once_the_program_has_been_read(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / "lib.py").write_text(STRAIGHT.format(""))
    program = "from lib import main\nmain()\n"
    (folder / "job.py").write_text(program)
    reader = SourceReader([str(folder)])
    reader.read(program, str(folder / "job.py"))
    found = reader.read((folder / "lib.py").read_text(), str(folder / "lib.py")).functions
    assert {each.qualname: each.composite for each in found}["main"]
