package io.sparklineage.program

import java.nio.charset.StandardCharsets.UTF_8
import java.nio.file.{Files, Path, Paths}

import scala.util.Try

import io.sparklineage.Latest

/** The file of `spark-sql -f`: at which line a statement begins. Statements come in its order. */
final private[program] class SqlFile(text: String) {
  private val Most = 100
  private val found = new Latest[Long, Int](Most, _ => ())
  private var searched = 0

  /** @param statement its number and its text */
  def lineOf(statement: (Long, String)): Option[Int] = synchronized {
    found.get(statement._1).orElse {
      val trimmed = statement._2.trim
      val at = text.indexOf(trimmed, searched)
      if (at < 0 || trimmed.isEmpty) None
      else {
        searched = at + trimmed.length
        val line = text.substring(0, at).count(_ == '\n') + 1 + leading(trimmed)
        found.put(statement._1, line)
        Some(line)
      }
    }
  }

  /** Lines of comments before the statement itself. */
  private def leading(statement: String): Int =
    statement.linesIterator.takeWhile(line => line.trim.isEmpty || line.trim.startsWith("--")).size
}

private[program] object SqlFile {
  private val Largest = 10000000L

  def read(name: String): Option[SqlFile] = Try {
    val path: Path = Paths.get(name)
    if (Files.size(path) <= Largest) Some(new SqlFile(new String(Files.readAllBytes(path), UTF_8))) else None
  }.toOption.flatten
}
