"""Sampled values of personal columns: never written in the clear, equal where they were equal."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spark_lineage.agent import Agent, Program
from spark_lineage.config import resolve
from spark_lineage.model import ColumnDefinition, ColumnInput, Fragment, Outcome, Probed, ProbedColumn, Sample
from spark_lineage.privacy import keys
from spark_lineage.privacy.masking import MASKED, MaskedColumns, Masking, looks_personal

KEY = b"a key of the tests"


def probed(columns: dict[str, str], *rows: tuple[str | None, ...]) -> Probed:
    described = tuple(ProbedColumn(name, type_, 0, None) for name, type_ in columns.items())
    sample = Sample((), tuple(columns), rows, (1,) * len(rows))
    return Probed("d1", "i1", None, len(rows), True, None, None, (), described, None, sample)


def masked(found: Probed, *columns: str, personal: bool = True) -> dict[str, list[str | None]]:
    sample = Masking(lambda: KEY, columns, personal).of(found).sample
    assert sample is not None
    return {name: [row[number] for row in sample.rows] for number, name in enumerate(sample.columns)}


@pytest.mark.parametrize(
    "name",
    ["email", "customer_email", "E-Mail", "eMail", "PhoneNumber", "c_phone", "first_name", "lastName", "birth_date",
     "DOB", "ssn", "street_address", "zip", "patient_name", "credit_card_no", "client_ip", "IBAN", "user_password",
     "dateOfBirth"],
)  # fmt: skip
def test_names_that_look_personal(name: str) -> None:
    assert looks_personal(name)


@pytest.mark.parametrize(
    "name",
    ["name", "airline", "amount", "order_id", "carrier", "dest", "shipped", "tailnum", "description", "zone", "recipe",
     "gain_per_hour", "model_name", "column_name", "addressed", "mailing"],
)  # fmt: skip
def test_names_that_do_not(name: str) -> None:
    assert not looks_personal(name)


def test_equal_values_stay_equal_and_nulls_stay() -> None:
    found = masked(probed({"id": "int", "email": "string"}, ("1", "a@x.org"), ("2", "a@x.org"), ("3", None)))
    assert found["id"] == ["1", "2", "3"]
    first, second, third = found["email"]
    assert first == second != "a@x.org"
    assert first is not None
    assert first.startswith(MASKED)
    assert third is None


def test_by_content_and_inside_of_structs() -> None:
    found = masked(
        probed(
            {"note": "string", "who": "struct<email:string,n:int>", "plain": "struct<a:int>"},
            ("write to bob@x.org", "{x,1}", "{1}"),
        )
    )
    assert str(found["note"][0]).startswith(MASKED)
    assert str(found["who"][0]).startswith(MASKED)
    assert found["plain"] == ["{1}"]


def test_more_columns_by_pattern_and_only_those() -> None:
    sample = probed({"email": "string", "Salary_2025": "int"}, ("a@x.org", "5"))
    assert str(masked(sample, "salary*")["Salary_2025"][0]).startswith(MASKED)
    assert masked(sample, "salary*", personal=False)["email"] == ["a@x.org"]


def test_another_key_is_another_hash() -> None:
    sample = probed({"email": "string"}, ("a@x.org",))
    one, two = (Masking(lambda key=key: key).of(sample).sample for key in (b"one", b"two"))
    assert one != two


MAKING = """
import sys
from pathlib import Path
from spark_lineage.privacy.keys import of_store
print(of_store(Path(sys.argv[1])).decode())
"""


def test_processes_that_make_the_secret_at_once_have_the_same(tmp_path: Path) -> None:
    command = [sys.executable, "-c", MAKING, str(tmp_path)]
    made = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert len({each.communicate(timeout=60)[0] for each in made}) == 1
    assert stat.S_IMODE(os.stat(tmp_path / keys.NAME).st_mode) == 0o600
    assert [each.name for each in tmp_path.iterdir()] == [keys.NAME]


@pytest.mark.parametrize("key", [None, "of the user"])
def test_nothing_personal_is_ever_on_the_disk(tmp_path: Path, key: str | None) -> None:
    """Neither in what is written ahead nor in what is left at the end."""
    config = resolve({"store": str(tmp_path), "sample.publish": True, "mask.key": key}, environ={}, folders=[])
    agent = Agent(config, Program("job", "job.py"))
    agent._queue.put(probed({"email": "string", "id": "int"}, ("bob@example.org", "17")))
    agent.flush()
    ahead = (agent.folder / "observations.jsonl").read_text("utf-8")
    assert "bob@" not in ahead
    assert MASKED in ahead
    assert json.loads(ahead.splitlines()[0])["sample"]["rows"][0][1] == "17"
    agent.end(Outcome.COMPLETE, None, None)
    assert all(b"bob@" not in each.read_bytes() for each in tmp_path.rglob("*") if each.is_file())
    assert (tmp_path / keys.NAME).exists() == (key is None)


def test_a_sample_that_cannot_be_masked_is_left_out(tmp_path: Path) -> None:
    (tmp_path / keys.NAME).write_bytes(b"")
    agent = Agent(resolve({"store": str(tmp_path)}, environ={}, folders=[]), Program("job", "job.py"))
    for _ in range(5):
        agent._queue.put(probed({"email": "string"}, ("bob@example.org",)))
    agent.flush()
    ahead = [json.loads(line) for line in (agent.folder / "observations.jsonl").read_text("utf-8").splitlines()]
    assert [each["sample"] for each in ahead if each["_"] == "Probed"] == [None] * 5


NAMES = ["a", "b", "email"]
COLUMN = st.tuples(st.sampled_from(["d0", "d1", "d2", "d3", "d4", "source:0"]), st.sampled_from(NAMES))
LINEAGE = st.tuples(
    st.sampled_from(["d0", "d1", "d2", "d3", "d4"]),
    st.dictionaries(st.sampled_from(NAMES), st.lists(COLUMN, max_size=2), max_size=3),
)
SEEN = st.tuples(st.sampled_from(["d0", "d1", "d2", "d3", "d4"]), st.sampled_from(NAMES))


@settings(deadline=None)
@given(st.lists(st.one_of(LINEAGE, SEEN), max_size=12))
def test_whatever_comes_first_the_same_columns_are_masked(events: list[tuple[str, Any]]) -> None:
    """As if all that is known were looked at anew, until nothing more is found."""
    tried = MaskedColumns(Masking(lambda: KEY, (), True))
    inputs: dict[str, dict[str, list[tuple[str, str]]]] = {}
    expected: set[tuple[str, str]] = set()
    for dataset, what in events:
        if isinstance(what, dict):
            inputs[dataset] = what
            tried.learn(fragment(dataset, what))
        else:
            expected.add((dataset, what))
            tried.see(replace(probed({what: "string"}, ("a@x.org",)), dataset=dataset))
        before = -1
        while len(expected) > before:
            before = len(expected)
            expected |= {
                (each, column)
                for each, columns in inputs.items()
                for column, used in columns.items()
                if any(input_ in expected or input_[1] == "email" for input_ in used)
            }
    for dataset in ("d0", "d1", "d2", "d3", "d4"):
        known = inputs.get(dataset, NAMES)  # where its lineage is not known, all of its columns
        assert tried.of(dataset) == {name for each, name in expected if each == dataset and name in known}


def test_of_datasets_long_past_it_is_known_what_was_masked() -> None:
    tried = MaskedColumns(Masking(lambda: KEY, (), True), most=3)
    for number in range(50):
        tried.learn(fragment(f"d{number}", {"p": [(f"d{number - 1}", "p" if number else "email")], "x": []}))
        assert tried.of(f"d{number}") == {"p"}
    assert [tried.knows(f"d{number}") for number in (0, 46, 47, 49)] == [False, False, True, True]
    assert tried.of("d0") == {"p"}
    tried.see(replace(probed({"q": "string"}, ("a@x.org",)), dataset="d48"))
    assert tried.of("d49") == {"p"}, "it is not made from that column"


def fragment(dataset: str, lineage: dict[str, list[tuple[str, str]]]) -> Fragment:
    definitions = tuple(
        ColumnDefinition(name, name, tuple(ColumnInput(*each, "DIRECT", "IDENTITY") for each in used))
        for name, used in lineage.items()
    )
    return Fragment(dataset, (), "plan1:0", (), "", True, (), (), (), (), definitions, (), ())
