"""Statements that write, with the lineage that each must give: written by hand, before any answer was looked at.

Columns are written as ``a.amt*``: dataset, column, and ``=`` for IDENTITY, ``*`` for TRANSFORMATION, ``+`` for
AGGREGATION, ``?`` for CONDITIONAL. ``T`` is the target as it was before; ``a``, ``b`` and ``d`` are sources that the
run only reads; ``view`` is the dataset that the function of that name makes. ``rows`` is what decides on rows.

``changed``: another text of the same statement, by which the target holds something else.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Command:
    name: str
    text: str  # SQL, or Python that begins with ``py:``
    columns: dict[str, str]
    inputs: tuple[str, ...] = ("a",)
    rows: tuple[str, ...] = ()
    before: tuple[str, ...] = ()  # SQL that prepares the target
    target: str = ""  # place below the folder of the run; default: the table in the warehouse
    counted: str = ""  # what Spark reads it by; default: the table of that name
    adds: bool = False  # the rows are added to those that are there
    changed: tuple[str, str] | None = None
    fast: bool = False  # part of ``make test``
    by: str = ""  # the statement that writes it, if that is one that writes several
    fails: str = ""  # the error that ends it
    wrote: int | None = None  # rows, where others stay or go

    @property
    def place(self) -> str:
        return self.target or f"warehouse/{self.name}"

    @property
    def relation(self) -> str:
        return self.counted or self.name

    @property
    def in_place(self) -> bool:
        """It changes rows of a Delta table."""
        return self.name.startswith(("merge_", "update_", "delete_", "api_"))

    def body(self, changed: bool = False) -> str:
        text = self.text
        if changed and self.changed is not None:
            assert text.count(self.changed[0]) == 1, (self.name, self.changed)
            text = text.replace(*self.changed)
        if text.startswith("py:"):
            return text[3:].strip()
        return f'spark.sql(f"""{text}""")'


A = "parquet.`{W}/a`"
PLAIN = {"id": "a.id=", "d": "a.amt*"}
SELECT = f"select id, amt * 2 as d from {A}"
TWICE = ("amt * 2", "amt * 3")
TABLE = "create table {t} (id bigint, d double) using parquet"
DELTA = "create table {t} (id bigint, d double) using delta"
PARTS = "create table {t} (id bigint, d double, grp string) using parquet partitioned by (grp)"
FILLED = f"create table {{t}} using delta as select id, grp, amt from {A} where id < 20"


def ctas() -> Iterator[Command]:
    using = "create table {t} using parquet as "
    yield Command("ctas_path", f"{using} {SELECT} where id > 3", PLAIN, rows=("a.id:FILTER",), changed=("> 3", "> 4"))
    yield Command("ctas_table", f"{using} select id, amt * 2 as d from ta", PLAIN, changed=TWICE)
    yield Command(
        "ctas_view",
        f"{using} select id, amt * 2 as d from v",
        {"id": "view.id=", "d": "view.amt*"},
        ("view",),
        changed=TWICE,
    )
    yield Command(
        "ctas_permanent_view", f"{using} select id, amt * 2 as d from pv", PLAIN, rows=("a.id:FILTER",), changed=TWICE
    )
    yield Command(
        "ctas_global_view",
        f"{using} select id, amt * 2 as d from global_temp.gv",
        PLAIN,
        rows=("a.id:FILTER",),
        changed=TWICE,
    )
    yield Command(
        "ctas_sql_view", f"{using} select id, amt * 2 as d from sv", PLAIN, rows=("a.id:FILTER",), changed=TWICE
    )
    yield Command(
        "ctas_cached", f"{using} select id, amt * 2 as d from ct", PLAIN, rows=("a.id:FILTER",), changed=TWICE
    )
    yield Command("ctas_delta", f"create table {{t}} using delta as {SELECT}", PLAIN, changed=TWICE)
    yield Command(
        "ctas_delta_view",
        "create table {t} using delta as select id, upper(grp) as g from v",
        {"id": "view.id=", "g": "view.grp*"},
        ("view",),
        changed=("upper(grp)", "concat(grp, 'x')"),
    )
    yield Command(
        "ctas_if_not_exists", f"create table if not exists {{t}} using parquet as {SELECT}", PLAIN, changed=TWICE
    )
    yield Command(
        "ctas_partitioned",
        f"create table {{t}} using parquet partitioned by (grp) as select id, amt * 2 as d, grp from {A}",
        {**PLAIN, "grp": "a.grp="},
        changed=TWICE,
    )
    yield Command(
        "ctas_location",
        f"create table {{t}} using parquet location '{{W}}/located' as {SELECT}",
        PLAIN,
        target="located",
        changed=TWICE,
    )
    yield Command(
        "ctas_with",
        f"{using} with w as (select id, amt from {A} where amt > 6) select id, amt * 2 as d from w",
        PLAIN,
        rows=("a.amt:FILTER",),
        changed=("> 6", ">= 6"),
    )
    yield Command(
        "ctas_join",
        f"{using} select v.id, b.who from v join parquet.`{{W}}/b` b on v.id = b.id",
        {"id": "view.id=", "who": "b.who="},
        ("view", "b"),
        rows=("view.id:JOIN", "b.id:JOIN"),
        changed=(" join ", " left join "),
        fast=True,
    )
    yield Command(
        "ctas_aggregate",
        f"{using} select grp, sum(amt) as s from {A} group by grp",
        {"grp": "a.grp=", "s": "a.amt+"},
        rows=("a.grp:GROUP_BY",),
        changed=("sum(", "max("),
    )
    yield Command("ctas_json", f"create table {{t}} using json as {SELECT}", PLAIN, changed=TWICE)
    yield Command(
        "ctas_empty", f"{using} {SELECT} where id < 0", PLAIN, rows=("a.id:FILTER",), changed=("id < 0", "id < 1")
    )


def replacing() -> Iterator[Command]:
    made = (f"create table {{t}} using delta as select 1L as old from {A}",)
    yield Command("replaced", f"replace table {{t}} using delta as {SELECT}", PLAIN, before=made, changed=TWICE)
    yield Command(
        "created_or_replaced",
        f"create or replace table {{t}} using delta as {SELECT}",
        PLAIN,
        before=made,
        changed=TWICE,
        fast=True,
    )
    yield Command("created_by_replace", f"create or replace table {{t}} using delta as {SELECT}", PLAIN, changed=TWICE)


def inserts() -> Iterator[Command]:
    into = (TABLE,)
    yield Command(
        "insert_position",
        f"insert into {{t}} select id, amt * 2 from {A}",
        PLAIN,
        before=into,
        adds=True,
        changed=TWICE,
    )
    yield Command(
        "insert_by_name",
        f"insert into {{t}} by name select amt * 2 as d, id from {A}",
        PLAIN,
        before=into,
        adds=True,
        changed=TWICE,
    )
    yield Command(
        "insert_columns",
        f"insert into {{t}} (d, id) select amt * 2, id from {A}",
        PLAIN,
        before=into,
        adds=True,
        changed=TWICE,
        fast=True,
    )
    yield Command(
        "insert_some_columns",
        f"insert into {{t}} (id) select id + 1 from {A}",
        {"id": "a.id*", "d": ""},
        before=into,
        adds=True,
        changed=("id + 1", "id + 2"),
    )
    yield Command(
        "insert_values",
        "insert into {t} values (1, 2.5D), (3, 4.5D)",
        {"id": "", "d": ""},
        (),
        before=into,
        adds=True,
        changed=("4.5D", "5.5D"),
    )
    yield Command(
        "insert_view",
        "insert into {t} select id + 1, amt * 2 from v where id >= 25",
        {"id": "view.id*", "d": "view.amt*"},
        ("view",),
        ("view.id:FILTER",),
        into,
        adds=True,
        changed=(">= 25", ">= 26"),
    )
    yield Command(
        "insert_static_partition",
        f"insert into {{t}} partition (grp = 'x') select id, amt * 2 from {A}",
        {**PLAIN, "grp": ""},
        before=(PARTS,),
        adds=True,
        changed=TWICE,
    )
    yield Command(
        "insert_dynamic_partition",
        f"insert into {{t}} partition (grp) select id, amt * 2, grp from {A}",
        {**PLAIN, "grp": "a.grp="},
        before=(PARTS,),
        adds=True,
        changed=TWICE,
    )
    yield Command(
        "insert_overwrite",
        f"insert overwrite {{t}} select id, amt * 2 from {A}",
        PLAIN,
        before=(TABLE,),
        changed=TWICE,
    )
    yield Command(
        "insert_overwrite_table",
        "insert overwrite table {t} select id, amt * 2 from ta where grp <> '0'",
        PLAIN,
        rows=("a.grp:FILTER",),
        before=(TABLE,),
        changed=("'0'", "'1'"),
    )
    yield Command(
        "insert_overwrite_partition",
        f"insert overwrite {{t}} partition (grp = 'x') select id, amt * 2 from {A}",
        {**PLAIN, "grp": ""},
        before=(PARTS,),
        changed=TWICE,
    )
    yield Command(
        "insert_overwrite_partitions",
        f"insert overwrite {{t}} partition (grp) select id, amt * 2, grp from {A} where grp <> '0'",
        {**PLAIN, "grp": "a.grp="},
        rows=("a.grp:FILTER",),
        before=(PARTS,),
        changed=("'0'", "'1'"),
    )
    yield Command(
        "insert_whole_table",
        "insert into {t} table two",
        {"id": "two.id=", "d": "two.d="},
        ("two",),
        before=into,
        adds=True,
    )
    yield Command(
        "insert_from", f"from {A} insert into {{t}} select id, amt * 2", PLAIN, before=into, adds=True, changed=TWICE
    )
    yield Command(
        "insert_itself",
        "insert into {t} select id + 100, d from {t}",
        {"id": "T.id*", "d": "T.d="},
        ("T",),
        before=(f"create table {{t}} using parquet as {SELECT}",),
        adds=True,
        changed=("+ 100", "+ 200"),
    )
    yield Command(
        "insert_union",
        f"insert into {{t}} select id, amt * 2 from {A} union all select id, 1D from parquet.`{{W}}/b`",
        {"id": "a.id= b.id=", "d": "a.amt*"},
        ("a", "b"),
        before=into,
        adds=True,
        changed=("1D", "2D"),
    )
    yield Command(
        "insert_in_subquery",
        f"insert into {{t}} select id, amt * 2 from {A} where id in (select id from parquet.`{{W}}/b`)",
        PLAIN,
        ("a", "b"),
        ("a.id:FILTER", "b.id:FILTER"),
        into,
        adds=True,
        changed=(" in ", " not in "),
    )
    yield Command(
        "insert_window",
        f"insert into {{t}} select id, sum(amt) over (partition by grp) from {A}",
        {"id": "a.id=", "d": "a.amt+ a.grp:WINDOW"},
        before=into,
        adds=True,
        changed=("sum(", "max("),
    )
    yield Command(
        "insert_directory",
        f"insert overwrite directory '{{W}}/dir' using parquet {SELECT}",
        PLAIN,
        target="dir",
        counted="parquet.`{W}/dir`",
        changed=TWICE,
    )
    yield Command(
        "insert_jdbc",
        f"insert into {{t}} select id, amt * 2 from {A}",
        PLAIN,
        before=(
            "create table {t} using jdbc options (url 'jdbc:derby:memory:shop{os.getpid()};create=true', dbtable 'APP.SALES') as select id, 1D as d from ta where id < 0",
        ),
        target="APP.SALES",
        adds=True,
        changed=TWICE,
    )


def to_jdbc() -> Iterator[Command]:
    yield Command(
        "save_jdbc",
        'py:v.selectExpr("id", "amt * 2 as d").write.jdbc(f"jdbc:derby:memory:shop{os.getpid()}", "APP.SAVED", "append")',
        {"id": "view.id=", "d": "view.amt*"},
        ("view",),
        before=(
            "create table {t} using jdbc options (url 'jdbc:derby:memory:shop{os.getpid()};create=true', dbtable 'APP.SAVED') as select id, 1D as d from ta where id < 0",
        ),
        target="APP.SAVED",
        adds=True,
        changed=TWICE,
    )


def several() -> Iterator[Command]:
    """One statement with two targets."""
    high = {"id": "view.id=", "d": "view.amt*"}
    low = {"id": "view.id*", "d": "view.amt="}
    yield Command("multi_low", "", low, ("view",), ("view.id:FILTER",), (TABLE,), adds=True, fast=True, by="multi_high")
    yield Command(
        "multi_high",
        "from v insert into {t} select id, amt * 2 where id > 20 insert into multi_low select id + 1, amt where id < 9",
        high,
        ("view",),
        ("view.id:FILTER",),
        (TABLE,),
        adds=True,
        changed=TWICE,
        fast=True,
    )


def delta_inserts() -> Iterator[Command]:
    into = (DELTA,)
    yield Command(
        "delta_insert",
        f"insert into {{t}} select id, amt * 2 from {A}",
        PLAIN,
        before=into,
        adds=True,
        changed=TWICE,
    )
    yield Command(
        "delta_insert_by_name",
        f"insert into {{t}} by name select amt * 2 as d, id from {A}",
        PLAIN,
        before=into,
        adds=True,
        changed=TWICE,
    )
    yield Command(
        "delta_insert_columns",
        f"insert into {{t}} (d, id) select amt * 2, id from {A}",
        PLAIN,
        before=into,
        adds=True,
        changed=TWICE,
    )
    yield Command(
        "delta_insert_view",
        "insert into {t} select max(id), sum(amt) from v group by grp",
        {"id": "view.id+", "d": "view.amt+"},
        ("view",),
        ("view.grp:GROUP_BY",),
        into,
        adds=True,
        changed=("sum(", "min("),
    )
    yield Command(
        "delta_insert_overwrite",
        f"insert overwrite {{t}} select id, amt * 2 from {A}",
        PLAIN,
        before=into,
        changed=TWICE,
    )
    yield Command(
        "delta_replace_where",
        f"insert into {{t}} replace where id >= 0 select id, amt * 2 from {A}",
        PLAIN,
        before=into,
        changed=TWICE,
        fast=True,
    )
    yield Command(
        "delta_version",
        "create table {t} using parquet as select id, n + 1 as m from delta.`{W}/d` version as of 0",
        {"id": "d.id=", "m": "d.n*"},
        ("d",),
        changed=("n + 1", "n + 2"),
    )
    read = 'spark.read.format("delta")'
    first = {"id": "d.id=", "m": "d.n*"}
    step = ("n + 1", "n + 2")
    yield Command(
        "delta_timestamp",
        "create table {t} using parquet as select id, n + 1 as m from delta.`{W}/d` timestamp as of '{BETWEEN}'",
        first,
        ("d",),
        changed=step,
    )
    yield Command(
        "delta_version_of_path",
        "create table {t} using parquet as select id, n + 1 as m from delta.`{W}/d@v0`",
        first,
        ("d",),
        changed=step,
    )
    yield Command(
        "delta_version_option",
        f'py:{read}.option("versionAsOf", 0).load(f"{{W}}/d").selectExpr("id", "n + 1 as m").write.saveAsTable("{{t}}")',
        first,
        ("d",),
        changed=step,
    )
    yield Command(
        "delta_timestamp_option",
        f'py:{read}.option("timestampAsOf", BETWEEN).load(f"{{W}}/d").selectExpr("id", "n + 1 as m").write.saveAsTable("{{t}}")',
        first,
        ("d",),
        changed=step,
    )
    yield Command(
        "delta_latest",
        "create table {t} using parquet as select id, n + 1 as m from delta.`{W}/d`",
        {"id": "d.id=", "m": "d.n*"},
        ("d",),
        changed=("n + 1", "n + 2"),
    )


def delta_changing() -> Iterator[Command]:
    """Tables whose columns change, partitions that are written over, a write that fails."""
    seen = {"id": "view.id=", "d": "view.amt*", "grp": "view.grp="}
    rows = 'v.selectExpr("id", "amt * 2 as d", "grp")'
    parts = f"create table {{t}} using delta partitioned by (grp) as select id, amt as d, grp from {A} where id < 20"
    yield Command(
        "delta_evolved", f"insert into {{t}} select id, amt * 2, upper(grp) from {A}", {**PLAIN, "extra": "a.grp*"},
        before=(DELTA, "alter table {t} add column extra string"), adds=True, changed=TWICE,
    )  # fmt: skip
    save = f'py:{rows}.write.format("delta")'
    yield Command(
        "save_delta_merged", f'{save}.mode("append").option("mergeSchema", "true").saveAsTable("save_delta_merged")',
        seen, ("view",), before=(DELTA,), adds=True, changed=TWICE,
    )  # fmt: skip
    yield Command(
        "save_delta_schema", f'{save}.mode("overwrite").option("overwriteSchema", "true").saveAsTable("save_delta_schema")',
        seen, ("view",), before=(DELTA,), changed=TWICE,
    )  # fmt: skip
    yield Command(
        "delta_partitions", f'py:{rows}.where("grp = \'1\'").writeTo("delta_partitions").overwritePartitions()',
        seen, ("view",), ("view.grp:FILTER",), (parts,), wrote=8, changed=TWICE,
    )  # fmt: skip
    yield Command(
        "delta_fails", f"insert into {{t}} select id, cast(raise_error('no') as double) from {A}", {}, before=(DELTA,),
        fails="SparkRuntimeException",
    )  # fmt: skip


KEPT = {"id": "T.id=", "grp": "T.grp=", "amt": "T.amt="}
ON = ("T.id:JOIN", "a.id:JOIN")


def merges() -> Iterator[Command]:
    using = f"merge into {{t}} t using {A} s on t.id = s.id"
    by = (FILLED,)
    both = ("T", "a")
    yield Command(
        "merge_update",
        f"{using} when matched then update set t.amt = s.amt * 2",
        {**KEPT, "amt": "T.amt= a.amt*"},
        both,
        ON,
        by,
        changed=("* 2", "* 3"),
    )
    yield Command(
        "merge_update_if",
        f"{using} when matched and s.grp = '1' then update set t.amt = s.amt * 2",
        {**KEPT, "amt": "T.amt= a.amt*"},
        both,
        (*ON, "a.grp:FILTER"),
        by,
        changed=("'1'", "'2'"),
    )
    yield Command(
        "merge_insert",
        f"{using} when not matched then insert (id, amt) values (s.id, s.amt * 2)",
        {"id": "T.id= a.id=", "grp": "T.grp=", "amt": "T.amt= a.amt*"},
        both,
        ON,
        by,
        changed=("* 2", "* 3"),
    )
    yield Command(
        "merge_delete",
        f"{using} when matched and t.amt > 9 then delete",
        KEPT,
        both,
        (*ON, "T.amt:FILTER"),
        by,
        changed=("> 9", "> 12"),
    )
    yield Command(
        "merge_all_clauses",
        f"{using} when matched and s.id < 5 then delete when matched then update set grp = upper(s.grp) when not matched and s.id < 25 then insert *",
        {"id": "T.id= a.id=", "grp": "T.grp= a.grp* a.grp=", "amt": "T.amt= a.amt="},
        both,
        (*ON, "a.id:FILTER"),
        by,
        changed=("upper(", "lower("),
        fast=True,
    )
    yield Command(
        "merge_star",
        "merge into {t} t using v s on t.id = s.id when matched then update set * when not matched then insert *",
        {"id": "T.id= view.id=", "grp": "T.grp= view.grp=", "amt": "T.amt= view.amt="},
        ("T", "view"),
        ("T.id:JOIN", "view.id:JOIN"),
        by,
        changed=("when matched then update set * ", ""),
    )
    yield Command(
        "merge_by_source",
        f"merge into {{t}} t using (select * from {A} where id > 9) s on t.id = s.id when not matched by source and t.id < 3 then delete when not matched by source then update set amt = t.amt + 1",
        {**KEPT, "amt": "T.amt= T.amt*"},
        both,
        (*ON, "T.id:FILTER", "a.id:FILTER"),
        by,
        changed=("t.amt + 1", "t.amt + 2"),
    )
    yield Command(
        "merge_join",
        f"merge into {{t}} t using (select x.id, y.who from {A} x join parquet.`{{W}}/b` y on x.id = y.id) s on t.id = s.id when matched then update set grp = s.who",
        {**KEPT, "grp": "T.grp= b.who="},
        ("T", "a", "b"),
        (*ON, "b.id:JOIN"),
        by,
        changed=("= s.who", "= lower(s.who)"),
    )
    yield Command(
        "merge_coalesce",
        "merge into {t} t using (select id, coalesce(grp, '0') as g from v) u on t.id = u.id when matched then update set t.grp = u.g",
        {**KEPT, "grp": "T.grp= view.grp* view.grp:CONDITIONAL"},
        ("T", "view"),
        ("T.id:JOIN", "view.id:JOIN"),
        by,
        changed=("u.g", "upper(u.g)"),
    )
    yield Command(
        "merge_path",
        "merge into delta.`{W}/warehouse/{t}` t using v s on t.id = s.id when matched then update set t.amt = s.amt * 2",
        {**KEPT, "amt": "T.amt= view.amt*"},
        ("T", "view"),
        ("T.id:JOIN", "view.id:JOIN"),
        by,
        changed=("* 2", "* 3"),
    )


def changes() -> Iterator[Command]:
    by = (FILLED,)
    yield Command(
        "update_where",
        "update {t} set amt = amt * 2 where grp = '1'",
        {**KEPT, "amt": "T.amt* T.grp:CONDITIONAL"},
        ("T",),
        before=by,
        changed=("'1'", "'2'"),
        fast=True,
    )
    yield Command(
        "update_all",
        "update {t} set amt = id + 0.5D",
        {**KEPT, "amt": "T.id*"},
        ("T",),
        before=by,
        changed=("0.5D", "1.5D"),
    )
    yield Command(
        "update_two",
        "update {t} set amt = 0, grp = concat(grp, '!') where id > 15",
        {"id": "T.id=", "grp": "T.grp* T.id:CONDITIONAL", "amt": "T.amt* T.id:CONDITIONAL"},
        ("T",),
        before=by,
        changed=("'!'", "'?'"),
    )
    yield Command(
        "delete_where",
        "delete from {t} where amt > 9",
        KEPT,
        ("T",),
        ("T.amt:FILTER",),
        by,
        changed=("> 9", "> 12"),
    )
    yield Command(
        "delete_all",
        "delete from {t}",
        KEPT,
        ("T",),
        before=by,
        changed=("delete from {t}", "delete from {t} where id < 19"),
    )
    yield Command(
        "api_update",
        'py:DeltaTable.forName(spark, "api_update").update("grp = \'1\'", {"amt": "amt * 2"})',
        {**KEPT, "amt": "T.amt* T.grp:CONDITIONAL"},
        ("T",),
        before=by,
        changed=("* 2", "* 3"),
    )
    yield Command(
        "api_delete",
        'py:DeltaTable.forName(spark, "api_delete").delete("amt > 9")',
        KEPT,
        ("T",),
        ("T.amt:FILTER",),
        by,
        changed=("> 9", "> 12"),
    )
    merge = 'DeltaTable.forName(spark, "{t}").alias("t").merge(v.alias("s"), "t.id = s.id")'
    on = ("T.id:JOIN", "view.id:JOIN")
    seen = ("T", "view")
    yield Command(
        "api_merge",
        "py:"
        + merge.replace("{t}", "api_merge")
        + '.whenMatchedUpdate("s.id < 9", {"amt": "s.amt * 2"}).whenMatchedDelete("s.id > 15").whenNotMatchedInsert(values={"id": "s.id", "amt": "s.amt"}).execute()',
        {"id": "T.id= view.id=", "grp": "T.grp=", "amt": "T.amt= view.amt* view.amt="},
        seen,
        (*on, "view.id:FILTER"),
        by,
        changed=("* 2", "* 3"),
        fast=True,
    )
    yield Command(
        "api_merge_all",
        "py:"
        + merge.replace("{t}", "api_merge_all")
        + '.whenMatchedUpdateAll("s.id > 7").whenNotMatchedInsertAll().execute()',
        {"id": "T.id= view.id=", "grp": "T.grp= view.grp=", "amt": "T.amt= view.amt="},
        seen,
        (*on, "view.id:FILTER"),
        by,
        changed=("> 7", "> 8"),
    )
    yield Command(
        "api_merge_by_source",
        "py:"
        + merge.replace("{t}", "api_merge_by_source")
        + '.whenNotMatchedBySourceUpdate(set={"grp": "\'gone\'"}).execute()',
        KEPT,
        seen,
        on,
        by,
        changed=("gone", "left"),
    )
    yield Command(
        "api_merge_by_source_delete",
        "py:"
        + merge.replace("{t}", "api_merge_by_source_delete")
        + '.whenNotMatchedBySourceDelete("t.id < 3").execute()',
        KEPT,
        seen,
        (*on, "T.id:FILTER"),
        by,
        changed=("< 3", "< 4"),
    )
    yield Command(
        "api_merge_into",
        'py:v.alias("s").mergeInto("{t}", F.expr("{t}.id = s.id")).whenMatched(F.expr("s.id < 9")).update({"amt": F.expr("s.amt * 2")}).whenNotMatched().insertAll().merge()',
        {"id": "T.id= view.id=", "grp": "T.grp= view.grp=", "amt": "T.amt= view.amt* view.amt="},
        seen,
        (*on, "view.id:FILTER"),
        by,
        changed=("* 2", "* 3"),
    )
    yield Command(
        "api_merge_plain",
        'py:DeltaTable.forName(spark, "api_merge_plain").merge(v, "api_merge_plain.id = v.id").whenNotMatchedInsertAll().execute()'.replace(
            "merge(v,", 'merge(spark.table("v").alias("v"),'
        ),
        {"id": "T.id= view.id=", "grp": "T.grp= view.grp=", "amt": "T.amt= view.amt="},
        seen,
        on,
        by,
        changed=(".id = v.id", ".id = v.id + 1"),
    )


def writers() -> Iterator[Command]:
    rows = 'v.selectExpr("id", "amt * 2 as d")'
    seen = {"id": "view.id=", "d": "view.amt*"}
    of = ("view",)
    yield Command("save_as_table", f'py:{rows}.write.saveAsTable("save_as_table")', seen, of, changed=TWICE)
    yield Command(
        "save_as_delta_table",
        f'py:{rows}.write.format("delta").saveAsTable("save_as_delta_table")',
        seen,
        of,
        changed=TWICE,
    )
    yield Command(
        "save_as_table_append",
        f'py:{rows}.write.format("delta").mode("append").saveAsTable("save_as_table_append")',
        seen,
        of,
        before=(DELTA,),
        adds=True,
        changed=TWICE,
    )
    yield Command(
        "save_as_table_overwrite",
        f'py:{rows}.write.mode("overwrite").partitionBy("d").saveAsTable("save_as_table_overwrite")',
        seen,
        of,
        before=(TABLE,),
        changed=TWICE,
    )
    yield Command(
        "insert_into",
        'py:v.selectExpr("id as x", "amt * 2 as y").write.insertInto("insert_into")',
        seen,
        of,
        before=(TABLE,),
        adds=True,
        changed=TWICE,
    )
    yield Command(
        "insert_into_delta",
        'py:v.selectExpr("id", "amt * 2 as d").write.insertInto("insert_into_delta", overwrite=True)',
        seen,
        of,
        before=(DELTA,),
        changed=TWICE,
    )
    yield Command(
        "write_to_create", f'py:{rows}.writeTo("write_to_create").using("parquet").create()', seen, of, changed=TWICE
    )
    yield Command(
        "write_to_create_delta",
        f'py:{rows}.writeTo("write_to_create_delta").using("delta").create()',
        seen,
        of,
        changed=TWICE,
    )
    yield Command(
        "write_to_replace",
        f'py:{rows}.writeTo("write_to_replace").using("delta").replace()',
        seen,
        of,
        before=(DELTA,),
        changed=TWICE,
    )
    yield Command(
        "write_to_create_or_replace",
        f'py:{rows}.writeTo("write_to_create_or_replace").using("delta").createOrReplace()',
        seen,
        of,
        changed=TWICE,
    )
    yield Command(
        "write_to_append",
        f'py:{rows}.writeTo("write_to_append").append()',
        seen,
        of,
        before=(DELTA,),
        adds=True,
        changed=TWICE,
    )
    yield Command(
        "write_to_overwrite",
        f'py:{rows}.writeTo("write_to_overwrite").overwrite(F.col("id") >= 0)',
        seen,
        of,
        before=(DELTA,),
        changed=TWICE,
    )
    yield Command(
        "write_to_overwrite_partitions",
        f'py:{rows}.writeTo("write_to_overwrite_partitions").overwritePartitions()',
        seen,
        of,
        before=(DELTA,),
        changed=TWICE,
    )
    yield Command(
        "save_delta",
        f'py:{rows}.write.format("delta").mode("overwrite").save(f"{{W}}/saved_delta")',
        seen,
        of,
        target="saved_delta",
        counted="delta.`{W}/saved_delta`",
        changed=TWICE,
    )
    yield Command(
        "save_parquet",
        f'py:{rows}.write.mode("overwrite").parquet(f"{{W}}/saved")',
        seen,
        of,
        target="saved",
        counted="parquet.`{W}/saved`",
        changed=TWICE,
    )


def in_hive() -> Iterator[Command]:
    """With a Hive catalog: tables of Hive's own formats."""
    made = "create table {t} (id bigint, d double) stored as "
    yield Command("hive_ctas", f"create table {{t}} stored as parquet as {SELECT}", PLAIN, changed=TWICE)
    yield Command("hive_ctas_text", f"create table {{t}} stored as textfile as {SELECT}", PLAIN, changed=TWICE)
    yield Command(
        "hive_ctas_view",
        "create table {t} stored as orc as select id, amt * 2 as d from v",
        {"id": "view.id=", "d": "view.amt*"},
        ("view",),
        changed=TWICE,
    )
    yield Command("hive_usual", f"create table {{t}} using parquet as {SELECT}", PLAIN, changed=TWICE)
    yield Command("hive_delta", f"create table {{t}} using delta as {SELECT}", PLAIN, changed=TWICE)
    for kind in ("parquet", "textfile"):
        yield Command(
            f"hive_insert_{kind}",
            "insert into {t} select id, amt * 2 from pv",
            PLAIN,
            rows=("a.id:FILTER",),
            before=(f"{made}{kind}",),
            adds=True,
            changed=TWICE,
        )
    yield Command(
        "hive_overwrite",
        f"insert overwrite table {{t}} select id, amt * 2 from {A} where grp <> '0'",
        PLAIN,
        rows=("a.grp:FILTER",),
        before=(f"{made}orc",),
        changed=("'0'", "'1'"),
    )
    yield Command(
        "hive_partition",  # Hive keeps the value of a static partition beside the rows, which do not have it
        f"insert into {{t}} partition (grp = 'x') select id, amt * 2 from {A}",
        PLAIN,
        before=("create table {t} (id bigint, d double) partitioned by (grp string) stored as textfile",),
        adds=True,
        changed=TWICE,
    )
    for kind, rest, columns in (
        ("partition", "partition (grp = 'x') select id, amt * 2", PLAIN),
        ("partitions", "partition (grp) select id, amt * 2, grp", {**PLAIN, "grp": "a.grp="}),
    ):
        yield Command(
            f"hive_overwrite_{kind}",
            f"insert overwrite table {{t}} {rest} from {A} where grp <> '0'",
            columns,
            rows=("a.grp:FILTER",),
            before=(
                "create table {t} (id bigint, d double) partitioned by (grp string) stored as textfile",
                f"insert into {{t}} partition (grp = '0') select id, amt from {A} where id < 4",
            ),
            adds=True,  # of the partitions that are there none is replaced
            changed=("'0'", "'1'"),
        )
    yield Command(
        "hive_directory",
        f"insert overwrite local directory '{{W}}/hive_dir' stored as parquet {SELECT}",
        PLAIN,
        target="hive_dir",
        counted="parquet.`{W}/hive_dir`",
        changed=TWICE,
    )
    yield Command(
        "hive_read",
        "create table {t} using parquet as select id, d + 1 as m from hive_source",
        {"id": "warehouse/hive_source.id=", "m": "warehouse/hive_source.d*"},
        ("warehouse/hive_source",),
        before=(f"create table hive_source stored as textfile as {SELECT}",),
        changed=("d + 1", "d + 2"),
    )
    yield Command(
        "hive_insert_into",
        'py:v.selectExpr("id", "amt * 2").write.insertInto("hive_insert_into")',
        {"id": "view.id=", "d": "view.amt*"},
        ("view",),
        before=(f"{made}textfile",),
        adds=True,
        changed=TWICE,
    )


COMMANDS = [
    *ctas(),
    *replacing(),
    *inserts(),
    *to_jdbc(),
    *several(),
    *delta_inserts(),
    *delta_changing(),
    *merges(),
    *changes(),
    *writers(),
]
HIVE_COMMANDS = [*in_hive()]
