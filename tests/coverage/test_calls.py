"""What docs/coverage.md says of each public method is what is seen when it is called."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.coverage import page
from tests.coverage.program import calls
from tests.coverage.running import Seen, run_frames, run_spark


def differing(seen: dict[str, Seen], kind: str) -> dict[str, tuple[Seen | None, Seen | None]]:
    known = page.kept()[kind]
    both = seen.keys() | known.keys()
    return {name: (known.get(name), seen.get(name)) for name in both if known.get(name) != seen.get(name)}


@pytest.mark.bad_events  # nobody asks a lazy frame of its columns where the program has scanned files elsewhere
def test_readers_and_writers_of_pandas_and_polars(tmp_path: Path) -> None:
    for library in ("lxml", "openpyxl", "tables", "tabulate"):
        pytest.importorskip(library)
    assert differing(run_frames(tmp_path, calls("frames")), "frames") == {}


# Some 200 small queries and streams in one session.
@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(shutil.which("java") is None, reason="no Java")
@pytest.mark.parametrize("kind", sorted({"classic", "connect"} & page.kept().keys()))  # as far as they were run
def test_methods_of_spark(tmp_path: Path, kind: str) -> None:
    assert differing(run_spark(tmp_path, calls("spark"), kind == "connect"), kind) == {}
