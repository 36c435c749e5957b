package io.sparklineage.plan

import java.net.URI

import scala.util.Try

import io.sparklineage.model.Storage

/** Tables behind JDBC as OpenLineage names them, without user, password or parameters. */
object Jdbc {

  /** @param tableOrQuery the `dbtable` or `query` option */
  def storage(url: String, tableOrQuery: String): Storage = {
    val plain = url.stripPrefix("jdbc:").takeWhile(c => c != '?' && c != ';')
    val scheme = plain.takeWhile(_ != ':')
    Try(new URI(plain)).toOption.filter(_.getHost != null) match {
      case Some(uri) =>
        val port = if (uri.getPort > 0) s":${uri.getPort}" else ""
        val database = Option(uri.getPath).getOrElse("").stripPrefix("/").replace('/', '.')
        val name = named(if (database.isEmpty) databaseOf(url) else database, tableOrQuery)
        Storage(s"${system(scheme)}://${uri.getHost}$port", name, Some("jdbc"))
      case None =>
        // oracle:thin:user/password@host:1521/service, h2:mem:name, sqlserver://host;databaseName=x, ...
        val rest = plain.stripPrefix(scheme).stripPrefix(":")
        val host = rest.split('@').last.stripPrefix("//").stripPrefix("(")
        Storage(s"${system(scheme)}://${Redaction.text(host)}", named(databaseOf(url), tableOrQuery), Some("jdbc"))
    }
  }

  private def system(scheme: String): String = scheme match {
    case "postgresql" => "postgres"
    case "sqlserver" => "mssql"
    case other => other
  }

  private def databaseOf(url: String): String =
    "(?i)[;?&]database(?:name)?=([^;&]+)".r.findFirstMatchIn(url).map(_.group(1)).getOrElse("")

  private def named(database: String, tableOrQuery: String): String = {
    val text = tableOrQuery.trim
    val table =
      if (isQuery(text)) s"query ${Text.bounded(Redaction.text(text.replaceAll("\\s+", " ")), 200)}"
      else text.replaceAll("[\"`\\[\\]]", "")
    if (database.isEmpty) table else s"$database.$table"
  }

  private def isQuery(text: String): Boolean = text.startsWith("(") || text.toLowerCase.startsWith("select ")
}
