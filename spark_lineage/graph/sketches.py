"""Whether two columns of floats hold the same but for the order in which they were summed: by the tolerant sketch."""

from __future__ import annotations

import math
from typing import Protocol

TOLERANCE = 1e-9  # relative


class Sketched(Protocol):
    """A column with its sketch: sums of the values, of their squares, and of the values with signs of their rows."""

    @property
    def nulls(self) -> int | None: ...
    @property
    def sum(self) -> float | None: ...
    @property
    def sum_squares(self) -> float | None: ...
    @property
    def signed_sum(self) -> float | None: ...


def close(a: Sketched, b: Sketched, signed: bool = True) -> bool:
    """False for columns without a sketch.

    ``signed``: the columns beside them stand in the same order on both sides, so that the signs are the same.
    """
    if a.nulls != b.nulls or a.sum is None or b.sum is None:
        return False
    scale = math.sqrt(abs(a.sum_squares)) if a.sum_squares is not None and math.isfinite(a.sum_squares) else 0.0
    slack = TOLERANCE * max(scale, 1e-300)
    signs = ((a.signed_sum, b.signed_sum),) if signed else ()
    sketches = ((a.sum, b.sum), (a.sum_squares, b.sum_squares), *signs)
    known = [(x, y) for x, y in sketches if x is not None and y is not None]  # no signs where a column was pruned
    return all(math.isclose(x, y, rel_tol=TOLERANCE, abs_tol=slack) for x, y in known)
