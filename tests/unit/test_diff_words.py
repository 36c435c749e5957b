"""What `diff` says: what became of a step, why, and that once."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from comparing import Made, Runs
from rich.console import Console

from spark_lineage.answers.diff import Comparison, compare_runs
from spark_lineage.answers.diff.changes import shortened
from spark_lineage.answers.diff.document import document
from spark_lineage.events import build, samples
from spark_lineage.faces.terminal import diff as terminal
from spark_lineage.model import LineageGraph, StepKind, UsedFunction
from spark_lineage.sinks.journal import Journal
from spark_lineage.store import Store

A = "0197a1b2-0000-7000-8000-000000000001"
B = "0197a1b2-0000-7000-8000-000000000002"
LATEST = Made(
    "latest", ("/data/orders",), plan="max", kind=StepKind.FUNCTION, source="max",
    operators=("Join inner on (id = id)", "Aggregate by [country] [country, max(id) AS id, count(*) AS n]"),
)  # fmt: skip


def compared(a: list[Made], b: list[Made], **more: object) -> Comparison:
    return compare_runs(Runs(a, **more).graph(A), Runs(b, **more).graph(B))  # type: ignore[arg-type]


def why(found: Comparison) -> str:
    return found.first_divergences[0].why


def printed(found: Comparison, width: int = 80) -> str:
    file = io.StringIO()
    terminal.show(found, Console(file=file, width=width, highlight=False))
    return file.getvalue()


def test_an_aggregate_that_only_a_join_uses_is_named() -> None:
    operators = (LATEST.operators[0], LATEST.operators[1].replace("max(id)", "min(id)")) if LATEST.operators else ()
    other = replace(LATEST, plan="min", content="other", source="min", operators=operators)
    assert why(compared([LATEST], [other])).endswith("aggregate `max(id) AS id` became `min(id) AS id`")
    projected = replace(LATEST, operators=("Filter (k > 1)", "Project [id, (id % 4) AS k, concat(a, ', ') AS t]"))
    changed = replace(
        projected, plan="5", content="other",
        operators=("Filter (k > 1)", "Project [id, (id % 5) AS k, concat(a, ', ') AS t]"),
    )  # fmt: skip
    assert why(compared([projected], [changed])).endswith("project `(id % 4) AS k` became `(id % 5) AS k`")


def test_never_the_same_code_beside_changed_code() -> None:
    step = replace(LATEST, source="old")
    for plain in ({}, {"nondeterminism": ("rand",)}):
        was = replace(step, **plain)
        found = compared([was], [replace(was, content="other", source="new")])
        (first,) = document(found)["first_divergences"]  # type: ignore[misc]
        assert (first["source_changed"], first["deterministic"]) == (True, None)
        assert "same code" not in why(found)
        assert "its code changed" in why(found)
        assert first["source_diff"]
    found = compared([step], [replace(step, content="other")])
    assert why(found).endswith("same code, plan and inputs: what makes it differ is not in the plan")
    assert document(found)["first_divergences"][0]["deterministic"] is False  # type: ignore[index]


def test_what_was_not_compared_stands_behind_what_changed() -> None:
    hidden = replace(LATEST, content=None, reason="stepped_aside")
    report = Made("report", ("latest",), kind=StepKind.FUNCTION)
    changed = replace(hidden, plan="other", source="other", operators=("Filter (id > 1)",))
    found = compared([hidden, report], [changed, replace(report, content="other")])
    assert why(found).startswith("`latest` (job.py:10): join `inner on (id = id)` is gone")
    assert why(found).endswith("; its output was not compared (not measured: stepped aside)")
    assert "is the first step that differs: its output was not compared" not in printed(found)


def test_uncertain_begins_with_the_code_that_changed() -> None:
    hidden = replace(LATEST, content=None, reason="stepped_aside")
    text = printed(compared([hidden], [replace(hidden, plan="other")]), 200)
    assert text.startswith("uncertain: the code of latest changed, and its result could not be compared; otherwise ")
    random = replace(hidden, nondeterminism=("rand",))
    text = printed(compared([random], [random]), 200)
    assert text.startswith("uncertain: no difference was found, and 1 dataset could not be compared; otherwise ")


def test_a_changed_time_zone_of_the_session_is_named() -> None:
    day = replace(LATEST, covers=("session time zone@Europe/Berlin",))
    other = replace(day, covers=("session time zone@Asia/Tokyo",), content="other")
    said = "the session's time zone was Europe/Berlin and is Asia/Tokyo"
    assert why(compared([day], [other])).endswith(f"other values in columns id, amount; {said}")
    # With it the text of a moment in the plan is the same, but not the moment: the plan's hash is another one.
    assert why(compared([day], [replace(other, plan="another moment")])).endswith(said)
    assert why(compared([day], [replace(other, source="new")])).endswith(said)
    # Not measured: it is not the same by its plan alone.
    unseen = [replace(each, content=None, reason="stepped_aside") for each in (day, other)]
    assert not compared(unseen[:1], unseen[1:]).same
    assert compared([day], [replace(day, covers=())]).same, "the older record does not say it"


def test_a_source_that_is_read_in_another_time_zone_is_no_other_source() -> None:
    load = Made("load", ("/data/orders",), kind=StepKind.FUNCTION, covers=("session time zone@Etc/UTC",))
    other = replace(load, content="moved", covers=("session time zone@Asia/Tokyo",))
    runs = [
        Runs([each], sources=[("/data/orders", content)]).graph(run)
        for run, each, content in ((A, load, "moments"), (B, other, "other moments"))
    ]
    found = compare_runs(*runs)
    assert found.sources_changed == ()
    assert why(found).endswith("the session's time zone was Etc/UTC and is Asia/Tokyo")


def test_the_verdict_is_one_line_and_said_once() -> None:
    many = " ".join(f"+ c{number}" for number in range(80))
    was = replace(LATEST, operators=(f"Filter ((amount {many}) > 1)",))
    found = compared([was], [replace(was, plan="x", content="o", operators=(f"Filter ((amount {many}) > 2)",))])
    for width in (70, 80, 120, 1000):
        lines = printed(found, width).splitlines()
        assert lines[0].startswith("different: `latest` (job.py:10) is the first step that differs")
        assert lines[1].startswith("A  ")
        text = " ".join(" ".join(lines).split())
        assert text.count("became") == 1, text
        # Of a long expression only what differs is said, and both sides of it.
        assert "> 1)` became `…" in text
        assert "> 2)`" in text


def test_a_consequence_is_listed_once_with_all_its_causes() -> None:
    steps = [LATEST, replace(LATEST, name="other", source="o"), Made("both", ("latest", "other"))]
    found = compared(steps, [replace(each, plan=f"{each.plan}!", content="x", source="n") for each in steps[:2]] +
                     [replace(steps[2], content="x")])  # fmt: skip
    assert [each.dataset for each in found.diverged] == ["both"]
    assert printed(found).count("  both  because of job.latest, job.other") == 1


def generator(run: str, *words: str, variable: str | None = None) -> LineageGraph:
    """A run whose one call yields a DataFrame for each word."""
    months = [
        Made("month", ("/data/orders",), plan=each, content=each, kind=StepKind.FUNCTION, variable=variable)
        for each in words
    ]
    graph = Runs(months).graph(run)
    application, first, *_ = graph.steps
    ids = tuple(dataset.id for dataset in graph.datasets if dataset.step)
    datasets = tuple(replace(each, call=1) if each.step else each for each in graph.datasets)
    return replace(graph, steps=(application, replace(first, outputs=ids)), datasets=datasets)


def test_outputs_of_one_call_are_no_other_calls() -> None:
    text = printed(compare_runs(generator(A, *"abcd"), generator(B, *"wxyz")), 120)
    assert "calls" not in text
    assert "its outputs month~2, month~3, month~4 differ too" in text


def test_yields_are_paired_by_their_position() -> None:
    def differing(a: str, b: str) -> list[tuple[str, str]]:
        found = compare_runs(generator(A, *a), generator(B, *b)).first_divergences
        return [(each.a.id if each.a else "", each.b.id if each.b else "") for each in found]

    assert differing("abcd", "abdx") == [("month~3", "month~3"), ("month~4", "month~4")]
    assert differing("abcd", "abxd") == [("month~3", "month~3")]
    assert differing("abcd", "abdc") == [], "the same in another order"
    assert differing("abcd", "abd") == [("month~3", "")], "one is missing: the others are those with their plans"


@pytest.mark.parametrize(
    ("a", "b", "said"),
    [("short", "other", ("short", "other")),
     ("f(" * 50 + "x" + ")" * 50, "f(" * 50 + "y" + ")" * 50,
      ("…" + "f(" * 10 + "x" + ")" * 20 + "…", "…" + "f(" * 10 + "y" + ")" * 20 + "…")),
     ("x" * 200, "x" * 201, ("…" + "x" * 20, "…" + "x" * 21))],
)  # fmt: skip
def test_long_texts_are_cut_to_what_differs(a: str, b: str, said: tuple[str, str]) -> None:
    assert shortened(a, b) == said


def used(source: str, name: str = "rate", line: int = 26) -> UsedFunction:
    return UsedFunction(name, "/home/ada/job.py", line, f"src1:{source}", f"def {name}(amount):\n    return {source}")


def with_functions(graph: LineageGraph, *functions: UsedFunction) -> LineageGraph:
    return replace(graph, run=replace(graph.run, functions=functions))


def test_the_changed_code_of_what_a_udf_calls_is_shown_with_its_place() -> None:
    step = replace(LATEST, name="priced", source="return orders.select(gross('amount'))", covers=("gross@1",))
    other = replace(step, plan="2", content="other", covers=("gross@2",))
    gross = used("rate(amount)", "gross", 30)
    runs = [
        with_functions(Runs([each]).graph(run), rate, gross, used("0", "unused"))
        for run, each, rate in ((A, step, used("amount * 1.1")), (B, other, used("amount * 1.2", line=27)))
    ]
    found = compare_runs(*runs)
    assert why(found).endswith("; the code of `rate` (job.py:27), which `gross` calls, changed")
    (first,) = found.first_divergences
    assert [line for line in first.source_diff if line[0] in "+-"] == [
        "--- job.py:26", "+++ job.py:27", "-    return amount * 1.1", "+    return amount * 1.2",
    ]  # fmt: skip
    assert (first.source_changed, first.deterministic) == (False, True)
    assert "`unused`" not in printed(found)


def test_a_udf_that_is_only_written_otherwise_is_not_named() -> None:
    step = replace(LATEST, source="return orders.select(gross('amount'))", covers=("gross@1",))
    runs = [
        with_functions(Runs([replace(step, content=content)]).graph(run), used(content), used("rate(a)", "gross", 30))
        for run, content in ((A, "one"), (B, "two"))
    ]
    assert why(compare_runs(*runs)).endswith("what makes it differ is not in the plan")


def test_the_changed_code_of_a_plain_function_is_shown_too() -> None:
    """Its rows came from Python, or nothing in the plan shows it."""
    for opaque in (("rdd",), ()):
        step = replace(LATEST, source="rate(orders)", opaque=opaque)
        runs = [
            with_functions(Runs([replace(step, content=content)]).graph(run), used(content))
            for run, content in ((A, "one"), (B, "two"))
        ]
        found = compare_runs(*runs)
        assert why(found).endswith("the code of `rate` (job.py:26), which it calls, changed")
        assert found.first_divergences[0].deterministic is None


def test_the_functions_that_a_run_used_are_kept_in_its_events(tmp_path: Path) -> None:
    graph = with_functions(Runs([LATEST]).graph(A), used("amount * 1.1"))
    Journal(tmp_path / "runs" / A, fsync=False).write(build(graph), samples(graph))
    assert Store(tmp_path).open(A).graph.run.functions == graph.run.functions
