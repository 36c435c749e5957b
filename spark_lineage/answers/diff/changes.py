"""What changed in the definition of a dataset, for people: operators, columns, source."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence

from spark_lineage.answers.diff.contents import ColumnChange
from spark_lineage.answers.diff.definitions import of_column, translated
from spark_lineage.answers.diff.places import place
from spark_lineage.model import Dataset, Step

LONGEST = 120  # characters of an expression in a sentence
AROUND = 20  # characters beside what differs
_ENDS = ("Input ", "Read ", "Rows from ")


def of_columns(a: Dataset, b: Dataset, counterparts: Mapping[str, str]) -> list[ColumnChange]:
    """The columns whose definition changed, with both definitions as SQL over the names of B's datasets."""
    found = []
    for column in b.columns:
        old, new = of_column(a, column.name), of_column(b, column.name)
        if old is None or new is None:
            continue
        before = translated(old.expression, counterparts)
        if before != new.expression:
            found.append(ColumnChange(column.name, "definition", before, new.expression))
    return found


def of_plan(a: Dataset, b: Dataset, counterparts: Mapping[str, str]) -> list[str]:
    """The operators of both, as a unified diff without its heading; empty where they are the same."""
    before, after = operators(a, counterparts), operators(b, {})
    if before == after:
        return []
    return list(difflib.unified_diff(before, after, lineterm="", n=3))[2:]


def operators(dataset: Dataset, counterparts: Mapping[str, str]) -> list[str]:
    found = dataset.fragment.operators if dataset.fragment is not None else ()
    return [_end(line, counterparts) if line.startswith(_ENDS) else translated(line, counterparts) for line in found]


def _end(operator: str, counterparts: Mapping[str, str]) -> str:
    kind, _, name = operator.partition(" ")
    return f"{kind} {counterparts.get(name, name)}"


def of_source(a: Step, b: Step) -> list[str]:
    """A unified diff of the text as written; empty where the normalised source is the same."""
    if a.source_hash == b.source_hash or a.source is None or b.source is None:
        return []
    before, after = a.source.splitlines(), b.source.splitlines()
    return list(difflib.unified_diff(before, after, place(a.file, a.line), place(b.file, b.line), lineterm="", n=2))


def sentence(a: Dataset, b: Dataset, counterparts: Mapping[str, str], most: int = 2) -> str | None:
    """What became of operators and columns: "filter `amount >= 0` became `amount > 0`"; None if nothing to see."""
    said = [*_operators(a, b, counterparts), *_definitions(a, b, counterparts), *_computed(a, b, counterparts)]
    rest = f" and {len(said) - most} more changes" if len(said) > most else ""
    return "; ".join(said[:most]) + rest if said else None


def _operators(a: Dataset, b: Dataset, counterparts: Mapping[str, str]) -> list[str]:
    """Leaves out projections and aggregated columns: the definitions of columns tell those better."""
    before = [line for line in map(_condensed, operators(a, counterparts)) if line]
    after = [line for line in map(_condensed, operators(b, {})) if line]
    said: list[str] = []
    for tag, i, j, k, m in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            said += _replaced(before[i:j], after[k:m])
    return said


def _condensed(operator: str) -> str | None:
    if operator.startswith((*_ENDS, "Project", "Alias", "Write", "View")):
        return None
    if operator.startswith("Aggregate by ["):
        return operator[: operator.find("] [") + 1] if "] [" in operator else operator
    return operator


def _replaced(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """Operators of one kind became each other; the others are gone or new."""
    said, left = [], list(after)
    for line in before:
        kind, _, what = line.partition(" ")
        same_kind = next((other for other in left if other.partition(" ")[0] == kind), None)
        if same_kind is None:
            said.append(f"{_quote(line)} is gone")
            continue
        left.remove(same_kind)
        was, is_ = shortened(what, same_kind.partition(" ")[2])
        said.append(f"{_words(kind)} {_code(was)} became {_code(is_)}")
    return [*said, *(f"{_quote(line)} is new" for line in left)]


def _definitions(a: Dataset, b: Dataset, counterparts: Mapping[str, str]) -> list[str]:
    said = []
    for change in of_columns(a, b, counterparts):
        was, is_ = shortened(change.a or "", change.b or "")
        said.append(f"column {change.name} was {_code(was)} and is {_code(is_)}")
    return said


def _computed(a: Dataset, b: Dataset, counterparts: Mapping[str, str]) -> list[str]:
    """Aggregates and projected expressions that only decide on rows, of a join or a filter: no column's definition has
    them.
    """
    told = {change.name for change in of_columns(a, b, counterparts)}
    said: list[str] = []
    for kind in ("Aggregate", "Project"):
        before, after = (_items(kind, operators(*side)) for side in ((a, counterparts), (b, {})))
        new = {name: text for name, text in after if (name, text) not in before}
        for name, text in before:
            if (name, text) not in after and name in new and name not in told:
                was, is_ = shortened(text, new.pop(name))
                said.append(f"{_words(kind)} {_code(was)} became {_code(is_)}")
    return said


def _items(kind: str, lines: Sequence[str]) -> list[tuple[str, str]]:
    """Name and text of what operators of one kind compute: ``id`` and ``max(id) AS id``."""
    listed = [line.rpartition("] [")[2] if "] [" in line else line.partition(" [")[2] for line in lines
              if line.startswith(f"{kind} ")]  # fmt: skip
    texts = [text for each in listed for text in _split(each.removesuffix("]"))]
    return [(text.rpartition(" AS ")[2], text) for text in texts if " AS " in text]


def _split(listed: str) -> list[str]:
    """At the commas that stand in no parentheses and no quotes."""
    parts, depth, quote, begin = [], 0, "", 0
    for at, letter in enumerate(listed):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'`\"":
            quote = letter
        elif letter == "," and depth == 0:
            parts.append(listed[begin:at].strip())
            begin = at + 1
        else:
            depth += (letter in "([") - (letter in ")]")
    return [*parts, listed[begin:].strip()]


def shortened(before: str, after: str, longest: int = LONGEST) -> tuple[str, str]:
    """Both texts; of long ones only where they differ, with a few letters around it."""
    if max(len(before), len(after)) <= longest:
        return before, after
    same = _alike(before, after)
    begin = max(same - AROUND, 0)
    end = max(_alike(before[same:][::-1], after[same:][::-1]) - AROUND, 0)
    return _cut(before, begin, end), _cut(after, begin, end)


def _alike(one: str, other: str) -> int:
    """How many letters the two begin with in common."""
    return next((at for at, (x, y) in enumerate(zip(one, other, strict=False)) if x != y), min(len(one), len(other)))


def _cut(text: str, begin: int, end: int) -> str:
    return f"{'…' if begin else ''}{text[begin : len(text) - end]}{'…' if end else ''}"


def _quote(operator: str) -> str:
    kind, _, what = operator.partition(" ")
    return f"{_words(kind)} {_code(what)}" if what else _words(kind)


def _words(kind: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).lower()


def _code(text: str) -> str:
    inner = text[1:-1] if text.startswith("(") and text.endswith(")") and _is_one(text) else text
    cut = inner if len(inner) <= LONGEST else inner[: LONGEST - 1] + "…"
    return f"`{cut}`"


def _is_one(text: str) -> bool:
    """Whether the first parenthesis is closed by the last."""
    depth = 0
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and at < len(text) - 1:
            return False
    return True
