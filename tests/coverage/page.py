"""What was seen of each call, kept in ``outcomes.json``, and the part of docs/coverage.md that is made of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from tests.coverage import surface
from tests.coverage.program import Call, calls
from tests.coverage.running import Seen

OUTCOMES = Path(__file__).parent / "outcomes.json"
PAGE = Path(__file__).parents[2] / "docs" / "coverage.md"
MARK = "<!-- made by python -m tests.coverage -->\n"
Outcomes = dict[str, dict[str, Seen]]  # classic, connect, frames -> name of the call -> what was seen


def kept() -> Outcomes:
    known = json.loads(OUTCOMES.read_text("utf-8"))
    return {kind: {name: Seen(**seen) for name, seen in found.items()} for kind, found in known.items()}


def keep(outcomes: Outcomes) -> None:
    plain = {kind: {name: asdict(seen) for name, seen in sorted(found.items())} for kind, found in outcomes.items()}
    OUTCOMES.write_text(json.dumps(plain, indent=1) + "\n", "utf-8")


def page(outcomes: Outcomes) -> str:
    """The page: what people wrote, and below it what is made of the outcomes."""
    written = PAGE.read_text("utf-8").partition(MARK)[0].rstrip("\n")
    return f"{written}\n\n{MARK}" + "\n".join(_lines(outcomes)) + "\n"


def _lines(outcomes: Outcomes) -> Iterator[str]:
    yield "\n## Method by method\n"
    yield (
        "Each is called once in an observed program (`tests/coverage`), in exact mode, with Spark 4.2; its record "
        "is read. *Kept*: what it gives stands on what it was given, and what uses it on that. *Exact*: all rows were "
        "counted and have a fingerprint. Else the reason, or the gap that the record has. For Spark Connect our jar is "
        "on the server.\n"
    )
    yield from _sums(outcomes)
    in_connect = surface.of_connect()
    for owner, of_owner in _by_owner(calls("spark")).items():
        yield f"\n### {owner}\n"
        yield "| method | classic | Spark Connect |\n|---|---|---|"
        for call in of_owner:
            there = call.method in in_connect.get(owner, ())
            remote = cell(call, outcomes.get("connect", {})) if there else "is not there"
            yield f"| `{call.method}` | {cell(call, outcomes['classic'])} | {remote} |"
    for owner, of_owner in _by_owner(calls("frames")).items():
        yield f"\n### {owner}\n"
        yield "| method | seen |\n|---|---|"
        for call in of_owner:
            yield f"| `{call.method}` | {cell(call, outcomes['frames'])} |"


def _sums(outcomes: Outcomes) -> Iterator[str]:
    yield "| | calls | lineage kept | of these facts exact | no rows to follow | gap | refused by the library |"
    yield "|---|---|---|---|---|---|---|"
    for kind, title in (("classic", "classic Spark"), ("connect", "Spark Connect"), ("frames", "pandas and polars")):
        found = outcomes.get(kind, {}).values()
        words = Counter(seen.lineage or "failed" for seen in found)
        exact = sum(seen.lineage == "kept" and seen.facts in ("", "exact") for seen in found)
        counts = (len(found), words["kept"], exact, words["none to keep"], words["gap"], words["failed"])
        yield f"| {title} | {' | '.join(map(str, counts))} |"


def _by_owner(these: list[Call]) -> dict[str, list[Call]]:
    found: dict[str, list[Call]] = {}
    for call in these:
        found.setdefault(call.owner, []).append(call)
    return found


def cell(call: Call, outcomes: Mapping[str, Seen]) -> str:
    """What the page says of one call."""
    if call.mark == "not called":
        return f"not called: {call.body}"
    seen = outcomes.get(call.name)
    if seen is None:
        return "not called"
    if seen.failed:
        return f"refused: `{seen.failed.partition(':')[0]}`"
    why = seen.why.replace("|", "\\|")
    if seen.lineage == "gap":
        return f"gap: {why}"
    words = ["no rows" if seen.lineage == "none to keep" else seen.lineage, seen.facts]
    return ", ".join(filter(None, words)) + (f"; gap: {why}" if why else "")
