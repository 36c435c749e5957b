"""Models: what ``fit`` makes, and what ``transform`` of it stands on beside the rows that it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from spark_lineage.graph.observed import Observed
from spark_lineage.model import Operation

DETAIL = "model"  # of an operation that made a model: the name of its class


def made(makers: Mapping[str, Operation]) -> set[str]:
    """The ids of all models."""
    return {output for output, maker in makers.items() if DETAIL in maker.detail}


def join(seen: Observed) -> None:
    """Adds the models to the inputs of what was made by them: no plan of Spark's names them."""
    known = made(seen.makers)
    if not known:
        return
    for df, fragment in seen.fragments.items():
        if df not in known:
            used = _used(seen, df, known)
            if used:
                seen.fragments[df] = replace(fragment, inputs=tuple(dict.fromkeys((*fragment.inputs, *used))))


def _used(seen: Observed, df: str, known: set[str]) -> list[str]:
    """The models that the DataFrame was made by, after the inputs of its step."""
    stop = set(seen.fragments[df].inputs)
    found: dict[str, None] = {}
    waiting, met = [df], {df}
    while waiting:
        maker = seen.makers.get(waiting.pop())
        for name in maker.inputs if maker is not None else ():
            if name in known:
                found[name] = None
            elif name not in met and name not in stop:
                met.add(name)
                waiting.append(name)
    return list(found)
