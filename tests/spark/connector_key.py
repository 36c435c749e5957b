"""Programs over tables of Iceberg and PostgreSQL, with the lineage that each must give: written by hand.

They are statements as in ``commands_key``, whose words about columns hold here, too. Truth about rows, columns and
snapshots is what plain Spark and the connectors themselves say.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from commands_key import Command

A = "parquet.`{W}/a`"
PLAIN = {"id": "a.id=", "d": "a.amt*", "grp": "a.grp="}
SEEN = {"id": "view.id=", "d": "view.amt*", "grp": "view.grp="}
SELECT = f"select id, amt * 2 as d, grp from {A}"
ROWS = 'v.selectExpr("id", "amt * 2 as d", "grp")'
BY_VIEW = ("view",)


@dataclass(frozen=True)
class Statement(Command):
    """``reads``: it gives a DataFrame, which is counted; else it writes ``relation``."""

    reads: bool = False
    snapshot: int | None = None  # which of the table's a read sees
    part: bool = False  # of a place only a part is read
    changed_rows: dict[str, int | None] = field(default_factory=dict)

    @property
    def in_place(self) -> bool:
        return bool(self.changed_rows)


# ---------------------------------------------------------------------------------------------------- Iceberg

ICE = "ice.db."
MADE = f"create table {ICE}{{t}} using iceberg as {SELECT} where id < 20"
IN_PARTS = f"create table {ICE}{{t}} using iceberg partitioned by (grp) as {SELECT} where id < 20"
KEPT = {"id": "T.id=", "d": "T.d=", "grp": "T.grp="}
ON = ("T.id:JOIN", "a.id:JOIN")
MERGE = (
    f"merge into {ICE}{{t}} t using (select id, amt * 7 as d, grp from {A}) s on t.id = s.id "
    "when matched and s.id < 9 then update set d = s.d "
    "when matched and s.id = 10 then delete when not matched and s.id < 25 then insert *"
)
MERGED = {"id": "T.id= a.id=", "d": "T.d= a.amt* a.amt*", "grp": "T.grp= a.grp="}
BY_SOURCE = (
    f"merge into {ICE}{{t}} t using (select * from {A} where id > 9) s on t.id = s.id "
    "when not matched by source and t.id < 3 then delete when not matched by source then update set d = t.d + 1"
)


def at_rest(mode: str) -> str:
    """A table whose rows are changed by files that are written anew, or by files of deletions beside them."""
    modes = ", ".join(f"'write.{each}.mode' = '{mode}'" for each in ("delete", "update", "merge"))
    return MADE.replace("using iceberg", f"using iceberg tblproperties ('format-version' = '2', {modes})")


def _ice(
    name: str, text: str, columns: dict[str, str], inputs: tuple[str, ...] = ("a",), rows: tuple[str, ...] = (),
    **more: Any,
) -> Statement:  # fmt: skip
    place = "" if more.get("reads") else f"ice/db/{name}"
    return Statement(name, text, columns, inputs, rows, target=place, counted=f"{ICE}{name}", **more)


def iceberg() -> Iterator[Statement]:
    yield _ice("ice_ctas", MADE, PLAIN, rows=("a.id:FILTER",))
    yield _ice(
        "ice_rtas", f"create or replace table {ICE}{{t}} using iceberg as select id, amt * 2 as d, grp from v", SEEN,
        BY_VIEW, before=(MADE,),
    )  # fmt: skip
    yield _ice("ice_create", f'py:{ROWS}.writeTo("{ICE}ice_create").using("iceberg").create()', SEEN, BY_VIEW)
    yield _ice("ice_append", f'py:{ROWS}.writeTo("{ICE}ice_append").append()', SEEN, BY_VIEW, before=(MADE,), adds=True)
    yield _ice("ice_insert", f"insert into {ICE}{{t}} {SELECT}", PLAIN, before=(MADE,), adds=True)
    yield _ice(
        "ice_overwrite", f'py:{ROWS}.writeTo("{ICE}ice_overwrite").overwrite(F.col("id") >= 0)', SEEN, BY_VIEW,
        before=(MADE,),
    )  # fmt: skip
    # The seven rows of the group '1' go.
    yield _ice(
        "ice_overwrite_partitions",
        f'py:{ROWS}.where("grp = \'1\'").writeTo("{ICE}ice_overwrite_partitions").overwritePartitions()', SEEN,
        BY_VIEW, ("view.grp:FILTER",), before=(IN_PARTS,), wrote=8,
    )  # fmt: skip
    yield _ice(
        "ice_save", f'py:{ROWS}.write.format("iceberg").mode("overwrite").saveAsTable("{ICE}ice_save")', SEEN, BY_VIEW,
        before=(MADE,),
    )  # fmt: skip
    yield _ice(
        "ice_save_append", f'py:{ROWS}.write.format("iceberg").mode("append").saveAsTable("{ICE}ice_save_append")',
        SEEN, BY_VIEW, before=(MADE,), adds=True,
    )  # fmt: skip
    for kind, mode in (("anew", "copy-on-write"), ("beside", "merge-on-read")):
        by = (at_rest(mode),)
        yield _ice(
            f"ice_merge_{kind}", MERGE, MERGED, ("T", "a"), (*ON, "a.id:FILTER"), before=by,
            changed_rows={"inserted": 5, "updated": 9, "deleted": 1},
        )  # fmt: skip
        yield _ice(
            f"ice_merge_by_source_{kind}", BY_SOURCE, {**KEPT, "d": "T.d= T.d*"}, ("T", "a"),
            (*ON, "T.id:FILTER", "a.id:FILTER"), before=by,
            changed_rows={"inserted": 0, "updated": 7, "deleted": 3},
        )  # fmt: skip
        yield _ice(
            f"ice_update_{kind}", f"update {ICE}{{t}} set d = d * 2 where grp = '1'",
            {**KEPT, "d": "T.d* T.grp:CONDITIONAL"}, ("T",), before=by, changed_rows=
            {"updated": None if kind == "anew" else 7},
        )  # fmt: skip
        yield _ice(
            f"ice_delete_{kind}", f"delete from {ICE}{{t}} where d > 9", KEPT, ("T",), ("T.d:FILTER",), before=by,
            changed_rows={"deleted": 10},
        )  # fmt: skip
    yield _ice(
        "ice_delete_partition", f"delete from {ICE}{{t}} where grp = '1'", KEPT, ("T",), ("T.grp:FILTER",),
        before=(IN_PARTS,), changed_rows={"deleted": 7},
    )  # fmt: skip
    yield _ice(
        "ice_merge_insert",
        f"merge into {ICE}{{t}} t using (select id, amt * 2 as d, grp from {A}) s on t.id = s.id "
        "when not matched then insert *", PLAIN, ("T", "a"), ON, before=(MADE,), adds=True,
    )  # fmt: skip
    read = f"{ICE}ice_versions"
    of = ("ice/db/ice_versions",)
    columns = {"id": f"{of[0]}.id=", "m": f"{of[0]}.d*"}
    first = "snapshots('ice_versions')[0]"  # as the program asks for it
    yield _ice("ice_read", f'py:return spark.table("{read}").selectExpr("id", "d + 1 as m")', columns, of, reads=True,
               before=("create table ice.db.ice_versions using iceberg as select id, amt as d from parquet.`{W}/a`",
                       "insert into ice.db.ice_versions select id + 100, amt from parquet.`{W}/a` where id < 7"),
               snapshot=1)  # fmt: skip
    yield _ice(
        "ice_travel",
        # The runtime for 4.1 refuses its own option, which those before have.
        f'py:return spark.read.option("versionAsOf" if spark.version >= "4.1" else "snapshot-id", {first})'
        f'.table("{read}").selectExpr("id", "d + 1 as m")', columns, of, reads=True, snapshot=0,
    )  # fmt: skip
    yield _ice(
        "ice_travel_sql",
        f'py:return spark.sql(f"select id, d + 1 as m from {read} version as of {{{first}}}")', columns, of,
        reads=True, snapshot=0,
    )  # fmt: skip
    yield _ice(
        "ice_evolved", f"insert into {ICE}{{t}} select id, amt * 2, grp, upper(grp) from {A}",
        {**PLAIN, "extra": "a.grp*"}, before=(MADE, f"alter table {ICE}{{t}} add column extra string"), adds=True,
    )  # fmt: skip
    yield _ice(
        "ice_fails", f"insert into {ICE}{{t}} select id, cast(raise_error('no') as double), grp from {A}", {}, ("a",),
        before=(MADE,), fails="SparkRuntimeException",
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------- PostgreSQL

READER = 'spark.read.format("jdbc").options(**DB)'
WRITER = 'write.format("jdbc").options(**DB)'


def _pg(
    name: str, text: str, columns: dict[str, str], inputs: tuple[str, ...] = BY_VIEW, rows: tuple[str, ...] = (),
    **more: Any,
) -> Statement:  # fmt: skip
    place = "" if more.get("reads") else f"shop.public.{name}"
    return Statement(name, text, columns, inputs, rows, target=place, counted=f"pg.public.{name}", **more)


def postgres() -> Iterator[Statement]:
    made = ("create table pg.public.{t} as select id, amt as d, grp from parquet.`{W}/a` where id < 20",)
    yield _pg("pg_create", f'py:{ROWS}.{WRITER}.option("dbtable", "pg_create").save()', SEEN)
    yield _pg(
        "pg_append", f'py:{ROWS}.{WRITER}.option("dbtable", "public.pg_append").mode("append").save()', SEEN,
        before=made, adds=True,
    )  # fmt: skip
    yield _pg(
        "pg_overwrite", f'py:{ROWS}.{WRITER}.option("dbtable", "pg_overwrite").mode("overwrite").save()', SEEN,
        before=made,
    )  # fmt: skip
    yield _pg(
        "pg_truncate",
        f'py:{ROWS}.{WRITER}.options(dbtable="pg_truncate", truncate="true").mode("overwrite").save()', SEEN,
        before=made,
    )  # fmt: skip
    yield _pg(
        "pg_evolved", f"insert into pg.public.{{t}} select id, amt * 2, grp, upper(grp) from {A}",
        {**PLAIN, "extra": "a.grp*"}, ("a",), before=(*made, "alter table pg.public.{t} add column extra string"),
        adds=True,
    )  # fmt: skip
    yield _pg(
        "pg_columns", f'py:v.selectExpr("id", "grp").{WRITER}.option("dbtable", "pg_columns").mode("overwrite").save()',
        {"id": "view.id=", "grp": "view.grp="}, before=made,
    )  # fmt: skip
    yield _pg("pg_jdbc", f'py:{ROWS}.write.jdbc(DB["url"], "pg_jdbc", "append", LOGIN)', SEEN, before=made, adds=True)
    yield _pg("pg_ctas", f"create table pg.public.{{t}} as {SELECT} where id > 3", PLAIN, ("a",), rows=("a.id:FILTER",))
    yield _pg("pg_insert", f"insert into pg.public.{{t}} {SELECT}", PLAIN, ("a",), before=made, adds=True)
    yield _pg(
        "pg_by_name", f"insert into pg_by_name_view {SELECT}", PLAIN, ("a",), adds=True,
        before=(*made, "create temporary view pg_by_name_view using jdbc options (url '{DB_URL}', user 'ada', "
                       "password 'Kaffee7', driver 'org.postgresql.Driver', dbtable 'pg_by_name')"),
    )  # fmt: skip
    of = ("shop.public.pg_source",)
    columns = {"id": f"{of[0]}.id=", "m": f"{of[0]}.d*"}
    project = '.selectExpr("id", "d + 1 as m")'
    filled = ("create table pg.public.pg_source as select id, amt as d from parquet.`{W}/a`",)
    yield _pg(
        "pg_read", f'py:return {READER}.option("dbtable", "pg_source").load(){project}', columns, of, reads=True,
        before=filled,
    )  # fmt: skip
    yield _pg(
        "pg_read_schema", f'py:return {READER}.option("dbtable", "PUBLIC.pg_source").load(){project}', columns, of,
        reads=True,
    )  # fmt: skip
    yield _pg("pg_read_catalog", f'py:return spark.table("pg.public.pg_source"){project}', columns, of, reads=True)
    query = 'select "id", "d" from pg_source where "id" < 5'
    asked = ("shop.query_QUERY",)
    by_query = {"id": f"{asked[0]}.id=", "m": f"{asked[0]}.d*"}
    yield _pg("pg_query", f"py:return {READER}.option('query', '{query}').load(){project}", by_query, asked, reads=True)
    yield _pg(
        "pg_subquery", f"py:return {READER}.option('dbtable', '({query}) q').load(){project}", by_query, asked,
        reads=True,
    )  # fmt: skip
    yield _pg(
        "pg_predicates",
        f'py:return spark.read.jdbc(DB_URL, "pg_source", predicates=["id < 4", "id > 27"], properties=LOGIN){project}',
        columns, of, reads=True, part=True,
    )  # fmt: skip
    yield _pg(
        "pg_partitions",
        f'py:return {READER}.options(dbtable="pg_source", partitionColumn="id", lowerBound=0, upperBound=30, '
        f"numPartitions=3).load(){project}", columns, of, reads=True,
    )  # fmt: skip
    yield _pg(
        "pg_fails", f'py:v.selectExpr("\'x\' as id").{WRITER}.option("dbtable", "pg_fails").mode("append").save()', {},
        BY_VIEW, before=made, fails="Exception",
    )  # fmt: skip
