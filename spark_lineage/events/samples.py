"""Sampled rows stand apart from the events, which carry only their hash: rows can be erased, the chain holds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from spark_lineage.model import LineageGraph, Sample

Document = dict[str, Any]


def samples(graph: LineageGraph) -> list[Document]:
    """One document per dataset that has a sample, for ``samples.jsonl``."""
    return [document(each.id, each.sample) for each in graph.datasets if each.sample is not None]


def document(dataset: str, sample: Sample) -> Document:
    """Rows are JSON texts: the OpenLineage serialiser drops nulls out of lists."""
    rows = [json.dumps(list(row), ensure_ascii=False, separators=(",", ":")) for row in sample.rows]
    content: Document = {
        "dataset": dataset,
        "key": list(sample.key),
        "columns": list(sample.columns),
        "rows": rows,
        "counts": list(sample.counts),
    }
    return {**content, "hash": digest(content)}


def of_document(content: Mapping[str, Any]) -> Sample:
    rows = tuple(tuple(json.loads(row)) for row in content["rows"])
    return Sample(tuple(content["key"]), tuple(content["columns"]), rows, tuple(content["counts"]))


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of key, columns, rows and counts in one canonical form."""
    kept = {name: content[name] for name in ("key", "columns", "rows", "counts")}
    text = json.dumps(kept, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
    return f"sha256:{hashlib.sha256(text.encode('ascii')).hexdigest()}"
