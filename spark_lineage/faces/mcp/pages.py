"""Answers within a budget: what does not fit stands on a later page, what is too long is cut and said to be.

An answer is a *head*, which every page repeats, and *items*, which are shared out over pages. Both are flat: texts,
numbers, and lists of those.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from spark_lineage.answers.errors import AnswerError
from spark_lineage.privacy.terminal import printable

Document = dict[str, Any]

DEFAULT, LEAST, MOST = 8_000, 4_000, 100_000  # bytes of an answer's JSON
# (characters that are left of a text, entries that are left of a list): the first that fit are taken.
STEPS = ((4_000, 200), (2_000, 100), (1_000, 50), (500, 20), (250, 10), (120, 5), (60, 3), (30, 2), (15, 1), (6, 0))
_FRAME = {"total": 9_999_999, "page": 9_999_999, "pages": 9_999_999, "next_page": 9_999_999, "items": []}


def paged(head: Document, items: Sequence[Document], page: int, budget: int) -> Document:
    """One page, whose JSON has at most ``budget`` bytes. Raises :class:`AnswerError` for a page that there is not."""
    head = shortened(_safe(head), budget // 2)
    room = budget - size({**head, **_FRAME})
    pages: list[list[Document]] = [[]]
    used = 0
    for item in items:
        made = shortened(_safe(item), room)
        needed = size(made) + 1  # the comma
        if pages[-1] and used + needed > room:
            pages.append([])
            used = 0
        pages[-1].append(made)
        used += needed
    if page > len(pages):
        raise AnswerError(f"there is no page {page}: the answer has {len(pages)} within {budget} bytes")
    following = page + 1 if page < len(pages) else None
    place = {"total": len(items), "page": page, "pages": len(pages), "next_page": following}
    return {**head, **place, "items": pages[page - 1]}


def text(document: Document) -> str:
    """The JSON that counts."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def size(document: Document) -> int:
    return len(text(document).encode())


def shortened(document: Document, most: int) -> Document:
    """The document if it has at most ``most`` bytes; else with texts and lists cut, which ``shortened`` names."""
    if size(document) <= most:
        return document
    cut = document
    for characters, entries in STEPS:
        cut = _cut(document, characters, entries)
        if size(cut) <= most:
            break
    return cut


def _cut(document: Document, characters: int, entries: int) -> Document:
    made: Document = {}
    said = []
    for name, value in document.items():
        if isinstance(value, list):
            made[name] = [_text(each, characters) for each in value[:entries]]
            if made[name] != value:
                left = len(value) - entries
                said.append(f"{name}: {left} more" if left > 0 else f"{name}: long texts")
        else:
            made[name] = _text(value, characters)
            if made[name] != value:
                said.append(f"{name}: {len(value) - characters} more characters")
    return {**made, "shortened": said}


def _text(value: Any, characters: int) -> Any:
    return f"{value[:characters]}…" if isinstance(value, str) and len(value) > characters + 1 else value


def _safe(document: Document) -> Document:
    """Names come from programs: neither control characters nor what is no Unicode reaches a client."""
    return {name: _printable(value) for name, value in document.items()}


def _printable(value: Any) -> Any:
    if isinstance(value, list):
        return [_printable(each) for each in value]
    return printable(value) if isinstance(value, str) else value
