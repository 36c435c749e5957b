"""The example of docs/notebooks.md runs, and shows what it says."""

from __future__ import annotations

import re
from pathlib import Path

from tests.kernels import kernel

PAGE = Path(__file__).parents[2] / "docs" / "notebooks.md"


def test_the_example_shows_what_it_says(tmp_path: Path) -> None:
    example = PAGE.read_text("utf-8").partition("## An example")[2].partition("## ")[0]
    cells = re.findall(r"```python\n(.*?)```", example, re.DOTALL)
    said = re.findall(r"```text\n(.*?)```", example, re.DOTALL)[0]
    assert len(cells) == 5
    with kernel(tmp_path) as session:
        ran = [session.run(cell.rstrip("\n")) for cell in cells]
        assert [cell.error for cell in ran] == [None] * 5
    words = [line.split() for line in ran[-1].text.splitlines()]
    for line in said.splitlines():
        assert any(found[: len(line.split())] == line.split() for found in words), line
