"""Writes the options table of docs/configuration.md from spark_lineage/config/options.py (a test compares them)."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from spark_lineage.config import OPTIONS, Option  # noqa: E402  the path has to be set first

PAGE = ROOT / "docs" / "configuration.md"
BEGIN, END = "<!-- options: written by project/options_table.py -->\n", "<!-- end of options -->\n"


def row(option: Option) -> str:
    default = getattr(option.default, "value", option.default)
    shown = "" if default in (None, {}) else f"`{str(default).lower() if isinstance(default, bool) else default}`"
    kind = option.type.replace("|", "\\|")
    return f"| `{option.name}` | {kind} | {shown} | {option.help} |\n"


def table() -> str:
    return "| option | value | default | what it does |\n|---|---|---|---|\n" + "".join(map(row, OPTIONS))


def page(text: str) -> str:
    before, _, rest = text.partition(BEGIN)
    return before + BEGIN + table() + END + rest.partition(END)[2]


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text()))
