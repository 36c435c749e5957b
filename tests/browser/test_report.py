"""The report in a browser: found, opened, followed, folded, compared, by mouse, by keyboard and by address."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.made_up import CHAIN, CHANGED, COLUMNS, COMPLETE, CULPRIT, EVIL, HOSTILE, LENGTH, WIDE, Made
from tests.browsing import numbers, shown

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Report = Callable[..., str]
FOCUSED = """() => {
  const { ariaLabel, textContent } = document.activeElement;
  return (ariaLabel || textContent || '').trim().slice(0, 30);
}"""
CLEAN, MAIN = "job.main.clean", "job.main"


def test_a_step_is_found_by_search_and_opened(browser: Browser, report: Report) -> None:
    with shown(browser, report(CHAIN)) as seen:
        seen.search.fill("make_17")
        seen.item("wide.make_17~1").click()
        seen.article("Step", "wide.make_17").wait_for()
        assert seen.details.get_by_role("heading", name="make_17").count() == 1
        assert "make_16" in seen.details.inner_text()
        assert seen.page.url.endswith("#step/wide.make_17/1")
        source = seen.details.locator("pre, table, ol").filter(has_text="def make_17")
        assert source.count() >= 1


def test_the_column_of_a_sink_is_followed_to_its_source(browser: Browser, report: Report) -> None:
    with shown(browser, report(COMPLETE)) as seen:
        seen.search.fill("report")
        seen.tree.locator("[data-dataset='/data/report']").first.click()
        seen.article("Dataset", "/data/report").wait_for()
        seen.details.get_by_role("table", name="Columns").get_by_role("link", name="b", exact=True).click()
        seen.article("Column", "b").wait_for()
        assert "sum(b)" in seen.details.inner_text()
        hops = seen.details.locator("ol.path").first.locator("li")
        path = [(hop.get_attribute("data-dataset"), hop.get_attribute("data-column")) for hop in hops.all()]
        assert path == [("total", "b"), ("clean", "b"), ("load", "b"), ("/data/orders", "b")]
        hops.last.get_by_role("link", name="b", exact=True).click()
        seen.page.wait_for_function("location.hash === '#column/%2Fdata%2Forders/b'")
        assert "source" in seen.details.inner_text()


def test_calls_fold_and_unfold_in_tree_and_graph(browser: Browser, report: Report) -> None:
    with shown(browser, report(COMPLETE)) as seen:
        main = seen.item(f"{MAIN}~1")
        assert main.get_attribute("aria-expanded") == "true"
        main.click()
        seen.tree.press("ArrowLeft")
        seen.item(f"{CLEAN}~1").wait_for(state="detached")
        assert main.get_attribute("aria-expanded") == "false"
        seen.tree.press("ArrowRight")
        seen.item(f"{CLEAN}~1").wait_for()

        seen.box(f"{CLEAN}~1").wait_for(state="attached")
        before = seen.box(f"{MAIN}~1").bounding_box()
        seen.box(f"{MAIN}~1").locator("[data-fold]").click()
        seen.box(f"{CLEAN}~1").wait_for(state="detached")
        after = seen.box(f"{MAIN}~1").bounding_box()
        assert before is not None
        assert after is not None
        assert abs(before["x"] - after["x"]) < 2 and abs(before["y"] - after["y"]) < 2, "what folds stays where it is"
        seen.box(f"{MAIN}~1").locator("[data-fold]").click()
        seen.box(f"{CLEAN}~1").wait_for(state="attached")


def test_neighbours_to_a_depth(browser: Browser, report: Report) -> None:
    with shown(browser, report(CHAIN)) as seen:
        seen.open("step", "wide.make_20", 1)
        reach = seen.page.locator(".reach")
        reach.wait_for()
        assert numbers(reach.inner_text()) != []
        lit = seen.graph.locator("g.box:not(.dim)[data-step]")
        depth = seen.page.get_by_label("Depth")
        found = []
        for choice in ("1", "2", "3"):
            depth.select_option(choice)
            seen.drawn()
            found.append(lit.count())
        assert found == sorted(found)
        assert found[0] < found[-1]


def test_links_lead_to_steps_datasets_and_columns(browser: Browser, report: Report) -> None:
    url = report(CHAIN)
    for hash, kind, name in (
        ("#step/wide.make_3/1", "Step", "wide.make_3"), ("#dataset/make_3", "Dataset", "make_3"),
        ("#column/make_3/column_2_of_orders", "Column", "column_2_of_orders"),
    ):  # fmt: skip
        with shown(browser, url + hash) as seen:
            seen.article(kind, name).wait_for()
    with shown(browser, url + "#dataset/nothing%00%E0%A4%A") as seen:
        seen.details.get_by_text("names something that this record does not have").wait_for()


def test_going_back_goes_back(browser: Browser, report: Report) -> None:
    with shown(browser, report(CHAIN)) as seen:
        for number in (1, 2):
            seen.open("step", f"wide.make_{number}", 1)
            seen.article("Step", f"wide.make_{number}").wait_for()
        seen.page.go_back()
        seen.article("Step", "wide.make_1").wait_for()


def test_the_culprit_of_a_diff_is_selected(browser: Browser, report: Report, made: Made) -> None:
    document = made.document(CHAIN, CHANGED)
    (first,) = document["diff"]["first_divergences"]
    with shown(browser, report(CHAIN, CHANGED)) as seen:
        seen.article("Step", first["step"]).wait_for()
        assert first["step"] == f"wide.make_{CULPRIT}"
        assert document["verdict"]["where"] in seen.banner.inner_text()
        assert first["why"] in seen.details.inner_text()
        sides = seen.details.locator("table.sides")
        assert ">= 10" in sides.locator("td.removed").first.inner_text()
        assert ">= 0" in sides.locator("td.added").first.inner_text()
        states = {
            number: seen.box(f"wide.make_{number}~1").get_attribute("data-state")
            for number in (CULPRIT - 1, CULPRIT, CULPRIT + 1)
            if seen.box(f"wide.make_{number}~1").count()
        }
        assert states[CULPRIT] == "differs_here"
        assert states.get(CULPRIT - 1, "same") == "same"
        assert states.get(CULPRIT + 1, "differs_upstream") == "differs_upstream"


def test_by_keyboard_alone(browser: Browser, report: Report) -> None:
    with shown(browser, report(CHAIN)) as seen:
        keyboard = seen.page.keyboard
        seen.tree.wait_for()
        keyboard.press("/")
        keyboard.type("make_11")
        keyboard.press("ArrowDown")
        keyboard.press("Enter")
        seen.page.wait_for_function("location.hash.includes('make_1')")
        keyboard.press("Escape")
        keyboard.press("t")
        assert seen.page.evaluate("document.activeElement.getAttribute('role')") == "tree"
        for keys in (["End"], ["Home", "ArrowDown", "ArrowDown"]):
            here = seen.page.url
            for key in (*keys, "Enter"):
                keyboard.press(key)
            seen.page.wait_for_function("url => location.href !== url", arg=here)
        keyboard.press("g")
        assert seen.page.evaluate("document.activeElement.getAttribute('role')") == "application"
        here = seen.page.url
        keyboard.press("ArrowRight")
        seen.page.wait_for_function("url => location.href !== url", arg=here)
        keyboard.press("d")
        assert seen.page.evaluate("document.activeElement.getAttribute('aria-label')") == "Details"
        keyboard.press("?")
        seen.page.get_by_role("dialog").wait_for()
        keyboard.press("Escape")
        seen.page.get_by_role("dialog").wait_for(state="detached")


# Presses keys that come before the page is drawn: each as soon as what the one before it started has ended.
FASTER = """async keys => {
  const tree = document.querySelector('.tree');
  const active = [];
  for (const key of keys) {
    const here = location.href;
    const changed = new Promise(done => addEventListener('hashchange', done, { once: true }));
    tree.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
    await (location.href === here ? null : changed);
    await null;
    active.push(tree.getAttribute('aria-activedescendant'));
  }
  await new Promise(done => setTimeout(done, 300));
  return [...active, tree.getAttribute('aria-activedescendant')];
}"""


def test_keys_that_come_before_the_page_is_drawn(browser: Browser, report: Report) -> None:
    with shown(browser, report(CHAIN)) as seen:
        seen.tree.wait_for()
        keys = {"Home": 0, "ArrowDown": 1, "Enter": 1, "PageDown": 16, "ArrowUp": 15, " ": 15, "End": 32}
        active = seen.page.evaluate(FASTER, list(keys))
        assert active == [f"tree-{row}" for row in (*keys.values(), 32)]


def test_every_control_is_reached_with_tab(browser: Browser, report: Report) -> None:
    with shown(browser, report(COMPLETE)) as seen:
        seen.tree.wait_for()
        reached = set()
        for _ in range(60):
            seen.page.keyboard.press("Tab")
            reached.add(seen.page.evaluate(FOCUSED))
        for name in ("Print", "Fit", "Details", "Graph", "Timeline"):
            assert any(each.startswith(name) for each in reached), (name, reached)


@pytest.mark.parametrize(
    "pair", [pytest.param((HOSTILE,), id="run", marks=pytest.mark.slow), pytest.param((COMPLETE, HOSTILE), id="diff")]
)
def test_hostile_values_are_text(browser: Browser, report: Report, pair: tuple[str, ...]) -> None:
    with shown(browser, report(*pair)) as seen:
        seen.tree.wait_for()
        for dataset in ("load", "clean", "total", "/data/report"):
            seen.open("dataset", dataset)
            seen.article("Dataset", dataset).wait_for()
        seen.open("dataset", "clean")
        seen.article("Dataset", "clean").wait_for()
        text = seen.details.inner_text()
        assert EVIL["markup"] in text
        assert EVIL["template"] in text
        assert "\u202e" not in text, "what turns text round is shown by a sign"
        assert "\x1b" not in text
        seen.open("column", "total", EVIL["end"])
        seen.article("Column", EVIL["end"]).wait_for()
        seen.search.fill("<img")
        assert seen.tree.get_by_role("treeitem").count() >= 1
        seen.page.get_by_role("tab", name="Timeline").click()
        assert seen.page.title() != "pwned"
        assert seen.page.locator("img, iframe, object, embed, form").count() == 0
        assert seen.page.locator("script").count() == 2, "the document and the page's own"
        assert seen.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing pushes the page apart"


def test_thousands_of_columns_open_at_once(browser: Browser, report: Report) -> None:
    with shown(browser, report(WIDE)) as seen:
        seen.open("dataset", "make_1")
        seen.article("Dataset", "make_1").wait_for()
        assert numbers(seen.facts()["columns"]) == [COLUMNS]
        seen.details.get_by_role("searchbox", name="Filter columns").fill(f"column_{COLUMNS - 1}")
        link = seen.details.get_by_role("table", name="Columns").get_by_role("link", name=f"column_{COLUMNS - 1}")
        link.click()
        seen.article("Column", f"column_{COLUMNS - 1}").wait_for()


def test_a_report_asks_nobody_for_anything(browser: Browser, report: Report) -> None:
    with shown(browser, report(CHAIN, CHANGED)) as seen:
        seen.tree.wait_for()
        policy = seen.page.locator("meta[http-equiv='Content-Security-Policy']").get_attribute("content") or ""
        assert "default-src 'none'" in policy
        assert "connect-src 'none'" in policy
        assert "unsafe" not in policy
        assert LENGTH > CULPRIT


def test_a_page_that_was_cut_off_says_so(browser: Browser, made: Made, tmp_path: Path) -> None:
    path = tmp_path / "cut.html"
    path.write_text(made.html(COMPLETE).replace('"kind":"run"', '"kind":"run'), encoding="utf-8")
    with shown(browser, path.as_uri()) as seen:
        seen.page.get_by_text("cannot be read").wait_for()
