"""The door of answers: every question gives an answer or raises AnswerError, whatever part of the house refuses it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from spark_lineage.answers import ask
from spark_lineage.answers.errors import AnswerError

QUESTIONS: dict[str, Callable[[Path | None], object]] = {
    "show": lambda store: ask.show("last", store),
    "explain": lambda store: ask.explain("report.amount", "last", store),
    "diff": lambda store: ask.diff((), store),
    "check": lambda store: ask.check("last", store),
    "history": lambda store: ask.history("clean", store),
    "runs": lambda store: ask.runs(store),
    "verify": lambda store: ask.verify("last", store),
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS.keys())
def test_a_store_without_runs_is_refused(question: Callable[[Path | None], object], tmp_path: Path) -> None:
    with pytest.raises(AnswerError, match="no runs in"):
        question(tmp_path)


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=QUESTIONS.keys())
def test_a_wrong_configuration_is_refused(
    question: Callable[[Path | None], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "spark-lineage.toml").write_text("stoer = 'elsewhere'\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(AnswerError, match="stoer"):
        question(None)


def test_nothing_has_been_delivered_from_an_empty_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENLINEAGE_DISABLED", "true")
    assert ask.status(tmp_path).standings == ()
