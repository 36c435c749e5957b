"""What an SQL text says before Spark parses it: the relations that it names, and what kind of statement it is."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator

GLOBAL = "global_temp."


def canonical(name: str) -> str:
    """A name as it is compared with others: without backticks, in small letters."""
    return name.replace("`", "").strip().lower()


_TOKEN = re.compile(
    r"""'(?:[^'\\]|\\.|'')*' | "(?:[^"\\]|\\.)*" | --[^\n]* | /\*.*?\*/
    | (?P<name>(?:`[^`]+`|[^\W\d][\w$]*)(?:\s*\.\s*(?:`[^`]+`|[^\W\d][\w$]*))*) | (?P<mark>[(),;]) | \S""",
    re.VERBOSE | re.DOTALL,
)
_BEFORE_RELATION = frozenset({"from", "join", "using", "table", "into", "update", "describe", "desc"})
_ENDS_FROM = frozenset(
    "where group having order limit union intersect except minus window qualify select on cluster distribute sort "
    "lateral pivot unpivot set when values tablesample".split()
)


_BEGIN_QUERY = frozenset("select with from values table".split())


def relation_names(text: str, spelled: Callable[[str], str] = canonical) -> list[str]:
    """Names that stand where SQL reads a relation: after FROM, JOIN, ..., and after commas in a FROM list."""
    found: dict[str, None] = {}
    expecting, depths = False, [False]  # per bracket: whether we are in a FROM list
    last = ""  # USING before a bracket names columns, or stands before a query
    for kind, word in _words(text):
        if kind == "mark":
            if word == "(":
                depths.append(False)
            elif word == ")" and len(depths) > 1:
                depths.pop()
            expecting = depths[-1] if word == "," else expecting and word == "(" and last != "using"
            continue
        lower = last = word.lower()
        if lower in _BEFORE_RELATION:
            expecting, depths[-1] = True, depths[-1] or lower == "from"
        elif lower in _ENDS_FROM:
            expecting, depths[-1] = False, False
        elif expecting and lower not in ("if", "exists", "not", "only", "overwrite", "table"):
            found[spelled(re.sub(r"\s*\.\s*", ".", word))] = None
            expecting = False
    return list(found)


def _words(text: str) -> Iterator[tuple[str, str]]:
    for match in _TOKEN.finditer(text):
        if match.lastgroup:
            yield match.lastgroup, match.group()


def statement_kind(text: str) -> str:
    """What an SQL text does: ``query``, ``write``, ``view``, ``cache`` or ``command``."""
    words = [word.lower() for kind, word in itertools.islice(_words(text), 400) if kind == "name"]
    if not words:
        return "command"
    first = words[0]
    if first in ("select", "from", "values", "with"):
        return "write" if first != "select" and "insert" in words else "query"
    if first == "create" and "view" in words[1:6]:
        return "view"
    if first in ("create", "replace") and "table" in words[1:5]:
        of_a_query = any(word == "as" and after in _BEGIN_QUERY for word, after in itertools.pairwise(words))
        return "write" if of_a_query or "select" in words else "command"  # STORED AS orc is none
    if first in ("insert", "merge", "update", "delete", "copy"):
        return "write"
    if first in ("cache", "uncache"):
        return "cache"
    return "command"


def created_view(text: str) -> str | None:
    """The name of the temporary view that ``CREATE ... VIEW`` or ``CACHE TABLE ... AS`` makes."""
    cached = re.match(r"\s*cache\s+(?:lazy\s+)?table\s+(?P<name>[`\w.$]+)[^;]*?\bas\b", text, re.IGNORECASE)
    if cached:
        return cached["name"]
    match = re.match(
        r"\s*create\s+(?:or\s+replace\s+)?(?P<temporary>(?:global\s+)?temp(?:orary)?\s+)?view\s+"
        r"(?:if\s+not\s+exists\s+)?(?P<name>[`\w.$]+)",
        text,
        re.IGNORECASE,
    )
    return match["name"] if match and match["temporary"] else None
