"""Each jar under each Spark that it is not for, and no jar at all, by spark-submit: the program must run as plain."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.compat.lines import LINES, ROOT, Line
from tests.compat.programs import QUICK

JOB = """
from pyspark.sql import SparkSession
from pyspark.sql import functions as F


def doubled(numbers):
    return numbers.withColumn("double", F.col("id") * 2)


def odd(numbers):
    return numbers.filter("id % 2 = 1")


spark = SparkSession.builder.appName("job").getOrCreate()
print(odd(doubled(spark.range(100))).agg(F.sum("double")).collect())
doubled(spark.range(10)).write.mode("overwrite").parquet("out")
print(spark.read.parquet("out").count())
spark.stop()
"""
LISTENER = "spark.extraListeners=io.sparklineage.LineageListener"


@dataclass(frozen=True)
class Tried:
    """One jar (or none) under one Spark."""

    spark: str
    jar: str  # its line; "none"
    problems: tuple[str, ...]
    gap: str


def of_line(line: Line, folder: Path) -> list[Tried]:
    """This Spark with each jar that is not for it, and with none."""
    jars = tuple(dict.fromkeys(each.jar for each in LINES))
    subprocess.run([sys.executable, str(ROOT / "project" / "jar.py"), *jars], check=True, stdout=sys.stderr)
    home = folder / line.name
    plain = submit(line, home / "plain", None, listener=False)
    return [tried(line, jar, plain, home / jar) for jar in (*jars, "none") if jar != line.jar]


def document(each: Tried) -> dict[str, Any]:
    return {"jar": each.jar, "problems": list(each.problems), "gap": each.gap}


def submit(line: Line, folder: Path, jar: Path | None, listener: bool) -> subprocess.CompletedProcess[str]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "job.py").write_text(JOB)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SPARK_", "PYSPARK_"))}
    start_up = ROOT / "spark_lineage" / "activation" / "startup"
    # As where the package is installed: its start-up file is what the interpreter executes.
    (folder / "start_up").mkdir(exist_ok=True)
    (folder / "start_up" / "sitecustomize.py").write_text(f"import site; site.addsitedir({str(start_up)!r})\n")
    env = {
        **kept, "PYSPARK_PYTHON": str(line.python), "PYSPARK_DRIVER_PYTHON": str(line.python),
        "SPARK_HOME": str(line.pyspark), "SPARK_LOCAL_IP": "127.0.0.1",
        **({"PYTHONPATH": str(folder / "start_up")} if listener else {}),
    }  # fmt: skip
    words = ["--master", "local[2]", "--conf", "spark.ui.enabled=false", "--driver-java-options", QUICK]
    words += ["--conf", LISTENER] if listener else []
    words += ["--jars", str(jar)] if jar is not None else []
    command = [str(line.pyspark / "bin" / "spark-submit"), *words, "job.py"]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300)


def tried(line: Line, jar: str, plain: subprocess.CompletedProcess[str], folder: Path) -> Tried:
    sys.path.insert(0, str(ROOT / "project"))
    import jar as building

    path = building.jar_path(building.line(jar)) if jar != "none" else None
    ran = submit(line, folder, path, listener=True)
    problems = []
    if (ran.returncode, ran.stdout) != (plain.returncode, plain.stdout):
        problems.append(f"exit {ran.returncode}, plain {plain.returncode}; {ran.stdout[-300:]!r} {ran.stderr[-600:]!r}")
    said = [text for text in ran.stderr.splitlines() if "spark-lineage jar" in text or "Lineage is not" in text]
    if len(said) != (0 if jar == "none" else 1):
        problems.append(f"{len(said)} sentences in Spark's log: {said}")
    shown = _shown(folder)
    gaps = [gap["why"] for gap in shown.get("gaps", []) if gap["what"] == "jvm"]
    if len(gaps) != 1:
        problems.append(f"{len(gaps)} gaps of the jar; {[gap['what'] for gap in shown.get('gaps', [])]}")
    steps = {step["step"] for step in shown.get("steps", [])}
    if not {"job.doubled", "job.odd"} <= steps:
        problems.append(f"steps: {sorted(steps)}")
    others = [gap for gap in shown.get("gaps", []) if "fault" in gap["what"] or "spark-lineage.off" in gap["what"]]
    return Tried(line.name, jar, (*problems, *map(str, others)), gaps[0] if gaps else "")


def _shown(folder: Path) -> dict[str, list[dict[str, str]]]:
    command = [sys.executable, "-m", "spark_lineage", "show", "last", "--json", "--store", str(folder / "lineage")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60)
    return json.loads(done.stdout) if done.returncode == 0 else {}
