"""Contracts of metrics: normal forms, populations, and what is told of each part."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from small_plans import filtered, grouped, made, op, reading, source
from test_explain import graph

from spark_lineage.answers.check.results import Status
from spark_lineage.answers.contracts import libraries
from spark_lineage.answers.contracts.checking import results
from spark_lineage.answers.contracts.normal import clauses, normal
from spark_lineage.answers.contracts.reading import Contract, ContractError, contracts
from spark_lineage.answers.contracts.texts import NotReadable, parsed, text_of
from spark_lineage.cli.commands import main
from spark_lineage.config import resolve
from spark_lineage.events import build, samples
from spark_lineage.model import CheckResult, Dataset, LineageGraph, Mode, StepKind
from spark_lineage.sinks.journal import Journal

TYPES = {
    ("s", "a"): "int", ("s", "l"): "bigint", ("s", "x"): "double", ("s", "m"): "decimal(12,2)", ("s", "t"): "string",
    ("s", "d"): "date", ("s", "at"): "timestamp", ("s", "b"): "boolean",
}  # fmt: skip

# ---- normal forms

SAME_CONDITIONS = [
    ("s.a between 1 and 5", "s.a >= 1 and s.a < 6"),
    ("s.a > 3 and s.t = 'x'", "s.t in ('x') and not (s.a <= 3)"),
    ("not (s.t <> 'x' or s.a <= 3)", "3 < s.a and s.t = 'x'"),
    ("s.t = 'a' or s.t = 'b'", "s.t in ('b', 'a', 'b')"),
    ("s.t <> 'a' and s.t <> 'b'", "s.t not in ('a', 'b')"),
    ("s.d >= date '1994-01-01' and s.d < date '1994-01-01' + interval '1' year",
     "s.d between '1994-01-01' and '1994-12-31'"),
    ("s.d <= date_add(DATE '1998-12-01', (- extractansiintervaldays(INTERVAL '90' DAY)))", "s.d <= '1998-09-02'"),
    ("s.d < date_sub(date '1998-12-01', 90)", "s.d <= '1998-09-01'"),
    ("(between(s.a, 1, 5) AND (s.t = 'between(x'))", "s.a between 1 and 5 and s.t = 'between(x'"),
    ("s.at >= '2024-01-01'", "s.at >= timestamp '2024-01-01 00:00:00'"),
    ("s.b", "s.b = true"),
    ("not s.b", "s.b = false"),
    ("s.a is not null and s.a > 3", "s.a > 3"),
    ("(s.a = 1 and s.t = 'x') or (s.a = 1 and s.t = 'y')", "s.a = 1 and s.t in ('x', 'y')"),
    ("atleastnnonnulls(2, s.a, s.t)", "s.a is not null and s.t is not null"),
    ("cast(s.a as bigint) > 3", "s.a > 3"),
    ("cast(s.t as string) = 'x'", "s.t = 'x'"),
    ("s.x between 0.06 - 0.01 and 0.06 + 0.01", "0.05 <= s.x and s.x <= 0.070"),
    ("s.t like 'PROMO%'", "startswith(s.t, 'PROMO')"),
    ("s.a > 3 or (s.a > 3 and s.b)", "s.a > 3"),
    ("s.a = s.l", "s.l = s.a"),
]  # fmt: skip
OTHER_CONDITIONS = [
    ("s.a > 3", "s.a >= 3"),
    ("s.x < 6", "s.x <= 5"),  # no whole number
    ("s.a is not null and (s.a > 3 or s.b)", "s.a > 3 or s.b"),
    ("not (s.a > 3)", "s.a <= 3 or s.a is null"),
    ("s.t = 'a'", "s.t = 'A'"),
    ("s.t like 'P_%'", "startswith(s.t, 'P')"),
    ("s.a <=> s.l", "s.a = s.l"),
    ("atleastnnonnulls(1, s.x)", "s.x is not null"),  # NaN counts as missing, too
    ("cast(s.x as int) > 3", "s.x > 3"),
    ("coalesce(s.b, false)", "coalesce(s.b, true)"),
]
SAME_VALUES = [
    ("sum(s.x * (1 - s.m))", "sum((1 - s.m) * s.x)"),
    ("s.x * s.m * s.a", "s.a * (s.x * s.m)"),
    ("s.x - s.m - 1", "s.x - (s.m + 1)"),
    ("sum(case when s.t = 'p' then s.x else null end)", "sum(s.x) filter (where s.t = 'p')"),
    ("sum(if(s.t = 'p', s.x, null))", "sum(case s.t when 'p' then s.x end)"),
    ("count_if(s.a > 1)", "count(case when s.a >= 2 then 7 end)"),
    ("count(1)", "count(*)"),
    ("round(sum(s.x) / (sum(s.m) / 60), 2)", "round(60 * sum(s.x) / sum(s.m), 2)"),
    ("s.x / s.m / s.a", "s.x / (s.a * s.m)"),
    ("mean(s.x)", "avg(s.x)"),
    ("coalesce(s.x, 0)", "case when s.x is null then 0.0 else s.x end"),
    ("nvl(s.x, 0)", "if(s.x is not null, s.x, 0)"),
    ("cast(s.d as date)", "s.d"),
    ("sum(cast(s.a as bigint))", "sum(s.a)"),
    ("extract(year from s.d)", "year(s.d)"),
    ("date_trunc('MONTH', s.at)", "date_trunc('month', s.at)"),
]
OTHER_VALUES = [
    ("sum(s.x)", "avg(s.x)"),
    ("s.x / (s.m + s.a)", "s.x / s.m + s.x / s.a"),
    ("count(s.x)", "count(distinct s.x)"),
    ("count(s.x)", "count(*)"),
    ("s.x / 100", "s.x / 1000"),
    ("s.x - s.m", "s.m - s.x"),
    ("s.x / s.m", "s.m / s.x"),
    ("case when s.b then 1 else 0 end", "case when not s.b then 0 else 1 end"),  # NULL
    ("sum(case when s.b then s.x else 0 end)", "sum(case when s.b then s.x end)"),
    ("sum(coalesce(s.x, 0))", "sum(s.x)"),
]


def condition(text: str) -> list[str]:
    return [text_of(each) for each in clauses(parsed(text), TYPES)]


def value(text: str) -> str:
    return text_of(normal(parsed(text), TYPES))


@pytest.mark.parametrize(("one", "other"), SAME_CONDITIONS)
def test_conditions_of_one_normal_form(one: str, other: str) -> None:
    assert condition(one) == condition(other)


@pytest.mark.parametrize(("one", "other"), OTHER_CONDITIONS)
def test_conditions_of_other_normal_forms(one: str, other: str) -> None:
    assert condition(one) != condition(other)


@pytest.mark.parametrize(("one", "other"), SAME_VALUES)
def test_values_of_one_normal_form(one: str, other: str) -> None:
    assert value(one) == value(other)


@pytest.mark.parametrize(("one", "other"), OTHER_VALUES)
def test_values_of_other_normal_forms(one: str, other: str) -> None:
    assert value(one) != value(other)


@pytest.mark.parametrize("text", ["", "a >", "select 1", "drop table x", "sum(a", "((((", "a b c"])
def test_what_is_no_expression_is_refused(text: str) -> None:
    with pytest.raises(NotReadable):
        parsed(text)


# ---- parts

ORDERS = source(
    "orders", id="int", status="string", country="string", amount="double", discount="double", customer_id="int",
    day="date",
)  # fmt: skip
CUSTOMERS = source("customers", id="int", segment="string")
PAID = filtered("paid", ORDERS, "(status = 'paid')")
KNOWN = filtered("known", PAID, "((country != 'XX') AND (amount > 0.0))")
PRICED = made("priced", [KNOWN], reading(KNOWN), {
    "country": "country", "month": "trunc(day, 'month')", "net": "(amount * (1 - discount))",
})  # fmt: skip
REPORT = grouped("report", PRICED, {"country": "country", "month": "month"}, {"revenue": "sum(net)"})
SHOP = graph(ORDERS, CUSTOMERS, PAID, KNOWN, PRICED, REPORT)
MEANT = {
    "definition": "sum(orders.amount * (1 - orders.discount))",
    "population": "orders.status = 'paid' and orders.country <> 'XX' and orders.amount > 0",
    "grain": ("country", "month"),
}


def contract(name: str = "report.revenue", **said: str | Sequence[str]) -> Contract:
    texts = {key: said.get(key) for key in ("definition", "population", "joins", "grain")}
    return Contract(name, **texts, places={"": "spark-lineage.toml:1"})  # type: ignore[arg-type]


def told(of: LineageGraph, name: str = "report.revenue", **said: str | Sequence[str]) -> dict[str, CheckResult]:
    return {each.check.removeprefix("metric_"): each for each in results(of, [contract(name, **said)])}


def test_a_metric_as_it_is_meant() -> None:
    found = told(SHOP, **MEANT)
    assert {part: each.status for part, each in found.items()} == dict.fromkeys(MEANT, Status.PASSED), found
    assert all(each.rule and each.dataset == "report" and each.column == "revenue" for each in found.values())
    assert "trunc" in found["grain"].actual.lower() and "month" in found["grain"].expected


@pytest.mark.parametrize(
    ("part", "said", "shown"),
    [
        ("definition", "sum(orders.amount)", "discount ="),
        ("definition", "avg(amount * (1 - discount))", "amount ="),
        ("definition", "orders.amount", "a value of single rows"),
        ("population", "status = 'paid' and country <> 'XX' and amount >= 0", "amount = 0.0"),
        ("population", "status in ('paid', 'open') and country <> 'XX' and amount > 0", "status = 'open'"),
        ("population", "status = 'paid' and (country <> 'XX' or country is null) and amount > 0", "country = NULL"),
        ("population", "status = 'paid' and amount > 0", "country = "),
        ("grain", ("country",), "day ="),
        ("grain", ("country", "trunc(day, 'year')"), "day ="),
        ("grain", (), "one row by the contract"),
    ],
)
def test_what_is_different_is_shown_by_rows(part: str, said: str, shown: str) -> None:
    found = told(SHOP, **{part: said})[part]
    assert found.status is Status.FAILED and shown in found.actual
    assert found.details["contract"] and found.details["program"]


def with_customers(kind: str, condition: str = "(customer_id = customers.id)") -> LineageGraph:
    both = [PAID, CUSTOMERS]
    plan = [*reading(*both), op("join", 0, 1, of=both, kind=kind, condition=condition)]
    joined = made("joined", both, plan, {"amount": "amount", "segment": "segment"})
    total = grouped("total", joined, {"segment": "segment"}, {"revenue": "sum(amount)"})
    return graph(ORDERS, CUSTOMERS, PAID, joined, total)


def test_joins() -> None:
    def of(kind: str, join: str) -> CheckResult:
        return told(with_customers(kind), "total.revenue", joins=(join,))["joins"]

    on = "customers on orders.customer_id = customers.id"
    assert of("inner", f"join {on}").status is Status.PASSED
    assert of("left outer", f"left join {on}").status is Status.PASSED
    assert of("left outer", f"join {on}").status is Status.FAILED
    assert of("inner", f"left join {on}").status is Status.FAILED
    assert of("left semi", f"left anti join {on}").status is Status.FAILED
    assert of("left outer", "left join customers on orders.id = customers.id").status is Status.FAILED
    assert of("left outer", "left join customers on customers.id = orders.customer_id").status is Status.PASSED


def test_a_population_that_says_nothing_of_a_join_is_not_equal() -> None:
    for kind, status in (("inner", Status.UNKNOWN), ("left outer", Status.UNKNOWN), ("left semi", Status.UNKNOWN)):
        found = told(with_customers(kind), "total.revenue", population="status = 'paid'")["population"]
        assert found.status is status, (kind, found)
    assert (
        told(with_customers("inner"), "total.revenue", population="status = 'open'")["population"].status
        is Status.FAILED
    )


def test_a_filter_that_undoes_an_outer_join_makes_it_an_inner_one() -> None:
    both = [PAID, CUSTOMERS]
    condition = "(customer_id = customers.id)"
    plan = [*reading(*both), op("join", 0, 1, of=both, kind="left outer", condition=condition)]
    joined = made("joined", both, [*plan, op("filter", 2, of=both, condition="(segment = 'B')")], {"amount": "amount"})
    found = told(
        graph(ORDERS, CUSTOMERS, PAID, joined), "joined.amount",
        population="status = 'paid' and segment = 'B' and customer_id = customers.id",
    )  # fmt: skip
    assert found["population"].status is Status.PASSED, found


def deduplicated(*, first: bool) -> LineageGraph:
    at = 0 if first else 1
    unique = op("deduplicate", at, of=[ORDERS], kind="rows", keys={"id": "id"})
    paid = op("filter", 1 - at, of=[ORDERS], condition="(status = 'paid')")
    steps = [unique, paid] if first else [paid, unique]
    return graph(ORDERS, made("chosen", [ORDERS], [*reading(ORDERS), *steps]))


def test_the_order_of_conditions_and_deduplications() -> None:
    def of(text: str, first: bool) -> Status:
        return told(deduplicated(first=first), "chosen.amount", population=text)["population"].status

    assert of("one_row_per(id) and status = 'paid'", True) is Status.PASSED
    assert of("status = 'paid' and one_row_per(id)", False) is Status.PASSED
    assert of("status = 'paid' and one_row_per(id)", True) is Status.UNKNOWN
    assert of("status = 'paid'", True) is Status.UNKNOWN
    assert of("status = 'paid' and one_row_per(id, day)", False) is Status.FAILED
    assert told(deduplicated(first=True), "chosen.amount", grain=("id",))["grain"].status is Status.PASSED


def test_a_deduplication_that_is_not_there() -> None:
    text = "status = 'paid' and one_row_per(id)"
    assert told(graph(ORDERS, PAID), "paid.amount", population=text)["population"].status is Status.FAILED
    assert told(SHOP, population=f"{MEANT['population']} and one_row_per(id)")["population"].status is Status.FAILED
    first = grouped("first", PAID, {"id": "id"}, {"amount": "first(amount)"})
    assert told(graph(ORDERS, PAID, first), "first.amount", population=text)["population"].status is Status.UNKNOWN


def test_a_join_over_several_sources_is_no_other_join() -> None:
    nations = source("nations", land="string", segment="string")
    inner = made("places", [CUSTOMERS, nations], [
        *reading(CUSTOMERS, nations),
        op("join", 0, 1, of=[CUSTOMERS, nations], kind="inner", condition="(customers.segment = nations.segment)"),
    ], {"id": "id", "land": "land"})  # fmt: skip
    both = [PAID, inner]
    plan = [*reading(*both), op("join", 0, 1, of=both, kind="left outer", condition="(customer_id = places.id)")]
    joined = made("joined", both, plan, {"amount": "amount", "land": "land"})
    of = graph(ORDERS, CUSTOMERS, nations, PAID, inner, joined)
    join = "left join customers on orders.customer_id = customers.id"
    assert told(of, "joined.amount", joins=(join,))["joins"].status is Status.UNKNOWN


def test_a_choice_of_other_rows_by_rank_is_different() -> None:
    rank = "(row_number() OVER (PARTITION BY id ORDER BY day {}) = 1)"
    chosen = made("chosen", [ORDERS], [
        *reading(ORDERS),
        op("deduplicate", 0, of=[ORDERS], kind="row_number", condition=rank.format("ASC"), keys={"id": "id"}),
    ])  # fmt: skip
    for order, status in (("desc", Status.FAILED), ("asc", Status.PASSED)):
        text = f"row_number() over (partition by id order by day {order}) = 1"
        assert told(graph(ORDERS, chosen), "chosen.amount", population=text)["population"].status is status


def test_groups_that_are_left_out() -> None:
    many = made("many", [REPORT], [*reading(REPORT), op("filter", 0, of=[REPORT], condition="(revenue > 100.0)")])
    of = graph(ORDERS, PAID, KNOWN, PRICED, REPORT, many)
    rows = MEANT["population"]
    found = {
        text: told(of, "many.revenue", population=f"{rows}{text}")["population"].status
        for text in ("", " and sum(amount * (1 - discount)) > 100", " and sum(amount * (1 - discount)) >= 100")
    }
    assert list(found.values()) == [Status.FAILED, Status.PASSED, Status.FAILED], found
    assert told(of, "many.revenue", grain=("country", "month"))["grain"].status is Status.PASSED


UNKNOWN = {
    "a function of the program": made(
        "seen", [ORDERS], [*reading(ORDERS), op("filter", 0, of=[ORDERS], condition="is_good(amount)")],
        covers=["is_good@0123456789abcdef"],
    ),
    "a union": made("seen", [ORDERS, PAID], [*reading(ORDERS, PAID), op("union", 0, 1)], {"amount": "orders.amount"}),
    "rows of Python": made("seen", [ORDERS], [op("opaque")], {"amount": "amount"}, opaque=["rdd"]),
    "a masked value": filtered("seen", ORDERS, "(status = 'masked:0123456789abcdef')"),
    "a subquery": filtered("seen", ORDERS, "(id IN (SELECT id))"),
    "a generator": made(
        "seen", [ORDERS], [*reading(ORDERS), op("generate", 0, of=[ORDERS], condition="explode(amount)")]
    ),
}  # fmt: skip


@pytest.mark.parametrize("seen", UNKNOWN.values(), ids=list(UNKNOWN))
def test_what_is_not_known_is_never_equal(seen: Dataset) -> None:
    for text in ("true", "amount > 0", "is_good(amount)"):
        found = told(graph(ORDERS, PAID, seen), "seen.amount", population=text)["population"]
        assert found.status is Status.UNKNOWN, found


def test_what_duckdb_cannot_evaluate_cannot_be_told() -> None:
    found = told(SHOP, definition="sum(length(amount))", population="length(amount) > 3")
    assert {each.status for each in found.values()} == {Status.UNKNOWN}, found
    assert all("DuckDB cannot evaluate them" in each.actual for each in found.values())


def test_a_very_deep_condition_cannot_be_told() -> None:
    deep = " AND ".join(f"(amount > {n})" for n in range(3000))
    found = told(graph(ORDERS, filtered("seen", ORDERS, f"({deep})")), "seen.amount", population="amount > 2999")
    assert found["population"].status in (Status.UNKNOWN, Status.PASSED)


# ---- bad contracts


def written(tmp_path: Path, text: str) -> tuple[Contract, ...]:
    import tomllib

    file = tmp_path / "spark-lineage.toml"
    file.write_text(text)
    return contracts(tomllib.loads(text).get("metrics", {}), file)


def test_contracts_as_they_are_written(tmp_path: Path) -> None:
    text = '[metrics."report.revenue"]\ndefinition = "sum(x)"\n\njoins = "join a on b = c"\ngrain = ["k"]\n'
    (found,) = written(tmp_path, text)
    assert (found.definition, found.population, found.joins, found.grain) == (
        "sum(x)",
        None,
        ("join a on b = c",),
        ("k",),
    )
    assert found.at("joins").endswith("spark-lineage.toml:4") and found.at("population").endswith(":1")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[metrics."a.b"]\ndefinitoin = "x"', ":2: unknown key definitoin of the metric a.b; the nearest"),
        ('[metrics."a.b"]\ndefinition = 3', ":2: definition of a.b must be a text with SQL."),
        ('[metrics."a.b"]\ngrain = [1]', ":2: grain of a.b must be a list of texts."),
        ('[metrics."a.b"]\n', ":1: the metric a.b says nothing: write at least one of"),
        ('[metrics.a]\nx = 1', "write a metric as a table"),
        ('metrics = 3', "metrics must be tables"),
    ],
)  # fmt: skip
def test_bad_tables_are_one_sentence(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ContractError) as refused:
        written(tmp_path, text)
    assert said in str(refused.value) and "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "part", "text", "said"),
    [
        ("report.profit", "definition", "x", "report has no column profit"),
        ("reprot.revenue", "definition", "x", "no dataset reprot"),
        (
            "report.revenue",
            "definition",
            "sum(amuont)",
            "there is no column amuont in what it is made from; the nearest",
        ),
        ("report.revenue", "population", "orders.status = ", "population of report.revenue cannot be read"),
        ("report.revenue", "population", "status = (select 1)", "subqueries cannot be compared"),
        ("report.revenue", "grain", ("contry",), "there is no column contry"),
        ("report.revenue", "joins", ("shops",), "write a join as in"),
        ("report.revenue", "joins", ("left join shops on a = b",), "shops is no source"),
    ],
)
def test_bad_contracts_are_one_sentence(name: str, part: str, text: str, said: str) -> None:
    with pytest.raises(ContractError) as refused:
        told(SHOP, name, **{part: text})
    assert said in str(refused.value) and "\n" not in str(refused.value)
    assert str(refused.value).startswith("spark-lineage.toml:1: ")


def test_a_name_that_several_sources_have_is_refused() -> None:
    with pytest.raises(ContractError, match="id is a column of .* and .*: write which one is meant"):
        told(with_customers("inner"), "total.revenue", population="id > 3")


def test_a_contract_may_speak_of_datasets_of_the_program() -> None:
    found = told(
        SHOP, definition="sum(priced.net)", population="paid.status = 'paid' and known.country <> 'XX' and amount > 0"
    )
    assert {each.status for each in found.values()} == {Status.PASSED}, found


# ---- the command


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    run = replace(SHOP.run, id="01a20dc7-9327-7c5d-993d-1e3c8f48213c", mode=Mode.PLAN)
    first = SHOP.steps[0]
    program = replace(first, step="job", kind=StepKind.APPLICATION, function="job", inputs=(), outputs=())
    steps = [replace(step, parent=("job", 1)) for step in SHOP.steps]
    recorded = replace(SHOP, run=run, steps=(program, *steps))
    Journal(tmp_path / "lineage" / "runs" / run.id).write(build(recorded), samples(recorded))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_check_has_contracts_also_of_runs_in_plan_mode(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 2 and "nothing to check" in capsys.readouterr().err
    table = '[metrics."report.revenue"]\ndefinition = "{}"\npopulation = "{}"\ngrain = ["country", "month"]\n'
    file = folder / "spark-lineage.toml"
    file.write_text(table.format(MEANT["definition"], MEANT["population"]))
    assert main(["check"]) == 0
    assert "3 passed" in capsys.readouterr().out
    file.write_text(table.format("sum(amount)", MEANT["population"]))
    assert main(["check", "--json"]) == 1
    said = json.loads(capsys.readouterr().out)
    first = said["results"][0]
    assert (first["check"], first["status"], first["column"]) == ("metric_definition", "failed", "revenue")
    assert first["where"] == f"{file}:2" and first["details"]["rows"][0]["discount"] and not said["passed"]
    assert main(["check", "--rules", str(file)]) == 1
    shown = capsys.readouterr().out
    assert "metric_definition" in shown and "expected sum(amount)" in " ".join(shown.split())


def test_what_is_wrong_with_a_contract_is_one_line_on_standard_error(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "spark-lineage.toml").write_text('[metrics."report.revenue"]\npopulation = "amuont > 0"\n')
    assert main(["check"]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and "spark-lineage.toml:2: population of" in said.err


def test_without_the_libraries_one_sentence_says_what_to_install(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "spark-lineage.toml").write_text('[metrics."report.revenue"]\npopulation = "amount > 0"\n')
    monkeypatch.setattr(libraries, "NEEDED", ("sqlglot", "a_library_that_nobody_has"))
    assert main(["check"]) == 2
    said = capsys.readouterr().err
    assert "need a_library_that_nobody_has" in said and "pip install 'spark-lineage-agent[contracts]'" in said


def test_metrics_of_the_configuration_file_are_no_unknown_option(folder: Path) -> None:
    (folder / "spark-lineage.toml").write_text('mode = "plan"\n[metrics."report.revenue"]\npopulation = "x > 0"\n')
    assert resolve(folders=[folder]).mode is Mode.PLAN
