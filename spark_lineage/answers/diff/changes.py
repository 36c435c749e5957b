"""What changed in the definition of a dataset, for people: operators, columns, source."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence

from spark_lineage.answers.diff.contents import ColumnChange
from spark_lineage.answers.diff.definitions import of_column, translated
from spark_lineage.model import Dataset, Step

LONGEST = 120  # characters of an expression in a sentence
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
    return list(
        difflib.unified_diff(before, after, f"{_name(a.file)}:{a.line}", f"{_name(b.file)}:{b.line}", lineterm="", n=2)
    )


def _name(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]


def sentence(a: Dataset, b: Dataset, counterparts: Mapping[str, str], most: int = 2) -> str | None:
    """What became of operators and columns: "filter `amount >= 0` became `amount > 0`"; None if nothing to see."""
    said = [*_operators(a, b, counterparts), *_definitions(a, b, counterparts)]
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
        said.append(f"{_words(kind)} {_code(what)} became {_code(same_kind.partition(' ')[2])}")
    return [*said, *(f"{_quote(line)} is new" for line in left)]


def _definitions(a: Dataset, b: Dataset, counterparts: Mapping[str, str]) -> list[str]:
    return [
        f"column {change.name} was {_code(change.a or '')} and is {_code(change.b or '')}"
        for change in of_columns(a, b, counterparts)
    ]


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
