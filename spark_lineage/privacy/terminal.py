"""Text that is safe to print: control characters of data never reach a terminal."""

from __future__ import annotations

import re

# C0 without tab and newline, DEL, C1, and what turns the direction of text round or hides it.
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    r"""The text with each control character as it is written in Python: ``\x1b`` for ESC.

    Tabs and newlines stay. A lone surrogate, which cannot be encoded, is written as ``\ud800``.
    """
    escaped = _CONTROL.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
    return escaped.encode("utf-8", "backslashreplace").decode("utf-8")
