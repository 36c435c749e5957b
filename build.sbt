// The JVM half. One version source for both halves: spark_lineage/VERSION.
ThisBuild / version := IO.read(file("spark_lineage/VERSION")).trim
ThisBuild / organization := "io.sparklineage"
ThisBuild / scalaVersion := "2.13.17"

// Overridable so that CI can compile the same tree against each supported line.
val sparkVersion = sys.props.getOrElse("spark.version", "4.2.0")
val sparkMajor = sparkVersion.takeWhile(_ != '.')

lazy val listener = (project in file("jvm_listener"))
  .settings(
    name := "spark-lineage-listener",
    crossPaths := false,
    autoScalaLibrary := false,
    libraryDependencies ++= Seq(
      "org.apache.spark" %% "spark-sql" % sparkVersion % Provided,
      "org.scalatest" %% "scalatest" % "3.2.19" % Test
    ),
    // What the Python half reads before it puts a jar of the user's choice on a classpath.
    Compile / packageBin / packageOptions += Package.ManifestAttributes(
      "Spark-Line" -> sparkVersion.split('.').take(2).mkString("."),
      "Scala-Line" -> scalaBinaryVersion.value
    ),
    // Both halves redact by the same rules.
    Compile / resourceGenerators += Def.task {
      val rules = (Compile / resourceManaged).value / "io" / "sparklineage" / "privacy" / "rules.json"
      IO.copyFile(file("spark_lineage/privacy/rules.json"), rules)
      Seq(rules)
    }.taskValue,
    Compile / unmanagedSourceDirectories += baseDirectory.value / "src" / "main" / s"scala-spark-$sparkMajor",
    scalacOptions ++= Seq(
      "-deprecation",
      "-feature",
      "-unchecked",
      "-release:17",
      "-Xlint:_,-byname-implicit",
      "-Wunused"
    ),
    // The compiler is the Scala linter: `make lint` allows it no warning.
    scalacOptions ++= (if (sys.props.contains("lint")) Seq("-Werror") else Nil),
    Test / fork := true,
    Test / javaOptions ++= Seq(
      "-Xmx2g",
      "-XX:TieredStopAtLevel=1",
      "-XX:ReservedCodeCacheSize=240m",
      "-Dspark.ui.enabled=false",
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
