"""Both halves take the same secrets out of the same texts; `RedactionSuite` is the Scala side of the same table."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from spark_lineage.privacy import personal, redaction

HERE = Path(__file__).parent
CASES: list[dict[str, Any]] = json.loads((HERE / "redaction.json").read_text("utf-8"))
RULES = HERE.parents[1] / "spark_lineage" / "privacy" / "rules.json"
JARS = RULES.parents[1] / "jvm" / "jars"


def redacted(case: dict[str, Any]) -> str:
    return redaction.text(case["text"]) if "text" in case else redaction.prose(case["prose"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.get("text", case.get("prose"))[:40])
def test_each_case(case: dict[str, Any]) -> None:
    assert redacted(case) == case["redacted"]
    again = {**case, "text" if "text" in case else "prose": case["redacted"]}
    assert redacted(again) == case["redacted"], "what is redacted stays as it is"


def test_no_planted_secret_is_left() -> None:
    assert all("planted" not in case["redacted"].lower() for case in CASES)
    assert sum("planted" in case.get("text", case.get("prose")).lower() for case in CASES) >= 60


def test_the_jar_has_these_rules() -> None:
    for jar in JARS.glob("*.jar"):
        assert zipfile.ZipFile(jar).read("io/sparklineage/privacy/rules.json") == RULES.read_bytes()


def test_both_halves_know_the_same_forms_of_personal_values() -> None:
    forms = json.loads(RULES.read_text("utf-8"))["personal"]
    assert "|".join(f"(?P<{name}>{form})" for name, form in forms.items()) == personal.FORMS.pattern
