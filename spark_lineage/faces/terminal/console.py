"""The terminal that answers are printed to."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from spark_lineage.privacy.terminal import printable


class SafeConsole(Console):
    """What it prints has no control characters but those of its own styles."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """As rich's, with each text as it can be printed."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(printable(segment.text), segment.style)


def console(stderr: bool = False) -> Console:
    """Standard output, or standard error. Nothing is coloured because it looks like a number: answers say what is."""
    return SafeConsole(stderr=stderr, highlight=False, soft_wrap=False)
