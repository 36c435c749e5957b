"""What requests of Spark Connect say, by messages as pyspark's client makes them. No server is needed for that."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace
from typing import Any

import pyspark.sql.connect.proto as proto
import pytest
from pyspark.sql.connect.plan import DataSource, Read, SubqueryAlias, WriteOperation, WriteOperationV2

from spark_lineage.capture.following.tracked import TrackedObjects
from spark_lineage.capture.remote import relations
from spark_lineage.capture.remote.sessions import TAG, Sessions
from spark_lineage.model import Fragment, PythonGap, Storage

RUN = "01a22a33-44cc-700b-a037-6270b81092cc"


class Frame:
    """Stands for a DataFrame of the client: it holds a plan, and nothing else that is looked at."""

    def __init__(self, plan: Any) -> None:
        self._plan = plan


def sessions(heard: bool) -> tuple[Sessions, list[Any]]:
    known, told = TrackedObjects(), list[Any]()
    known.remote = known.dataframe = (Frame,)
    jvm = SimpleNamespace(ask=lambda *asked: None)
    return Sessions(known, jvm, told.append, lambda: heard, RUN, "exact"), told  # type: ignore[arg-type]


def request(plan: Any) -> Any:
    made = proto.ExecutePlanRequest()
    made.plan.root.CopyFrom(plan.plan(None))
    return made


def said(sent: Any) -> dict[str, Any]:
    (tag,) = (tag for tag in sent.tags if tag.startswith(TAG))
    encoded = tag.removeprefix(TAG)
    return json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))  # type: ignore[no-any-return]


@pytest.mark.parametrize("for_each", [True, False])
def test_a_function_that_the_server_calls_for_each_batch_is_a_gap(for_each: bool) -> None:
    asked, told = sessions(heard=True)
    stream = proto.ExecutePlanRequest()
    command = stream.plan.command.write_stream_operation_start
    command.input.CopyFrom(Read("main.orders").plan(None))
    if for_each:
        command.foreach_batch.python_function.python_ver = "3.11"
    else:
        command.path = "/data/out"
    asked.sends(None, stream)
    assert [gap.what for gap in told if isinstance(gap, PythonGap)] == ["foreachBatch"] * for_each


@pytest.mark.parametrize(
    ("read", "storage"),
    [
        (DataSource("parquet", paths=["s3a://bucket/a/day=1"]), Storage("s3://bucket", "a", "parquet", part="day=1")),
        (DataSource("csv", paths=["/data/in"]), Storage("file", "/data/in", "csv")),
        (DataSource(paths=["in/relative"]), Storage("unknown", "in/relative")),
        (Read("main.orders"), Storage("unknown", "main.orders", table="main.orders")),
    ],
)
def test_what_a_plan_reads(read: Any, storage: Storage) -> None:
    assert relations.sources(read.plan(None)) == [storage]


def test_a_password_of_jdbc_is_not_looked_at() -> None:
    read = DataSource("jdbc", options={"url": "jdbc:postgresql://u:secret@h/d", "dbtable": "t"})
    assert relations.sources(read.plan(None)) == []
    assert "secret" not in relations.operator(read.plan(None))


def test_what_a_command_writes() -> None:
    write = WriteOperation(Read("t"))
    write.path, write.source, write.mode = "/out", "parquet", "overwrite"
    assert relations.written(write.command(None)) == [(Storage("file", "/out", "parquet"), "overwrite")]
    append = WriteOperationV2(Read("t"), "main.sums")
    append.mode = "append"
    assert relations.written(append.command(None)) == [(Storage("unknown", "main.sums", table="main.sums"), "append")]


def test_a_relation_that_is_not_known_is_an_operator_without_inputs() -> None:
    for unknown in (proto.Relation(), proto.Command(), proto.Relation(unknown=proto.Unknown())):
        assert relations.operator(unknown) == "Unknown"
        assert list(relations.every(unknown)) == [unknown]
    extension = proto.Relation()
    extension.extension.type_url = "a.vendor/Relation"
    assert list(relations.every(extension)) == [extension]
    assert relations.sources(extension) == relations.written(proto.Command()) == []


def test_relations_are_found_in_whatever_message_of_another_they_stand() -> None:
    """Those of MLlib, which fit and transform."""
    rows = Read("t").plan(None)
    fit = proto.Command()
    fit.ml_command.fit.dataset.CopyFrom(rows)
    assert relations.within(fit) == [rows]
    transformed = proto.Relation()
    transformed.ml_relation.transform.input.CopyFrom(rows)
    assert relations.within(transformed) == [rows]
    fetched = proto.Command()
    for _ in range(2):
        fetched.ml_command.fetch.methods.add().args.add().input.CopyFrom(rows)
    assert relations.within(fetched) == [rows, rows]


def test_a_request_says_what_is_marked_in_it() -> None:
    told_by, told = sessions(heard=True)
    below = SubqueryAlias(Read("t"), "a")
    above = SubqueryAlias(below, "b")
    told_by.ask("d2", [("unique", ("k",))])
    told_by.mark(Frame(below), "d1", (), "boundary")
    told_by.mark(Frame(above), "d2", ("d1",), "write")
    sent = request(above)
    sent.tags.append("nightly")
    told_by.sends(None, sent)
    assert said(sent) == {
        "op": "", "run": "", "mode": "exact", "code": {},
        "marks": [
            {"plan": above._plan_id, "id": "d2", "inputs": "d1", "why": "write",
             "ask": [{"kind": "unique", "arguments": ["k"]}]},
            {"plan": below._plan_id, "id": "d1", "inputs": "", "why": "boundary", "ask": []},
        ],
    }  # fmt: skip
    assert sent.tags[0] == "nightly" and "," not in sent.tags[1]
    assert told == []
    assert not told_by.unheard


def test_a_request_without_marks_is_as_it_was() -> None:
    told_by, _ = sessions(heard=True)
    sent = request(Read("t"))
    before = sent.SerializeToString()
    told_by.sends(None, sent)
    assert sent.SerializeToString() == before


def test_where_no_server_is_heard_the_plan_of_the_client_is_told() -> None:
    told_by, told = sessions(heard=False)
    below = DataSource("parquet", paths=["/in"])
    above = SubqueryAlias(below, "b")
    told_by.mark(Frame(above), "d2", ("d1",), "boundary")
    sent = request(above)
    told_by.sends(None, sent)
    told_by.sends(None, request(above))
    assert said(sent)["run"] == RUN
    (fragment,) = told
    assert isinstance(fragment, Fragment)
    assert fragment.operators == ("SubqueryAlias b", "Read /in")
    assert fragment.sources == (Storage("file", "/in", "parquet"),)
    assert told_by.unheard and told_by.guessed


def test_marks_go_with_their_plans() -> None:
    told_by, _ = sessions(heard=True)
    told_by.mark(Frame(SubqueryAlias(Read("t"), "a")), "d1", (), "boundary")
    assert len(told_by._marks._plans) == len(told_by._marks._values) == 0
