package io.sparklineage.plan.storages

import java.net.URI
import java.nio.file.Paths

import scala.util.Try

import io.sparklineage.model.Storage
import io.sparklineage.plan.BoundedText
import org.apache.hadoop.fs.Path

import org.apache.spark.sql.SparkSession

/** Paths as OpenLineage names them: the same for a path that is written and for one that is read. */
object Locations {

  /** More paths than that in one read are named by the folder that they share. */
  val MostPaths = 10

  /** The storages of one read or write of several paths; of several paths in one of them each is a part. */
  def storages(paths: Seq[Path], format: Option[String]): Seq[Storage] = together(paths.map(storage(_, format)))

  /** The storage below which the paths of one read lie, as the option `basePath` names it. */
  def below(base: Path, paths: Seq[Path], format: Option[String]): Seq[Storage] = {
    val whole = storage(base, format)
    together(paths.map { path =>
      val place = storage(path, format)
      val full = Seq(Some(place.name), place.part).flatten.mkString("/")
      whole.copy(part = inside(whole.name, full).orElse(whole.part))
    })
  }

  /** @return its `part` is the partition or the part file that the path names in the dataset above it */
  def storage(path: Path, format: Option[String]): Storage = {
    val full = absolute(path.toUri).normalize()
    val uri = withoutPartitions(withoutPartFile(full))
    val (namespace, name) = named(uri)
    Storage(namespace, name, format, part = inside(name, named(full)._2))
  }

  private def together(read: Seq[Storage]): Seq[Storage] = {
    val places = read.map(s => (s.namespace, s.name)).distinct
    if (places.lengthCompare(MostPaths) <= 0) places.map { place =>
      val parts = read.filter(s => (s.namespace, s.name) == place)
      if (parts.lengthCompare(1) == 0) parts.head else parts.head.copy(part = Some(listed(parts.map(partOf))))
    }
    else read.groupBy(_.namespace).values.map(shared).toSeq.sortBy(s => (s.namespace, s.name))
  }

  // The whole, beside parts of it or twice, is more than the whole.
  private def partOf(storage: Storage): String = storage.part.getOrElse("the whole")

  private def listed(parts: Seq[String]): String = BoundedText.listed(parts, MostPaths)(identity)

  private def inside(folder: String, full: String): Option[String] = {
    val root = folder.stripSuffix("/") + "/"
    if (full.startsWith(root) && full.length > root.length) Some(full.substring(root.length).stripSuffix("/")) else None
  }

  def storage(path: String, format: Option[String]): Storage = storage(new Path(path), format)

  /** Named by where it lies rather than by what a catalog calls it. */
  def isPlace(storage: Storage): Boolean = storage.namespace == "file" || storage.namespace.contains("://")

  private def shared(storages: Seq[Storage]): Storage = {
    val parts = storages.map(_.name.split("/", -1).toSeq)
    val common = parts.reduce((a, b) => a.zip(b).takeWhile { case (x, y) => x == y }.map(_._1))
    val name = common.mkString("/")
    val folder = if (name.isEmpty) "/" else name
    val each = storages.flatMap(s => inside(folder, Seq(Some(s.name), s.part).flatten.mkString("/"))).distinct
    storages.head.copy(name = folder, part = Some(listed(each)))
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

  // Spark and Hadoop name the files that they write: the dataset is the folder that they wrote.
  private def withoutPartFile(uri: URI): URI = {
    val path = Option(uri.getPath).getOrElse("")
    val last = path.lastIndexOf('/')
    if (last > 0 && partFile.matcher(path.substring(last + 1)).matches)
      new URI(uri.getScheme, uri.getRawAuthority, path.substring(0, last), null, null)
    else uri
  }

  private val partFile = "part-(?:[mr]-)?\\d{5}(?:[-.].*)?".r.pattern

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
