"""Puts a document into the page's template."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spark_lineage.refusals import Refusal

TEMPLATE = Path(__file__).with_name("page.html")
BEGIN, END = '<script type="application/json" id="document">', "</script>"
PLACE = f"{BEGIN}{{}}{END}"  # where the template takes the document
MARK = "<!-- spark-lineage report -->"  # by which a report is known before it is written over
_DOCTYPE = re.compile(r"\s*<!doctype html>", re.IGNORECASE)
# ASCII, so that no encoding matters, and without what could end the block or begin a comment in it.
ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\x7f": "\\u007f"}


class NotBuilt(Refusal):
    """The page was not built; the text says how to build it."""


def page(document: Mapping[str, Any], template_text: str | None = None) -> str:
    """The whole file, in ASCII as far as the document goes. Raises :class:`NotBuilt`."""
    text = template() if template_text is None else template_text
    before, place, behind = text.partition(PLACE)
    if not place or PLACE in behind:
        raise NotBuilt(f"{TEMPLATE} is no template of this version: run `make page`.")
    begin = _DOCTYPE.match(before)
    at = begin.end() if begin is not None else 0
    return "".join((before[:at], MARK, before[at:], BEGIN, block(document), END, behind))


def block(document: Mapping[str, Any]) -> str:
    """The document as JSON that may stand within a script element, whatever texts it holds."""
    try:
        text = json.dumps(document, separators=(",", ":"), allow_nan=False)
    except ValueError:
        text = json.dumps(_finite(document), separators=(",", ":"), allow_nan=False)
    for letter, escaped in ESCAPED.items():
        text = text.replace(letter, escaped)
    return text


def template() -> str:
    """Raises :class:`NotBuilt`."""
    try:
        return TEMPLATE.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise NotBuilt(
            "The page has not been built here (a clone of the sources has none): run `make page`, or install the wheel."
        ) from None
    except OSError as error:
        raise NotBuilt(f"{TEMPLATE} cannot be read: {error.strerror or error}.") from error


def _finite(value: Any) -> Any:
    """JSON has no numbers that are not finite: they become texts, ``nan`` and ``inf``."""
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, Mapping):
        return {name: _finite(each) for name, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, (list, tuple)) else value
