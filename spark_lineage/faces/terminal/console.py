"""The terminal that answers are printed to."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Callable, Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from spark_lineage.privacy.terminal import printable, spelled

USUAL = 80  # columns where nobody says how many there are
NARROWEST = 20  # columns with which answers can be read at all


class SafeConsole(Console):
    """What it prints has no control characters but those of its own styles, and letters that its stream knows."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """As rich's, with each text as it can be printed."""
        encoding = self.encoding
        for segment in super().render(renderable, options):
            text, style, control = segment
            safe = text if control else spelled(printable(text), encoding)
            yield segment if safe is text else Segment(safe, style)


def console(stderr: bool = False) -> Console:
    """Standard output, or standard error. Nothing is coloured because it looks like a number: answers say what is."""
    stream = sys.stderr if stderr else sys.stdout  # rich asks no other stream for its encoding
    return SafeConsole(file=stream, stderr=stderr, highlight=False, soft_wrap=False, width=_width())


def _width() -> int | None:
    """What ``COLUMNS`` says where no answer could be read so: 0 means that nobody knows. None: as the terminal says."""
    said = os.environ.get("COLUMNS", "")
    if not said.isdecimal() or int(said) >= NARROWEST:
        return None
    return NARROWEST if int(said) else USUAL


def as_text(show: Callable[[Console], None], width: int) -> str:
    """What ``show`` prints, without colours, in lines of at most ``width`` letters."""
    made = io.StringIO()
    # In a kernel rich would display what is printed, and not write it.
    show(SafeConsole(file=made, width=width, highlight=False, color_system=None, force_jupyter=False))
    return made.getvalue()
