"""What is still to be sent, as sentences for people and as a document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SEND = "`spark-lineage send` sends what is left"


@dataclass(frozen=True)
class Left:
    """What one receiver has not got. ``set_aside``: events that it refused for good, in this process."""

    receiver: str
    title: str
    delivered: int
    events: int
    runs: int
    set_aside: int
    why: str | None


@dataclass(frozen=True)
class Remaining:
    """What is still to be sent."""

    receivers: tuple[Left, ...] = ()

    @property
    def events(self) -> int:
        return sum(left.events for left in self.receivers)

    def sentences(self) -> list[str]:
        """For people: what is still to be sent, where to, and why; nothing if all is well."""
        told = []
        for left in self.receivers:
            because = f" ({left.why})" if left.why else ""
            if left.events:
                told.append(f"{_count(left.events)} still to be sent to {left.title}{because}; {SEND}")
            if left.set_aside:
                told.append(f"{_count(left.set_aside)} set aside, refused by {left.title}; see `spark-lineage status`")
        return told


def document(remaining: Remaining) -> dict[str, Any]:
    """The ``--json`` shape of ``send``."""
    return {
        "delivered": sum(left.delivered for left in remaining.receivers),
        "left": remaining.events,
        "set_aside": sum(left.set_aside for left in remaining.receivers),
        "sinks": [
            {
                "sink": left.receiver,
                "title": left.title,
                "delivered": left.delivered,
                "left": left.events,
                "runs_left": left.runs,
                "set_aside": left.set_aside,
                "why": left.why,
            }
            for left in remaining.receivers
        ],
    }


def _count(events: int) -> str:
    return "1 event is" if events == 1 else f"{events} events are"
