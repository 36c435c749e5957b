"""The four ways of switching on give the same steps, datasets, rows and fingerprints for the same program."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
START_UP = ROOT / "spark_lineage" / "activation" / "startup"

# Modules beside the script that are called like some that only we need.
BESIDE = "attr certifi configparser deltalake fractions http idna mimetypes packaging requests statistics urllib3 yaml"
ARGUMENTS = ["one", "--two", "3 4"]
# What a program sees of itself; needs no Spark. pyspark handles SIGINT.
ITSELF = f"""\
import {BESIDE.replace(" ", ", ")}
print([each.__name__ for each in ({BESIDE.replace(" ", ", ")}) if each.WHOSE != "the program's"])
main = sys.modules["__main__"]
print(os.path.basename(sys.argv[0]), sys.argv[1:], __name__, main is sys.modules[__name__], os.path.basename(__file__))
print(sorted(name for name in vars(main) if name.startswith("__")), __spec__, __package__, __doc__)
print(sys.path[0] == os.path.dirname(os.path.abspath(__file__)), sys.excepthook is sys.__excepthook__)
print([signal.getsignal(each) for each in sorted(signal.valid_signals()) if each != signal.SIGINT])
sys.exit(3)
"""
PROGRAM = """\
import os, signal, sys
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F


def positive(orders: DataFrame) -> DataFrame:
    return orders.filter("amount > 0")


def with_customer(orders: DataFrame, customers: DataFrame) -> DataFrame:
    return orders.join(customers, "customer", "left")


def by_country(orders: DataFrame) -> DataFrame:
    return orders.groupBy("country").agg(F.sum("amount").alias("amount"), F.count("*").alias("orders"))


def main(spark: SparkSession) -> DataFrame:
    orders = spark.range(1000).select("id", (F.col("id") % 7).alias("customer"), (F.col("id") % 11 - 2).alias("amount"))
    customers = spark.createDataFrame([(n, "NL" if n % 2 else "DE") for n in range(5)], "customer long, country string")
    paid = with_customer(positive(orders), customers).cache()
    totals = by_country(paid)
    totals.coalesce(1).write.mode("overwrite").parquet("out/totals")
    return totals


spark = SparkSession.builder.master("local[2]").appName("ways").getOrCreate()
result = main(spark)
for row in result.orderBy("country").collect():
    print(row.country, row.amount, row.orders)
spark.stop()
"""
PROGRAM += ITSELF
HELPED = PROGRAM.replace("SparkSession.builder.master", "configure_spark_with_lineage(SparkSession.builder.master")
HELPED = HELPED.replace('.appName("ways")', '.appName("ways"))')
# On a line that is there already: statements without a variable are named after their line.
HELPED = HELPED.replace(
    "functions as F\n", "functions as F; from spark_lineage import configure_spark_with_lineage\n", 1
)
STARTED = PROGRAM.replace("spark = SparkSession", "import spark_lineage; spark_lineage.start(); spark = SparkSession")
ROWS = "None 928 207\nDE 1404 312\nNL 936 208\n"


class Driver:
    """One folder with job.py; every run has a store of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "conf").mkdir()
        (folder / "conf" / "spark-defaults.conf").write_text(
            "spark.ui.enabled false\nspark.ui.showConsoleProgress false\nspark.sql.shuffle.partitions 2\n"
            "spark.driver.memory 1g\n"
        )
        # The start-up file as an installation has it, but in a folder of its own.
        (folder / "site").mkdir()
        (folder / "site" / "sitecustomize.py").write_text(f"import site; site.addsitedir({str(START_UP)!r})\n")
        # A Python where nothing is installed.
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "bare")], check=True)
        for name in BESIDE.split():
            (folder / f"{name}.py").write_text('WHOSE = "the program\'s"\n')
        (folder / "job.py").write_text(f"import os, signal, sys\n{ITSELF}")
        plain = subprocess.run([sys.executable, "job.py", *ARGUMENTS], cwd=folder, capture_output=True, text=True)
        assert plain.stdout.startswith("[]\n") and plain.returncode == 3, plain.stderr
        self.expected = ROWS + plain.stdout

    def run(self, way: str, program: str, command: list[str], **environ: str) -> dict:
        (self.folder / "job.py").write_text(program)
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SPARK_", "PYSPARK_", "PYTHONPATH"))}
        env = {
            **kept, "SPARK_CONF_DIR": str(self.folder / "conf"), "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_LINEAGE__STORE": str(self.folder / way), **environ,
        }  # fmt: skip
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, text=True, timeout=280)
        assert done.stdout == self.expected, done.stderr[-5000:]
        assert done.returncode == 3, done.stderr[-5000:]
        return self.shown(way)

    def shown(self, way: str) -> dict:
        done = subprocess.run(
            [sys.executable, "-m", "spark_lineage", "show", "last", "--json", "--store", str(self.folder / way)],
            env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="module")
def driver(tmp_path_factory) -> Driver:
    return Driver(tmp_path_factory.mktemp("ways"))


def spark_submit() -> str:
    import pyspark

    return str(Path(pyspark.__file__).parent / "bin" / "spark-submit")


def said(*words: str) -> str:
    """What `$(spark-lineage ...)` gives."""
    done = subprocess.run(
        [sys.executable, "-m", "spark_lineage", *words],
        env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    return done.stdout.strip()


def submit(*more: str) -> list[str]:
    listener = ["--conf", "spark.extraListeners=io.sparklineage.LineageListener", "--jars", said("jar")]
    return [spark_submit(), *listener, *more, "job.py", *ARGUMENTS]


@pytest.fixture(scope="module")
def by_runner(driver) -> dict:
    command = [sys.executable, "-m", "spark_lineage", "run", "job.py", *ARGUMENTS]
    return driver.run("runner", PROGRAM, command, PYTHONPATH=str(ROOT))


def facts(shown: dict) -> dict:
    """Everything but times, lines, ids of the run and Spark's own numbers."""
    steps = ("step", "kind", "function", "parent", "call", "inputs", "outputs", "outcome", "error")
    datasets = (
        "id",
        "name",
        "kind",
        "step",
        "call",
        "variable",
        "engine",
        "rows",
        "complete",
        "reason",
        "fingerprint",
        "columns",
    )
    return {
        "app": shown["run"]["app"],
        "outcome": shown["run"]["outcome"],
        "steps": [{key: step[key] for key in steps} for step in shown["steps"]],
        "datasets": [{key: dataset[key] for key in datasets} for dataset in shown["datasets"]],
        "gaps": sorted(f"{gap['what']}: {gap['why']}" for gap in shown["gaps"]),
    }


def test_runner_sees_everything(by_runner):
    interim = {each["name"]: each for each in by_runner["datasets"] if each["kind"] == "interim"}
    assert {"positive", "with_customer", "by_country"} <= set(interim)
    assert interim["by_country"]["rows"] == 3
    assert interim["with_customer"]["fingerprint"] is not None
    assert by_runner["run"]["outcome"] == "fail"
    assert by_runner["steps"][0]["error"] == "SystemExit: 3"


@pytest.mark.wide
def test_spark_submit_with_the_package_installed(driver, by_runner):
    shown = driver.run(
        "installed", PROGRAM, submit(),
        PYTHONPATH=os.pathsep.join([str(driver.folder / "site"), str(ROOT)]), PYSPARK_PYTHON=sys.executable,
    )  # fmt: skip
    assert facts(shown) == facts(by_runner)


def test_spark_submit_with_nothing_installed(driver, by_runner):
    shown = driver.run(
        "bare_driver", PROGRAM, submit("--py-files", said("pyfiles", "-o", str(driver.folder / "ours.zip"))),
        PYSPARK_PYTHON=str(driver.folder / "bare" / "bin" / "python"),
    )  # fmt: skip
    assert facts(shown) == facts(by_runner)


@pytest.mark.parametrize(
    ("way", "program"), [pytest.param("helper", HELPED, marks=pytest.mark.wide), ("start", STARTED)]
)
def test_from_inside_the_program(driver, by_runner, way, program):
    shown = driver.run(
        way, program, [sys.executable, "job.py", *ARGUMENTS], PYTHONPATH=str(ROOT), PYSPARK_PYTHON=sys.executable
    )
    assert facts(shown) == facts(by_runner)


OFF = ("--conf", "spark.lineage.enabled=false")


@pytest.mark.wide
@pytest.mark.parametrize("off", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["without", "switched off"])
def test_spark_submit_without_the_conf_records_nothing(driver, off):
    command = submit(*OFF) if off else [spark_submit(), "job.py", *ARGUMENTS]
    (driver.folder / "job.py").write_text(PROGRAM)
    env = {
        **os.environ, "PYTHONPATH": os.pathsep.join([str(driver.folder / "site"), str(ROOT)]),
        "SPARK_CONF_DIR": str(driver.folder / "conf"), "SPARK_LINEAGE__STORE": str(driver.folder / "none"),
        "PYSPARK_PYTHON": sys.executable,
    }  # fmt: skip
    done = subprocess.run(command, cwd=driver.folder, env=env, capture_output=True, text=True, timeout=280)
    assert (done.returncode, done.stdout) == (3, driver.expected), done.stderr[-3000:]
    assert not (driver.folder / "none").exists()


SESSIONS = """\
import os, sys
from pyspark import SparkConf, SparkContext
from pyspark.sql import SparkSession

def found(sc, name):
    return sc._jvm.java.lang.Thread.currentThread().getContextClassLoader().getResource(name) is not None

spark = SparkSession.builder.master("local[1]").config("spark.jars", "theirs.jar").getOrCreate()
sc = spark.sparkContext
print(found(sc, "theirs.txt"), found(sc, "submitted.txt"), spark.range(5).count())
spark.stop()
if sys.argv[1:] == ["first"]:
    sys.exit()

conf = SparkConf().setMaster("local[1]").setAppName("second")
before = conf.toDebugString()
with SparkContext(conf=conf) as sc:
    print(conf.toDebugString() == before, sc.parallelize(range(10)).sum(), SparkSession(sc).range(7).count())
print(os.environ.get("PYSPARK_SUBMIT_ARGS"))
try:
    SparkContext("nonsense", "third")
except Exception as error:
    print(type(error).__name__)
SparkSession.builder.master("nonsense").getOrCreate()
"""


@pytest.mark.wide
def test_sessions_of_the_program_are_its_own(driver):
    """Its jars and conf stay, contexts follow each other, and a session that cannot start fails as it would."""
    for name in ("theirs", "submitted"):
        with zipfile.ZipFile(driver.folder / f"{name}.jar", "w") as archive:
            archive.writestr(f"{name}.txt", "")
    (driver.folder / "sessions.py").write_text(SESSIONS)
    env = {
        **os.environ, "PYTHONPATH": str(ROOT), "SPARK_CONF_DIR": str(driver.folder / "conf"),
        "SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LINEAGE__STORE": str(driver.folder / "sessions"),
        "PYSPARK_SUBMIT_ARGS": "--conf spark.x=1 pyspark-shell",
    }  # fmt: skip

    def ran(*words):
        done = subprocess.run(
            [sys.executable, *words], cwd=driver.folder, env=env, capture_output=True, text=True, timeout=280
        )
        lines = [
            line
            for line in done.stderr.splitlines()
            if not re.match(r"\d\d/\d\d/\d\d |\tat |WARNING|Using|Setting|To adj", line)
        ]
        return done.returncode, done.stdout, lines

    plain = ran("sessions.py")
    assert plain[1].splitlines()[0] == "True False 5", plain
    assert ran("-m", "spark_lineage", "run", "sessions.py") == plain
    env["PYSPARK_SUBMIT_ARGS"] = "--jars submitted.jar pyspark-shell"
    plain = ran("sessions.py", "first")
    assert plain[1] == "False True 5\n", plain
    assert ran("-m", "spark_lineage", "run", "sessions.py", "first") == plain
