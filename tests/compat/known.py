"""What is known to differ between the lines because Spark itself differs, each with its reason."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.compat.lines import Line


@dataclass(frozen=True)
class Difference:
    """``lines`` as the names of lines begin; ``program`` and ``pattern`` are regular expressions."""

    lines: tuple[str, ...]
    program: str
    kind: str
    pattern: str
    why: str


KNOWN: tuple[Difference, ...] = ()


def why(line: Line, program: str, kind: str, difference: str) -> str | None:
    for each in KNOWN:
        if (
            line.name.startswith(each.lines)
            and each.kind == kind
            and re.fullmatch(each.program, program)
            and re.search(each.pattern, difference)
        ):
            return each.why
    return None


def document(told: Sequence[Any]) -> str:
    if not KNOWN:
        return ""
    rows = "\n".join(f"- {' and '.join(each.lines)}, {each.kind}: {each.why}" for each in KNOWN)
    return f"## What Spark itself does in another way\n\n{rows}\n"
