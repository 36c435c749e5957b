"""The page says what `show`, `check`, `diff` and `explain` say with `--json`: it is read and compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

from spark_lineage.answers import ask
from spark_lineage.answers.check.results import document as check_document
from spark_lineage.answers.diff.document import document as diff_document
from spark_lineage.answers.explain import document as explain_document
from spark_lineage.answers.show import document as show_document
from tests.browser.made_up import ABORTED, CHAIN, CHANGED, COMPLETE, FAILED, PARTIAL, PLANNED, Made
from tests.browser.read import culprits, culprits_of, same_as_the_commands
from tests.browsing import numbers, shown

pytestmark = pytest.mark.wide

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Report = Callable[..., str]
RUNS = {
    "complete": COMPLETE, "failed": FAILED, "aborted": ABORTED, "plan": PLANNED, "partial": PARTIAL, "chain": CHAIN,
}  # fmt: skip


SLOW = ["aborted", "plan", "chain"]
EACH = [pytest.param(run, id=name, marks=[pytest.mark.slow] * (name in SLOW)) for name, run in RUNS.items()]


@pytest.mark.parametrize("run", EACH)
def test_a_run(browser: Browser, report: Report, made: Made, run: str) -> None:
    shows = show_document(ask.show(run, made.store))
    checks: dict[str, Any] | None = None
    if run != PLANNED:
        checks = check_document(ask.check(run, made.store))
    with shown(browser, report(run)) as seen:
        same_as_the_commands(seen, shows, checks, every=7 if run == CHAIN else 1)


def test_two_runs(browser: Browser, report: Report, made: Made) -> None:
    compared = diff_document(ask.diff((CHAIN, CHANGED), made.store))
    (first,) = compared["first_divergences"]
    with shown(browser, report(CHAIN, CHANGED)) as seen:
        seen.article("Step", first["step"]).wait_for()
        said = seen.details.locator(".divergence").first.inner_text()
        assert first["why"] in said
        assert f"rows {first['rows'][0]:,} → {first['rows'][1]:,}" in said
        columns = seen.details.locator("section").filter(
            has=seen.page.get_by_role("heading", name="Columns that differ")
        )
        assert numbers(columns.locator("h3").inner_text()) == [len(first["columns"])]
        rows = columns.locator("tbody tr td:first-child").all_inner_texts()
        assert rows == [each["name"] for each in first["columns"]][: len(rows)]
        assert rows != []
        told = seen.banner.inner_text()
        assert f"{len(compared['diverged'])} differ because of" in told
        assert f"{compared['evidence']['measured']} datasets measured to be equal" in told


@pytest.mark.parametrize(
    "pair",
    [
        (CHAIN, CHAIN),
        (COMPLETE, FAILED),
        pytest.param((CHAIN, CHANGED), marks=pytest.mark.slow),
        pytest.param((COMPLETE, PARTIAL), marks=pytest.mark.slow),
    ],
)
def test_the_culprits_of_two_runs(browser: Browser, report: Report, made: Made, pair: tuple[str, str]) -> None:
    compared = diff_document(ask.diff(pair, made.store))
    with shown(browser, report(*pair)) as seen:
        assert culprits(seen) == culprits_of(compared)


@pytest.mark.parametrize(
    ("run", "sink"),
    [
        (COMPLETE, "/data/report"),
        pytest.param(PARTIAL, "/data/report", marks=pytest.mark.slow),
        pytest.param(CHAIN, "make_29", marks=pytest.mark.slow),
    ],
)
def test_the_path_of_columns(browser: Browser, report: Report, made: Made, run: str, sink: str) -> None:
    graph = ask.show(run, made.store)
    columns = [column.name for column in next(each for each in graph.datasets if each.id == sink).columns][:3]
    with shown(browser, report(run)) as seen:
        for column in columns:
            explained = explain_document(ask.explain(f"{sink}.{column}", run, made.store))
            seen.open("column", sink, column)
            seen.article("Column", column).wait_for()
            hops = seen.details.locator("ol.path").first.locator("li").all()
            path = [(hop.get_attribute("data-dataset"), hop.get_attribute("data-column")) for hop in hops]
            direct = {(each["dataset"], each["column"]) for each in explained["sources"] if each["kind"] == "DIRECT"}
            assert direct <= set(path)
            on_the_way = [(hop["dataset"], hop["column"]) for hop in explained["path"]][1:]
            assert set(path) - direct <= set(on_the_way)
            if sink.startswith("/"):
                assert " ".join(explained["definition"].split()) in " ".join(seen.details.inner_text().split())
