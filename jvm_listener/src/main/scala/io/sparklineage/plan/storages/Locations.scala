package io.sparklineage.plan.storages

import java.net.URI
import java.nio.file.Paths

import scala.util.Try

import io.sparklineage.model.Storage
import org.apache.hadoop.fs.Path

import org.apache.spark.sql.SparkSession

/** Paths as OpenLineage names them: the same for a path that is written and for one that is read. */
object Locations {

  /** More paths than that in one read are named by the folder that they share. */
  val MostPaths = 10

  /** The storages of one read or write of several paths. */
  def storages(paths: Seq[Path], format: Option[String]): Seq[Storage] = {
    val each = paths.map(storage(_, format)).distinct
    if (each.lengthCompare(MostPaths) <= 0) each
    else each.groupBy(_.namespace).values.map(shared).toSeq.sortBy(s => (s.namespace, s.name))
  }

  def storage(path: Path, format: Option[String]): Storage = {
    val uri = withoutPartitions(absolute(path.toUri))
    val (namespace, name) = named(uri)
    Storage(namespace, name, format)
  }

  def storage(path: String, format: Option[String]): Storage = storage(new Path(path), format)

  /** Named by where it lies rather than by what a catalog calls it. */
  def isPlace(storage: Storage): Boolean = storage.namespace == "file" || storage.namespace.contains("://")

  private def shared(storages: Seq[Storage]): Storage = {
    val parts = storages.map(_.name.split("/", -1).toSeq)
    val common = parts.reduce((a, b) => a.zip(b).takeWhile { case (x, y) => x == y }.map(_._1))
    val name = common.mkString("/")
    storages.head.copy(name = if (name.isEmpty) "/" else name)
  }

  /** https://openlineage.io/docs/spec/naming: local files, HDFS and object stores. */
  private def named(uri: URI): (String, String) = {
    val path = Option(uri.getPath).filter(_.nonEmpty).getOrElse("/")
    val authority = Option(uri.getRawAuthority).map(_.replaceFirst("^.*:.*@", "")).getOrElse("")
    uri.getScheme match {
      case null | "file" | "local" => ("file", path)
      case "s3a" | "s3n" | "s3" => (s"s3://$authority", key(path))
      case scheme @ ("gs" | "abfss" | "abfs" | "wasbs" | "wasb" | "oss" | "cosn" | "obs") =>
        (s"$scheme://$authority", key(path))
      case scheme => (if (authority.isEmpty) scheme else s"$scheme://$authority", path)
    }
  }

  private def key(path: String): String = path.stripPrefix("/") match {
    case "" => "/"
    case name => name
  }

  // day=2024-01-01 and its like at the end are partitions of the dataset above them.
  private def withoutPartitions(uri: URI): URI = {
    val path = Option(uri.getPath).getOrElse("")
    val parts = path.split("/").toSeq.filter(p => p.nonEmpty && p != ".")
    val kept = parts.reverse.dropWhile(partition.matcher(_).matches).reverse
    val root = if (kept.isEmpty) parts else kept
    new URI(uri.getScheme, uri.getRawAuthority, root.mkString("/", "/", ""), null, null).normalize()
  }

  private val partition = "[^=/]+=[^/]*".r.pattern

  private def absolute(uri: URI): URI =
    if (uri.getScheme != null) uri
    else {
      val fs = defaultFs
      if (fs.getScheme == null || fs.getScheme == "file")
        Paths.get("").toAbsolutePath.resolve(uri.getPath).normalize().toUri
      else new URI(fs.getScheme, fs.getRawAuthority, rooted(uri.getPath), null, null)
    }

  // HDFS resolves a relative path in the user's home.
  private def rooted(path: String): String =
    if (path.startsWith("/")) path else s"/user/${System.getProperty("user.name")}/$path"

  // As the configuration has it: asking the file system could wait for it.
  private def defaultFs: URI =
    session.flatMap(s => Try(new URI(s.sparkContext.hadoopConfiguration.get("fs.defaultFS"))).toOption)
      .getOrElse(new URI("file:///"))

  /** The folder of the session catalog's tables. */
  def warehouse: Option[String] =
    session.flatMap(s => Try(s.conf.get("spark.sql.warehouse.dir")).toOption).map(_.stripSuffix("/"))

  private def session: Option[SparkSession] = SparkSession.getActiveSession.orElse(SparkSession.getDefaultSession)
}
