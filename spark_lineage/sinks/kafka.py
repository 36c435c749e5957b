"""OpenLineage's Kafka transport, but an event counts as sent only when the broker has confirmed it.

The original waits without limit for a broker that is down, and logs what the broker refused as if it were sent.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from openlineage.client.serde import Serde
from openlineage.client.transport.kafka import KafkaConfig, KafkaTransport

SECONDS = 5.0
# Order within the topic's partition holds over retries, and what is not confirmed in time is given back to us.
STEADY = {"enable.idempotence": True, "message.timeout.ms": int(SECONDS * 1000)}


class ConfirmedKafka(KafkaTransport):
    """Raises RuntimeError if the broker has not confirmed in time."""

    @classmethod
    def of(cls, config: Mapping[str, Any]) -> ConfirmedKafka:
        settings = copy.deepcopy(dict(config))
        settings["config"] = {**STEADY, **dict(settings.get("config") or {})}
        return cls(KafkaConfig.from_dict({key: each for key, each in settings.items() if key not in ("type", "name")}))

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
        producer.flush(SECONDS + 1)
        if not outcome:
            producer.purge()
            producer.flush(0)
            raise RuntimeError("the broker has not confirmed in time")
        if outcome[0] is not None:
            raise RuntimeError(str(outcome[0]))

    def close(self, timeout: float = -1) -> bool:
        self.producer = None
        return True
