"""The local page in a browser: the list of runs, one that grows while one looks at it, two compared, a history."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from spark_lineage.answers import ask
from spark_lineage.answers.check.results import document as check_document
from spark_lineage.answers.diff.document import document as diff_document
from spark_lineage.answers.history import document as history_document
from spark_lineage.answers.runs import document as runs_document
from spark_lineage.answers.show import document as show_document
from spark_lineage.events import build, samples
from spark_lineage.graph import assemble
from spark_lineage.sinks.journal import Journal
from spark_lineage.store.wal import WriteAhead
from tests.browser.made_up import CHAIN, CHANGED, COMPLETE, CULPRIT, HOSTILE, WIDE, Made, record, shop
from tests.browser.read import OUTCOMES, culprits, culprits_of, same_as_the_commands
from tests.browsing import Shown, encoded, numbers, quoted, shown
from tests.local_page import LocalPage, local_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser

GROWING = "0197a1b4-0000-7000-8000-000000000001"


def row(seen: Shown, address: str):
    return seen.page.get_by_role("table", name="Runs").locator(f"tr[data-run={quoted(address)}]")


def test_the_runs_are_those_of_the_command(browser: Browser, served: LocalPage, made: Made) -> None:
    runs = runs_document(ask.runs(made.store))["runs"]
    with shown(browser, served.address) as seen:
        table = seen.page.get_by_role("table", name="Runs")
        table.wait_for()
        rows = table.locator("tr[data-run]").all()
        assert [each.get_attribute("data-run") for each in rows] == [run["id"] for run in runs]
        for each, run in zip(rows, runs, strict=True):
            text = each.inner_text()
            for said in (run["app"], OUTCOMES[run["outcome"]], run["mode"], run["short_id"]):
                assert said in text
        for run in (COMPLETE, CHAIN):
            results = check_document(ask.check(run, made.store))["results"]
            failed = sum(not each["passed"] for each in results)
            said = f"{failed} failed" if failed else f"{len(results)} passed"
            row(seen, run).scroll_into_view_if_needed()
            row(seen, run).get_by_text(said, exact=True).wait_for()


def test_a_run_is_opened_from_the_list(browser: Browser, served: LocalPage, made: Made) -> None:
    with shown(browser, served.address) as seen:
        row(seen, COMPLETE).get_by_role("link").first.click()
        seen.base = ("run", COMPLETE)
        same_as_the_commands(
            seen, show_document(ask.show(COMPLETE, made.store)), check_document(ask.check(COMPLETE, made.store))
        )
        seen.page.go_back()


def test_two_runs_are_chosen_and_compared(browser: Browser, served: LocalPage, made: Made) -> None:
    with shown(browser, served.address) as seen:
        compare = seen.page.get_by_role("button", name="Compare")
        compare.wait_for()
        assert compare.is_disabled()
        for run in (CHANGED, CHAIN):
            row(seen, run).get_by_role("checkbox").check()
        compare.click()
        seen.article("Step", f"wide.make_{CULPRIT}").wait_for()
        seen.base = ("compare", CHAIN, CHANGED)
        assert culprits(seen) == culprits_of(diff_document(ask.diff((CHAIN, CHANGED), made.store)))


def test_the_history_is_that_of_the_command(browser: Browser, served: LocalPage, made: Made) -> None:
    found = history_document(ask.history(f"make_{CULPRIT}", made.store))["series"]
    with shown(browser, f"{served.address}#history/make_{CULPRIT}") as seen:
        table = seen.page.get_by_role("table", name="History")
        table.wait_for()
        assert table.count() == len(found) == 1
        points = found[0]["points"]
        told = {
            each.get_attribute("data-run"): numbers(each.locator("td.rows").inner_text())
            for each in table.locator("tr[data-run]").all()
        }
        assert told == {point["run"]: [] if point["rows"] is None else [point["rows"]] for point in points}
        assert told[CHAIN] != told[CHANGED]
        changed = table.locator(f"tr[data-run={quoted(CHANGED)}]").inner_text()
        assert all(what in changed for point in points if point["run"] == CHANGED for what in point["changed"])
        assert seen.page.get_by_role("img").count() == 1, "the chart"


def test_a_run_grows_while_one_looks_at_it(browser: Browser, tmp_path: Path) -> None:
    folder = tmp_path / "lineage" / "runs" / GROWING
    whole = shop(run=GROWING)
    ahead = WriteAhead(folder)
    ahead.append(whole[:6])
    with local_page("--store", "lineage", folder=tmp_path) as served, shown(browser, served.address) as seen:
        row(seen, GROWING).get_by_text("running").wait_for()
        row(seen, GROWING).get_by_role("link").first.click()
        seen.tree.wait_for()
        assert seen.item("job.main.clean~1").count() == 0
        assert seen.chips()["run"].startswith("running")
        half = next(at for at, each in enumerate(whole) if getattr(each, "function", "") == "clean") + 8
        ahead.append(whole[6:half])
        seen.item("job.main.clean~1").wait_for()
        seen.item("job.main.clean~1").click()
        ahead.append(whole[half:-1])
        seen.tree.get_by_text("report", exact=False).first.wait_for()
        assert seen.article("Step", "job.main.clean").count() == 1, "what is selected stays"
        asked: list[str] = []
        seen.page.on("request", lambda request: asked.append(request.url))
        graph = assemble(whole)
        Journal(folder).write(build(graph), samples(graph))
        ahead.remove()
        seen.banner.get_by_text("complete").wait_for()
        seen.page.wait_for_timeout(1500)
        asked.clear()
        seen.page.wait_for_timeout(2500)
        assert asked == [], "a run that has ended is not asked for again"


def test_two_stores_beside_each_other(browser: Browser, made: Made, tmp_path: Path) -> None:
    record(tmp_path / "after" / "lineage", COMPLETE, shop(run=COMPLETE, salt=3))
    stores = ["--store", str(made.store), "--store", "after/lineage"]
    with local_page(*stores, folder=tmp_path) as served:
        names = [store["name"] for store in served.get("/api/runs").json["stores"]]
        a, b = (f"{name}:{COMPLETE}" for name in names)
        with shown(browser, f"{served.address}#compare/{encoded(a)}/{encoded(b)}") as seen:
            seen.base = ("compare", a, b)
            compared = diff_document(ask.diff((COMPLETE, COMPLETE), made.store, store_b=tmp_path / "after" / "lineage"))
            assert compared["same"] is False
            assert culprits(seen) == culprits_of(compared)


@pytest.mark.parametrize(
    "address",
    [
        f"run/{HOSTILE}",
        "history/clean",
        pytest.param(f"run/{WIDE}", marks=pytest.mark.slow),
        pytest.param(f"compare/{COMPLETE}/{HOSTILE}", marks=pytest.mark.slow),
    ],
)
def test_hostile_values_are_text_here_too(browser: Browser, served: LocalPage, address: str) -> None:
    with shown(browser, f"{served.address}#{address}") as seen:
        seen.page.get_by_role("heading").first.wait_for()
        seen.page.wait_for_load_state("networkidle")
        assert seen.page.title() != "pwned"
        assert seen.page.locator("img, iframe, object, embed, form").count() == 0


def test_an_address_that_leads_nowhere_says_so(browser: Browser, served: LocalPage) -> None:
    with shown(browser, f"{served.address}#run/nothing") as seen:
        seen.page.get_by_text("no run nothing in").wait_for()
        seen.wrong = [each for each in seen.wrong if "404" not in each]  # the browser tells its console of each
