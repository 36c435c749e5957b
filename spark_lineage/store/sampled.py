"""Whether the sampled rows that are kept are those that were written: the events have the hash of each sample."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from spark_lineage.events.samples import digest
from spark_lineage.model import SHAPE_ERRORS, Damaged
from spark_lineage.store.journal import SAMPLES, all_samples


def first_altered(folder: Path, lines: Sequence[bytes]) -> str | None:
    """A sentence about the first sample that is not as it was written; None if all are. ``lines``: the whole journal.

    Rows that were erased are no fault: then nothing of the run is kept. Where some samples are there, all must be.
    Raises what damaged events raise.
    """
    try:
        kept: dict[str, dict[str, Any]] = {}
        for sample in all_samples(folder):
            if sample["hash"] != digest(sample):
                return _not_as_written(sample["dataset"])
            kept[sample["dataset"]] = sample  # a dataset that is measured again has a later one
    except Damaged as error:
        return str(error)
    except SHAPE_ERRORS as error:
        return f"{SAMPLES} cannot be read ({error})"
    return _first_other(kept, dict(_recorded(lines))) if kept else None


def _first_other(kept: dict[str, dict[str, Any]], recorded: dict[str, str]) -> str | None:
    for dataset, hash_ in recorded.items():
        if dataset not in kept:
            return f"the sample of {dataset} is missing, and others are there"
        if kept[dataset]["hash"] != hash_:
            return _not_as_written(dataset)
    added = next((dataset for dataset in kept if dataset not in recorded), None)
    return f"the sample of {added} was added: no event has its hash" if added is not None else None


def _not_as_written(dataset: str) -> str:
    return f"the sample of {dataset} is not the one that was written"


def _recorded(lines: Sequence[bytes]) -> Iterator[tuple[str, str]]:
    """(id of a dataset, hash of its sample)"""
    from spark_lineage.events import parsing
    from spark_lineage.events.amending import amended

    for line in amended(lines):
        event = parsing.parse(line)
        for listed in (*event.inputs, *event.outputs):
            facets = listed.facets
            if facets is not None and facets.dataset is not None and facets.sample is not None:
                yield facets.dataset.id, facets.sample.hash
