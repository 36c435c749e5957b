"""``python -m tests.coverage [classic] [connect] [frames]``: runs these calls, keeps what was seen, writes the page."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.coverage import page
from tests.coverage.program import calls
from tests.coverage.running import run_frames, run_spark


def main(kinds: list[str]) -> None:
    outcomes = page.kept() if page.OUTCOMES.exists() else {}
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder:
            if kind == "frames":
                outcomes[kind] = run_frames(Path(folder), calls("frames"))
            elif kind in ("classic", "connect"):
                outcomes[kind] = run_spark(Path(folder), calls("spark"), kind == "connect")
        page.keep(outcomes)
    page.PAGE.write_text(page.page(outcomes), "utf-8")


main(sys.argv[1:])
