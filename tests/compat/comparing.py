"""What a record says, in a shape that must be the same on each line, and where two such differ.

Left out is what Spark counts or names by itself (execution ids, task times, jobs) and when something was.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from spark_lineage.answers.show import document
from spark_lineage.model import LineageGraph
from spark_lineage.store import Store

KINDS = ("steps", "facts", "samples", "plan hashes", "definitions", "gaps")


def read(program: Path) -> dict[str, dict[str, Any]]:
    """Of a folder of ``recording.py``: for each kind of statement, what is said of what."""
    graph = Store(str(program / "lineage")).open("last").graph
    return clean(said(graph), str(program / "work"))


def said(graph: LineageGraph) -> dict[str, dict[str, Any]]:
    shown = document(graph)
    steps = {
        f"{step['step']}#{step['call']}": [
            step["kind"], step["function"], step["line"], step["parent"], step["variable"], step["inputs"],
            step["outputs"], step["outcome"], step["source_hash"],
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
    """Without the folder that the program ran in."""
    return json.loads(json.dumps(told, default=str).replace(folder, "HERE"))


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
