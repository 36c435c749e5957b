"""What a record says, in a shape that must be the same on each line, and where two such differ.

Left out is what Spark counts or names by itself (execution ids, task times, jobs) and when something was.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import gettempdir
from typing import Any

from spark_lineage.answers.show import document
from spark_lineage.model import LineageGraph
from spark_lineage.store import Store

KINDS = ("steps", "facts", "samples", "plan hashes", "definitions", "events", "gaps")


def read(folder: Path, program: str) -> dict[str, dict[str, Any]]:
    """Of a folder of ``recording.py``: for each kind of statement, what is said of what."""
    store, ran = folder / program / "lineage", json.loads((folder / program / "ran.json").read_text())
    graph = Store(str(store)).open("last").graph
    return clean({**said(graph), "events": events(store)}, ran["work"])


def events(store: Path) -> dict[str, Any]:
    """Which events came of which jobs, with the datasets that they name. Ids of runs are others each time.

    Calls of one function are not told apart: which of several threads comes first is another one in each run.
    """
    found: dict[str, list[Any]] = {}
    for journal in sorted((store / "runs").glob("*/events.jsonl")):
        for line in journal.read_text("utf-8").splitlines():
            event = json.loads(line)
            named = [sorted(each["name"] for each in event.get(side, ())) for side in ("inputs", "outputs")]
            name = f"{event['eventType']} {event['job']['name']}"
            found.setdefault(_without_number(name), []).append([list(map(_without_number, each)) for each in named])
    return {name: sorted(of) for name, of in found.items()}


def _without_number(name: str) -> str:
    return re.sub(r"~\d+$", "", name)


def breaches(store: Path) -> list[str]:
    """What is wrong with the events by the specification, our schemas and the rules of receivers."""
    from tests.receiver import replay

    book = replay(store)
    refused = [f"{answer.status} {dict(answer.body)}" for answer, _ in book.refused]
    return [*map(str, book.breaches), *map(str, book.unfinished()), *refused]


def said(graph: LineageGraph) -> dict[str, dict[str, Any]]:
    shown = document(graph)
    steps = {
        f"{step['step']}#{step['call']}": [
            step["kind"], step["function"], step["line"], step["parent"], step["variable"], sorted(step["inputs"]),
            sorted(step["outputs"]), step["outcome"], step["source_hash"],
        ]
        for step in shown["steps"]
    }  # fmt: skip
    facts, samples, hashes, definitions = {}, {}, {}, {}
    for dataset, told in zip(graph.datasets, shown["datasets"], strict=True):
        facts[dataset.id] = {
            "kind": told["kind"], "rows": told["rows"], "complete": told["complete"], "reason": told["reason"],
            "fingerprint": told["fingerprint"],
            "columns": [[c["name"], c["type"], c["nulls"], c["fingerprint"]] for c in told["columns"]],
        }  # fmt: skip
        samples[dataset.id] = json.loads(json.dumps(dataset.sample, default=str))
        if dataset.fragment is not None:
            hashes[dataset.id] = dataset.fragment.plan_hash
            definitions[dataset.id] = [[each.column, each.expression] for each in dataset.fragment.definitions]
    gaps = Counter(f"{gap['what']}: {gap['why']} ({gap['step']}, {gap['dataset']})" for gap in shown["gaps"])
    return {
        "steps": steps, "facts": facts, "samples": samples, "plan hashes": hashes, "definitions": definitions,
        "gaps": dict(gaps),
    }  # fmt: skip


def clean(told: Any, folder: str) -> Any:
    """Without the folder that the program ran in, and those that it made for itself."""
    text = json.dumps(told, default=str).replace(folder, "HERE")
    return json.loads(re.sub(rf"{re.escape(gettempdir())}/tmp\w+", "TEMPORARY", text))


def values(kind: dict[str, Any]) -> int:
    """How many single values are compared."""
    return sum(map(_leaves, kind.values()))


def _leaves(value: Any) -> int:
    if isinstance(value, dict):
        return sum(map(_leaves, value.values()))
    return sum(map(_leaves, value)) if isinstance(value, list) else 1


def differences(ours: dict[str, Any], home: dict[str, Any]) -> Iterator[str]:
    """One line for each thing of which something else is said than at home."""
    for name in sorted(ours.keys() | home.keys()):
        if name not in ours:
            yield f"{name}: missing"
        elif name not in home:
            yield f"{name}: not at home: {_short(ours[name])}"
        elif ours[name] != home[name]:
            yield f"{name}: {'; '.join(_where(ours[name], home[name]))}"


def _where(ours: Any, home: Any, at: str = "") -> Iterator[str]:
    if isinstance(ours, dict) and isinstance(home, dict):
        for key in sorted(ours.keys() | home.keys()):
            yield from _where(ours.get(key), home.get(key), f"{at}.{key}" if at else key)
    elif isinstance(ours, list) and isinstance(home, list) and len(ours) == len(home):
        for index, (one, other) in enumerate(zip(ours, home, strict=True)):
            yield from _where(one, other, f"{at}[{index}]")
    elif ours != home:
        yield f"{at} {_short(ours)}, at home {_short(home)}".strip()


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 160 else f"{text[:160]}…"
