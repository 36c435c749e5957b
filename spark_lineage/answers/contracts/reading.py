"""Contracts of metrics as they stand in the configuration file.

::

    [metrics."report.revenue"]          # DATASET.COLUMN
    definition = "sum(orders.amount * (1 - orders.discount))"
    population = "orders.status = 'paid' and orders.country <> 'XX'"
    joins = ["left join customers on orders.customer_id = customers.id"]
    grain = ["country", "month"]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spark_lineage.answers.errors import AnswerError
from spark_lineage.config import configuration_in, did_you_mean, read_toml

KEYS = ("definition", "population", "joins", "grain")
TEXTS, LISTS = ("definition", "population"), ("joins", "grain")


class ContractError(AnswerError):
    """A contract that cannot be used; its text is one sentence with file and line."""


@dataclass(frozen=True)
class Contract:
    """What one column must mean. What is None is not said. ``places``: file and line of each part, and of the name."""

    name: str  # DATASET.COLUMN
    definition: str | None
    population: str | None
    joins: tuple[str, ...] | None
    grain: tuple[str, ...] | None
    places: Mapping[str, str]

    def at(self, part: str) -> str:
        return self.places.get(part, self.places[""])


def load(folders: Sequence[Path], only: str | Path | None = None) -> tuple[Contract, ...]:
    """The contracts of the first configuration file in ``folders``, or of the file ``only``.

    Raises :class:`ContractError` and ConfigError.
    """
    if only is not None:
        path = Path(only)
        if path.suffix != ".toml" or not path.is_file():
            return ()
        table = read_toml(path)
        ours = table.get("tool", {}).get("spark-lineage", {}) if path.name == "pyproject.toml" else table
        return contracts(ours.get("metrics", {}), path)
    configured = next((found for folder in folders if (found := configuration_in(folder)) is not None), None)
    return contracts(configured[1].get("metrics", {}), configured[0]) if configured is not None else ()


def contracts(table: Any, path: Path) -> tuple[Contract, ...]:
    """The contracts of a table ``metrics``. Raises :class:`ContractError`."""
    if not isinstance(table, Mapping):
        raise ContractError(f'{path}: metrics must be tables, such as [metrics."report.revenue"].')
    lines = path.read_text(encoding="utf-8").splitlines()
    return tuple(_contract(name, said, path, lines) for name, said in table.items())


def _contract(name: str, said: Any, path: Path, lines: Sequence[str]) -> Contract:
    begin = next((number for number, line in enumerate(lines, 1) if f'"{name}"' in line or f"'{name}'" in line), 1)
    places = {"": f"{path}:{begin}"}
    if not isinstance(said, Mapping) or "." not in name:
        raise ContractError(f'{places[""]}: write a metric as a table [metrics."DATASET.COLUMN"], not {name}.')
    for key in said:
        at = next((n for n, line in enumerate(lines[begin - 1 :], begin) if line.lstrip().startswith(key)), begin)
        places[key] = f"{path}:{at}"
        if key not in KEYS:
            raise ContractError(f"{places[key]}: unknown key {key} of the metric {name}{did_you_mean(key, KEYS)}.")
    if not said:
        raise ContractError(f"{places['']}: the metric {name} says nothing: write at least one of {', '.join(KEYS)}.")
    texts = {key: _text(said.get(key), key, name, places) for key in TEXTS}
    lists = {key: _list(said.get(key), key, name, places) for key in LISTS}
    return Contract(name, texts["definition"], texts["population"], lists["joins"], lists["grain"], places)


def _text(value: Any, key: str, name: str, places: Mapping[str, str]) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise ContractError(f"{places[key]}: {key} of {name} must be a text with SQL.")
    return value


def _list(value: Any, key: str, name: str, places: Mapping[str, str]) -> tuple[str, ...] | None:
    if value is None:
        return None
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(each, str) and each.strip() for each in listed):
        raise ContractError(f"{places[key]}: {key} of {name} must be a list of texts.")
    return tuple(listed)
