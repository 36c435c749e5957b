package io.sparklineage.program

import org.scalatest.funsuite.AnyFunSuite

class ProgramSuite extends AnyFunSuite {
  private val submit = "org.apache.spark.deploy.SparkSubmit"

  test("the class and the arguments of spark-submit") {
    val line = CommandLine.of(
      s"$submit --master local[1] --verbose --conf spark.a=b --class com.acme.Job jobs.jar in --token abcdef123 --limit 5",
      "com.acme.Other"
    )
    assert(line.main == "com.acme.Job" && line.sql.isEmpty)
    assert(line.argv == Seq("in", "--token", "*********(redacted)", "--limit", "5"))
  }

  test("the file of spark-sql") {
    val line = CommandLine.of(s"$submit --class org.apache.spark.sql.hive.X spark-internal -f jobs/daily.sql", "")
    assert(line.sql.contains("jobs/daily.sql"))
  }

  test("a program that starts Spark itself is the class where its stack begins") {
    assert(CommandLine.of("/opt/app.jar 1 2", "com.acme.Service").main == "com.acme.Service")
  }

  test("lines at which statements of a file begin, in its order") {
    val file = new SqlFile("-- about\nSELECT 1;\n\n-- again\nSELECT 1;\nSELECT 2")
    assert(file.lineOf((1L, "-- about\nSELECT 1")).contains(2))
    assert(file.lineOf((2L, "\n\n-- again\nSELECT 1")).contains(5))
    assert(file.lineOf((2L, "SELECT 1")).contains(5))
    assert(file.lineOf((3L, "SELECT 3")).isEmpty)
  }

  test("Spark's text of a stack has the program's frames, outermost first") {
    val stack = "org.apache.spark.sql.Dataset.count(Dataset.scala:3620)\n" +
      "com.acme.Job$.$anonfun$run$1(Job.scala:12)\nscala.Option.map(Option.scala:1)\ncom.acme.Job$.run(Job.scala:11)"
    val site = CallSite.parsed(stack)
    assert(site.frames.map(frame => frame.line -> Methods.named(frame.method)) == Seq(11 -> "run", 12 -> "run"))
    assert(site.api == "Dataset.count")
  }

  test("methods are called as people wrote them") {
    assert(Methods.named("$anonfun$clean$3") == "clean")
    assert(Methods.named("lambda$clean$0") == "clean")
    assert(Methods.named("delayedEndpoint$com$acme$Job$1") == "main")
    assert(Methods.of(CodeFrame("$line14.$read$$iw", "<init>", "<console>", 1)) == "$line14.$read.main")
  }

  test("run ids are UUIDs of version 7 that begin with their time") {
    val run = java.util.UUID.fromString(RunId.made(1700000000000L))
    assert(run.version == 7 && run.variant == 2 && run.getMostSignificantBits >>> 16 == 1700000000000L)
  }
}
