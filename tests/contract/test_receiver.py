"""The receiver that other tests lean on: it answers as Marquez does and finds each broken rule."""

from __future__ import annotations

import copy
import http.client
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.receiver import BlackHole, Book, DieAfter, Failing, Picture, Receiver, Refusing, Slow, Specification, replay
from tests.receiver.rules import RULES
from tests.receiver.story import BEGIN, Story, column_lineage, dataset, facet, shop

Document = dict[str, Any]
needs_specification = pytest.mark.skipif(
    not Specification.load().complete, reason="the OpenLineage specification is not beside this repository"
)


def post(url: str, body: bytes, timeout: float = 5.0) -> tuple[int, Any]:
    request = urllib.request.Request(f"{url}/api/v1/lineage", body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def encoded(event: Any) -> bytes:
    return json.dumps(event).encode("utf-8")


def rules(events: list[Document], **options: Any) -> list[str]:
    book = Book(**options)
    for event in events:
        answer = book.receive(encoded(event))
        assert answer.accepted, answer
    return [breach.rule for breach in book.breaches]


def changed(event: Document, path: str, value: Any) -> Document:
    """A copy with the value at ``a.b.0.c`` replaced; None removes it."""
    event = copy.deepcopy(event)
    *way, last = path.split(".")
    place: Any = event
    for part in way:
        place = place[int(part)] if isinstance(place, list) else place.setdefault(part, {})
    if value is None:
        del place[last]
    else:
        place[last] = value
    return event


# --- over HTTP


def test_good_events_are_taken_in_order() -> None:
    events = shop(3)
    with Receiver() as receiver:
        for event in events:
            assert post(receiver.url, encoded(event)) == (201, None)
    assert receiver.events == events
    receiver.check()


def test_a_run_without_end_is_found() -> None:
    with Receiver() as receiver:
        for event in shop()[:-1]:
            post(receiver.url, encoded(event))
    receiver.check(finished=False)
    with pytest.raises(AssertionError, match="unfinished"):
        receiver.check()


def test_other_addresses_are_not_found() -> None:
    with Receiver() as receiver:
        connection = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=5)
        connection.request("POST", "/api/v1/other", b"{}")
        assert connection.getresponse().status == 404
        connection.close()
    assert not receiver.events


def test_it_shows_what_it_has() -> None:
    with Receiver() as receiver:
        post(receiver.url, encoded(shop()[0]))
        with urllib.request.urlopen(receiver.url + "/", timeout=5) as answer:
            assert json.load(answer) == {"events": 1, "breaches": 0}


# --- one event by itself: Marquez's answers

REFUSED: list[tuple[str, Callable[[Document], Any], int, int | None]] = [
    ("no eventTime", lambda e: changed(e, "eventTime", None), 422, None),
    ("no producer", lambda e: changed(e, "producer", None), 422, None),
    ("no run", lambda e: changed(e, "run", None), 422, None),
    ("no job", lambda e: changed(e, "job", None), 422, None),
    ("no run id", lambda e: changed(e, "run.runId", None), 422, None),
    ("no job name", lambda e: changed(e, "job.name", None), 422, None),
    ("no job namespace", lambda e: changed(e, "job.namespace", None), 422, None),
    ("no dataset name", lambda e: changed(e, "outputs.0.name", None), 422, None),
    ("an array of events", lambda e: [e], 500, 400),
    ("a producer that is no URI", lambda e: changed(e, "outputs.0.facets.schema._producer", "a b"), 500, 400),
    ("a time that is none", lambda e: changed(e, "eventTime", "yesterday"), 500, 400),
    ("no event type", lambda e: changed(e, "eventType", None), 500, 500),
    ("NUL", lambda e: changed(e, "job.name", "shop.a\x00b"), 500, 500),
    ("a long column name", lambda e: changed(e, "outputs.0.facets.schema.fields.0.name", "c" * 256), 500, 500),
    ("a long facet name", lambda e: changed(e, "run.facets." + "f" * 256, facet("x")), 500, 500),
    ("a very long job name", lambda e: changed(e, "job.name", "shop." + "j" * 3000), 500, 500),
    ("a very long dataset name", lambda e: changed(e, "outputs.0.name", "d" * 3000), 500, 500),
    ("a blank in a dataset's namespace", lambda e: changed(e, "outputs.0.namespace", "my files"), 400, 400),
]


@pytest.mark.parametrize(
    ("change", "status", "code"), [each[1:] for each in REFUSED], ids=[each[0] for each in REFUSED]
)
def test_refused(change: Callable[[Document], Any], status: int, code: int | None) -> None:
    event = shop(1)[2]
    with Receiver() as receiver:
        answered, body = post(receiver.url, encoded(change(event)))
    assert (answered, body.get("code")) == (status, code)
    assert not receiver.events


@pytest.mark.parametrize(
    "body", [b"{", b"", b'{"a": NaN}', b"\xff", b"[" * 100_000], ids=["torn", "empty", "nan", "bytes", "deep"]
)
def test_bad_json(body: bytes) -> None:
    with Receiver() as receiver:
        status, answer = post(receiver.url, body)
    assert (status, answer["code"]) == (500, 400)


@needs_specification
@pytest.mark.parametrize(
    "path", ["outputs.0.facets.schema._producer", "run.facets.parent.job", "run.facets.parent.run.runId"]
)
def test_a_known_facet_without_its_fields_is_refused(path: str) -> None:
    answer = Book().receive(encoded(changed(shop(1)[2], path, None)))
    assert answer.status == 422


@pytest.mark.parametrize(
    "event",
    [
        changed(shop()[0], "schemaURL", "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"),
        changed(shop()[0], "run.facets.somebodys_own", {"any": ["shape"]}),
        {k: v for k, v in shop()[0].items() if k not in ("inputs", "outputs", "schemaURL")},
        {
            "eventTime": BEGIN.isoformat(), "producer": "urn:x", "schemaURL": "urn:y",
            "dataset": {"namespace": "n", "name": "d"},
        },
        {
            "eventTime": BEGIN.isoformat(), "producer": "urn:x", "job": {"namespace": "n", "name": "d"},
            "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/JobEvent",
        },
    ],
    ids=["plain", "custom facet", "no inputs, outputs, schema", "dataset event", "job event"],
)  # fmt: skip
def test_taken(event: Document) -> None:
    assert Book().receive(encoded(event)).status == 201


# --- rules that Marquez takes with 201 and then breaks on


def test_a_good_story_breaks_no_rule() -> None:
    assert rules(shop(4)) == []


def test_nested_steps_and_other_namespaces_are_good() -> None:
    story = Story()
    stored = [
        dataset(namespace, name, "a")
        for namespace, name in [
            ("s3://bucket", "key/part=1"), ("hdfs://host:8020", "/p"), ("postgres://db:5432", "shop.public.orders"),
            ("kafka://broker:9092", "topic"), ("file", "/a b/<locals>()"), ("abfss://c@account", "/x"),
        ]
    ]  # fmt: skip
    events = [story.begin(), story.event("START", "shop.main")]
    events += story.step("main.load", stored, [dataset("inmemory://shop", "load", "a")])
    events += [story.event("COMPLETE", "shop.main"), story.end()]
    assert rules(events) == []


BROKEN: list[tuple[str, int, Callable[[Document], Document]]] = [
    ("empty-name", 2, lambda e: changed(e, "outputs.0.name", "")),
    ("empty-name", 2, lambda e: changed(e, "outputs.0.namespace", " ".strip())),
    ("namespace-colon", 2, lambda e: changed(e, "outputs.0.namespace", "arn:aws:glue")),
    ("dataset-hash", 2, lambda e: changed(e, "outputs.0.name", "a#b")),
    ("dataset-colon", 2, lambda e: changed(e, "outputs.0.name", "a:b")),
    ("run-id", 0, lambda e: changed(e, "run.runId", "run-1")),
    ("event-type", 2, lambda e: changed(e, "eventType", "RUNNING")),
    ("time", 2, lambda e: changed(e, "eventTime", "2020-01-01T00:00:00Z")),
    ("run-id", 2, lambda e: changed(e, "job.name", "shop.other")),
    ("parent-missing", 2, lambda e: changed(e, "run.facets", None)),
    ("parent-unknown", 1, lambda e: changed(e, "run.facets.parent.run.runId", "00000000-0000-4000-8000-000000000000")),
    ("parent-name", 1, lambda e: changed(e, "run.facets.parent.job.name", "sho")),
    ("parent-name", 1, lambda e: changed(e, "run.facets.parent.job.namespace", "elsewhere")),
    ("parent-prefix", 1, lambda e: changed(e, "job.name", "clean")),
    ("recursion", 1, lambda e: changed(e, "job.name", "shop")),
    ("root", 1, lambda e: changed(e, "run.facets.parent.root", None)),
    ("root", 1, lambda e: changed(e, "run.facets.parent.root.run.runId", "00000000-0000-4000-8000-000000000000")),
    ("output-schema", 2, lambda e: changed(e, "outputs.0.facets", None)),
    ("one-version", 2, lambda e: changed(e, "outputs", [*e["outputs"], *e["outputs"]])),
    ("column-lineage-input", 2, lambda e: changed(e, "inputs", [])),
    ("column-lineage-field", 2, lambda e: changed(e, "inputs.0.facets.schema.fields.0.name", "other")),
    ("column-lineage-field", 2, lambda e: changed(e, "inputs.0.facets", None)),
    ("column-lineage-field", 2, lambda e: changed(e, "outputs.0.facets.schema.fields.0.name", "other")),
    ("our-schema", 0, lambda e: changed(e, "run.facets.sparkLineage_nothing", facet("x"))),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "number", "change"), BROKEN, ids=[f"{each[0]}-{i}" for i, each in enumerate(BROKEN)])
def test_each_broken_rule_is_found(rule: str, number: int, change: Callable[[Document], Document]) -> None:
    events = shop(1)
    events[number] = change(events[number])
    assert rule in rules(events)


@needs_specification
@pytest.mark.parametrize(
    "change",
    [
        lambda e: changed(e, "schemaURL", None),
        lambda e: changed(e, "outputs.0.facets.columnLineage.fields.id.inputFields", "all"),
        lambda e: changed(e, "run.facets.somebodys_own", {"no": "producer"}),
    ],
)
def test_the_specification_is_enforced(change: Callable[[Document], Document]) -> None:
    events = shop(1)
    events[2] = change(events[2])
    assert set(rules(events)) == {"spec"}


def test_job_namespaces_that_marquez_rewrites() -> None:
    story = Story(namespace="my jobs")
    assert "job-namespace" in rules([story.begin(), story.end()])


def test_order() -> None:
    begin, *middle, end = shop(1)
    assert rules([begin, *reversed(middle), end]) == ["order", "order", "time"]
    assert rules([begin, *middle, end, begin]) == ["order"]
    assert rules([begin, *middle, end, end]) == ["order"]


def test_a_parent_must_not_change() -> None:
    begin, start, done, end = shop(1)
    done["run"]["facets"]["parent"]["job"]["name"] = "other"
    assert rules([begin, start, done, end]) == ["parent-changed"]


def test_a_foreign_parent_may_be_named() -> None:
    story, outside = Story(), Story("dag")
    begin = story.begin()
    begin["run"]["facets"] = {"parent": outside._parent("dag")}
    begin["job"]["name"] = "dag.shop"
    assert "parent-unknown" in rules([begin])
    assert rules([begin], foreign=frozenset({outside.run})) == []


def test_one_version_per_run() -> None:
    story = Story()
    one, two = dataset("inmemory://shop", "a", "x"), dataset("inmemory://shop", "a", "x", "y")
    start = story.event("START", "shop.a", (), [one])
    assert rules([story.begin(), start, story.event("COMPLETE", "shop.a", (), [one])]) == []
    assert "one-version" in rules([story.begin(), start, story.event("COMPLETE", "shop.a", (), [two])])


def test_a_failing_run_may_not_know_the_schema() -> None:
    story = Story()
    start, _ = story.step("a")
    unknown = dataset("inmemory://shop", "a")
    assert rules([story.begin(), start, story.event("FAIL", "shop.a", (), [unknown])]) == []


def test_one_producer() -> None:
    story, made = Story(), dataset("inmemory://shop", "a", "x")
    twice = [story.begin(), *story.step("a", (), [made]), *story.step("a", (), [made])]
    assert "one-producer" not in rules(twice)  # calls of one job
    story = Story()
    assert "one-producer" in rules([story.begin(), *story.step("a", (), [made]), *story.step("b", (), [made])])
    story, stored = Story(), dataset("file", "/out", "x")
    around = [
        story.begin(), story.event("START", "shop.main"), *story.step("main.save", (), [stored]),
        story.event("COMPLETE", "shop.main", (), [stored]),
    ]  # fmt: skip
    assert "one-producer" in rules(around)


def test_column_lineage_of_indirect_inputs() -> None:
    source = dataset("file", "/in", "a")
    made = dataset("inmemory://shop", "b", "x")
    made["facets"]["columnLineage"] = column_lineage(source, x="a")
    made["facets"]["columnLineage"]["dataset"] = [{"namespace": "file", "name": "/in", "field": "filtered"}]
    story = Story()
    assert rules([story.begin(), *story.step("b", [source], [made])]) == ["column-lineage-field"]


def test_every_rule_has_a_test() -> None:
    tested = {each[0] for each in BROKEN} | {
        "spec",
        "order",
        "parent-changed",
        "one-producer",
        "job-namespace",
        "unfinished",
    }
    assert tested == set(RULES)


# --- misbehaviour


def test_down_and_up_again_keeps_what_it_has() -> None:
    first, *rest = shop(1)
    receiver = Receiver()
    with pytest.raises(urllib.error.URLError):
        post(receiver.url, encoded(first))
    with receiver:
        post(receiver.url, encoded(first))
    with pytest.raises(urllib.error.URLError):
        post(receiver.url, encoded(first))
    with receiver:
        for event in rest:
            post(receiver.url, encoded(event))
    receiver.check()
    assert len(receiver.events) == 4


def test_kept_connections_break_when_it_dies() -> None:
    with Receiver() as receiver:
        connection = http.client.HTTPConnection("127.0.0.1", receiver.port, timeout=5)
        connection.request("POST", "/api/v1/lineage", encoded(shop()[0]))
        connection.getresponse().read()
        receiver.down()
        with pytest.raises((OSError, http.client.HTTPException)):
            connection.request("POST", "/api/v1/lineage", encoded(shop()[0]))
            connection.getresponse()
    assert len(receiver.events) == 1


@pytest.mark.parametrize("silent", [False, True])
def test_dying_midway(silent: bool) -> None:
    events = shop(2)
    with Receiver(DieAfter(2, silent)) as receiver:
        post(receiver.url, encoded(events[0]))
        if not silent:
            post(receiver.url, encoded(events[1]))
        with pytest.raises((OSError, http.client.HTTPException)):
            post(receiver.url, encoded(events[1]))
        time.sleep(0.1)
        with pytest.raises(urllib.error.URLError):
            post(receiver.url, encoded(events[2]))
    assert len(receiver.events) == 2


def test_black_hole_answers_nothing_until_let_go() -> None:
    with Receiver(BlackHole()) as receiver:
        with pytest.raises(OSError):
            post(receiver.url, encoded(shop()[0]), timeout=0.3)
        waiting = threading.Timer(0.2, receiver.behave)
        waiting.start()
        with pytest.raises((OSError, http.client.HTTPException)):
            post(receiver.url, encoded(shop()[0]), timeout=5)
        assert post(receiver.url, encoded(shop()[0]))[0] == 201
    assert (receiver.attempts, len(receiver.events)) == (3, 1)


def test_failing_and_recovered() -> None:
    with Receiver(Failing(503, times=2)) as receiver:
        assert [post(receiver.url, encoded(shop()[0]))[0] for _ in range(3)] == [503, 503, 201]


def test_slow() -> None:
    with Receiver(Slow(0.3)) as receiver:
        begin = time.monotonic()
        assert post(receiver.url, encoded(shop()[0]))[0] == 201
        assert time.monotonic() - begin >= 0.3


def test_refusing_some_events() -> None:
    begin, start, *_ = shop(1)
    with Receiver(Refusing("step_0", 500)) as receiver:
        assert post(receiver.url, encoded(begin))[0] == 201
        assert post(receiver.url, encoded(start))[0] == 500


def test_too_large_and_wrong_key() -> None:
    with Receiver(largest=10) as receiver:
        assert post(receiver.url, encoded(shop()[0]))[0] == 413
    with Receiver(api_key="secret") as receiver:
        assert post(receiver.url, encoded(shop()[0]))[0] == 401


# --- the picture


def test_the_picture_of_a_story(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "1"
    folder.mkdir(parents=True)
    (folder / "events.jsonl").write_bytes(b"".join(encoded(event) + b"\n" for event in shop(3)))
    book = replay(tmp_path)
    assert not book.breaches
    picture = Picture(each.event for each in book.received)
    assert picture.sources == {("file", "/data/orders.csv")}
    assert len(picture.parts()) == 1
    assert picture.cycle() == []
    assert picture.producers[("inmemory://shop", "step_2")] == {"shop.step_2"}
    assert picture.origins(("inmemory://shop", "step_2"), "amount") == {(("file", "/data/orders.csv"), "amount")}


def test_cycles_and_parts_are_seen() -> None:
    story, a, b = Story(), dataset("inmemory://shop", "a", "x"), dataset("inmemory://shop", "b", "x")
    alone = dataset("inmemory://shop", "alone", "x")
    picture = Picture([*story.step("f", [a], [b]), *story.step("g", [b], [a]), *story.step("h", (), [alone])])
    assert len(picture.cycle()) == 5
    assert len(picture.parts()) == 2


def test_only_the_last_run_of_a_job_is_drawn() -> None:
    """As Marquez does: what an earlier run of the job read and wrote has no edges any more."""
    one, two = (dataset("file", f"/{name}", "x") for name in ("one", "two"))
    first, second = Story(), Story()
    picture = Picture([*first.step("save", (), [one]), *second.step("save", (), [two])])
    assert picture.sinks == {("file", "/two")}
