"""The stores that are served, and what stands for each and for its runs in addresses.

An address of a run is its id, or any other name that the store knows it by; where there are several stores,
``STORE:ID`` with the short name of the store. It is compared with what the stores have and never becomes part of a
path.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spark_lineage.answers import ask
from spark_lineage.answers.errors import AnswerError
from spark_lineage.answers.seen import Seen
from spark_lineage.answers.stores import called, opened
from spark_lineage.config import did_you_mean
from spark_lineage.config.addresses import is_elsewhere
from spark_lineage.refusals import Refusal

LONGEST = 200  # characters of an address
_NEVER = re.compile(r"[\x00-\x1f\x7f/\\]")  # in the name of a run


class NotFound(AnswerError):
    """An address that stands for nothing."""


@dataclass(frozen=True)
class Served:
    """One store. ``name`` stands for it in addresses."""

    name: str
    path: Path


@dataclass(frozen=True)
class Found:
    """The run that an address stands for."""

    store: Served
    seen: Seen


@dataclass(frozen=True)
class Stores:
    """The stores in the order in which they were named."""

    every: tuple[Served, ...]

    def find(self, address: str) -> Found:
        """Raises :class:`NotFound`."""
        store, name = self._split(refused_if_unfit(address))
        among = self.every if store is None else (store,)
        why: AnswerError | None = None
        for each in among:
            try:
                return Found(each, ask.seen(name, each.path))
            except AnswerError as error:
                why = why or error
        raise NotFound(str(why))

    def named(self, name: str | None) -> Served:
        """The first one if no name is given. Raises :class:`NotFound`."""
        if name is None:
            return self.every[0]
        found = next((store for store in self.every if store.name == name), None)
        if found is None:
            names = [store.name for store in self.every]
            raise NotFound(f"no store {name}{did_you_mean(name, names)}: there are {', '.join(names)}")
        return found

    def address(self, store: Served, run: str) -> str:
        return run if len(self.every) == 1 else f"{store.name}:{run}"

    def _split(self, address: str) -> tuple[Served | None, str]:
        name, colon, run = address.partition(":")
        store = next((store for store in self.every if store.name == name), None) if colon else None
        return (store, run) if store is not None else (None, address)


def refused_if_unfit(address: str) -> str:
    """The address, if it can stand for a run. Raises AnswerError."""
    if len(address) > LONGEST:
        raise AnswerError(f"the address of a run has {len(address)} characters: it has {LONGEST} at most")
    if _NEVER.search(address) or address.strip(". ") == "":
        raise AnswerError("this is no address of a run: write its id as the list of runs has it")
    return address


def served(paths: Sequence[str | None]) -> Stores:
    """The stores in these folders, None for the one that is configured. Raises Refusal for a folder that is none."""
    found = [opened(path).path for path in paths or [None]]
    for path in found:
        if not path.is_dir():
            raise Refusal(
                f"there is no store {path}: record a run with `spark-lineage run SCRIPT`, or name another one"
            )
    different = list({path.resolve(): path for path in found}.values())
    return Stores(tuple(map(Served, short_names(different), different)))


def short_names(paths: Sequence[Path]) -> list[str]:
    """The last name of each path, the one before where two end alike (`before/lineage`, `after/lineage`), a number
    behind it where nothing else tells them apart.
    """
    ends = [[_plain(part) for part in _parts(path) if _plain(part)] or ["store"] for path in paths]
    deepest = max(map(len, ends))
    for back in range(1, deepest + 1):
        names = [parts[-min(back, len(parts))] for parts in ends]
        if len(set(names)) == len(names):
            return names
    return [f"{parts[-1]}-{number}" for number, parts in enumerate(ends, 1)]


def _parts(path: Path) -> Sequence[str]:
    name = called(path)
    return name.split("/") if is_elsewhere(name) else path.resolve().parts


def _plain(part: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", part).strip("-.")
