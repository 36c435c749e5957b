"""``python -m tests.compat.connectors``: the connectors' programs on each line, and the table in docs/connectors.md.

    python -m tests.compat.connectors                                   every connector on every line: an hour
    python -m tests.compat.connectors --line 4.1_2.13 --connector iceberg

What was not asked for stays in the table as it was last seen (``.tools/compat/connectors.json``). Exit status 1 if
something that ran is not as it must be.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests import postgres
from tests.compat import lines
from tests.compat.lines import ROOT, Line

sys.path[:0] = [str(ROOT / "tests" / "spark")]
import connector_places as connectors  # noqa: E402  the path has to be set first

SEEN = ROOT / ".tools" / "compat" / "connectors.json"
PAGE = ROOT / "docs" / "connectors.md"
BEGIN, END = "<!-- written by tests.compat.connectors -->", "<!-- to here -->"
Wrong = dict[str, list[str]]


def on_postgres(line: Line, folder: Path) -> Wrong:
    with postgres.server() as server:
        return connectors.wrong_on_postgres(line, server, folder)


RUN: Mapping[str, Callable[[Line, Path], Wrong]] = {
    "Delta": connectors.wrong_on_delta,
    "Iceberg": connectors.wrong_on_iceberg,
    "PostgreSQL": on_postgres,
}


def exists(connector: str, line: Line) -> bool:
    return {"Delta": line.name in connectors.DELTA, "Iceberg": line.name in connectors.RUNTIMES}.get(connector, True)


def version(connector: str, line: Line) -> str:
    module = {
        "Delta": lambda: connectors.DELTA[line.name][0],
        "Iceberg": lambda: connectors.RUNTIMES[line.name],
        "PostgreSQL": lambda: connectors.DRIVER,
    }[connector]()
    return module.rpartition(":")[2]


def programs(connector: str, line: Line) -> int:
    return {
        "Delta": lambda: len(connectors.delta_commands(line)),
        "Iceberg": lambda: len([*connectors.iceberg()]),
        "PostgreSQL": lambda: len([*connectors.postgres()]),
    }[connector]()


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.compat.connectors")
    parser.add_argument("--line", action="append", default=[])
    parser.add_argument("--connector", action="append", choices=[*RUN], default=[])
    asked = parser.parse_args()
    seen: dict[str, Any] = json.loads(SEEN.read_text()) if SEEN.exists() else {}
    bad = 0
    for line in lines.of(asked.line):
        for connector in asked.connector or RUN:
            if not exists(connector, line):
                continue
            lines.provide(line)
            began = time.monotonic()
            with tempfile.TemporaryDirectory() as folder:
                wrong = RUN[connector](line, Path(folder).resolve())
            seen.setdefault(line.name, {})[connector] = {
                "version": version(connector, line), "programs": programs(connector, line), "wrong": wrong,
            }  # fmt: skip
            bad += bool(wrong)
            print(f"{line.name} {connector}: {wrong or 'right'} ({time.monotonic() - began:.0f} s)", flush=True)
            SEEN.parent.mkdir(parents=True, exist_ok=True)
            SEEN.write_text(json.dumps(seen, indent=1))
    text = PAGE.read_text()
    before, after = text[: text.index(BEGIN) + len(BEGIN)], text[text.index(END) :]
    PAGE.write_text(f"{before}\n\n{table(seen)}\n{after}")
    return 1 if bad else 0


def table(seen: Mapping[str, Any]) -> str:
    rows = [f"| Spark | {' | '.join(RUN)} |", f"|---|{'---|' * len(RUN)}"]
    for line in lines.LINES:
        cells = [_cell(connector, line, seen.get(line.name, {}).get(connector)) for connector in RUN]
        rows.append(f"| {line.spark}, Scala {line.scala} | {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def _cell(connector: str, line: Line, found: Any) -> str:
    if connector == "Delta" and line == lines.HOME:
        return "4.4.0: all of `test_commands.py`"
    if found is None:
        return "not run" if exists(connector, line) else "none is published"
    right = found["programs"] - len(found["wrong"])
    not_right = f"; not: {', '.join(sorted(found['wrong']))}" if found["wrong"] else ""
    return f"{found['version']}: {right} of {found['programs']}{not_right}"


if __name__ == "__main__":
    sys.exit(main())
