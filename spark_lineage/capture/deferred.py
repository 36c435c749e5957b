"""Observations that are made later, by whoever takes them.

Capture runs inside the program's calls, and what it does there is paid for with cold caches. So it only puts together
what makes an observation and the arguments for it. The agent's thread makes the observations, many at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Union

from spark_lineage.model import Observation

#: An observation, or what makes one: a :func:`functools.partial` of its class or of a function. mypy checks the
#: arguments of a ``partial`` as those of a call.
Deferred = Union[Observation, Callable[[], Observation]]

#: What takes them. It never waits and raises nothing.
Emit = Callable[[Deferred], None]


def observation(deferred: Deferred) -> Observation:
    """The observation itself. Raises what its making raises."""
    return deferred() if callable(deferred) else deferred
