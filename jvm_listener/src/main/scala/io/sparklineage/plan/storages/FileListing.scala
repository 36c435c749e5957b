package io.sparklineage.plan.storages

import java.nio.charset.StandardCharsets.UTF_8
import java.security.MessageDigest

import scala.util.Try

import org.apache.hadoop.fs.{FileStatus, Path}

import org.apache.spark.sql.execution.datasources.{FileIndex, InMemoryFileIndex}

/** A short text about the files of a source, which is equal for equal files. It uses what Spark has listed already. */
object FileListing {

  /** More files than these are not looked at. */
  private val MostFiles = 100000

  /**
   * `files1:<number>:<hash of names below the roots and sizes>:<the same with times of modification>`; None where
   * Spark would have to list the files first.
   */
  def of(location: FileIndex): Option[String] = location match {
    case index: InMemoryFileIndex => Try(index.allFiles()).toOption.filter(_.length <= MostFiles).map(word(index, _))
    case _ => None
  }

  private def word(index: InMemoryFileIndex, files: Seq[FileStatus]): String = {
    val roots = index.rootPaths.map(_.toUri.getPath)
    val named = files.map(f => below(roots, f.getPath) -> f).sortBy(_._1)
    val sizes = named.map { case (name, f) => s"$name\t${f.getLen}" }
    val times = named.zip(sizes).map { case ((_, f), line) => s"$line\t${f.getModificationTime}" }
    s"files1:${files.length}:${digest(sizes)}:${digest(times)}"
  }

  private def below(roots: Seq[String], path: Path): String = {
    val full = path.toUri.getPath
    roots.filter(root => full.startsWith(root)).sortBy(-_.length).headOption.fold(full)(r => full.substring(r.length))
  }

  private def digest(lines: Seq[String]): String = {
    val hash = MessageDigest.getInstance("SHA-256")
    lines.foreach(line => hash.update((line + "\n").getBytes(UTF_8)))
    hash.digest().take(8).map(b => f"${b & 0xff}%02x").mkString
  }
}
