"""Parts of a record that are made at their first use: to make all of them would take most of a reader's time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar, overload

from spark_lineage.model import SHAPE_ERRORS, Damaged

T = TypeVar("T")


class Lazily(Sequence[T]):
    """Like the tuple that ``make`` gives, which is called at first use.

    Raises :class:`Damaged` then, naming ``what``, if the record is not of the shape that it must be.
    """

    __slots__ = ("_made", "_make", "_what")

    def __init__(self, make: Callable[[], tuple[T, ...]], what: str) -> None:
        self._make: Callable[[], tuple[T, ...]] | None = make
        self._made: tuple[T, ...] = ()
        self._what = what

    def _all(self) -> tuple[T, ...]:
        if self._make is not None:
            try:
                self._made = self._make()
            except SHAPE_ERRORS as error:
                raise Damaged(f"{self._what} cannot be read ({error}): restore the run from a copy") from error
            self._make = None
        return self._made

    def __len__(self) -> int:
        return len(self._all())

    @overload
    def __getitem__(self, at: int) -> T: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[T, ...]: ...

    def __getitem__(self, at: Any) -> Any:
        return self._all()[at]

    def __iter__(self) -> Iterator[T]:
        return iter(self._all())

    def __eq__(self, other: object) -> bool:
        return self._all() == (other._all() if isinstance(other, Lazily) else other)

    def __hash__(self) -> int:
        return hash(self._all())

    def __repr__(self) -> str:
        return repr(self._all())
