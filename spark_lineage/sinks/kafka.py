"""OpenLineage's Kafka transport, but an event counts as sent only when the broker has confirmed it.

The original waits without limit for a broker that is down, and logs what the broker refused as if it were sent.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from openlineage.client.serde import Serde
from openlineage.client.transport.kafka import KafkaConfig, KafkaTransport

from spark_lineage.guard import logger

MILLISECONDS = "message.timeout.ms"
STEADY = {
    "enable.idempotence": True,  # order within a partition holds over the client's own retries
    MILLISECONDS: 5_000,  # what is not confirmed in time is given back to us
    "logger": logger,  # otherwise the client writes on the program's stderr
}


class ConfirmedKafka(KafkaTransport):
    """Raises RuntimeError if the broker has not confirmed in time."""

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> ConfirmedKafka:
        settings = {
            key: copy.deepcopy(value) for key, value in config.items() if key not in ("type", "name", "priority")
        }
        settings["config"] = {**STEADY, **dict(settings.get("config") or {})}
        return cls(KafkaConfig.from_dict(settings))

    def emit(self, event: Any) -> None:
        if self.producer is None:
            self._setup_producer(self.kafka_config.config)
        outcome: list[Any] = []
        producer: Any = self.producer
        producer.produce(
            topic=self.topic,
            key=self.message_key or self._get_message_key(event),
            value=Serde.to_json(event).encode("utf-8"),
            on_delivery=lambda error, message: outcome.append(error),
        )
        producer.flush(float(self.kafka_config.config[MILLISECONDS]) / 1000 + 1)
        if not outcome:
            producer.purge()
            producer.flush(0)
            raise RuntimeError("the broker has not confirmed in time")
        if outcome[0] is not None:
            raise RuntimeError(str(outcome[0]))

    def close(self, timeout: float = -1) -> bool:
        self.producer = None
        return True
