package io.sparklineage.fault

import scala.collection.mutable
import scala.util.control.ControlThrowable

import org.scalatest.funsuite.AnyFunSuite

import io.sparklineage.boundary.Sessions
import io.sparklineage.probe.SteppedAside
import io.sparklineage.{Guard, PythonApi, Wide}

import org.apache.spark.sql.lineage.SparkInternals
import org.apache.spark.sql.lineage.probetest.Watched

/** An error as libraries define their own. */
class ForeignError extends Error("of a library")

/** Breaks every part of the JVM half, one by one: the program gives what it gives without us, and a gap says so. */
@Wide
class FaultSuite extends AnyFunSuite with Sessions {
  private lazy val programs = new FaultPrograms(spark, folder)
  private lazy val byName = programs.all.toMap

  private val kinds: Seq[() => Throwable] = Seq(
    () => new IllegalStateException("broken"),
    () => new NoSuchMethodError("broken"),
    () => new StackOverflowError("broken"),
    () => new ForeignError
  )

  override def beforeAll(): Unit = {
    super.beforeAll()
    spark.range(0, 100, 1, 2).selectExpr("id", "id % 5 as k", "cast(id as string) as t").write.parquet(s"$folder/rows")
    spark.range(0, 40).selectExpr("id", "id % 4 as day").write.partitionBy("day").parquet(s"$folder/parts")
    spark.range(0, 4).selectExpr("id as day", "concat('d', id) as name").write.parquet(s"$folder/days")
    Watched.install(spark)
    spark.conf.set("spark.sql.shuffle.partitions", "1")
    Guard.setStrict(false)
  }

  override def afterAll(): Unit = {
    Guard.atEntry = null
    Guard.reset()
    Guard.setStrict(true)
    spark.conf.set("spark.sql.shuffle.partitions", "4")
    super.afterAll()
  }

  private lazy val plain: Map[String, Seq[String]] = byName.map { case (name, program) =>
    name -> program(programs.plain)
  }

  /** What the JVM half told of one run, and the parts that it entered. */
  private case class Run(told: Seq[String], entered: Set[String]) {
    def tellsGap(what: String): Boolean =
      told.exists(line => line.contains("\"kind\":\"gap\"") && line.contains(s""""what":"$what""""))

    /** The DataFrames that are said to be measured completely, with the number of their rows. */
    def complete: Set[String] = told.filter(_.contains("\"complete\":true")).map { line =>
      def field(name: String) = s"\"$name\":\"?([^,\"]*)".r.findFirstMatchIn(line).map(_.group(1)).getOrElse("")
      s"${field("dataset")} ${field("rows")}"
    }.toSet
  }

  /** Runs a program while the entry of some parts throws, and asserts that it gives what it gives without us. */
  private def run(
      name: String,
      broken: Set[String] = Set.empty,
      fault: String => Throwable = _ => kinds.head()
  ): Run = {
    val entered = mutable.Set.empty[String]
    SparkInternals.settle(20000)
    PythonApi.drain()
    SteppedAside.forget()
    Guard.atEntry = what => {
      entered.synchronized(entered += what)
      if (broken(what)) throw fault(what)
    }
    val (result, told) =
      try {
        val result = byName(name)(programs.marked)
        PythonApi.settle(20000)
        (result, PythonApi.drain())
      } finally Guard.atEntry = null
    assert(result == plain(name), s"$name with ${broken.mkString(", ")} broken")
    assert(!spark.sparkContext.isStopped)
    // What a broken `drain` has left.
    val rest = if (broken("drain")) { Guard.reset(); PythonApi.drain() }
    else ""
    val recorded = programs.recorded
    programs.recorded = Nil
    Run((told + rest).linesIterator.toSeq ++ recorded, entered.synchronized(entered.toSet))
  }

  /** How a part is entered: by a program, some of them only where another part is broken. */
  private case class Way(program: String, broken: Set[String])

  private lazy val ways: Map[String, Way] = {
    plain // before anything is broken
    val direct = for { (name, _) <- programs.all; part <- run(name).entered } yield part -> Way(name, Set(part))
    val first = direct.reverse.toMap
    // What is entered only where another part is broken is looked for until every part has been entered.
    val fallbacks = mutable.Map.empty[String, Way]
    for ((part, way) <- first if !Sources.parts.forall(each => first.contains(each) || fallbacks.contains(each))) {
      Guard.reset()
      for (other <- run(way.program, way.broken).entered.diff(first.keySet) if !fallbacks.contains(other))
        fallbacks(other) = Way(way.program, Set(part, other))
    }
    Guard.reset()
    fallbacks.toMap ++ first
  }

  private lazy val measured: Map[String, Set[String]] = byName.map { case (name, _) => name -> run(name).complete }

  test("the programs enter every part that the sources name") {
    assert(ways.keySet == Sources.parts.toSet)
  }

  for (part <- Sources.parts) test(s"broken: $part") {
    val way = ways(part)
    // One kind after the other, also within one run: a part that is off after three is switched on for the others.
    val left = mutable.Queue(kinds: _*)
    def next(entered: String): Throwable = left.synchronized {
      (if (entered != part || left.isEmpty) kinds.head else left.dequeue()) ()
    }
    var offs = 0
    while (left.nonEmpty) {
      val before = left.size
      val broken = run(way.program, way.broken, next)
      assert(broken.tellsGap(part) && left.size < before, s"no fault of $part was told")
      assert(part == "drain" || Guard.count(part) > 0)
      assert(broken.complete.subsetOf(measured(way.program)))
      if (part == "drain") Guard.reset()
      else if (Guard.off.contains(part)) {
        assert(broken.tellsGap(s"spark-lineage.off.$part"))
        if (offs == 0) assertNotEntered(part, way)
        offs += 1
        Guard.reset()
      }
    }
    assert(part == "drain" || offs > 0, "it is not off after three faults")
    assert(spark.range(3).count() == 3)
    Guard.reset()
  }

  /** A part that is off does not run any more. */
  private def assertNotEntered(part: String, way: Way): Unit = {
    val count = Guard.count(part)
    run(way.program, way.broken)
    assert(Guard.count(part) == count, "it runs although it is off")
  }

  test("every method that Spark calls is guarded, or is known to have nothing to guard") {
    val unguarded = Sources.overrides.collect { case (name, body) if !body.startsWith("Guard.") => name }.toSet
    assert(unguarded.diff(Unguarded.reasons.keySet) == Set.empty)
    assert(Unguarded.reasons.keySet.diff(unguarded) == Set.empty, "they need no reason any more")
  }

  test("the number of parts that were broken") {
    info(s"${Sources.parts.size} parts broken, each by ${kinds.size} kinds of throwable")
    assert(Sources.parts.size > 50)
  }

  test("what is no fault of ours passes") {
    Seq(new OutOfMemoryError, new InterruptedException, new ControlThrowable {}).foreach { thrown =>
      val seen = intercept[Throwable](Guard.run("passes")(throw thrown))
      assert((seen eq thrown) && Guard.count("passes") == 0)
    }
  }
}
