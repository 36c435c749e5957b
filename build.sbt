// The JVM half. One version source for both halves: spark_lineage/VERSION.
ThisBuild / version := IO.read(file("spark_lineage/VERSION")).trim
ThisBuild / organization := "io.sparklineage"
ThisBuild / scalaVersion := sys.props.getOrElse("scala.version", "2.13.17")

// One tree for each line of Spark; project/jar.py names the versions.
val sparkVersion = sys.props.getOrElse("spark.version", "4.2.0")
val sparkLine = sparkVersion.split('.').take(2).map(_.toInt).toSeq match { case Seq(major, minor) => (major, minor) }
// Fabric 1.3 runs Spark 3.5 on Java 11. Java 8, on which it may run too, has no StackWalker, and without it each query
// would pay for a whole stack trace (PlanOnShow).
val oldestJava = if (sparkLine._1 >= 4) "17" else "11"
val lineName = s"${sparkLine._1}.${sparkLine._2}"
// The lines whose classes those of this one link with, as RUNS_ON in spark_lineage/activation/jars.py has them.
val runsOn = if (lineName == "4.2") Seq("4.2", "4.3") else Seq(lineName)

/** The folders of primitives that this line has: one of each pair, by what Spark and Scala do there. */
def linesOf(scala: String): Seq[String] = {
  import Ordering.Implicits._
  Seq(
    s"scala-$scala",
    if (sparkLine >= (4 -> 0)) "scala-classic-session" else "scala-one-session",
    if (sparkLine >= (4 -> 1)) "scala-tree-with-columns" else "scala-tree-without-columns"
  )
}

lazy val listener = (project in file("jvm_listener"))
  .settings(
    name := "spark-lineage-listener",
    crossPaths := false,
    // Where project/jar.py looks. What is compiled for one line is kept while another is.
    target := (if (lineName == "4.2") target.value
               else target.value / "lines" / s"${lineName}_${scalaBinaryVersion.value}"),
    autoScalaLibrary := false,
    libraryDependencies ++= Seq(
      "org.apache.spark" %% "spark-sql" % sparkVersion % Provided,
      "org.scalatest" %% "scalatest" % "3.2.19" % Test
    ),
    // What the Python half reads before it puts a jar of the user's choice on a classpath.
    Compile / packageBin / packageOptions += Package.ManifestAttributes(
      "Spark-Line" -> lineName,
      "Scala-Line" -> scalaBinaryVersion.value
    ),
    // Both halves redact by the same rules; and the jar knows by itself which Spark it is for.
    Compile / resourceGenerators += Def.task {
      val folder = (Compile / resourceManaged).value / "io" / "sparklineage"
      val (rules, line) = (folder / "privacy" / "rules.json", folder / "line.properties")
      IO.copyFile(file("spark_lineage/privacy/rules.json"), rules)
      IO.write(line, s"spark=${runsOn.mkString(",")}\nscala=${scalaBinaryVersion.value}\n")
      Seq(rules, line)
    }.taskValue,
    Compile / unmanagedSourceDirectories ++= linesOf(scalaBinaryVersion.value)
      .map(baseDirectory.value / "src" / "main" / _),
    scalacOptions ++= Seq("-deprecation", "-feature", "-unchecked", "-release", oldestJava),
    javacOptions ++= Seq("--release", oldestJava, "-Xlint:all,-options,-classfile,-processing"),
    // The compiler of Scala 2.12 takes much for a mistake that is none in 2.13.
    scalacOptions ++= (if (scalaBinaryVersion.value == "2.13") Seq("-Xlint:_,-byname-implicit", "-Wunused") else Nil),
    // The compiler is the Scala linter: `make lint` allows it no warning.
    scalacOptions ++= (if (sys.props.contains("lint")) Seq("-Werror") else Nil),
    Test / fork := true,
    Test / javaOptions ++= Seq(
      "-Xmx2g",
      "-XX:TieredStopAtLevel=1",
      "-XX:ReservedCodeCacheSize=240m",
      "-Dspark.ui.enabled=false",
      // The suites drain what is seen themselves; those of records without a Python half switch them on.
      "-Dspark.lineage.enabled=false",
      "-Dspark.master=local[2]",
      "-Dspark.sql.shuffle.partitions=4",
      // What spark-submit passes to every Java 17 process of its own.
      "--add-opens=java.base/java.lang=ALL-UNNAMED",
      "--add-opens=java.base/java.lang.invoke=ALL-UNNAMED",
      "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
      "--add-opens=java.base/java.io=ALL-UNNAMED",
      "--add-opens=java.base/java.net=ALL-UNNAMED",
      "--add-opens=java.base/java.nio=ALL-UNNAMED",
      "--add-opens=java.base/java.util=ALL-UNNAMED",
      "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
      "--add-opens=java.base/java.util.concurrent.atomic=ALL-UNNAMED",
      "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
      "--add-opens=java.base/sun.nio.cs=ALL-UNNAMED",
      "--add-opens=java.base/sun.security.action=ALL-UNNAMED",
      "--add-opens=java.base/sun.util.calendar=ALL-UNNAMED",
      "--add-modules=jdk.incubator.vector"
    ),
    Test / parallelExecution := false
  )

lazy val root = (project in file(".")).aggregate(listener).settings(publish / skip := true)
