"""The pytest plugin without Spark: golden facts, facts that are not known, and that it costs nothing when unused."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from observing import RUN, shop

import spark_lineage
from spark_lineage.events import build, samples
from spark_lineage.graph import assemble
from spark_lineage.model import LineageGraph, Mode, RuleAnswer, Sample
from spark_lineage.sinks.journal import Journal
from spark_lineage.testing.facts import Facts
from spark_lineage.testing.golden import FILES, Golden

ROOT = Path(__file__).parents[2]
PLUGIN = ["-p", "spark_lineage.testing.plugin", "-p", "no:cacheprovider", "-p", "no:hypothesispytest"]


def write(store: Path, graph: LineageGraph) -> Path:
    folder = store / "runs" / graph.run.id
    Journal(folder, fsync=False).write(build(graph), samples(graph))
    return folder


def inner(folder: Path, *words: str) -> tuple[int, str]:
    """Exit status and output of a pytest of its own."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *PLUGIN, *words], cwd=folder, capture_output=True, text=True, timeout=120,
        env={**environment, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def test_golden_facts_are_kept_and_compared(tmp_path: Path) -> None:
    recorded = write(tmp_path, assemble(shop()))
    again = write(tmp_path, assemble(shop(run=RUN[:-1] + "2")))
    changed = assemble(shop(run=RUN[:-1] + "3"))
    made = tuple(
        replace(dataset, rows=70, fingerprint="row1:00000000000000070000000000000000")
        if dataset.id == "clean"
        else dataset
        for dataset in changed.datasets
    )
    steps = tuple(replace(step, source_hash="other") if "clean" in step.step else step for step in changed.steps)
    other = write(tmp_path, replace(changed, datasets=made, steps=steps))

    folder = tmp_path / "__lineage__" / "test_shop" / "test_total"
    golden = Golden("test_shop.py::test_total", folder, record=False)
    assert golden.after(recorded) is None, "there are none"
    assert replace(golden, record=True).after(recorded) is None
    assert {path.name for path in folder.iterdir()} == set(FILES)
    assert golden.after(again) is None
    said = golden.after(other)
    assert said is not None
    assert "test_shop.py::test_total does not do what it did" in said
    assert "`clean` (job.py:20) is the first step that differs" in said
    assert "rows 80 → 70" in said

    (folder / "events.jsonl").write_text("{}\n")
    assert "cannot be compared: " in str(golden.after(again))
    assert replace(golden, record=True).after(again) is None
    assert golden.after(again) is None


@pytest.mark.bad_events
def test_what_cannot_be_compared_is_a_warning(tmp_path: Path) -> None:
    recorded = write(tmp_path, assemble(shop()))
    golden = Golden("test_total", tmp_path / "golden", record=True)
    golden.after(recorded)
    seen = assemble(shop(run=RUN[:-1] + "2"))
    unknown = tuple(
        replace(dataset, rows=None, complete=False, reason="limit", fingerprint=None, fragment=None, sample=None)
        for dataset in seen.datasets
    )
    run = write(tmp_path, replace(seen, datasets=unknown))
    with pytest.warns(pytest.PytestWarning, match="not all of test_total could be compared with its golden facts"):
        assert replace(golden, record=False).after(run) is None


def facts(tmp_path: Path, mode: Mode = Mode.FLOW, **changes: object) -> Facts:
    graph = assemble(shop(mode))
    made = tuple(replace(each, **changes) if each.id == "clean" else each for each in graph.datasets)  # type: ignore[arg-type]
    write(tmp_path, replace(graph, datasets=made))
    return Facts(spark_lineage.store(tmp_path).run()["clean"])


def sample(*rows: tuple[str | None, str | None], counts: tuple[int, ...] = ()) -> Sample:
    return Sample(("a",), ("a", "b"), rows, counts or tuple(1 for _ in rows))


@pytest.mark.parametrize(
    ("kept", "rows", "columns", "unique"),
    [(sample(("1", "x"), ("2", "x")), 2, ("a",), True),
     (sample(("1", "x"), ("2", "x")), 2, ("b",), False),
     (sample(("1", "x"), ("2", "x")), 2, ("a", "b"), True),
     (sample(("1", "x"), counts=(2,)), 2, ("a",), False),
     (sample((None, "x"), (None, "y")), 2, ("a",), True)],
    ids=["unique", "not", "several columns", "equal rows", "NULLs are left out"],
)  # fmt: skip
def test_unique_is_known_where_all_rows_were_kept(
    tmp_path: Path, kept: Sample, rows: int, columns: tuple[str, ...], unique: bool
) -> None:
    assert facts(tmp_path, rows=rows, sample=kept).unique(*columns) is unique


def test_a_rule_was_counted_over_all_rows(tmp_path: Path) -> None:
    assert facts(tmp_path, answers=(RuleAnswer("unique", ("a",), 0),)).unique("a") is False


@pytest.mark.parametrize(
    ("ask", "says"),
    [(lambda known: known.unique("a"), 'put the rule "job.main.clean: unique(a)" into spark-lineage.toml'),
     (lambda known: known.unique("zzz"), "clean has no column zzz"),
     (lambda known: known.nulls("zzz"), "clean has no column zzz")],
)  # fmt: skip
def test_what_is_not_known_is_no_fact(tmp_path: Path, ask: object, says: str) -> None:
    with pytest.raises(spark_lineage.AnswerError) as refused:
        ask(facts(tmp_path))  # type: ignore[operator]
    assert says in str(refused.value)


def test_what_was_not_measured_is_no_fact(tmp_path: Path) -> None:
    known = facts(tmp_path, Mode.PLAN)
    for ask in (lambda: known.rows, lambda: known.nulls("a"), lambda: known.sample(), lambda: known.unique("a")):
        with pytest.raises(spark_lineage.AnswerError, match="not known|were kept"):
            ask()


def test_it_costs_nothing_when_unused(tmp_path: Path) -> None:
    """Also where a test has a fixture of its own that is called so."""
    (tmp_path / "test_own.py").write_text(
        "import sys, pytest\n\n"
        "@pytest.fixture\ndef lineage():\n    return 3\n\n"
        "def test_own(lineage):\n"
        "    assert lineage == 3\n"
        "    ours = sorted(name for name in sys.modules if name.startswith('spark_lineage.'))\n"
        "    assert ours == ['spark_lineage.testing', 'spark_lineage.testing.plugin']\n"
    )
    status, said = inner(tmp_path, "-q")
    assert status == 0, said


SHOP = """
def clean_orders(orders):
    kept = orders[orders["amount"] > 1]
    return kept.drop_duplicates(["id"])


def with_country(orders, customers):
    return orders.merge(customers, on="customer", how="left")


def revenue(orders):
    made = orders.groupby("country", as_index=False)["amount"].sum()
    made.columns = ["country", "revenue"]
    return made
"""
TESTS_OF_SHOP = """
import sys

import pandas as pd
import pytest
from shop import clean_orders, revenue, with_country

import spark_lineage

COUNTRIES = pd.DataFrame({"customer": [10, 11], "country": ["NL", "BE"]})


@pytest.fixture
def orders():
    return pd.DataFrame({"id": [1, 1, 2, 3], "customer": [10, 10, 11, None], "amount": [5, 5, 7, 1]})


@pytest.fixture(scope="session")
def many():
    return pd.DataFrame({"id": range(1000), "customer": 10, "amount": 6})


def test_right(orders, lineage):
    cleaned = clean_orders(orders)
    made = lineage["clean_orders"]
    assert made.rows == 2, "it is a dataset though nothing else has looked at it"
    assert made.nulls("customer") == 0
    assert made.unique("id")
    assert made.dataset.step.inputs[0].id == "orders"
    assert sorted(made.sample().to_pandas()["amount"]) == ["5", "7"]
    report = revenue(with_country(cleaned, COUNTRIES))
    assert lineage["with_country"].rows == lineage["clean_orders"].rows
    assert report["revenue"].sum() == 12
    assert lineage["revenue"].rows == 2
    said = lineage.explain("revenue.revenue")
    assert said.partial, "what pandas did is not followed into columns"
    assert [each.id for each in lineage.run.datasets] == ["orders", "clean_orders", "with_country", "revenue"]
    assert [each.what for each in lineage.run.gaps] == ["end"]
    report = lineage.check()
    assert report.passed and {each.dataset for each in report.results} == {"clean_orders", "with_country", "revenue"}


def test_faulty(orders, lineage):
    joined = with_country(clean_orders(orders), pd.concat([COUNTRIES, COUNTRIES]))
    assert lineage["with_country"].rows == 2


def test_many(many, lineage):
    cleaned = clean_orders(many)
    assert lineage["clean_orders"].rows == 1000
    assert lineage["clean_orders"].unique("id"), "a rule was asked of all rows"
    with pytest.raises(spark_lineage.AnswerError, match="not every row was kept"):
        lineage["clean_orders"].unique("customer")


def test_again(many, lineage):
    assert with_country(many, COUNTRIES).shape == (1000, 4)
    assert [each.id for each in lineage.run.datasets] == ["with_country"], "nobody saw who made its inputs"
"""
ASKED = '[checks]\nrules = ["clean_orders: unique(id)"]\n'


def test_pandas_alone(tmp_path: Path) -> None:
    """Right and faulty pipelines, golden facts that two processes write; a changed function, and no pyspark."""
    (tmp_path / "shop.py").write_text(SHOP)
    (tmp_path / "test_shop.py").write_text(TESTS_OF_SHOP)
    (tmp_path / "spark-lineage.toml").write_text(ASKED)
    status, said = inner(tmp_path, "-rA", "--lineage-record", "-n", "2")
    assert "3 passed" in said and "1 failed" in said and status == 1, said
    assert "assert 4 == 2" in said, "the join multiplies"
    kept = tmp_path / "__lineage__" / "test_shop"
    assert {path.name for path in kept.iterdir()} == {"test_right", "test_faulty", "test_many", "test_again"}

    missing = "import sys\n\nsys.modules['pyspark'] = None  # as where it is not installed\n"
    (tmp_path / "conftest.py").write_text(missing)
    (tmp_path / "shop.py").write_text(SHOP.replace('amount"] > 1', 'amount"] > 5'))
    status, said = inner(tmp_path, "-rA", "-k", "right or many", "-p", "no:xdist")
    assert status == 1 and "PASSED test_shop.py::test_many" in said and "FAILED test_shop.py::test_right" in said, said
    assert "`clean_orders` (shop.py:2) is the first step that differs" in said
    assert "rows 2 → 1" in said


@pytest.mark.slow
def test_pandas_may_be_imported_late(tmp_path: Path) -> None:
    """By the function itself, while its test is observed. (pyspark would have imported it.)"""
    (tmp_path / "conftest.py").write_text("import sys\n\nsys.modules['pyspark'] = None\n")
    (tmp_path / "late.py").write_text("def made():\n    import pandas\n\n    return pandas.DataFrame({'a': [1, 2]})\n")
    (tmp_path / "test_late.py").write_text(
        "import sys\n\n\n"
        "def test_late(lineage):\n"
        "    assert 'pandas' not in sys.modules\n"
        "    from late import made\n\n"
        "    rows = made()\n"
        "    assert lineage['made'].rows == 2\n"
    )
    status, said = inner(tmp_path, "-q")
    assert status == 0, said


@pytest.mark.slow
def test_under_xdist_each_process_has_a_store_of_its_own(tmp_path: Path) -> None:
    """Without Spark, so that nothing is seen: what is kept apart is the same with it."""
    (tmp_path / "test_apart.py").write_text(
        "import os, pytest\n"
        "import spark_lineage\n\n"
        "@pytest.mark.parametrize('number', range(2))\n"
        "def test_apart(lineage, number):\n"
        "    run = lineage.run\n"
        "    assert run.app == f'test_apart.test_apart_{number}-' + run.app[-8:]\n"
        "    assert run.labels['test'] == f'test_apart.py::test_apart[{number}]'\n"
        "    assert os.environ['OPENLINEAGE_DISABLED'] == 'true'\n"
        "    with pytest.raises(spark_lineage.AnswerError, match='once an action has run it'):\n"
        "        lineage['nothing']\n"
        "    print('store', run.folder.parent.parent, os.environ['PYTEST_XDIST_WORKER'])\n\n"
        "def test_after():\n"
        "    assert 'OPENLINEAGE_DISABLED' not in os.environ\n"
    )
    status, said = inner(tmp_path, "-n", "2", "-rA", "--lineage-record")
    assert status == 0, said
    stores = {tuple(line.split()[1:]) for line in said.splitlines() if line.startswith("store ")}
    assert 1 <= len({store for store, _ in stores}) == len({worker for _, worker in stores}) <= 2
    assert not (tmp_path / "__lineage__").exists(), "there is nothing to keep"
