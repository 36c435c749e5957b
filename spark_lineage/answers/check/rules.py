"""Rules of the user: where they stand, and what each says.

A rule is one line, ``STEP: CONDITION``. It stands in the ``[checks]`` table of ``spark-lineage.toml`` (or of
``[tool.spark-lineage.checks]`` in ``pyproject.toml``), or in ``checks.py`` beside the program::

    [checks]
    rules = ["clean_orders: rows_out <= rows_in", "clean_orders: unique(order_id)"]
    off = ["join_row_loss", "expand: join_fan_out"]

    [checks.steps]
    clean_orders = ["nulls(customer_id) == 0"]

Reading rules runs nothing of the user's: ``checks.py`` is only parsed here (its functions run in ``functions.py``).
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spark_lineage.answers.check.conditions import Condition, ConditionError, parse
from spark_lineage.answers.check.names import BUILT_IN
from spark_lineage.answers.check.results import Result
from spark_lineage.answers.errors import AnswerError
from spark_lineage.config import configuration_in, did_you_mean, read_toml

PYTHON_FILE = "checks.py"
KEYS = ("rules", "steps", "off", "file", "keys")
PARAMETER = "facts"  # of a function in checks.py: what makes it a check


def means(name: str, step: str) -> bool:
    """Whether a name in a rule is that of a step: all of it, or its end: ``clean`` is ``job.main.clean``."""
    return name == step or step.endswith(f".{name}")


class RuleError(AnswerError):
    """A rule that cannot be used; its text is one sentence with file and line."""


@dataclass(frozen=True)
class Rule:
    """One rule. ``where`` is ``file:line``."""

    step: str
    text: str
    condition: Condition
    where: str


@dataclass(frozen=True)
class Off:
    """A built-in check that is switched off; of one step, or of all."""

    check: str
    step: str | None


@dataclass(frozen=True)
class Rules:
    """Everything the user says about checks. ``functions``: files whose functions are checks, by name and line."""

    rules: tuple[Rule, ...] = ()
    off: tuple[Off, ...] = ()
    functions: tuple[tuple[Path, tuple[tuple[str, int], ...]], ...] = ()

    def __add__(self, other: Rules) -> Rules:
        return Rules(self.rules + other.rules, self.off + other.off, self.functions + other.functions)

    def __bool__(self) -> bool:
        return bool(self.rules or self.off or self.functions)

    def questions(self) -> dict[str, tuple[tuple[str, tuple[str, ...]], ...]]:
        """What the probe has to find for the rules, by the last part of the step's name."""
        found: dict[str, tuple[tuple[str, tuple[str, ...]], ...]] = {}
        for rule in self.rules:
            if rule.condition.asked:
                name = rule.step.rpartition(".")[2].partition("~")[0]
                found[name] = (*found.get(name, ()), *rule.condition.asked)
        return found

    def is_off(self, result: Result) -> bool:
        return any(off.check == result.check and (off.step is None or means(off.step, result.step)) for off in self.off)


def load(folders: Sequence[Path], only: str | Path | None = None, also: str | Path | None = None) -> Rules:
    """The rules that hold for a program.

    ``folders`` are searched for a configuration file and for ``checks.py``; the first of each counts. ``also`` is one
    more file; ``only`` is read in place of all of them. Raises :class:`RuleError` and ConfigError.
    """
    if only is not None:
        return _of_file(Path(only))
    found = Rules()
    configured = next((table for folder in folders if (table := configuration_in(folder)) is not None), None)
    if configured is not None and "checks" in configured[1]:
        found += _of_table(configured[1]["checks"], configured[0])
    if also is not None:
        return found + _of_file(Path(also))
    beside = next((folder / PYTHON_FILE for folder in folders if (folder / PYTHON_FILE).is_file()), None)
    return found + _of_python(beside, named=False) if beside is not None else found


def _of_file(path: Path) -> Rules:
    if not path.is_file():
        raise RuleError(f"The rules file {path} does not exist.")
    if path.suffix == ".py":
        return _of_python(path, named=True)
    table = read_toml(path)
    if path.name == "pyproject.toml":
        table = table.get("tool", {}).get("spark-lineage", {})
    alone = {key: said for key, said in table.items() if key != "metrics"}  # contracts: answers/contracts/reading.py
    return _of_table(table.get("checks", alone), path)


# --------------------------------------------------------------------------- TOML


def _of_table(table: Any, path: Path) -> Rules:
    lines = _Lines(path)
    if not isinstance(table, Mapping):
        raise RuleError(f"{lines.at('checks')}: checks must be a table, such as [checks].")
    for key in table:
        if key not in KEYS:
            raise RuleError(f"{lines.at(key)}: unknown key {key} of [checks]{did_you_mean(key, KEYS)}.")
    rules = [_rule(text, lines) for text in _texts(table.get("rules", []), "rules", lines)]
    steps = table.get("steps", {})
    if not isinstance(steps, Mapping):
        raise RuleError(f"{lines.at('steps')}: checks.steps must be a table of steps, such as [checks.steps].")
    for step, conditions in steps.items():
        rules += [_made(step, text, lines.at(text)) for text in _texts(conditions, f"steps.{step}", lines)]
    off = tuple(_off(text, lines) for text in _texts(table.get("off", []), "off", lines))
    return Rules(tuple(rules), off)


def _texts(value: Any, key: str, lines: _Lines) -> list[str]:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list) or not all(isinstance(text, str) for text in listed):
        raise RuleError(f"{lines.at(key.rpartition('.')[2])}: checks.{key} must be a list of texts.")
    return listed


def _rule(text: str, lines: _Lines) -> Rule:
    where = lines.at(text)
    step, colon, condition = text.partition(":")
    if not colon or not step.strip() or "(" in step or '"' in step:
        raise RuleError(f"{where}: the rule {text!r} names no step: write STEP: CONDITION.")
    return _made(step.strip(), condition.strip(), where)


def _made(step: str, condition: str, where: str) -> Rule:
    try:
        return Rule(step, condition, parse(condition), where)
    except ConditionError as error:
        raise RuleError(f"{where}: {error}") from None


def _off(text: str, lines: _Lines) -> Off:
    step, colon, check = text.rpartition(":")
    check = check.strip()
    if check not in BUILT_IN:
        raise RuleError(f"{lines.at(text)}: there is no check {check}{did_you_mean(check, BUILT_IN)}.")
    return Off(check, step.strip() if colon else None)


class _Lines:
    """On which line of a TOML file a text stands; its first line where it is written in pieces."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = path.read_text(encoding="utf-8").splitlines()

    def at(self, text: str) -> str:
        spellings = (text, json.dumps(text, ensure_ascii=False)[1:-1])
        for number, line in enumerate(self._lines, 1):
            if any(spelling in line for spelling in spellings):
                return f"{self._path}:{number}"
        return f"{self._path}:1"


# --------------------------------------------------------------------------- Python


def _of_python(path: Path, named: bool) -> Rules:
    """``RULES`` of the file as it is written there, and the functions that take ``facts``.

    ``named``: the user has named this file. A ``checks.py`` that just stands there may be the program's own: without
    any check in it, and if it cannot be read, it is none of ours.
    """
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    except (SyntaxError, ValueError, OSError) as error:
        if not named:
            return Rules()
        line = getattr(error, "lineno", None) or 1
        raise RuleError(f"{path}:{line}: this is no Python: {getattr(error, 'msg', error)}.") from None
    functions = tuple((statement.name, statement.lineno) for statement in tree.body if _is_check(statement))  # type: ignore[attr-defined]
    rules = tuple(rule for statement in tree.body for rule in _written(statement, path))
    if named and not functions and not rules:
        raise RuleError(f"{path}:1: there is no check in it: neither RULES nor a function of {PARAMETER}.")
    return Rules(rules, (), ((path, functions),) if functions else ())


def _is_check(node: ast.stmt) -> bool:
    if not isinstance(node, ast.FunctionDef) or node.name.startswith("_"):
        return False
    return [argument.arg for argument in node.args.args] == [PARAMETER]


def _written(node: ast.stmt, path: Path) -> Iterator[Rule]:
    if not isinstance(node, ast.Assign) or [getattr(target, "id", None) for target in node.targets] != ["RULES"]:
        return
    if not isinstance(node.value, (ast.List, ast.Tuple)):
        raise RuleError(f"{path}:{node.lineno}: RULES must be a list of texts.")
    for element in node.value.elts:
        if not isinstance(element, ast.Constant) or not isinstance(element.value, str):
            raise RuleError(f"{path}:{element.lineno}: RULES must be a list of texts.")
        step, colon, condition = element.value.partition(":")
        if not colon:
            raise RuleError(
                f"{path}:{element.lineno}: the rule {element.value!r} names no step: write STEP: CONDITION."
            )
        yield _made(step.strip(), condition.strip(), f"{path}:{element.lineno}")
