"""Notes: observations before they are made.

Capture runs inside the program's calls, and what it does there is paid for with cold caches. So it only notes down
what makes an observation and its arguments; whoever takes the notes makes the observations, many at once.
"""

from __future__ import annotations

from typing import Any, Union

from spark_lineage.model import Observation

#: an observation, or what makes one and its arguments
Note = Union[Observation, tuple[Any, ...]]


def observation(note: Note) -> Observation:
    """The observation that was noted."""
    if type(note) is tuple:
        make, *arguments = note
        note = make(*arguments)
    return note  # type: ignore[return-value]
