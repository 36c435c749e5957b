"""Text that is safe to print: control characters of data never reach a terminal, and every stream can take it."""

from __future__ import annotations

import codecs
import re

# C0 without tab and newline, DEL, C1, and what turns the direction of text round or hides it.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

SPELLING = "spark_lineage.spelling"  # the error handler of streams that know few letters, for ``codecs``
_SPELLED = {
    "→": "->", "…": "...", "–": "-", "⟨": "<", "⟩": ">", **dict.fromkeys("█▉▊▋▌", "#"), **dict.fromkeys("▍▎▏", " "),
}  # fmt: skip


def printable(text: str) -> str:
    r"""The text with each control character as it is written in Python: ``\x1b`` for ESC.

    Tabs and newlines stay. A lone surrogate, which cannot be encoded, is written as ``\ud800``.
    """
    if text.isascii() and text.isprintable():  # most are, and this is told in no time
        return text
    escaped = _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
    return escaped.encode("utf-8", "backslashreplace").decode("utf-8")


def one_line(text: str) -> str:
    r"""As :func:`printable`, with ``\n`` for a newline: a sentence for standard error."""
    return printable(text).replace("\n", "\\n")


def spelled(text: str, encoding: str) -> str:
    r"""The text as a stream of this encoding can take it: ``->`` for an arrow, ``\u2603`` for another letter."""
    if text.isascii() or encoding.lower().replace("_", "-").startswith("utf"):
        return text
    return text.encode(encoding, SPELLING).decode(encoding)


def _spell(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end]
    spelt = (_SPELLED.get(letter) or letter.encode("ascii", "backslashreplace").decode("ascii") for letter in lost)
    return "".join(spelt), error.end


codecs.register_error(SPELLING, _spell)
