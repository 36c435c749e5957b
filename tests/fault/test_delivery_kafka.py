"""Delivery to Kafka, with the broker that the Kafka client brings for tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spark_lineage.sinks.responses import ResponseKind
from spark_lineage.sinks.sender import Sender
from spark_lineage.sinks.transports import receivers
from tests.receiver.story import shop

pytestmark = pytest.mark.wide

kafka = pytest.importorskip("confluent_kafka", reason="needs the extra `kafka`")


@pytest.fixture
def broker() -> Iterator[str]:
    """The address of a broker that lives as long as this client of it."""
    host = kafka.Producer({"test.mock.num.brokers": 1})
    address = next(iter(host.list_topics(timeout=10).brokers.values()))
    yield f"{address.host}:{address.port}"
    del host


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPENLINEAGE_URL", raising=False)


def configure(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    transport = {
        "type": "kafka",
        "topic": "lineage",
        "config": {"bootstrap.servers": address, "message.timeout.ms": 2_000},
    }
    monkeypatch.setenv("OPENLINEAGE__TRANSPORT", json.dumps(transport))


def consumed(address: str, count: int) -> list[tuple[str, dict[str, Any]]]:
    consumer = kafka.Consumer({"bootstrap.servers": address, "group.id": "test", "auto.offset.reset": "earliest"})
    consumer.subscribe(["lineage"])
    found: list[tuple[str, dict[str, Any]]] = []
    for _ in range(60):
        message = consumer.poll(0.5)
        if message is not None and not message.error():
            found.append((message.key().decode(), json.loads(message.value())))
        if len(found) == count:
            break
    consumer.close()
    return found


def test_in_order_with_the_run_as_key(broker: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    configure(monkeypatch, broker)
    folder = tmp_path / "runs" / "1"
    folder.mkdir(parents=True)
    events = shop(2)
    (folder / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    sender = Sender(tmp_path).start()
    sender.take_on(folder)
    assert sender.drain(20).events == 0
    got = consumed(broker, len(events))
    # One key for the application and its steps: they go to one partition, so that their order holds.
    assert {key for key, _ in got} == {"run:spark-lineage/shop"}
    assert [(event["run"]["runId"], event["eventType"]) for _, event in got] == [
        (event["run"]["runId"], event["eventType"]) for event in events
    ]


def test_a_broker_that_is_down(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    configure(monkeypatch, "127.0.0.1:1")
    (kafka,) = receivers()
    event = shop(1)[0]
    response = kafka.emit(event, 1000, 5.0)
    kafka.close()
    assert response.kind is ResponseKind.LATER
    assert capfd.readouterr() == ("", "")
