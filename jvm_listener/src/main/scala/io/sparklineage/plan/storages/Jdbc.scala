package io.sparklineage.plan.storages

import java.nio.charset.StandardCharsets.UTF_8
import java.security.MessageDigest

import io.sparklineage.model.Storage
import io.sparklineage.privacy.Redaction

/** Tables behind JDBC as OpenLineage names them, without user, password or parameters. */
object Jdbc {

  /** @param tableOrQuery the `dbtable` or `query` option */
  def storage(url: String, tableOrQuery: String): Storage = {
    val (server, database) = place(url.stripPrefix("jdbc:"))
    val schema =
      if (server.startsWith("postgres://")) Some(parameter(url, "currentschema").getOrElse("public")) else None
    Storage(Redaction.text(server), named(Redaction.text(database), schema, tableOrQuery), Some("jdbc"))
  }

  private type Place = (String, String) // namespace and database

  private def place(url: String): Place = {
    val scheme = url.takeWhile(_ != ':')
    url match {
      case oracle(host, port, service) => (s"oracle://$host:${Option(port).getOrElse("1521")}", service)
      case descriptor if scheme == "oracle" => ofDescriptor(descriptor)
      case _ =>
        val plain = url.takeWhile(c => c != '?' && c != ';')
        plain.indexOf("//") match {
          case -1 => embedded(scheme, plain.stripPrefix(s"$scheme:"))
          case at => onServer(scheme, url, plain.substring(at + 2))
        }
    }
  }

  // oracle:thin:scott/tiger@//host:1521/service, oracle:thin:@host:1521:sid, oracle:thin:@tcps://host/service
  private val oracle = """oracle:\w+:(?:[^@]*)@(?:(?:\w+:)?//)?([\w.-]+)(?::(\d+))?[:/]([\w.$-]+).*""".r

  // oracle:thin:@(DESCRIPTION=(ADDRESS=(HOST=h)(PORT=1521))(CONNECT_DATA=(SERVICE_NAME=s))), or an alias of tnsnames.ora
  private def ofDescriptor(url: String): Place = {
    def member(names: String): Option[String] =
      s"(?i)\\((?:$names)\\s*=\\s*([^()\\s]+)".r.findFirstMatchIn(url).map(_.group(1))
    val alias = url.drop(url.lastIndexOf('@') + 1).takeWhile(c => c.isLetterOrDigit || c == '_' || c == '.')
    member("host").fold((s"oracle://$alias", ""))(host =>
      (s"oracle://$host:${member("port").getOrElse("1521")}", member("service_name|sid").getOrElse(""))
    )
  }

  // postgresql://u:p@h1:5432,h2:5432/db, sqlserver://h;databaseName=db, db2://h/db:user=u, teradata://h/DATABASE=db,USER=u
  private def onServer(scheme: String, url: String, rest: String): Place = {
    val authority = rest.takeWhile(_ != '/')
    val host = authority.drop(authority.lastIndexOf('@') + 1).takeWhile(_ != ',').replace('\\', '/')
    val port = if (host.matches(".*:\\d+")) "" else defaultPorts.get(scheme).fold("")(p => s":$p")
    val path = rest.drop(authority.length).stripPrefix("/").takeWhile(c => c != ':' && c != ',')
    val database = if (path.contains('=')) "" else path.stripSuffix("/").replace('/', '.')
    val named = if (database.isEmpty) parameter(url, "database|databasename|db").getOrElse("") else database
    (s"${system(scheme)}://$host$port", named)
  }

  // h2:mem:name, derby:memory:name, sqlite:/data/shop.db: within the process or a file, no server.
  private def embedded(scheme: String, rest: String): Place =
    (s"${system(scheme)}://${rest.drop(rest.lastIndexOf('@') + 1).replace(':', '/')}", "")

  private val defaultPorts = Map(
    "postgresql" -> 5432,
    "mysql" -> 3306,
    "mariadb" -> 3306,
    "sqlserver" -> 1433,
    "db2" -> 50000,
    "redshift" -> 5439,
    "clickhouse" -> 8123,
    "trino" -> 8080,
    "teradata" -> 1025
  )

  private def system(scheme: String): String = scheme match {
    case "postgresql" => "postgres"
    case "sqlserver" => "mssql"
    case other => other
  }

  private def parameter(url: String, names: String): Option[String] =
    s"(?i)[;?&,/](?:$names)=([^;&,]+)".r.findFirstMatchIn(url).map(_.group(1))

  // A table for which no schema is said lies in the first one of PostgreSQL's search path.
  private def named(database: String, schema: Option[String], tableOrQuery: String): String = {
    val text = tableOrQuery.trim
    if (isQuery(text)) Seq(database, s"query_${digest(queryOf(text))}").filter(_.nonEmpty).mkString(".")
    else {
      val parts = part.findAllIn(text).map(plain(_, folds = schema.isDefined)).toSeq
      (Seq(database).filter(_.nonEmpty) ++ schema.filter(_ => parts.lengthCompare(1) == 0) ++ parts).mkString(".")
    }
  }

  // A name within quotes of some kind, in which there may be points, or one without.
  private val part = "\"[^\"]*\"|`[^`]*`|\\[[^\\]]*\\]|[^.\"`\\[\\]]+".r

  // PostgreSQL reads names without quotes as if they were written in small letters.
  private def plain(name: String, folds: Boolean): String =
    if ("\"`[".indexOf(name.head.toInt) >= 0) name.substring(1, name.length - 1)
    else if (folds) name.trim.toLowerCase
    else name.trim

  // The option `query` becomes a subquery, with a number that differs from run to run; one given as `dbtable` stands
  // in parentheses with a name of the program's. Both are the same query.
  private def queryOf(text: String): String = {
    val inner = text.replaceFirst("(?is)^\\((.*)\\)\\s*(?:as\\s+)?[\\w$\"`\\[\\]]*\\s*$", "$1").trim
    Redaction.text(inner).replaceAll("\\s+", " ").stripSuffix(";").trim
  }

  // Short, without what receivers choke on, and the same in every run.
  private def digest(query: String): String =
    MessageDigest.getInstance("SHA-256").digest(query.getBytes(UTF_8)).take(4).map(b => f"${b & 0xff}%02x").mkString

  private def isQuery(text: String): Boolean = text.startsWith("(") || text.matches("(?is)(?:select|with)\\s.*")
}
