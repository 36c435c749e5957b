"""Texts of the record within Markdown: what they say is shown, and nothing in them is markup, a mention or a link."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from spark_lineage.privacy.terminal import printable

LONGEST = 300  # characters of one text
_MEANT = re.compile(r"([\\`*_\[\]<>|~&$#])")
_MENTION = re.compile(r"@(?=\w)")
_LINK = re.compile(r"(?i)\b(https?|ftp|www)(?=[:.])")
_CODE = re.compile("(?<!`)`([^`]+)`(?!`)")
_FENCE = re.compile("`+")
JOINER = "\u2060"  # takes no room, and keeps GitHub from reading a name or an address


def plain(text: str, most: int = LONGEST) -> str:
    """As text of a paragraph or of a cell: one line. What stands between backquotes is code."""
    parts = _CODE.split(one_line(text, most))
    return "".join(code(part, most) if at % 2 else _escaped(part) for at, part in enumerate(parts))


def _escaped(text: str) -> str:
    return _LINK.sub(rf"\1{JOINER}", _MENTION.sub(f"@{JOINER}", _MEANT.sub(r"\\\1", text)))


def code(text: str, most: int = LONGEST) -> str:
    """As code within a line; also within a cell, where a bar has to be escaped though it stands in code."""
    one = one_line(text, most).replace("|", "\\|")
    if not one:
        return ""
    longest = max((len(found) for found in _FENCE.findall(one)), default=0)
    fence = "`" * (longest + 1)
    room = " " if longest or one != one.strip() else ""
    return f"{fence}{room}{one}{room}{fence}"


def block(lines: Iterable[str], language: str) -> list[str]:
    """Lines of code, in a fence that nothing in them can end."""
    kept = [one_line(line, LONGEST, strip=False) for line in lines]
    longest = max((len(found) for line in kept for found in _FENCE.findall(line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}{language}", *kept, fence]


def row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def header(names: Sequence[str], right: Sequence[bool]) -> list[str]:
    return [row(names), row(["---:" if each else "---" for each in right])]


def one_line(text: str, most: int, strip: bool = True) -> str:
    """Without control characters and line ends, and of bounded length."""
    one = printable(text if len(text) <= 4 * most else text[: 4 * most]).expandtabs(4)
    one = " ".join(one.split()) if strip else one.replace("\n", " ").rstrip()
    return one if len(one) <= most else f"{one[: most - 1]}…"
