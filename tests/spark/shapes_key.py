"""What the column lineage of each function of ``tests/programs/shapes.py`` must be, written by reading the program.

``shapes_key.txt`` has one line per output column, ``column = expression <- inputs``; the expression is left out where a
column passes as it is. An input is ``dataset.column SUBTYPE``; ``*`` behind it marks masking. ``rows <- ...`` are the
input columns that decide which rows there are (or in which order); no line: none do.

The subtypes are OpenLineage's. DIRECT: IDENTITY, TRANSFORMATION, AGGREGATION; all others are INDIRECT. What counts:

- every column whose value goes into the expression is DIRECT, through any number of operators;
- what only chooses between values (CASE, IF, the null test of COALESCE) is CONDITIONAL; what partitions or orders a
  window is WINDOW; the condition of one aggregate is FILTER on that column;
- a generator (explode) makes several rows of one or none, so its input also decides about rows: FILTER;
- a pivot groups by the column whose values become columns, and that column chooses the values;
- DISTINCT and dropDuplicates group by what they compare; set operations filter by what they compare;
- user code over whole groups or partitions may use every column that it gets for every column that it gives.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

KEY = Path(__file__).with_name("shapes_key.txt")

DIRECT = {"IDENTITY", "TRANSFORMATION", "AGGREGATION"}
Uses = frozenset[tuple[str, str, str, str, bool]]  # dataset, column, kind, subtype, masking


@dataclass(frozen=True)
class Shape:
    """``expressions`` has the columns whose text is fixed too; the others are too long to be written here."""

    columns: dict[str, Uses]
    expressions: dict[str, str]
    rows: Uses


def shapes() -> dict[str, Shape]:
    return {
        block.split("\n", 1)[0]: _shape(block.split("\n")[1:]) for block in KEY.read_text("utf-8").strip().split("\n\n")
    }


def _shape(lines: list[str]) -> Shape:
    columns: dict[str, Uses] = {}
    expressions: dict[str, str] = {}
    rows: Uses = frozenset()
    for line in lines:
        made, _, inputs = line.strip().partition(" <-")
        column, _, expression = made.partition(" = ")
        if column == "rows":
            rows = _uses(inputs)
            continue
        columns[column] = _uses(inputs)
        if expression:
            expressions[column] = expression
        elif all(subtype == "IDENTITY" for _, _, _, subtype, _ in columns[column]) and columns[column]:
            expressions[column] = column
    return Shape(columns, expressions, rows)


def _uses(text: str) -> Uses:
    found = re.findall(r"(\w+)\.(\w+) (\w+)(\*?)", text)
    return frozenset((d, c, "DIRECT" if s in DIRECT else "INDIRECT", s, bool(m)) for d, c, s, m in found)
