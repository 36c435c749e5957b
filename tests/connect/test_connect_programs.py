"""Programs of the tests over Spark Connect: their records are those of classic sessions, or marked."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from tests.compat import records
from tests.compat.lines import HOME
from tests.compat.programs import SMOKE
from tests.connect import all_programs, judged


# A classic session and a server of each kind for five programs: some three minutes. All programs by servers that
# are started once: `python -m tests.connect.all_programs`.
@pytest.mark.slow
@pytest.mark.bad_events  # without a schema, where no server tells: `judged` holds them to the rules
@pytest.mark.timeout(1800)
def test_a_record_is_that_of_a_classic_session_or_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "RECORDS", tmp_path / "records")
    monkeypatch.setattr(all_programs, "FOLDER", tmp_path / "connect")
    monkeypatch.setattr(sys, "argv", ["", "--only", "|".join(map(re.escape, SMOKE))])
    assert all_programs.main() == 0
    for kind in all_programs.KINDS:
        told = judged.of_kind(kind, tmp_path / "connect" / kind, records.of(HOME), SMOKE)
        assert (told.programs, told.refused) == (list(SMOKE), {})
