"""The end of an observation, whatever state the JVM is in."""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

import pytest
from observing import shop

from spark_lineage.agent import Agent, Program, ending
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


def test_without_a_parser_there_is_no_history_and_the_record_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a driver where nothing is installed; the run itself may have been told in part by then."""

    def gaps() -> list[str]:
        agent = Agent(Config(store=str(tmp_path)), Program("job", "job.py"))
        for seen in shop(run=agent.run)[:-1]:
            agent._queue.put(seen)
        with monkeypatch.context() as without:
            without.setitem(sys.modules, "msgspec", None)
            for name in [name for name in sys.modules if name.startswith("spark_lineage.events.pars")]:
                without.delitem(sys.modules, name)
            agent.end(Outcome.COMPLETE, None, None)
        written = [json.loads(line) for line in (agent.folder / "events.jsonl").read_text().splitlines()]
        facet = written[-1]["run"]["facets"].get("sparkLineage_gaps", {"gaps": []})
        return [f"{gap['what']}: {gap['why']}" for gap in facet["gaps"] if gap["what"] == "checks"]

    assert gaps() == []
    assert gaps() == [f"checks: {ending.NOT_COMPARED}"]
