"""What a comparison gives: equal, different with the rows that show it, or that it could not be told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import wraps
from typing import Any, ParamSpec

from spark_lineage.answers.contracts.evaluable import NotTried


class Verdict(Enum):
    EQUAL = "equal"
    DIFFERENT = "different"
    UNKNOWN = "could not tell"


@dataclass(frozen=True)
class Compared:
    """``why``: what is different, or why it could not be told. ``rows``: the rows that show it, by column."""

    verdict: Verdict
    why: str = ""
    rows: tuple[Mapping[str, Any], ...] = ()


EQUAL = Compared(Verdict.EQUAL)


P = ParamSpec("P")


def tried(compare: Callable[P, Compared]) -> Callable[P, Compared]:
    """What cannot be evaluated, or is too deep to be read, cannot be told."""

    @wraps(compare)
    def compared(*args: P.args, **kwargs: P.kwargs) -> Compared:
        try:
            return compare(*args, **kwargs)
        except NotTried as error:
            return Compared(Verdict.UNKNOWN, f"they are written differently, and DuckDB cannot evaluate them: {error}")
        except RecursionError:
            return Compared(Verdict.UNKNOWN, "they are too deep to be compared")

    return compared
