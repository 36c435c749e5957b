package io.sparklineage.fault

import java.nio.file.{Files, Path, Paths}

import scala.jdk.CollectionConverters._

/** What the sources of the JVM half say of themselves. */
object Sources {

  /** Name of the file without its ending, and text without comments. */
  lazy val files: Seq[(String, String)] = {
    val root = Seq("src/main", "jvm_listener/src/main").map(Paths.get(_)).find(Files.isDirectory(_)).get
    val paths = Files.walk(root).iterator.asScala.filter(_.toString.endsWith(".scala")).toSeq.sorted
    paths.map(path => path.getFileName.toString.stripSuffix(".scala") -> code(path))
  }

  private def code(path: Path): String =
    Files.readString(path).replaceAll("(?s)/\\*.*?\\*/", "").replaceAll("(?m)(^|\\s)//.*$", "")

  /** The names of all parts that are guarded. */
  lazy val parts: Seq[String] =
    files.flatMap { case (_, text) => guarded.findAllMatchIn(text).map(_.group(1)) }.distinct.sorted

  private val guarded = "(?:Guard\\.(?:run|value|enter)(?:\\[[^(]*\\])?|\\bguarded)\\(\\s*\\\\?\"([^\"\\\\]+)".r

  /** `file.method` of each override that has a body of its own, with the beginning of that body. */
  lazy val overrides: Seq[(String, String)] = for {
    (file, text) <- files
    found <- overriding.findAllMatchIn(text)
    body = text.substring(found.end).trim
  } yield s"$file.${found.group(1)}" -> body.take(200)

  private val overriding =
    "\\boverride (?:protected |private |final |lazy )*(?:def|val) (\\w+)[^\\n=]*(?:\\([^=]*\\))?[^=\\n]*=(?!>)".r
}
