"""What a store elsewhere must be able to do, and the errors of those that cannot be reached."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import ParamSpec, Protocol, TypeVar

from spark_lineage.config.addresses import Address, Kind
from spark_lineage.store.errors import StoreError

AT_ONCE = 32  # requests that are under way together
EXTRA = "pip install 'spark-lineage-agent[cloud]'"

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")
P = ParamSpec("P")


class Unreachable(StoreError):
    """The place does not answer, or refuses: what is to go there waits. ``for_good``: trying again changes nothing."""

    def __init__(self, sentence: str, for_good: bool = False) -> None:
        super().__init__(sentence)
        self.for_good = for_good


def asked(
    say: Callable[[str, Exception], Unreachable], kinds: type[Exception] = Exception
) -> Callable[[Callable[P, Answer]], Callable[P, Answer]]:
    """For methods of a place: errors of these kinds are told as ``say`` does, of the place's name and the error."""

    def of(ask: Callable[P, Answer]) -> Callable[P, Answer]:
        @wraps(ask)
        def asking(*args: P.args, **kwargs: P.kwargs) -> Answer:
            try:
                return ask(*args, **kwargs)
            except Unreachable:
                raise
            except kinds as error:
                # Nothing of a server's own text is shown with it: it may repeat what it was asked with.
                raise say(str(args[0]), error) from None

        return asking

    return of


@dataclass(frozen=True)
class Entry:
    """One object. ``tag`` is another one when its content is; ``at`` is when it was written, in seconds."""

    name: str
    size: int
    tag: str
    at: float


class Objects(Protocol):
    """Objects by their names below the address of the store. Everything raises :class:`Unreachable`."""

    def entries(self, prefix: str) -> list[Entry]:
        """All objects whose names begin so, however deep."""

    def folders(self, prefix: str) -> list[str]:
        """The next parts of the names that begin so and go on behind another slash."""

    def get(self, name: str, begin: int = 0) -> bytes | None:
        """From a byte on; None where there is no such object."""

    def put(self, name: str, content: bytes | Path) -> str:
        """The whole object, in place of another one that has the name; gives its tag."""

    def put_new(self, name: str, content: bytes) -> bool:
        """False, and nothing is changed, where the name is taken: of several that put at once one wins."""

    def delete(self, names: Iterable[str]) -> None:
        """Names that are not there are no fault."""


def opened(address: Address) -> Objects:
    """Raises :class:`Unreachable` where what it needs is not installed."""
    if address.kind is Kind.MOUNTED:
        from spark_lineage.store.places.mounted import Mounted

        return Mounted(address)
    if address.kind is Kind.HDFS:
        from spark_lineage.store.places.hdfs import Hdfs

        return Hdfs(address)
    from spark_lineage.store.places.cloud import Cloud

    return Cloud(address)


def missing(address: Address) -> str | None:
    """One sentence if the library is not installed that reaches an address. Imports nothing."""
    from importlib.util import find_spec

    needed = {Kind.OBJECTS: "obstore", Kind.HDFS: "hdfs_native"}.get(address.kind)
    if needed is None or find_spec(needed) is not None:
        return None
    return f"the store {address.text} needs the package {needed.replace('_', '-')}: {EXTRA}"


def at_once(ask: Callable[[Asked], Answer], asked: Iterable[Asked]) -> Iterator[Answer]:
    """The answers in the order of what was asked, many at a time. Raises what the first one raises that fails."""
    waiting = list(asked)
    if len(waiting) < 2 or threading.current_thread().name.startswith("place"):
        yield from map(ask, waiting)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(AT_ONCE, len(waiting)), "place") as pool:
        yield from pool.map(ask, waiting)
