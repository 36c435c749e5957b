"""Paths that a client of Spark Connect has named as its program wrote them are the places that the server tells of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spark_lineage.graph.client_names import OF_A_CLIENT, ClientNames
from spark_lineage.model import Execution, Fragment, Operation, OperationKind, Outcome, Storage

HERE = Storage("file", "/srv/out/in", "parquet")
FRAGMENT = Fragment(
    dataset="d1", columns=(), plan_hash="", operators=(), plan_text="", deterministic=True, nondeterminism=(),
    inputs=(), sources=(), opaque=(), definitions=(), indirect=(), sample_key=(),
)  # fmt: skip


def execution(description: str, *sources: Storage) -> Execution:
    return Execution(None, "o1", description, 1.0, 2.0, Outcome.COMPLETE, None, (), {}, sources, ())


@pytest.mark.parametrize(
    ("written", "told", "place"),
    [
        ("out/in", ["/srv/out/in"], "/srv/out/in"),
        ("./out/in/", ["/srv/out/in"], "/srv/out/in"),
        ("out/model", ["/srv/out/model/metadata", "/srv/out/model/data"], "/srv/out/model"),
        ("out/in", ["/srv/out/in", "/other/out/in"], None),
        ("out/in", ["/srv/out/input", "/srv/about/in"], None),
        ("out/in", [], None),
    ],
)
def test_a_path_is_the_one_place_that_ends_so(written: str, told: list[str], place: str | None) -> None:
    names = ClientNames([execution("save", *(Storage("file", name) for name in told))], {})
    named = Storage("unknown", written, "parquet")
    assert names.resolved(named) == (Storage("file", place, "parquet") if place is not None else named)


def test_what_others_named_stays() -> None:
    names = ClientNames([execution("save", HERE)], {})
    for other in (Storage("unknown", "out/in", table="out/in"), Storage("s3://a", "out/in"), HERE):
        assert names.resolved(other) == other
    connector = execution("by Spark", Storage("unknown", "in"))
    assert names.execution(connector) == connector
    by_spark = replace(FRAGMENT, plan_text="Read in", sources=(Storage("unknown", "in"),))
    assert names.fragment(by_spark) == by_spark


def test_all_that_a_client_has_named_is_looked_up() -> None:
    named = Storage("unknown", "out/in", "parquet")
    names = ClientNames([execution("save", HERE)], {})
    assert names.execution(execution(f"{OF_A_CLIENT}start", named)).sources == (HERE,)
    assert names.fragment(replace(FRAGMENT, sources=(named,))).sources == (HERE,)
    saved = Operation(
        "o1",
        "MLWriter.save",
        OperationKind.ACTION,
        (),
        (),
        None,
        1.0,
        2.0,
        detail={"place": "unknown\nout/in\n\nmodel"},
    )
    assert names.operation(saved).detail == {"place": "file\n/srv/out/in\n\nmodel"}
