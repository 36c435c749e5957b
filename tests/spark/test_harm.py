"""What programs print of Spark, of its plans and errors, and of themselves: in flow mode the same as without us."""

from __future__ import annotations

import re

import pytest
from program_runs import PROGRAMS, Ran, Runs

NEEDS = [("plain", "harm_spark"), ("flow", "harm_spark")]
NAMES = re.findall(r"^@section\ndef (\w+)", (PROGRAMS / "harm_spark.py").read_text("utf-8"), re.MULTILINE)


def section(ran: Ran, name: str) -> str:
    """Numbers that Spark counts on from one query to the next stand in the order in which they come up.

    The names of py4j's objects (``o12``) are told from the last one that was there before the program began.
    """
    text = re.split(rf"^=== {name}$", ran.stdout, maxsplit=1, flags=re.MULTILINE)[1].partition("\n=== ")[0]
    numbers: dict[str, str] = {}

    def named(found: re.Match[str]) -> str:
        return numbers.setdefault(found[0], f"#{len(numbers)}")

    before = int((ran.folder / "object_before").read_text().removeprefix("o"))
    text = re.sub(r"(?<!\w)o(\d+)(?!\w)", lambda found: f"o+{int(found[1]) - before}", text)
    text = re.sub(r"#\d+L?|plan_id=\d+", named, text.replace(str(ran.folder), "HERE"))
    return re.sub(r"0x[0-9a-f]+", "0xN", text)


@pytest.mark.parametrize("name", NAMES)
def test_a_program_prints_what_it_prints_without_us(name: str, runs: Runs) -> None:
    assert section(runs.observed("harm_spark"), name) == section(runs.plain("harm_spark"), name)


def test_it_ends_as_without_us(runs: Runs) -> None:
    plain, observed = runs.plain("harm_spark"), runs.observed("harm_spark")
    assert (observed.code, plain.code) == (1, 1)
    assert len(NAMES) >= 30

    def traced(ran: Ran) -> list[str]:
        return [line for line in ran.stderr.splitlines() if line.startswith(("  File", "Traceback", "pyspark."))]

    assert traced(observed) == traced(plain) != []
