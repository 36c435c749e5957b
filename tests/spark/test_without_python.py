"""Programs of Scala and of SQL with our listener alone: they run as without it, and are recorded step by step."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyspark
import pytest

import spark_lineage
from spark_lineage.activation.jars import LISTENER, find_spark, jar_for

ROOT = Path(__file__).resolve().parents[2]
HOME = Path(pyspark.__file__).parent
PROGRAMS = ROOT / "tests" / "programs" / "without_python"
SCALA, SQL = (PROGRAMS / "Orders.scala").read_text(), (PROGRAMS / "report.sql").read_text()
MAIN = "com.acme.daily.Orders"
SETTINGS = {
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.sql.catalogImplementation": "in-memory",
}
RUN_SECONDS = 280

pytestmark = [pytest.mark.wide, pytest.mark.timeout(900)]


class Driver:
    """A folder with the programs and their data; each way of running has a folder for what it writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.typed = ""  # what the next run reads from its standard input
        rows = [f"{n},{n % 7},{n % 50},{'paid' if n % 3 else 'open'}\n" for n in range(1000)]
        (folder / "orders.csv").write_text("order,customer,amount,status\n" + "".join(rows))

    def compiled(self, name: str, source: str) -> Path:
        """A jar of a Scala program, made by the compiler that comes with Spark's shell."""
        folder = self.folder / f"{name}.src"
        folder.mkdir()
        (folder / "Orders.scala").write_text(source)
        jars = os.pathsep.join(map(str, sorted((HOME / "jars").glob("*.jar"))))
        made = self.folder / f"{name}.jar"
        command = ["java", "-cp", f"{HOME / 'jars'}/*", "scala.tools.nsc.Main", "-d", str(made), "-classpath", jars]
        subprocess.run([*command, "Orders.scala"], cwd=folder, check=True, timeout=RUN_SECONDS)
        return made

    def run(self, way: str, observed: bool, *words: str, **conf: str) -> subprocess.CompletedProcess[str]:
        """``words``: the command of Spark's ``bin``, and what follows the settings."""
        folder = self.folder / way
        folder.mkdir()
        ours = {
            "spark.jars": str(jar_for(find_spark())),
            "spark.extraListeners": LISTENER,
            "spark.lineage.strict": "true",
        }
        settings = {**SETTINGS, **(ours if observed else {}), **conf}
        options = [word for name, value in settings.items() for word in ("--conf", f"{name}={value}")]
        return subprocess.run(
            [str(HOME / "bin" / words[0]), "--master", "local[1]", *options, *words[1:]],
            cwd=folder, capture_output=True, text=True, timeout=RUN_SECONDS, input=self.typed, env=self.environ,
        )  # fmt: skip

    @property
    def environ(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_"))}
        return {**kept, "SPARK_HOME": str(HOME)}

    def asked(self, way: str, *words: str) -> Any:
        done = self.command(way, *words, "--json")
        assert done.returncode in (0, 1), done.stderr
        return json.loads(done.stdout)

    def command(self, way: str, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "spark_lineage", *words, "--store", str(self.folder / way / "lineage")],
            env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120,
        )  # fmt: skip


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Driver]:
    yield Driver(tmp_path_factory.mktemp("without_python"))


@pytest.fixture(scope="module")
def scala(driver: Driver) -> Driver:
    """Runs of the Scala program: plain, observed, and observed with another filter."""
    jar = str(driver.compiled("orders", SCALA))
    other = str(driver.compiled("others", SCALA.replace("> 10", "> 20")))
    for way, program in {"plain": jar, "scala": jar, "changed": other}.items():
        arguments = ["--class", MAIN, program, str(driver.folder / "orders.csv"), "out", "--password", "Pa55-w0rd"]
        done = driver.run(way, way != "plain", "spark-submit", *arguments)
        assert done.returncode == 0, done.stderr[-5000:]
        (driver.folder / way / "stdout").write_text(done.stdout)
    return driver


@pytest.fixture(scope="module")
def sql(driver: Driver) -> Driver:
    """Runs of the SQL file: plain, observed, and observed with another filter."""
    for way in ("plain_sql", "sql", "changed_sql"):
        text = SQL.replace("orders.csv", str(driver.folder / "orders.csv"))
        file = driver.folder / "report.sql"
        file.write_text(text.replace("> 10", "> 20") if way == "changed_sql" else text)
        done = driver.run(way, way != "plain_sql", "spark-sql", "-f", str(file))
        assert done.returncode == 0, done.stderr[-5000:]
        (driver.folder / way / "stdout").write_text(done.stdout)
    return driver


def stdout(driver: Driver, way: str) -> str:
    return (driver.folder / way / "stdout").read_text()


def test_a_scala_program_does_what_it_does_without_us(scala: Driver) -> None:
    assert stdout(scala, "scala") == stdout(scala, "plain") != ""
    assert not (scala.folder / "plain" / "lineage").exists()


def test_methods_of_a_scala_program_are_steps(scala: Driver) -> None:
    shown = scala.asked("scala", "show", "last")
    steps = {step["step"]: step for step in shown["steps"]}
    assert steps["Orders.paid"]["inputs"] == ["read_csv"] and steps["Orders.paid"]["outputs"] == ["paid"]
    assert set(steps["Orders.enrich"]["inputs"]) == {"paid", "select"}
    assert steps["Orders.byCountry"]["inputs"] == ["enrich"]
    assert (steps["Orders.paid"]["file"], steps["Orders.paid"]["function"]) == ("Orders.scala", "paid")
    assert shown["run"]["outcome"] == "complete" and shown["run"]["app"] == "Orders"
    sink = next(dataset for dataset in shown["datasets"] if dataset["kind"] == "sink")
    assert sink["step"] == "Orders.write_out" and sink["rows"] == 3
    assert not [gap for gap in shown["gaps"] if gap["what"].startswith("spark-lineage")]


def test_facts_of_a_scala_program_are_measured(scala: Driver) -> None:
    shown = scala.asked("scala", "show", "last")
    rows = {dataset["id"]: (dataset["rows"], dataset["complete"]) for dataset in shown["datasets"]}
    paid = sum(1 for n in range(1000) if n % 3 and n % 50 > 10)
    assert rows["paid"] == rows["enrich"] == (paid, True)
    assert rows["byCountry"] == (3, True)


def test_columns_of_a_scala_program_are_explained(scala: Driver) -> None:
    explained = json.dumps(scala.asked("scala", "explain", "byCountry.gross"))
    assert "amount * 1.19" in explained and "orders.csv" in explained


def test_secrets_of_a_scala_program_are_not_written(scala: Driver) -> None:
    written = [file for file in (scala.folder / "scala" / "lineage").rglob("*") if file.is_file()]
    assert written and not [file for file in written if b"Pa55-w0rd" in file.read_bytes()]
    assert {file.stat().st_mode & 0o077 for file in written} == {0}


@pytest.mark.parametrize(
    ("before", "after", "step"), [("scala", "changed", "Orders.paid"), ("sql", "changed_sql", "report.write_report")]
)
def test_a_changed_filter_is_named(request: pytest.FixtureRequest, before: str, after: str, step: str) -> None:
    driver: Driver = request.getfixturevalue(before)
    other = next((driver.folder / after / "lineage" / "runs").iterdir())
    found = driver.command(before, "diff", "last", str(other), "--json")
    assert found.returncode == 1, found.stderr
    document = json.loads(found.stdout)
    assert [cause["step"] for cause in document["first_divergences"]] == [step]


def test_a_sql_file_does_what_it_does_without_us(sql: Driver) -> None:
    def said(way: str) -> str:
        return re.sub(r"\d", "", stdout(sql, way))  # how long a statement took

    assert said("sql") == said("plain_sql") != ""


def test_statements_of_a_sql_file_are_steps(sql: Driver) -> None:
    shown = sql.asked("sql", "show", "last")
    steps = {step["step"]: step for step in shown["steps"]}
    assert [Path(each).name for each in steps["report.write_report"]["inputs"]] == ["orders.csv"]
    paid = spark_lineage.store(sql.folder / "sql" / "lineage").run("last").step("report.paid")
    assert (paid.source or "").lstrip().startswith("CREATE OR REPLACE TEMPORARY VIEW paid")
    assert steps["report.paid"]["line"] == 3
    assert "report.insert_report" in steps and "report.select" in steps
    rows = {Path(dataset["id"]).name: dataset["rows"] for dataset in shown["datasets"]}
    assert (rows["report"], rows["report~2"]) == (7, 1)


TYPED = """val orders = spark.read.option("header", true).csv("orders.csv")
def paid(of: org.apache.spark.sql.DataFrame) = of.filter($"status" === "paid")
val kept = paid(orders)
kept.write.parquet("kept")
println("rows " + kept.count())
:quit
"""


def test_lines_typed_at_the_shell_of_scala_are_steps(driver: Driver) -> None:
    driver.typed = TYPED.replace("orders.csv", str(driver.folder / "orders.csv"))
    done = driver.run("shell", True, "spark-shell")
    driver.typed = ""
    assert (done.returncode, "rows 666" in done.stdout) == (0, True), done.stderr[-5000:]
    shown = driver.asked("shell", "show", "last")
    steps = {step["step"].rpartition(".")[2]: step for step in shown["steps"]}
    assert (steps["paid"]["inputs"], steps["paid"]["outputs"]) == (["read_csv"], ["paid"])
    assert [Path(each).name for each in steps["write_kept"]["outputs"]] == ["kept"]
    assert {dataset["id"]: dataset["rows"] for dataset in shown["datasets"]}["paid"] == 666


STATEMENTS = """create or replace temporary view orders using csv options (path 'orders.csv', header true);
create or replace temporary view paid as select * from orders where status = 'paid';
create table report using parquet as select customer, count(*) n from paid group by customer;
select * from report where n > 3;
insert into report values ('z', 5);
select sum(n) from report;
"""


def test_statements_of_a_thrift_server_are_steps(driver: Driver) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    file = driver.folder / "thrift.sql"
    file.write_text(STATEMENTS.replace("orders.csv", str(driver.folder / "orders.csv")))
    told: list[subprocess.CompletedProcess[str]] = []

    def served() -> None:
        hive = {
            "spark.hadoop.hive.server2.thrift.port": str(port),
            "spark.hadoop.hive.server2.thrift.bind.host": "127.0.0.1",
        }
        server = "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"
        told.append(driver.run("thrift", True, "spark-submit", "--class", server, "spark-internal", **hive))

    serving = threading.Thread(target=served)
    serving.start()
    address = f"jdbc:hive2://127.0.0.1:{port}"
    try:
        asked = None
        for _ in range(60):
            time.sleep(1)
            with socket.socket() as line:
                if line.connect_ex(("127.0.0.1", port)) == 0:
                    words = [str(HOME / "bin" / "beeline"), "-u", address, "-n", "me", "-f", str(file)]
                    asked = subprocess.run(words, env=driver.environ, capture_output=True, text=True, timeout=120)
                    break
        assert asked is not None and asked.returncode == 0, asked
    finally:
        process = json.loads(next((driver.folder / "thrift" / "lineage" / "runs").glob("*/process.json")).read_text())
        os.kill(process["pid"], signal.SIGTERM)
        serving.join(60)
    shown = driver.asked("thrift", "show", "last")
    steps = {step["step"].rpartition(".")[2]: step for step in reversed(shown["steps"])}  # the first call of each

    def names(ids: list[str]) -> list[str]:
        return [Path(each).name for each in ids]

    assert names(steps["write_report"]["inputs"]) == ["orders.csv"]
    assert names(steps["write_report"]["outputs"]) == names(steps["select"]["inputs"]) == ["report"]
    assert names(steps["insert_report"]["outputs"]) == names(steps["select~2"]["inputs"]) == ["report~2"]
    assert {Path(each["id"]).name: each["rows"] for each in shown["datasets"] if each["kind"] == "sink"} == {
        "report": 7, "report~2": 1,
    }  # fmt: skip
    assert {step["step"].count(".") for step in shown["steps"]} == {3, 4}, (
        "below the application there are statements only"
    )


def test_what_was_recorded_is_sealed_by_send(scala: Driver, tmp_path: Path) -> None:
    store = scala.folder / "changed" / "lineage"
    transport = f"transport:\n  type: file\n  append: true\n  log_file_path: {tmp_path}/events.jsonl\n"
    (tmp_path / "openlineage.yml").write_text(transport)
    done = subprocess.run(
        [sys.executable, "-m", "spark_lineage", "send", "--store", str(store)], cwd=tmp_path, capture_output=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OPENLINEAGE_CONFIG": str(tmp_path / "openlineage.yml")},
        text=True, timeout=120, check=True,
    )  # fmt: skip
    run = next((store / "runs").iterdir())
    assert (run / "events.jsonl").exists() and not (run / "observations.jsonl").exists(), done.stdout
    steps = {step["step"] for step in scala.asked("changed", "show", "last")["steps"]}
    assert {"Orders.paid", "Orders.enrich", "Orders.byCountry"} <= steps
    assert (tmp_path / "events.jsonl").read_text().count("\n") > len(steps)


def test_nothing_is_written_where_it_is_switched_off(driver: Driver) -> None:
    done = driver.run("off", True, "spark-sql", "-e", "SELECT 1", **{"spark.lineage.enabled": "false"})
    assert done.returncode == 0, done.stderr[-5000:]
    assert not (driver.folder / "off" / "lineage").exists()
