"""The journal of a program that had no Python half, cleaned as a Python half would have cleaned it before it wrote.

The JVM half has taken secrets out of it; personal values are masked here, with the key of the store.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from spark_lineage.guard import Guard
from spark_lineage.jvm import programs
from spark_lineage.model import Observation, PythonGap
from spark_lineage.privacy import keys
from spark_lineage.privacy.observing import Privacy
from spark_lineage.privacy.texts import Choices

AT_ONCE = 1_000  # observations that are cleaned together


def read(folder: Path, file: Path) -> Iterator[Observation | None]:
    """The observations of the run in ``folder``; None for a whole line that cannot be read. Raises OSError."""
    gaps: list[Observation] = []
    with file.open("rb") as opened:
        masks = programs.masks(opened.readline())
    guard = Guard(lambda what, why: gaps.append(PythonGap(what, why)))
    choices = Choices(mask_personal=masks.get("personal", True), mask_literals=masks.get("literals", False))
    privacy = Privacy(choices, lambda: keys.of_store(folder.parent.parent), guard)

    def lines() -> Iterable[bytes]:
        with file.open("rb") as opened:
            yield from opened

    batch: list[Observation] = []
    for observation in programs.observations(lines):
        if observation is None:
            yield None
            continue
        batch.append(observation)
        if len(batch) >= AT_ONCE:
            yield from privacy.of(batch)
            batch = []
    yield from privacy.of(batch)
    yield from privacy.rest()
    yield from gaps
