"""Under which conditions rows of sources reach a dataset, and for what there is one row."""

from __future__ import annotations

import cProfile
import pstats
from dataclasses import replace

import pytest
from msgspec import convert
from small_plans import filtered, grouped, made, op, over, reading, source
from test_explain import graph

from spark_lineage.answers.explain import Explanation, document, explain
from spark_lineage.events import plans
from spark_lineage.events.parsing import PlanOutput
from spark_lineage.graph.fragments import Rewriter
from spark_lineage.guard import Guard
from spark_lineage.model import ColumnInput, Dataset, DatasetKind, Fragment, LineageGraph, RowOperator, Storage
from spark_lineage.privacy.observing import Privacy
from spark_lineage.privacy.texts import Choices

ORDERS = source("orders", id="int", status="string", amount="double", customer_id="int")
CUSTOMERS = source("customers", id="int", country="string")
PRICED = made(
    "priced", [ORDERS], reading(ORDERS), {"gross": "(amount * 1.19)", "who": "customer_id", "status": "status"}
)
LARGE = filtered("large", PRICED, "((gross > 100.0) AND (status = 'paid'))")
JOINED = made("joined", [LARGE, CUSTOMERS], [
    *reading(LARGE, CUSTOMERS), op("join", 0, 1, of=[LARGE, CUSTOMERS], kind="inner", condition="(who = id)"),
])  # fmt: skip
TOTAL = grouped("total", JOINED, {"land": "country"}, {"sum": "sum(gross)"})
BEST = made("best", [TOTAL], [*reading(TOTAL), op("limit", 0, of=[TOTAL], condition="10")])


def told(name: str, *more: Dataset) -> Explanation:
    return explain(graph(ORDERS, CUSTOMERS, PRICED, LARGE, JOINED, TOTAL, BEST, *more), name)


def conditions(found: Explanation) -> list[str]:
    return [f"{each.op} {each.sql or [sql for _, sql in each.keys]}" for each in found.conditions]


def test_conditions_over_the_columns_of_the_sources() -> None:
    found = told("best.sum")
    assert conditions(found) == [
        "filter (((orders.amount * 1.19) > 100.0) AND (orders.status = 'paid'))",
        "join (orders.customer_id = customers.id)",
        "aggregate ['customers.country']",
        "limit 10",
    ]
    assert [each.step.function for each in found.conditions if each.step] == ["large", "joined", "total", "best"]
    assert found.grain is not None and (found.grain.keys, found.grain.why) == ((("land", "customers.country"),), None)
    assert found.partial == ()


def test_the_document() -> None:
    said = document(told("total.sum"))
    assert said["conditions"][1] == {
        "op": "join", "kind": "inner", "sql": "(orders.customer_id = customers.id)", "keys": [], "dataset": "joined",
        "step": "job.joined", "reason": None,
    }  # fmt: skip
    assert said["grain"] == {"keys": [{"name": "land", "sql": "customers.country"}], "sure": True, "reason": None}
    assert said["partial"] == [] and document(told("large.gross"))["grain"] is None


def test_what_was_written_and_read_again_is_followed_through_the_storage() -> None:
    place = Storage("file", "/out/large")
    sink = made("/out/large", [LARGE], reading(LARGE))
    sink = replace(sink, kind=DatasetKind.SINK, storage=place, namespace="file", name="/out/large")
    again = replace(sink, id="/out/large~2", kind=DatasetKind.SOURCE, step=None, fragment=None)
    read = filtered("read", again, "(who > 3)")
    found = told("read.gross", sink, again, read)
    assert conditions(found)[-1] == "filter (customer_id > 3)" and len(found.conditions) == 2
    more = replace(sink, id="/out/large~3", mode="append")
    assert [each.op for each in told("/out/large~3.gross", sink, more).conditions][-1] == "union"


@pytest.mark.parametrize(
    ("of", "reason"),
    [
        (made("seen", [LARGE], [op("opaque")], {"gross": "gross"}, opaque=["pandas"]), "came through pandas"),
        (made("seen", [LARGE], [], {"gross": "gross"}), "the operators that made seen are not recorded"),
        (made("seen", [LARGE], [*reading(LARGE), op("other", 0)]), "an operator whose rows are not known"),
        (
            made("seen", [LARGE], [*reading(LARGE), RowOperator("filter", (0,), text="(gross > 1)")]),
            "the condition of a filter in seen is not recorded over its inputs",
        ),
        (filtered("seen", LARGE, "⟨gross⟩ > 1"), "a condition in seen is too long to be written out"),
        (
            made(
                "seen",
                [LARGE],
                [*reading(LARGE), op("filter", 0, of=[LARGE], condition="good(gross)")],
                covers=["good@1"],
            ),
            "a function of the program decides in seen: good",
        ),
    ],
)
def test_what_is_not_known_is_partial_with_the_reason(of: Dataset, reason: str) -> None:
    found = told("seen.gross", of)
    assert any(reason in each for each in found.partial), found.partial
    assert not any(each.op == "source" for each in found.conditions)


def test_rows_that_the_program_made_itself_are_a_source() -> None:
    local = replace(made("rates", [], [RowOperator("opaque")], {}, opaque=["local"]), columns=CUSTOMERS.columns)
    found = told("few.country", local, filtered("few", local, "(id > 3)"))
    assert found.partial == () and conditions(found) == ["filter (id > 3)"]


def test_the_grain_behind_a_join_is_not_sure() -> None:
    both = [TOTAL, CUSTOMERS]
    plan = [*reading(*both), op("join", 0, 1, of=both, kind="left outer", condition="(land = country)")]
    found = told("wide.sum", made("wide", both, plan))
    assert found.grain is not None and found.grain.why == "a join in wide comes after the grouping"
    half = [*reading(*both), op("join", 0, 1, of=both, kind="left semi", condition="(land = country)")]
    sure = told("wide.sum", made("wide", both, half, {"sum": "sum"})).grain
    assert sure is not None and sure.why is None
    tied = op(
        "deduplicate", 0, of=[LARGE], kind="rank", condition="(rank() OVER (ORDER BY gross) = 1)", keys={"who": "who"}
    )
    ties = told("first.gross", made("first", [LARGE], [*reading(LARGE), tied])).grain
    assert ties is not None and "rank" in (ties.why or "")


def chain(steps: int) -> LineageGraph:
    """Each step filters by a column, and passes it on to the next one."""
    made_so_far = [source("orders", id="int", amount="double")]
    for number in range(steps):
        before = made_so_far[-1]
        operators = [*reading(before), op("filter", 0, of=[before], condition=f"(amount > {number})")]
        one = made(f"s{number}", [before], operators, {"id": "id", "amount": "amount"})
        decides = (ColumnInput(before.id, "amount", "INDIRECT", "FILTER"),)
        assert one.fragment is not None
        made_so_far.append(replace(one, fragment=replace(one.fragment, indirect=decides)))
    return graph(*made_so_far)


def test_twice_the_steps_are_twice_the_work() -> None:
    def calls(steps: int) -> int:
        asked = chain(steps)
        profile = cProfile.Profile()
        found = profile.runcall(explain, asked, f"s{steps - 1}.amount")
        assert (len(found.path), len(found.conditions), len(found.deciding)) == (steps, steps, 1)
        return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]

    assert calls(800) < 2.3 * calls(400)


def test_a_long_chain_needs_no_deep_stack() -> None:
    chain = [LARGE]
    for number in range(1500):
        chain.append(filtered(f"f{number}", chain[-1], f"(who > {number})"))
    found = told("f1499.gross", *chain[1:])
    assert len(found.conditions) == 1501 and found.conditions[-1].sql == "(customer_id > 1499)"


# ---- how it is recorded

DECIDING = made("seen", [ORDERS, CUSTOMERS], [
    *reading(ORDERS, CUSTOMERS),
    op("join", 0, 1, of=[ORDERS, CUSTOMERS], kind="inner", condition="(customer_id = customers.id)"),
    op("filter", 2, of=[ORDERS], condition="(status = 'ada@example.org')"),
    op("aggregate", 3, of=[ORDERS, CUSTOMERS], keys={"country": "country", "half": "(amount / 2)"}),
], {"country": "country"})  # fmt: skip


def fragment() -> Fragment:
    assert DECIDING.fragment is not None
    return DECIDING.fragment


def test_events_hold_what_decides() -> None:
    written = plans.to_document("seen", fragment(), DECIDING.columns)
    assert written["rowOperators"][3]["deciding"][0]["expression"] == "(status = 'ada@example.org')"
    read = convert(written, PlanOutput)
    assert plans.of_document(read, DECIDING.columns).row_operators == fragment().row_operators


def test_personal_literals_of_conditions_are_masked() -> None:
    privacy = Privacy(Choices(), lambda: b"key", Guard(strict=True))
    (cleaned,) = privacy.of([fragment()])
    assert isinstance(cleaned, Fragment)
    assert "ada@example.org" not in str(cleaned) and "masked:" in cleaned.row_operators[3].deciding[0].expression


def test_conditions_over_dataframes_that_are_no_datasets_are_looked_through() -> None:
    inner = replace(fragment(), dataset="d1", inputs=("d0",), definitions=(over("net", "(amount - 1)", [ORDERS]),))
    inner = _over("d0", inner)
    outer = Fragment(
        "d2", (), "h", (), "", True, (), ("d1",), (), (), (), (), (),
        row_operators=(RowOperator("input", datasets=("d1",)), _net()),
    )  # fmt: skip
    found = Rewriter({"d1": inner, "d2": outer}, {"d0": "orders", "d2": "top"}, lambda df: ()).rewritten("d2")
    assert found is not None
    (condition,) = found.row_operators[1].deciding
    assert condition.expression == "((amount - 1) > 5)"
    assert [(use.dataset, use.column) for use in condition.inputs] == [("orders", "amount")]


def _over(df: str, of: Fragment) -> Fragment:
    return replace(of, definitions=tuple(
        replace(each, inputs=tuple(replace(use, dataset=df) for use in each.inputs)) for each in of.definitions
    ), row_operators=(), indirect=())  # fmt: skip


def _net() -> RowOperator:
    net = made("d1", [ORDERS], reading(ORDERS), {"net": "amount"})
    return op("filter", 0, of=[net], condition="(net > 5)")
