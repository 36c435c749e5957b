"""Fragments of DataFrames that are no datasets are looked through, however they are made from each other."""

from __future__ import annotations

from spark_lineage.graph.fragments import Rewriter
from spark_lineage.model import ColumnDefinition, ColumnInput, Fragment

TWICE = "(a + a)"


def fragment(df: str, *parents: str, expression: str = "a", subtypes: tuple[str, ...] = ("IDENTITY",)) -> Fragment:
    uses = tuple(ColumnInput(parent, "a", "DIRECT", subtype) for parent in parents for subtype in subtypes)
    return Fragment(
        dataset=df, columns=(("a", "bigint", True),), plan_hash=f"plan1:{df}", operators=(), plan_text="",
        deterministic=True, nondeterminism=(), inputs=parents, sources=(), opaque=(),
        definitions=(ColumnDefinition("a", expression, uses),), indirect=uses, sample_key=(), covers=(),
    )  # fmt: skip


def rewriter(*fragments: Fragment, **ids: str) -> Rewriter:
    return Rewriter({each.dataset: each for each in fragments}, ids, lambda df: ())


def test_a_circle_with_several_ways_ends() -> None:
    """Arbitrary records may hold one: it is cut, and what is in it is lost."""
    three = ("IDENTITY", "TRANSFORMATION", "AGGREGATION")
    circle = rewriter(fragment("made", "d1"), fragment("d1", "d1", "d2", subtypes=three), fragment("d2", "d1", "d2"))
    found = circle.rewritten("made")
    assert found is not None and found.inputs == () and found.definitions[0].inputs == ()
    assert circle.lost("made") == ("d1",)


def test_a_circle_does_not_hide_what_is_beside_it() -> None:
    beside = rewriter(fragment("made", "d1"), fragment("d1", "d1", "known"), known="orders")
    found = beside.rewritten("made")
    assert found is not None and found.inputs == ("orders",) and beside.lost("made") == ()
    assert [(use.dataset, use.column) for use in found.definitions[0].inputs] == [("orders", "a")]


def test_what_is_made_from_one_thing_in_two_ways_many_times_is_looked_at_once() -> None:
    """Two ways at each of two hundred steps are more ways than can be gone."""
    two = ("IDENTITY", "TRANSFORMATION")
    chain = [fragment(f"d{n}", f"d{n - 1}", expression=TWICE, subtypes=two) for n in range(1, 201)]
    ladder = [fragment(f"e{n}", f"e{n - 1}", f"f{n - 1}") for n in range(1, 201)]
    ladder += [fragment(f"f{n}", f"e{n - 1}", f"f{n - 1}") for n in range(1, 201)]
    many = rewriter(*chain, *ladder, d0="orders", e0="left", f0="right")
    found = many.rewritten("d200")
    assert found is not None and found.inputs == ("orders",) and many.lost("d200") == ()
    assert {(use.dataset, use.subtype) for use in found.definitions[0].inputs} == {
        ("orders", "IDENTITY"), ("orders", "TRANSFORMATION"),
    }  # fmt: skip
    assert len(found.definitions[0].expression) < 100_000
    both = many.rewritten("e200")
    assert both is not None and both.inputs == ("left", "right")
