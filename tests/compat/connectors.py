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


def on_postgres(line: Line, module: str, folder: Path) -> Wrong:
    with postgres.server() as server, postgres.server() as another:
        return connectors.wrong_on_postgres(line, server, folder, another)


def on_iceberg(line: Line, module: str, folder: Path) -> Wrong:
    return connectors.wrong_on_iceberg(line, folder)


RUN: Mapping[str, Callable[[Line, str, Path], Wrong]] = {
    "Delta": connectors.wrong_on_delta,
    "Iceberg": on_iceberg,
    "PostgreSQL": on_postgres,
}


def modules(connector: str, line: Line) -> tuple[str, ...]:
    """What is published for the line, the newest first."""
    if connector == "Delta":
        return connectors.DELTA.get(line.name, ())
    if connector == "Iceberg":
        return (connectors.RUNTIMES[line.name],) if line.name in connectors.RUNTIMES else ()
    return (connectors.DRIVER,)


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
    parser.add_argument("--newest", action="store_true", help="of each connector the newest version that the line has")
    asked = parser.parse_args()
    seen: dict[str, Any] = json.loads(SEEN.read_text()) if SEEN.exists() else {}
    bad = 0
    for line in lines.of(asked.line):
        for connector in asked.connector or RUN:
            for module in modules(connector, line)[: 1 if asked.newest else None]:
                lines.provide(line)
                began, found = time.monotonic(), connectors.version(module)
                try:
                    with tempfile.TemporaryDirectory() as folder:
                        wrong = RUN[connector](line, module, Path(folder).resolve())
                except AssertionError as error:  # the program itself did not run
                    wrong = {"all": [str(error)]}
                told = {"programs": programs(connector, line), "wrong": wrong}
                seen.setdefault(line.name, {}).setdefault(connector, {})[found] = told
                bad += bool(wrong)
                print(
                    f"{line.name} {connector} {found}: {wrong or 'right'} ({time.monotonic() - began:.0f} s)",
                    flush=True,
                )
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


def _cell(connector: str, line: Line, found: Mapping[str, Any] | None) -> str:
    of_line = [connectors.version(module) for module in modules(connector, line)]
    told = [_told(version, found[version]) for version in of_line if found and version in found]
    return "; ".join(told) or ("not run" if of_line else "none is published")


def _told(version: str, found: Any) -> str:
    if "all" in found["wrong"]:
        return f"{version}: does not run"
    right = found["programs"] - len(found["wrong"])
    not_right = f", not {', '.join(sorted(found['wrong']))}" if found["wrong"] else ""
    return f"{version}: {right} of {found['programs']}{not_right}"


if __name__ == "__main__":
    sys.exit(main())
