"""A Java for the programs that tests start: Spark's classes come from an archive, which halves what a start costs.

``python -m tests.quick_java`` makes a folder like a Java home in the environment of this Python; its ``java`` is a
script that starts the real one. A JVM of this environment's pyspark gets options for programs of some seconds and an
archive of the classes that Spark loads (class data sharing); any other JVM is started as it is. The archive holds for
one classpath that begins with Spark's jars, so that they are put before the folder of configuration files.

What tests see stays what a user sees but for the time: the classes are Spark's, verified when they were archived. Where
the folder was not made, or was made for another Java, tests run with the Java that is there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HOME = Path(sys.prefix) / "quick-java"
ARCHIVE = HOME / "spark.jsa"
# What the second compiler and the collector's threads cost them, programs of some seconds do not live to gain. With the
# first compiler alone Java's default for the code cache is 48 MB, which a longer program fills; the JVM then says so on
# stdout and interprets. An archive that does not fit is passed over; the JVM's log would say so on stdout.
OPTIONS = "-Xlog:disable -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:+UseSerialGC"

SCRIPT = """\
#!/bin/sh
# Made by tests/quick_java.py.
case " $* " in *'{jars}'*) ;; *) exec '{java}' "$@" ;; esac
left=$#
while [ "$left" -gt 0 ]; do
  word=$1
  shift
  left=$((left - 1))
  if [ "$word" = -cp ]; then
    before=${{1%%'{jars}'*}}
    after=${{1#*'{jars}'}}
    shift
    left=$((left - 1))
    before=${{before%:}}
    set -- "$@" -cp '{jars}'"${{before:+:$before}}$after"
  else
    set -- "$@" "$word"
  fi
done
exec '{java}' {options} "$@"
"""

# What most programs of the tests make Spark load.
PROGRAM = """\
import pandas as pd
from pyspark.sql import SparkSession, Window
from pyspark.sql import functions as F

spark = SparkSession.builder.getOrCreate()
rows = spark.range(1000).withColumn("k", F.col("id") % 7).withColumn("t", F.concat(F.lit("t"), "id"))
rows = rows.withColumn("x", F.col("id") / 3).withColumn("d", F.date_add(F.lit("2024-01-01").cast("date"), F.lit(3)))
for kind in ("parquet", "csv", "json", "orc"):
    rows.write.mode("overwrite").format(kind).save(kind)
    spark.read.format(kind).load(kind).count()
rows.select("t").write.mode("overwrite").text("text")
rows.write.mode("overwrite").partitionBy("k").parquet("parts")
spark.read.parquet("parts").filter("k = 3 and id > 10").collect()
rows.createOrReplaceTempView("rows")
spark.sql("create table kept using parquet as select k, sum(x) s from rows group by k")
spark.sql("insert into kept select k, x from rows where id < 5")
sums = rows.groupBy("k").agg(F.sum("x").alias("s"), F.countDistinct("t"), F.max("d"), F.collect_set("k")).cache()
rows.join(sums, "k").join(rows.hint("merge"), "id", "left").orderBy(F.desc("id")).limit(5).collect()
rows.withColumn("n", F.row_number().over(Window.partitionBy("k").orderBy("id"))).filter("n < 3").collect()
rows.withColumn("e", F.explode(F.array("k", "id"))).union(rows.withColumn("e", F.lit(1))).distinct().show()
rows.select(F.udf(lambda i: i + 1, "long")("id")).count()
spark.createDataFrame([(1, "a"), (2, None)], "n int, t string").dropna().toPandas()
spark.createDataFrame(pd.DataFrame({"a": [1.5, None]})).describe().collect()
rows.rdd.map(lambda row: row.id).take(3)
sums.explain(True)
try:
    spark.read.parquet("nothing")
except Exception as error:
    str(error)
spark.stop()
"""


def switch_on() -> None:
    """Programs that this process starts find the quick Java, where it was made for the Java that is there."""
    script = HOME / "bin" / "java"
    java = real_java()
    if ARCHIVE.exists() and java is not None and f"'{java}'" in script.read_text():
        os.environ["JAVA_HOME"] = str(HOME)


def real_java() -> str | None:
    """The Java that is there, resolved; None if there is none."""
    home = os.environ.get("JAVA_HOME")
    if home and Path(home) == HOME:
        home = None
    found = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    return str(Path(found).resolve()) if found and Path(found).exists() else None


def make() -> None:
    import pyspark

    java = real_java()
    if java is None:
        raise SystemExit("No java was found: install one and put it on PATH, or set JAVA_HOME.")
    shutil.rmtree(HOME, ignore_errors=True)
    spark = Path(pyspark.__file__).parent
    script = HOME / "bin" / "java"
    script.parent.mkdir(parents=True)

    def written(options: str) -> None:
        script.write_text(SCRIPT.format(java=java, jars=f"{spark}/jars/*", options=options))
        script.chmod(0o755)

    written(OPTIONS)
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "program.py"
        program.write_text(PROGRAM)
        conf = ["spark.ui.enabled=false", "spark.sql.shuffle.partitions=2", "spark.eventLog.enabled=true",
                f"spark.eventLog.dir={folder}", "spark.log.level=ERROR",
                "spark.sql.execution.arrow.pythonUDF.columnarInput.enabled=false",
                f"spark.driver.extraJavaOptions=-XX:ArchiveClassesAtExit={ARCHIVE}"]  # fmt: skip
        command = [str(spark / "bin" / "spark-submit"), "--master", "local[2]", "--driver-memory", "1g"]
        command += [word for each in conf for word in ("--conf", each)]
        environ = {**os.environ, "JAVA_HOME": str(HOME), "SPARK_HOME": str(spark), "PYSPARK_PYTHON": sys.executable,
                   "SPARK_CONF_DIR": f"{folder}/none", "SPARK_LOCAL_IP": "127.0.0.1"}  # fmt: skip
        done = subprocess.run([*command, str(program)], cwd=folder, env=environ, capture_output=True, text=True)
    if done.returncode != 0 or not ARCHIVE.exists():
        shutil.rmtree(HOME)
        raise SystemExit(f"The archive of Spark's classes could not be made:\n{done.stderr[-3000:]}")
    written(f"{OPTIONS} -XX:SharedArchiveFile='{ARCHIVE}'")


if __name__ == "__main__":
    make()
