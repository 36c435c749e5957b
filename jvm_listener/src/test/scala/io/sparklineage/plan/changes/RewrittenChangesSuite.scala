package io.sparklineage.plan.changes

import io.sparklineage.model.Fragment
import io.sparklineage.plan.PlanSuite
import io.sparklineage.plan.fragment.Fragments
import io.sparklineage.plan.storages.{CommandWrite, WriteCommands}

import java.util.{Set => JavaSet}

import org.apache.spark.sql.classic
import org.apache.spark.sql.connector.catalog._
import org.apache.spark.sql.connector.expressions.{Expressions, NamedReference, Transform}
import org.apache.spark.sql.connector.read.ScanBuilder
import org.apache.spark.sql.connector.write._
import org.apache.spark.sql.types.{DoubleType, LongType, StringType}
import org.apache.spark.sql.util.CaseInsensitiveStringMap

/** Tables of which Spark rewrites rows: whole groups of them, or what changes of each. Nothing of them is ever read. */
class RewrittenCatalog extends TableCatalog {
  private var named = ""
  override def initialize(name: String, options: CaseInsensitiveStringMap): Unit = named = name
  override def name: String = named
  override def listTables(namespace: Array[String]): Array[Identifier] = Array.empty
  override def loadTable(id: Identifier): Table = new RewrittenTable(id.name)
  override def alterTable(id: Identifier, changes: TableChange*): Table = throw new UnsupportedOperationException
  override def dropTable(id: Identifier): Boolean = false
  override def renameTable(from: Identifier, to: Identifier): Unit = ()
  override def createTable(id: Identifier, info: TableInfo): Table = throw new UnsupportedOperationException
}

class RewrittenTable(override val name: String) extends SupportsRowLevelOperations with SupportsRead
    with SupportsWrite {
  override def columns: Array[Column] =
    Array(Column.create("id", LongType), Column.create("d", DoubleType), Column.create("grp", StringType))
  override def partitioning: Array[Transform] = Array.empty
  override def capabilities: JavaSet[TableCapability] =
    JavaSet.of(TableCapability.BATCH_READ, TableCapability.BATCH_WRITE)
  override def newScanBuilder(options: CaseInsensitiveStringMap): ScanBuilder = throw new UnsupportedOperationException
  override def newWriteBuilder(info: LogicalWriteInfo): WriteBuilder = throw new UnsupportedOperationException
  override def newRowLevelOperationBuilder(info: RowLevelOperationInfo): RowLevelOperationBuilder =
    () => if (name == "groups") new Groups(info.command) else new Deltas(info.command, name == "halves")
}

class Groups(override val command: RowLevelOperation.Command) extends RowLevelOperation {
  override def newScanBuilder(options: CaseInsensitiveStringMap): ScanBuilder = throw new UnsupportedOperationException
  override def newWriteBuilder(info: LogicalWriteInfo): WriteBuilder = throw new UnsupportedOperationException
}

class Deltas(override val command: RowLevelOperation.Command, halves: Boolean) extends SupportsDelta {
  override def rowId: Array[NamedReference] = Array(Expressions.column("id"))
  override def representUpdateAsDeleteAndInsert: Boolean = halves
  override def newScanBuilder(options: CaseInsensitiveStringMap): ScanBuilder = throw new UnsupportedOperationException
  override def newWriteBuilder(info: LogicalWriteInfo): DeltaWriteBuilder = throw new UnsupportedOperationException
}

class RewrittenChangesSuite extends PlanSuite {
  // What changes of each row is seen with Iceberg's own tables: tests/spark/test_connector_programs.py.
  private val tables = Seq("groups")

  private def write(text: String): CommandWrite = {
    spark.conf.set("spark.sql.catalog.rewritten", classOf[RewrittenCatalog].getName)
    val state = spark.asInstanceOf[classic.SparkSession].sessionState
    WriteCommands.of(state.executePlan(state.sqlParser.parsePlan(text)).analyzed).map(_._2).head
  }

  private def described(text: String): Fragment =
    Fragments.describe("out", Set.empty, write(text).result.get, idsOf, (_, _) => ())

  // `T` is the table that changes.
  private def uses(of: Fragment, table: String, inputs: Set[String]): Set[String] = inputs.map { use =>
    of.sources.zipWithIndex.foldLeft(use) { case (text, (source, i)) =>
      text.replace(s"source:$i.", s"${source.name}.")
    }
  }.map(_.replace(s"$table.", "T."))

  private def columns(of: Fragment, table: String): Map[String, Set[String]] =
    of.definitions.map(d => d.column -> uses(of, table, PlanSuite.uses(d.inputs))).toMap

  private def rows(of: Fragment, table: String): Set[String] = uses(of, table, PlanSuite.uses(of.indirect))

  private val kept = Map("id" -> Set("T.id IDENTITY"), "d" -> Set("T.d IDENTITY"), "grp" -> Set("T.grp IDENTITY"))

  for (table <- tables) {
    test(s"MERGE by $table") {
      val got = described(s"""merge into rewritten.$table t using rewritten.source s on t.id = s.id
        when matched and s.d < 9 then update set d = s.d * 2 when matched and s.grp = 'x' then delete
        when not matched then insert *""")
      assert(columns(got, table) === Map(
        "id" -> Set("T.id IDENTITY", "source.id IDENTITY"),
        "d" -> Set("T.d IDENTITY", "source.d TRANSFORMATION", "source.d IDENTITY"),
        "grp" -> Set("T.grp IDENTITY", "source.grp IDENTITY")
      ))
      assert(rows(got, table) === Set("T.id JOIN", "source.id JOIN", "source.d FILTER", "source.grp FILTER"))
      assert(got.operators.count(_.startsWith("When")) === 3)
    }

    test(s"MERGE by $table of rows that no source has") {
      val got = described(s"""merge into rewritten.$table t using rewritten.source s on t.id = s.id
        when not matched by source and t.d < 3 then delete when not matched by source then update set id = 1""")
      assert(columns(got, table) === kept)
      assert(got.operators.filter(_.startsWith("When")) ===
        Seq("When not matched by source then delete", "When not matched by source then update"))
    }

    test(s"UPDATE by $table") {
      val got = described(s"update rewritten.$table set d = d * 2 where grp = '1'")
      assert(columns(got, table) === kept.updated("d", Set("T.d TRANSFORMATION", "T.grp CONDITIONAL")))
    }

    test(s"DELETE by $table") {
      val got = described(s"delete from rewritten.$table where d > 9")
      assert(columns(got, table) === kept)
      assert(rows(got, table) === Set("T.d FILTER"))
    }
  }
}
