"""Nodes, identities, and what SQL texts say."""

from __future__ import annotations

import gc

import pytest

from spark_lineage.capture.following.collected_rows import CollectedRows
from spark_lineage.capture.following.identities import Identities
from spark_lineage.capture.following.nodes import Node, frontier
from spark_lineage.capture.following.sql_text import created_view, relation_names, statement_kind
from spark_lineage.capture.following.views import Views
from spark_lineage.privacy import redaction
from spark_lineage.privacy.rules import rules


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("select * from a", ["a"]),
        ("SELECT * FROM `A` x JOIN db.b USING (id)", ["a", "db.b", "id"]),
        ("select a.x, b.y from a, b c, (select * from d) e where a.x in (select x from f)", ["a", "b", "d", "f"]),
        ("select 'from a' as t, \"from b\" -- from c\n /* from d */ from e", ["e"]),
        ("with c as (select * from a), d as (select 1) select * from c, d", ["a", "c", "d"]),
        ("insert into t select * from s", ["t", "s"]),
        ("insert overwrite table t select * from s", ["t", "s"]),
        ("merge into t using s on t.id = s.id when matched then update set t.x = s.x", ["t", "s", "set"]),
        ("select extract(year from day) from a", ["day", "a"]),
        ("from a select x", ["a"]),
        ("select * from a left anti join b on true lateral view explode(b.xs) e as x", ["a", "b"]),
        ("table a", ["a"]),
        ("select 1", []),
        ("", []),
        ("select * from global_temp . g", ["global_temp.g"]),
    ],
)
def test_names_that_stand_where_relations_are_read(text: str, names: list[str]) -> None:
    assert [name for name in relation_names(text) if name not in ("set", "id")] == [
        name for name in names if name not in ("set", "id")
    ]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("select 1", "query"),
        ("  -- why\n WITH a AS (SELECT 1) SELECT * FROM a", "query"),
        ("with a as (select 1) insert into t select * from a", "write"),
        ("values (1)", "query"),
        ("create or replace temporary view v as select 1", "view"),
        ("create view v as select 1", "view"),
        ("create table t using parquet as select 1", "write"),
        ("create table t (a int)", "command"),
        ("create table t (a int) stored as orc", "command"),
        ("create table t (a int, b int generated always as (a + 1))", "command"),
        ("create table t stored as orc as (with a as (select 1) table a)", "write"),
        ("create table t as table s", "write"),
        ("insert into t values (1)", "write"),
        ("merge into t using s on true when matched then delete", "write"),
        ("delete from t", "write"),
        ("cache table v", "cache"),
        ("drop table t", "command"),
        ("show tables", "command"),
        ("", "command"),
    ],
)
def test_what_a_text_does(text: str, kind: str) -> None:
    assert statement_kind(text) == kind


@pytest.mark.parametrize(
    ("text", "view"),
    [
        ("create or replace temp view v as select 1", "v"),
        ("CREATE TEMPORARY VIEW IF NOT EXISTS `v` AS SELECT 1", "`v`"),
        ("create global temporary view v as select 1", "v"),
        ("create view v as select 1", None),
        ("CACHE TABLE hot OPTIONS ('storageLevel' 'DISK_ONLY') AS SELECT 1", "hot"),
        ("cache lazy table hot as select 1", "hot"),
        ("cache table v", None),
        ("select 1", None),
    ],
)
def test_created_views(text: str, view: str | None) -> None:
    assert created_view(text) == view


def test_frontier_stops_at_other_units() -> None:
    source = Node("d1", ("c1", 1))
    step = Node("d2", ("c1", 2), frontier(("c1", 2), [(source, None)]))
    same = Node("d3", ("c1", 2), frontier(("c1", 2), [(step, None)]))
    both = frontier(("c1", 2), [(node, None) for node in (same, source, step)])
    assert (step.frontier, same.frontier, both) == (("d1",), ("d1",), ("d1",))
    assert frontier(("c2", None), [(same, None), (source, None)]) == ("d3", "d1")


class Thing:
    pass


def test_identities_let_go() -> None:
    held = Identities()
    thing = Thing()
    held.put(thing, 1)
    assert (held.get(thing), held.get(Thing()), len(held)) == (1, None, 1)
    held.put(thing, 2)
    assert held.get(thing) == 2
    del thing
    gc.collect()
    assert len(held) == 0


class Row(tuple):
    pass


def test_rows_are_held_so_that_addresses_are_not_used_again() -> None:
    rows = CollectedRows()
    node = Node("d1", None)
    for _ in range(100):
        rows.put([Row((n,)) for n in range(10)], (node,))
        assert rows.get([Row((1,))]) == ()
    kept = [Row((n,)) for n in range(10)]
    rows.put(kept, (node,))
    assert rows.get(kept) == rows.get(list(kept)) == rows.get([kept[0]]) == (node,)
    assert rows.get([]) == rows.get([(1,)]) == ()


MARK = rules().mark


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("s3a://key:secret@bucket/path", f"s3a://{MARK}@bucket/path"),
        ("options (password 'x y', user 'ada')", f"options (password {MARK}, user 'ada')"),
        ("'api_token' = \"abc\"", f"'api_token' = {MARK}"),
        ("select key from orders where name = 'x'", "select key from orders where name = 'x'"),
    ],
)
def test_credentials_are_taken_out(text: str, clean: str) -> None:
    assert redaction.text(text) == clean


def test_views_of_sessions() -> None:
    views, one, other, copy = Views(), object(), object(), object()
    mine, theirs, shared = (Node(name, None) for name in ("d1", "d2", "d3"))
    views.put("t", mine, None, one)
    views.put("T", theirs, None, other)
    views.put("global_temp.g", shared, None, one)
    assert [views.get("t", session) for session in (one, other)] == [(mine, None), (theirs, None)]
    assert views.get("t", copy) == (mine, None)
    assert views.named_in("select * from `t` join global_temp.g", other) == [(theirs, None), (shared, None)]
    views.drop("t", other)
    assert views.named_in("select * from t", one) == [(mine, None)]
