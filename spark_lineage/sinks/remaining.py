"""What is still to be sent, and how people are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SEND = "`spark-lineage send` sends what is left"


@dataclass(frozen=True)
class Left:
    """What one sink has not got. ``set_aside``: events that it refused for good, in this process."""

    sink: str
    title: str
    delivered: int
    events: int
    runs: int
    set_aside: int
    why: str | None


@dataclass(frozen=True)
class Remaining:
    """What is still to be sent."""

    sinks: tuple[Left, ...] = ()

    @property
    def events(self) -> int:
        return sum(each.events for each in self.sinks)

    def sentences(self) -> list[str]:
        """For people: what is still to be sent, where to, and why; nothing if all is well."""
        told = []
        for each in self.sinks:
            because = f" ({each.why})" if each.why else ""
            if each.events:
                told.append(f"{_count(each.events)} still to be sent to {each.title}{because}; {SEND}")
            if each.set_aside:
                told.append(f"{_count(each.set_aside)} set aside, refused by {each.title}; see `spark-lineage status`")
        return told


def document(remaining: Remaining) -> dict[str, Any]:
    """The ``--json`` shape of ``send``."""
    return {
        "delivered": sum(left.delivered for left in remaining.sinks),
        "left": remaining.events,
        "set_aside": sum(left.set_aside for left in remaining.sinks),
        "sinks": [
            {
                "sink": left.sink,
                "title": left.title,
                "delivered": left.delivered,
                "left": left.events,
                "runs_left": left.runs,
                "set_aside": left.set_aside,
                "why": left.why,
            }
            for left in remaining.sinks
        ],
    }


def _count(events: int) -> str:
    return "1 event is" if events == 1 else f"{events} events are"
