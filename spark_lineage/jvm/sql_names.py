"""What a SQL statement is called: after the view that it defines, else after what it does."""

from __future__ import annotations

import re

_COMMENT = re.compile(r"^(?:\s+|--[^\n]*\n?|/\*.*?\*/)+", re.DOTALL)
_NAME = r"((?:`[^`]+`|[\w${}]+)(?:\s*\.\s*(?:`[^`]+`|[\w${}]+))*)"
_VIEW = re.compile(
    rf"CREATE\s+(?:OR\s+REPLACE\s+)?(?:GLOBAL\s+)?(?:TEMP(?:ORARY)?\s+)?VIEW\s+(?:IF\s+NOT\s+EXISTS\s+)?{_NAME}",
    re.IGNORECASE,
)
_DEEDS = (
    ("write", rf"(?:CREATE|REPLACE)\s+(?:OR\s+REPLACE\s+)?(?:EXTERNAL\s+)?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?{_NAME}"),
    ("insert", rf"(?:FROM\s.+?\s)?INSERT\s+(?:INTO|OVERWRITE)\s+(?:TABLE\s+)?{_NAME}"),
    ("insert", r"INSERT\s+OVERWRITE\s+(?:LOCAL\s+)?DIRECTORY\s+['\"]?\S*?([\w]+)/?['\"]"),
    ("merge", rf"MERGE\s+(?:WITH\s+SCHEMA\s+EVOLUTION\s+)?INTO\s+{_NAME}"),
    ("update", rf"UPDATE\s+{_NAME}"),
    ("delete", rf"DELETE\s+FROM\s+{_NAME}"),
    ("cache", rf"CACHE\s+(?:LAZY\s+)?TABLE\s+{_NAME}"),
)
_WORD = re.compile(r"\(*\s*(\w+)")


def variable(text: str) -> str | None:
    """The view that a statement defines."""
    found = _VIEW.match(_COMMENT.sub("", text))
    return _last(found[1]) if found is not None else None


def deed(text: str) -> str:
    """``insert_report``, ``select``."""
    bare = _COMMENT.sub("", text)
    for name, pattern in _DEEDS:
        if (found := re.match(pattern, bare, re.IGNORECASE | re.DOTALL)) is not None:
            return f"{name}_{_last(found[1])}"
    word = _WORD.match(bare)
    does = word[1].lower() if word is not None else "statement"
    return "select" if does in ("with", "from") else does


def _last(name: str) -> str:
    return re.split(r"\s*\.\s*", name)[-1].strip("`")
