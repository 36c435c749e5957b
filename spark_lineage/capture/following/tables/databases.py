"""Which tables of databases a function of pandas or polars reads or writes, named as OpenLineage has it.

The JVM half names what Spark reads by JDBC (``plan/storages/Jdbc``); one table has one name in both. What is given is
a connection of sqlite3, of SQLAlchemy, or an address. Of an address nothing is kept but system, server and database.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from spark_lineage.capture.following import sql_text
from spark_lineage.model import Storage
from spark_lineage.privacy import redaction

Place = tuple[str, str, str | None]  # namespace, database, the schema where none is said
Found = tuple[Storage, ...] | str
Listens = Callable[[], bool]

READS = frozenset("read_sql read_sql_query read_sql_table read_database read_database_uri".split())
WRITES = frozenset(["to_sql", "write_database"])
FORMAT = "sql"
_PORTS = {
    "postgresql": 5432, "mysql": 3306, "mariadb": 3306, "mssql": 1433, "oracle": 1521, "redshift": 5439, "trino": 8080,
    "clickhouse": 8123,
}  # fmt: skip
_SYSTEMS = {"postgresql": "postgres"}
_IS_NAME = re.compile(r"[^\s();]+")
# What a query calls its own parts: ``with x as (...), y as materialized (...)``.
_WITH = re.compile(
    r"""(?:\bwith(?:\s+recursive)?|,)\s*["`]?([\w$]+)["`]?\s*(?:\([^)]*\)\s*)?as\s*(?:not\s+)?(?:materialized\s*)?\(""",
    re.IGNORECASE,
)


def read(name: str, local: Mapping[str, Any], listens: Listens) -> Found:
    """What a function reads whose variables are ``local``; ``listens``: the program may hear what SQLite is asked."""
    connection = next((local[each] for each in ("con", "connection", "uri") if each in local), None)
    place = _place(connection, listens)
    if isinstance(place, str):
        return f"{name} has read {place}"
    table, query = local.get("table_name"), next((local[each] for each in ("sql", "query") if each in local), None)
    if isinstance(table, str):
        return (_named(place, table, local.get("schema")),)
    if isinstance(query, str) and _IS_NAME.fullmatch(query.strip()):
        return (_named(place, query.strip(), None),)
    text = query if isinstance(query, str) else _text_of(query)
    if text is None:
        return f"{name} has read a database by an object that is no text of SQL"
    made_there = {each.lower() for each in _WITH.findall(text)}
    spelled = _folded if place[2] else _as_written
    tables = [each for each in sql_text.relation_names(_quoted(text), spelled) if each.lower() not in made_there]
    if tables:
        return tuple(_named(place, each, None) for each in tables)
    return (_named(place, f"query_{_digest(text)}", None, query=True),)


def written(name: str, local: Mapping[str, Any], listens: Listens) -> Found:
    """What a method writes whose variables are ``local``."""
    place = _place(next((local[each] for each in ("con", "connection") if each in local), None), listens)
    if isinstance(place, str):
        return f"{name} has written {place}"
    table = local.get("name") if name == "to_sql" else local.get("table_name")
    if not isinstance(table, str):
        return f"{name} has written a table whose name is no text"
    return (_named(place, table, local.get("schema") or local.get("db_schema")),)


def _named(place: Place, table: str, schema: Any, query: bool = False) -> Storage:
    namespace, database, usual = place
    said = [schema] if isinstance(schema, str) and schema else []
    if not said and usual and not query and "." not in table:
        said = [usual]
    return Storage(namespace, ".".join(filter(None, (database, *said, table))), FORMAT)


def _place(connection: Any, listens: Listens) -> Place | str:
    """Where a connection leads; or what is said of one that is not known."""
    sqlite3 = sys.modules.get("sqlite3")
    if sqlite3 is not None and type(connection) is sqlite3.Connection:
        if listens():
            return "a database of SQLite, which is not asked for its file: the program may listen"
        return _of_sqlite(_open_file(connection, sqlite3))
    if isinstance(connection, str):
        return _of_address(connection)
    if type(connection).__module__.partition(".")[0] == "sqlalchemy":
        url = getattr(getattr(connection, "engine", connection), "url", None)
        if url is not None:
            return _of_url(url)
    return "a database by a connection that is not known"


def _of_sqlite(file: str | None) -> Place | str:
    if not file or file == ":memory:" or "mode=memory" in file:
        return "a database in memory, whose tables have no name that would be theirs in another run"
    return f"sqlite://{os.path.abspath(file)}", "", None


def _open_file(connection: Any, sqlite3: Any) -> str | None:
    """The file of a connection. SQLite is asked for it, which reads no page of it, begins nothing and takes no lock."""
    try:
        cursor = connection.cursor()
    except sqlite3.Error:  # closed, or of another thread
        return None
    try:
        cursor.row_factory = None
        rows = cursor.execute("PRAGMA database_list").fetchall()
    except sqlite3.Error:
        return None
    finally:
        cursor.close()
    found = next((row[2] for row in rows if row[1] in ("main", b"main")), None)
    return found.decode() if isinstance(found, bytes) else found


def _of_address(address: str) -> Place | str:
    sqlalchemy = sys.modules.get("sqlalchemy.engine.url")
    if sqlalchemy is not None:
        try:
            return _of_url(sqlalchemy.make_url(address))
        except Exception:  # pandas will say so to the program
            return "a database by an address that is not known"
    parts = urlsplit(address)
    system = parts.scheme.partition("+")[0]
    if system == "sqlite":
        return _of_sqlite(unquote(parts.path[1:]))
    return _on_server(system, parts.hostname, parts.port, unquote(parts.path.strip("/")))


def _of_url(url: Any) -> Place | str:
    system = str(url.drivername).partition("+")[0]
    if system == "sqlite":
        return _of_sqlite(url.database)
    if system == "duckdb":
        return "a database by a connection that is not known"
    return _on_server(system, url.host, url.port, url.database or "")


def _on_server(system: str, host: str | None, port: int | None, database: str) -> Place | str:
    if not system or not host:
        return "a database by an address that is not known"
    number = port or _PORTS.get(system)
    place = f"{_SYSTEMS.get(system, system)}://{host}" + (f":{number}" if number else "")
    return place, database.replace("/", "."), "public" if system == "postgresql" else None


def _text_of(query: Any) -> str | None:
    """Of a text clause of SQLAlchemy, ``text("select ...")``."""
    text = getattr(query, "text", None) if type(query).__module__.startswith("sqlalchemy.") else None
    return text if isinstance(text, str) else None


def _as_written(name: str) -> str:
    return name.replace("`", "")


def _folded(name: str) -> str:
    """PostgreSQL reads names without quotes as if they were written in small letters."""
    parts = re.findall(r"`[^`]*`|[^.`]+", name)
    return ".".join(part[1:-1] if part.startswith("`") else part.lower() for part in parts)


def _quoted(text: str) -> str:
    """Names in double quotes or brackets as the reading of SQL knows them."""
    return re.sub(r'"([^"\s]+)"|\[([^\]\s]+)\]', lambda found: f"`{found.group(1) or found.group(2)}`", text)


def _digest(query: str) -> str:
    """As the JVM half has it: short, and the same in every run."""
    plain = re.sub(r"\s+", " ", redaction.text(query.strip())).removesuffix(";").strip()
    return hashlib.sha256(plain.encode()).hexdigest()[:8]
