"""Sampled rows stand apart from the events, which have only their hash, so that rows can be erased later."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from json.encoder import encode_basestring
from typing import Any, cast

from spark_lineage.events.lazily import Lazily
from spark_lineage.model import LineageGraph, Sample

Document = dict[str, Any]
Rows = tuple[tuple[str | None, ...], ...]


def samples(graph: LineageGraph) -> Iterator[Document]:
    """One document per dataset that has a sample, for ``samples.jsonl``; each is made when it is asked for."""
    return (document(dataset.id, dataset.sample) for dataset in graph.datasets if dataset.sample is not None)


def document(dataset: str, sample: Sample) -> Document:
    """Rows are JSON texts: the OpenLineage serialiser drops nulls out of lists."""
    rows = list(map(_row_text, sample.rows))
    content: Document = {
        "dataset": dataset,
        "key": list(sample.key),
        "columns": list(sample.columns),
        "rows": rows,
        "counts": list(sample.counts),
    }
    return {**content, "hash": digest(content)}


def _row_text(row: Sequence[str | None]) -> str:
    """A row as JSON. One of Python's encoders for each row takes several times as long, and there are many rows."""
    return f"[{','.join(['null' if value is None else encode_basestring(value) for value in row])}]"


def of_document(content: Mapping[str, Any]) -> Sample:
    """The sample, whose rows are read at their first use.

    Raises ValueError, KeyError or TypeError for another shape.
    """
    from msgspec import convert  # for readers only

    rows = Lazily(lambda: _rows(content), f"the sample of {content['dataset']}")
    return replace(convert({**content, "rows": ()}, Sample), rows=cast("Rows", rows))


def _rows(content: Mapping[str, Any]) -> Rows:
    from msgspec import DecodeError, ValidationError, convert
    from msgspec.json import decode

    if content["hash"] != digest(content):
        raise ValueError("it is not the one that was written")
    texts = content["rows"]
    try:
        return decode(f"[{','.join(texts)}]", type=Rows)
    except ValidationError:
        raise
    except (DecodeError, UnicodeEncodeError):
        return convert(list(map(json.loads, texts)), Rows)  # text that is no Unicode is JSON to Python only


def digest(content: Mapping[str, Any]) -> str:
    """SHA-256 of key, columns, rows and counts in one canonical form."""
    kept = {name: list(content[name]) for name in ("key", "columns", "rows", "counts")}
    text = json.dumps(kept, ensure_ascii=True, separators=(",", ":"), sort_keys=True)
    return f"sha256:{hashlib.sha256(text.encode('ascii')).hexdigest()}"
