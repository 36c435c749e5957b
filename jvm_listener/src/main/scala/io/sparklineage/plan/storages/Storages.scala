package io.sparklineage.plan.storages

import scala.util.Try

import io.sparklineage.JavaCollections._
import io.sparklineage.model.Storage
import io.sparklineage.plan.{BoundedText, Reflected, TypeNames}
import io.sparklineage.privacy.Redaction
import org.apache.hadoop.fs.Path

import org.apache.spark.sql.catalyst.TableIdentifier
import org.apache.spark.sql.catalyst.catalog.{CatalogTable, HiveTableRelation}
import org.apache.spark.sql.catalyst.plans.logical.LogicalPlan
import org.apache.spark.sql.connector.catalog.{CatalogPlugin, Identifier, Table}
import org.apache.spark.sql.execution.datasources.v2.{DataSourceV2Relation, DataSourceV2ScanRelation, FileTable}
import org.apache.spark.sql.execution.datasources.{DataSource, FileFormat, FileIndex, HadoopFsRelation, LogicalRelation}
import org.apache.spark.sql.sources.{BaseRelation, DataSourceRegister}
import org.apache.spark.sql.util.CaseInsensitiveStringMap

/** Which storage a leaf of a plan stands for: a chain of partial functions, the last of which names the unknown. */
object Storages {

  /** What a leaf reads, with its columns; undefined where the leaf is not storage. */
  val read: PartialFunction[LogicalPlan, Seq[Storage]] = {
    case leaf if leaves.isDefinedAt(leaf) =>
      val columns = leaf.output.map(a => a.name -> TypeNames.of(a.dataType))
      leaves(leaf).map(_.copy(columns = columns))
  }

  private def leaves: PartialFunction[LogicalPlan, Seq[Storage]] =
    relations.orElse(hive).orElse(tables).orElse(streams)

  private val relations: PartialFunction[LogicalPlan, Seq[Storage]] = { case r: LogicalRelation =>
    ofRelation(r.relation, r.catalogTable).map(inCatalog(_, r.catalogTable))
  }

  private val hive: PartialFunction[LogicalPlan, Seq[Storage]] = { case h: HiveTableRelation =>
    Seq(ofTable(h.tableMeta))
  }

  private val tables: PartialFunction[LogicalPlan, Seq[Storage]] = {
    case d: DataSourceV2Relation => ofV2(d.table, d.catalog, d.identifier, d.options)
    case s: DataSourceV2ScanRelation =>
      ofV2(s.relation.table, s.relation.catalog, s.relation.identifier, s.relation.options)
  }

  // Spark 4.1 moved these classes.
  private val streams: PartialFunction[LogicalPlan, Seq[Storage]] = {
    case s if s.nodeName == "StreamingRelation" && s.productArity > 0 && s.productElement(0).isInstanceOf[DataSource] =>
      ofDataSource(s.productElement(0).asInstanceOf[DataSource])
    case s if s.nodeName == "StreamingRelationV2" =>
      Reflected.value(s, "table").collect { case t: Table => t }.toSeq.flatMap { t =>
        val options = Reflected.value(s, "extraOptions").collect { case o: CaseInsensitiveStringMap => o }
        ofV2(t, None, None, options.getOrElse(CaseInsensitiveStringMap.empty))
      }
    case s if s.nodeName == "MemoryPlan" => Seq(StreamWrites.ofMemory(s).getOrElse(unknown(s.nodeName)))
    case s if s.nodeName == "StreamingExecutionRelation" || s.nodeName == "StreamingDataSourceV2Relation" =>
      Seq(unknown(s.nodeName))
  }

  // ------------------------------------------------------------------------------------------------ V1 relations

  def ofRelation(relation: BaseRelation, table: Option[CatalogTable]): Seq[Storage] =
    files.orElse(jdbc(table)).orElse(kafka).applyOrElse(relation, (r: BaseRelation) => named(r, table))

  private val files: PartialFunction[BaseRelation, Seq[Storage]] = {
    case f: HadoopFsRelation if isDelta(f.location) => f.location.rootPaths.map(delta(_, versionOf(f.location)))
    case f: HadoopFsRelation =>
      val files = FileListing.of(f.location)
      places(f).map(s => s.copy(files = files, part = chosen(f.options, s.part)))
  }

  private def places(f: HadoopFsRelation): Seq[Storage] = {
    val format = Some(formatOf(f.fileFormat))
    option(f.options, "basePath").fold(Locations.storages(f.location.rootPaths, format))(base =>
      Locations.below(new Path(base), f.location.rootPaths, format)
    )
  }

  // Options that choose files: what is read with them is a part.
  private def chosen(options: Map[String, String], part: Option[String]): Option[String] = {
    val filters = Seq("pathGlobFilter", "modifiedBefore", "modifiedAfter")
      .flatMap(name => option(options, name).map(value => s"$name $value"))
    if (filters.isEmpty) part else Some((part.toSeq ++ filters).mkString(", "))
  }

  private def option(options: Map[String, String], name: String): Option[String] =
    options.collectFirst { case (key, value) if key.equalsIgnoreCase(name) => value }

  private def isDelta(location: FileIndex): Boolean = location.getClass.getName.startsWith("org.apache.spark.sql.delta")

  // The version that the plan was analyzed with; it lies in the plan, nothing is loaded for it.
  private def versionOf(location: FileIndex): Option[String] =
    Seq("snapshotAtAnalysis", "snapshot").flatMap(Reflected.path(location, _, "version")).headOption.map(_.toString)

  def delta(path: Path, version: Option[String]): Storage =
    Locations.storage(path, Some("delta")).copy(version = version)

  private def jdbc(table: Option[CatalogTable]): PartialFunction[BaseRelation, Seq[Storage]] = {
    case r if r.getClass.getSimpleName == "JDBCRelation" =>
      ofJdbc(Reflected.value(r, "jdbcOptions")).fold(named(r, table))(s => Seq(s.copy(part = predicates(r))))
  }

  private def ofJdbc(options: Option[Any]): Option[Storage] =
    for (url <- options.flatMap(Reflected.value(_, "url")); name <- options.flatMap(Reflected.value(_, "tableOrQuery")))
      yield Jdbc.storage(url.toString, name.toString)

  // `spark.read.jdbc(url, table, predicates=[...])` has no column to divide by, and reads what the predicates name.
  private def predicates(relation: BaseRelation): Option[String] = {
    val column = Reflected.path(relation, "jdbcOptions", "partitionColumn")
    val clauses = Reflected.value(relation, "parts").toSeq.flatMap {
      case parts: Array[_] => parts.toSeq.flatMap(part => Reflected.value(part, "whereClause")).map(_.toString)
      case _ => Nil
    }
    if (column.isDefined || clauses.isEmpty) None
    else Some(BoundedText.bounded(Redaction.text(clauses.mkString(" OR ")), 500))
  }

  private val kafka: PartialFunction[BaseRelation, Seq[Storage]] = {
    case r if r.getClass.getSimpleName == "KafkaRelation" =>
      Reflected.field(r, "sourceOptions").collect { case m: Map[_, _] => m }
        .fold(Seq(unknown("KafkaRelation")))(m => ofKafka(m.map { case (k, v) => k.toString -> v.toString }))
  }

  private def named(relation: BaseRelation, table: Option[CatalogTable]): Seq[Storage] =
    Seq(table.fold(unknown(relation.getClass.getSimpleName))(ofTable))

  /** A storage that we do not know how to name, by the name of its class. */
  def unknown(name: String): Storage = Storage("unknown", name)

  def formatOf(format: FileFormat): String = format match {
    case f: DataSourceRegister => f.shortName()
    case other => other.getClass.getSimpleName.stripSuffix("FileFormat").toLowerCase
  }

  // ------------------------------------------------------------------------------------------------ data sources

  /** By the options of a reader or writer of the given format. */
  def ofOptions(format: String, options: Map[String, String]): Seq[Storage] = {
    val get = options.map { case (k, v) => k.toLowerCase -> v }
    lazy val table = get.get("dbtable").orElse(get.get("query"))
    if (get.contains("url") && table.isDefined) Seq(Jdbc.storage(get("url"), table.get))
    else if (get.contains("kafka.bootstrap.servers")) ofKafka(options)
    else get.get("path").fold(Seq(unknown(format)))(path => Locations.storages(Seq(new Path(path)), Some(format)))
  }

  private def ofDataSource(source: DataSource): Seq[Storage] =
    if (source.paths.nonEmpty) Locations.storages(source.paths.map(new Path(_)), Some(source.className))
    else source.catalogTable.map(t => Seq(ofTable(t))).getOrElse(ofOptions(source.className, source.options))

  private def ofKafka(options: Map[String, String]): Seq[Storage] = {
    val get = options.map { case (k, v) => k.toLowerCase -> v }
    val namespace = s"kafka://${get.getOrElse("kafka.bootstrap.servers", "unknown").split(',').head.trim}"
    val topics = get.get("subscribe").orElse(get.get("topic")).map(_.split(',').map(_.trim).toSeq)
      .orElse(get.get("subscribepattern").map(Seq(_)))
      .orElse(get.get("assign").map(a => "\"([^\"]+)\"\\s*:".r.findAllMatchIn(a).map(_.group(1)).toVector))
    topics.getOrElse(Seq("unknown")).map(Storage(namespace, _, Some("kafka")))
  }

  // ------------------------------------------------------------------------------------------------ V2 tables

  def ofV2(
      table: Table,
      catalog: Option[CatalogPlugin],
      id: Option[Identifier],
      options: CaseInsensitiveStringMap
  ): Seq[Storage] = {
    val name = catalogName(catalog, id)
    val others = (t: Table) =>
      catalog.fold(byPath(t, options))(_ => None).getOrElse(Seq(v2ByName(t, catalog, id)))
    v2(options).applyOrElse(table, others).map(s =>
      s.copy(table = s.table.orElse(name))
    )
  }

  private def v2(options: CaseInsensitiveStringMap): PartialFunction[Table, Seq[Storage]] = {
    case f: FileTable =>
      Locations.storages(f.fileIndex.rootPaths, Some(f.formatName.toLowerCase))
        .map(s => s.copy(part = chosen(options.asCaseSensitiveMap().asScala.toMap, s.part)))
    case d if d.getClass.getSimpleName == "DeltaTableV2" && Reflected.value(d, "path").isDefined =>
      val catalogTable = Reflected.path(d, "catalogTable").collect { case t: CatalogTable => t }
      Reflected.value(d, "path").collect { case p: Path => inCatalog(delta(p, None), catalogTable) }.toSeq
    case i if Iceberg.table(i).exists(Iceberg.location(_).isDefined) => iceberg(i, options).toSeq
    case j if j.getClass.getSimpleName == "JDBCTable" => ofJdbc(Reflected.value(j, "jdbcOptions")).toSeq
    case v if v.getClass.getSimpleName == "V1Table" && Reflected.value(v, "catalogTable").isDefined =>
      Reflected.value(v, "catalogTable").collect { case t: CatalogTable => ofTable(t) }.toSeq
    case _ if options.containsKey("kafka.bootstrap.servers") => ofKafka(options.asCaseSensitiveMap().asScala.toMap)
    case _ if options.containsKey("url") && (options.containsKey("dbtable") || options.containsKey("query")) =>
      ofOptions("jdbc", options.asCaseSensitiveMap().asScala.toMap)
  }

  private def iceberg(table: Table, options: CaseInsensitiveStringMap): Option[Storage] =
    for (t <- Iceberg.table(table); location <- Iceberg.location(t)) yield {
      val metadata = Iceberg.metadata(t)
      val version = if (metadata.isEmpty) Iceberg.read(table, options) else None
      Locations.storage(location, Some("iceberg")).copy(version = version, part = metadata.map(name => s"its $name"))
    }

  private def byPath(table: Table, options: CaseInsensitiveStringMap): Option[Seq[Storage]] =
    Option(options.get("path")).filter(_.contains("/")).map(path =>
      Locations.storages(Seq(new Path(path)), Some(Redaction.text(table.name)))
    )

  // Some tell where their table lies; others are read by a path without a catalog.
  private def v2ByName(table: Table, catalog: Option[CatalogPlugin], id: Option[Identifier]): Storage = {
    val properties = Try(table.properties().asScala.toMap).getOrElse(Map.empty[String, String])
    val format = properties.get("provider").orElse(properties.get("format"))
    properties.get("location").filter(_.contains("/")) match {
      case Some(location) =>
        val snapshot = properties.get("current-snapshot-id").filter(_ != "none")
        // Tables tell their version since Spark 4.1.
        Locations.storage(location, format).copy(version =
          Reflected.value(table, "version").map(_.toString).orElse(snapshot)
        )
      case None =>
        val named = id.fold(Redaction.text(table.name))(dotted)
        if (catalog.isEmpty && !isSparks(table)) unknown(named)
        else Storage(catalog.fold("spark")(_.name), named, format)
    }
  }

  // noop, console, rate: nothing lies anywhere. Data sources written in Python are in Spark's packages too.
  private def isSparks(table: Table): Boolean = {
    val name = table.getClass.getName
    name.startsWith("org.apache.spark.sql.execution") && !name.contains("python")
  }

  // delta.`/path` is no table of the catalog.
  def catalogName(catalog: Option[CatalogPlugin], id: Option[Identifier]): Option[String] =
    id.filter(i => catalog.isDefined && !i.name.contains("/")).map { i =>
      val name = catalog.get.name
      if (name == "spark_catalog") dotted(i) else s"$name.${dotted(i)}"
    }

  def dotted(id: Identifier): String = (id.namespace.toSeq :+ id.name).mkString(".")

  // ------------------------------------------------------------------------------------------------ catalog tables

  /** A table of the session catalog: by its location where it has one, by its name otherwise. */
  def ofTable(table: CatalogTable): Storage = {
    val format = table.provider.map(_.toLowerCase).filter(_ != "hive").orElse(table.provider.map(_ => "hive"))
    val place = table.storage.locationUri.map(uri => Locations.storage(new Path(uri), format))
    val storage = place.orElse(ofConnection(table)).orElse(inWarehouse(name(table.identifier), format))
    inCatalog(storage.getOrElse(Storage("spark_catalog", name(table.identifier), format)), Some(table))
  }

  /**
   * Where a table of the session catalog will lie that does not exist yet and for which the program names no place:
   * by Spark's convention. A database with a place of its own is asked only by the catalog, which could wait.
   */
  def inWarehouse(table: String, format: Option[String]): Option[Storage] = table.split('.') match {
    case Array(database, name) =>
      val folder = if (database == "default") "" else s"/${database.toLowerCase}.db"
      Locations.warehouse.map(root => Locations.storage(s"$root$folder/${name.toLowerCase}", format))
    case _ => None
  }

  // CREATE TABLE ... USING jdbc: what it stands for is in its options.
  private def ofConnection(table: CatalogTable): Option[Storage] =
    Some(table.storage.properties).filter(_.keys.exists(_.equalsIgnoreCase("url")))
      .flatMap(ofOptions(table.provider.getOrElse("unknown"), _).headOption)

  private def inCatalog(storage: Storage, table: Option[CatalogTable]): Storage =
    table.fold(storage)(t => storage.copy(table = Some(name(t.identifier))))

  /** `database.table`; the session catalog's own name, which Spark 3.5 leaves out, is left out. */
  def name(id: TableIdentifier): String =
    (id.nameParts match { case "spark_catalog" +: rest => rest; case parts => parts }).mkString(".")
}
