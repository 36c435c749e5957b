"""The language of rules, and what is said of bad ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from spark_lineage.answers.check.conditions import ConditionError, parse
from spark_lineage.answers.check.rules import RuleError, load


class Known:
    """Facts that are what the test says; all others are not known."""

    def __init__(self, facts: dict[str, Any], last: Known | None = None) -> None:
        self.facts, self.before = facts, last

    def name(self, name: str) -> Any:
        return self.facts.get(name)

    def call(self, function: str, arguments: Sequence[str]) -> Any:
        return self.facts.get(f"{function}({','.join(arguments)})")

    def last(self) -> Known | None:
        return self.before


FACTS = Known(
    {"rows": 90, "rows_out": 90, "rows_in": 100, "nulls(a)": 0, "unique(a,b)": True, "violations(x >= 0)": 2},
    Known({"rows": 100}),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("rows_out <= rows_in", True),
        ("nulls(a) == 0", True),
        ("nulls('a') == 0", True),
        ("nulls(unseen) == 0", None),
        ("rows between 0.9 and 1.1 of last", True),
        ("rows between 0.95 and 1.1 of last", False),
        ("rows between 10 and 20", False),
        ("rows between 0.5 * rows_in and rows_in", True),
        ("unique(a, b)", True),
        ("not unique(a, b)", False),
        ("unique(a)", None),
        ('violations("x >= 0") == 0', False),
        ('violations("x between 0 and 1") == 0', None),
        ("nulls(unseen) == 0 and rows > 1000", False),
        ("nulls(unseen) == 0 or rows < 1000", True),
        ("nulls(unseen) == 0 and rows < 1000", None),
        ("rows >= last(rows) - 10", True),
        ("rows / 0 > 1", None),
        ("0 < rows < 100 < last(rows) + 1", True),
        ("-rows < 0", True),
    ],
)
def test_what_conditions_say(text: str, expected: bool | None) -> None:
    assert parse(text).value(FACTS) is expected


def test_last_is_not_known_without_a_run_before() -> None:
    assert parse("rows between 0.9 and 1.1 of last").value(Known({"rows": 1})) is None


def test_it_shows_the_facts() -> None:
    assert parse("nulls(a) == 0 and rows > 1").shown(FACTS) == "nulls(a) is 0, rows is 90"


def test_what_only_the_probe_can_find() -> None:
    asked = parse('unique(a, b) and violations("x >= 0") == 0').asked
    assert asked == (("unique", ("a", "b")), ("violations", ("x >= 0",)))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("nuls(a) == 0", "the nearest known one is nulls"),
        ("rosw > 1", "the nearest known one is rows"),
        ("rows", "no condition"),
        ("rows = 3", "write == for equal"),
        ("rows between 1", "write between as in"),
        ("between 1 and 2", "write between as in"),
        ("unique()", "unique takes names of columns"),
        ("violations(amount) == 0", "a text"),
        ("nulls(a, b) == 0", "takes one argument"),
        ("__import__('os').system('true') == 0", "not known"),
        ("(lambda: rows)() == 1", "not known"),
        ("[rows for x in y] == 1", "not allowed"),
        ("rows.__class__ == 1", "not allowed"),
        ("rows if rows else rows == 1", "not allowed"),
        ("rows ** 999999999 > 1", "not allowed"),
        ("nulls(rows + 1) == 0", "takes a name"),
        ("rows ==", "cannot be read"),
        ("rows == 'unclosed", "cannot be read"),
        ("(" * 500 + "rows" + ")" * 500 + " > 1", "cannot be read"),
        ("rows == None", "neither a number nor a text"),
    ],
)
def test_bad_conditions(text: str, says: str) -> None:
    with pytest.raises(ConditionError, match=says.replace("(", r"\(")):
        parse(text)


# --------------------------------------------------------------------------- where rules stand


def written(folder: Path, text: str, name: str = "spark-lineage.toml") -> Path:
    (folder / name).write_text(text)
    return folder


def test_from_the_configuration_file(tmp_path: Path) -> None:
    written(
        tmp_path,
        'mode = "exact"\n[checks]\noff = ["empty_output", "b: join_fan_out"]\nrules = [\n  "a: rows > 0",\n'
        '  \'a: violations("x > 1") == 0\',\n]\n[checks.steps]\nb = "rows > 1"\n',
    )
    rules = load([tmp_path])
    where = [(each.step, each.text, each.where.rpartition(":")[2]) for each in rules.rules]
    assert where == [("a", "rows > 0", "5"), ("a", 'violations("x > 1") == 0', "6"), ("b", "rows > 1", "9")]
    assert [(each.check, each.step) for each in rules.off] == [("empty_output", None), ("join_fan_out", "b")]
    assert rules.questions() == {"a": (("violations", ("x > 1",)),)}


def test_from_python_without_running_it(tmp_path: Path) -> None:
    code = 'RULES = ["a: rows > 0"]\nraise SystemExit("it was run")\ndef a(facts):\n  pass\ndef helper(x):\n  pass\n'
    rules = load([written(tmp_path, code, "checks.py")])
    assert [each.where for each in rules.rules] == [f"{tmp_path / 'checks.py'}:1"]
    assert rules.functions == ((tmp_path / "checks.py", (("a", 3),)),)


def test_a_file_of_the_program_is_left_alone(tmp_path: Path) -> None:
    assert not load([written(tmp_path, "def check(df):\n    return df\n", "checks.py")])
    assert not load([written(tmp_path, "this is no Python", "checks.py")])
    assert not load([tmp_path / "nowhere"])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[checks]\nrules = ["a rows > 0"]', r"toml:2: the rule 'a rows > 0' names no step"),
        ('[checks]\nrules = ["a: rosw > 0"]', r"toml:2: .* nearest known one is rows"),
        ("[checks]\nrule = []", r"toml:2: unknown key rule of \[checks\]; the nearest known one is rules"),
        ("[checks]\nrules = [1]", r"toml:2: checks.rules must be a list of texts"),
        ('[checks]\noff = ["join_fanout"]', r"toml:2: .* nearest known one is join_fan_out"),
        ("checks = 3", r"toml:1: checks must be a table"),
    ],
)
def test_bad_rules_are_told_with_file_and_line(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(RuleError, match=says):
        load([written(tmp_path, text)])


def test_a_file_of_rules_that_was_named(tmp_path: Path) -> None:
    written(tmp_path, 'rules = ["a: rows > 0"]', "mine.toml")
    written(tmp_path, '[checks]\nrules = ["b: rows > 0"]')
    assert [each.step for each in load([tmp_path], only=tmp_path / "mine.toml").rules] == ["a"]
    assert [each.step for each in load([tmp_path], also=tmp_path / "mine.toml").rules] == ["b", "a"]
    with pytest.raises(RuleError, match="does not exist"):
        load([], only=tmp_path / "other.toml")
    with pytest.raises(RuleError, match=r"bad.py:1: this is no Python"):
        load([], only=written(tmp_path, "x =", "bad.py") / "bad.py")
    with pytest.raises(RuleError, match="no check in it"):
        load([], only=written(tmp_path, "x = 1", "none.py") / "none.py")
