"""The end of an observation, whatever state the JVM is in."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

from spark_lineage.agent import Agent, Program
from spark_lineage.config import Config
from spark_lineage.model import Outcome


class HangingBridge:
    """A JVM that is there and answers no call any more."""

    def __init__(self) -> None:
        self.released = threading.Event()

    def alive(self) -> bool:
        return True

    def settle(self, seconds: float) -> bool:
        self.released.wait(60)
        return False

    def drain(self) -> list[object]:
        self.released.wait(60)
        return []

    def hang_up(self) -> None:
        return None


def test_the_end_does_not_wait_for_a_jvm_that_hangs(tmp_path: Path) -> None:
    agent = Agent(Config(store=str(tmp_path), exit_wait=0.1), Program("job", "job.py"))
    bridge = HangingBridge()
    agent._jvm.relay.bridge = bridge  # type: ignore[assignment]
    began = time.monotonic()
    agent.end(Outcome.COMPLETE, None, None)
    assert time.monotonic() - began < 30
    bridge.released.set()
    written = [json.loads(line) for line in (agent.folder / "events.jsonl").read_text().splitlines()]
    assert "did not answer" in json.dumps(written[-1]) + json.dumps(written)
