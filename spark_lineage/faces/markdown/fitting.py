"""What fits into a report of bounded length, and the sentence that says how much does not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SENTENCE = 160  # bytes that the sentence about what is left out may take
ALL = "`spark-lineage report --format md --full` has all."


@dataclass(frozen=True)
class Section:
    """``head`` stands before the entries, of which each is one line or several. ``what``: "step", "gap" for people.

    ``most``: entries that it has at most, however much room there is.
    """

    head: tuple[str, ...]
    entries: tuple[tuple[str, ...], ...]
    what: str
    behind: tuple[str, ...] = ()
    most: int | None = None


def fitted(sections: Sequence[Section], most: int | None) -> str:
    """The report in at most ``most`` bytes of UTF-8; all of it without that.

    A section takes what the ones before it left, but no section takes what the others need for a few entries each.
    """
    lines: list[str] = []
    left = most if most is not None else 0
    for at, section in enumerate(sections):
        if most is None:
            lines += [*section.head, *(line for entry in section.entries for line in entry), *section.behind]
            continue
        kept = _kept(section, left - sum(_least(later) for later in sections[at + 1 :]))
        lines += kept
        left -= size(kept)
    return "\n".join(lines) + "\n"


def size(lines: Sequence[str]) -> int:
    return sum(len(line.encode("utf-8", "surrogatepass")) + 1 for line in lines)


def _kept(section: Section, room: int) -> list[str]:
    head, entries = list(section.head), section.entries
    every = [*head, *(line for entry in entries for line in entry), *section.behind]
    if size(every) <= room and (section.most is None or len(entries) <= section.most):
        return every
    kept: list[str] = []
    left = room - size(head) - size(section.behind) - SENTENCE
    count = 0
    for entry in entries[: section.most]:
        left -= size(entry)
        if left < 0:
            break
        kept += entry
        count += 1
    return [*(head if count or not entries else head[:FIRST]), *kept, *section.behind, *_left_out(section, count)]


FIRST = 2  # lines of a head that are its heading


def _left_out(section: Section, count: int) -> list[str]:
    more = len(section.entries) - count
    if not more:
        return []
    what = section.what if more == 1 else f"{section.what}s"
    return [f"_{more:,} {'more ' if count else ''}{what} left out: {ALL}_", ""]


def _least(section: Section) -> int:
    """Its heading, its first entries, and the sentence about the rest."""
    few = [line for entry in section.entries[:3] for line in entry]
    return min(size(section.head) + size(few) + size(section.behind) + SENTENCE, 900)
