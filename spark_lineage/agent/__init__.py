"""Composition root: the only part that wires capture, JVM, graph, events and sinks together.

One :class:`Agent` observes one program, from :func:`start` to :func:`stop`. While the program runs, a daemon
thread takes observations off the queue once a second and appends them to the write-ahead file, so that a killed
driver loses at most the last second. At the end the graph is assembled and becomes events, journal and tables.

``activation`` decides when: it calls :func:`start` and :func:`stop`, and for every SparkContext of the program
``agent.attach(context)`` once it is up, ``agent.detach(context)`` right before its ``stop`` and
``agent.detached(context)`` right after.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

from spark_lineage.agent.observing import Agent
from spark_lineage.agent.program import Program
from spark_lineage.answers.check.rules import Rules
from spark_lineage.config import Config
from spark_lineage.model import Outcome

__all__ = ["Agent", "Program", "current", "start", "stop"]

_current: Agent | None = None


def current() -> Agent | None:
    """The agent that observes this process, if one does."""
    return _current


def start(config: Config, program: Program, rules: Rules | None = None, with_functions: bool = False) -> Agent:
    """Begins to observe this process. A second start while one observes gives the first agent.

    ``rules`` for checks: those beside the program if not given. ``with_functions``: those of ``checks.py`` are called
    at the end, too.

    Raises OSError if the store cannot be written.
    """
    global _current
    if _current is None:
        agent = Agent(config, program, rules, with_functions)
        agent.begin()
        _current = agent
    return _current


def stop(
    outcome: Outcome = Outcome.COMPLETE, error: str | None = None, traceback: TracebackType | None = None,
    left: Sequence[str] = (),
) -> Agent | None:  # fmt: skip
    """Ends the observation and writes the record; gives the agent that ended, None if none observed.

    ``error`` left the calls on ``traceback``, or those named in ``left``.
    """
    global _current
    agent, _current = _current, None
    if agent is not None:
        agent.end(outcome, error, traceback, left)
    return agent
