"""``diff`` names the faulty step and nothing else: the fault suite in flow mode (in all: ``make localisation``).

A share of the changes is tried always, the others where ``slow`` tests run.
"""

from __future__ import annotations

import pytest

from spark_lineage.answers import ask
from spark_lineage.answers.page import document
from spark_lineage.faces import html
from tests import browsing
from tests.browser.read import culprits, culprits_of
from tests.localisation.suite import Bench, judge
from tests.localisation.table import CHANGES
from tests.page_says import check_two

# Few programs, as each takes a baseline; of each the changes that differ most.
ALWAYS = ["retail/status", "retail/renamed-variable"]
SHARE = [*ALWAYS, "credit/keep", "credit/segments", "credit/sorted"]


@pytest.fixture(scope="module")
def bench(tmp_path_factory, warm_jvms):
    return Bench(tmp_path_factory.mktemp("localisation"), warm_jvms.observing)


def case(change):
    name = f"{change.program}/{change.name}"
    return pytest.param(
        change, id=name, marks=[] if name in ALWAYS else [pytest.mark.wide if name in SHARE else pytest.mark.slow]
    )


def test_the_share_is_there():
    assert set(SHARE) <= {f"{each.program}/{each.name}" for each in CHANGES}


@pytest.mark.parametrize("change", [case(change) for change in CHANGES])
def test_diff_names_the_faulty_step_and_nothing_else(bench, change):
    a, b = bench.pair(change, "flow")
    status, answer = bench.diff(a, b)
    verdict = judge(change, "flow", a, b, status, answer)
    assert verdict.right, (verdict.wrong, verdict.answer)
    check_two([str(each.store / "runs" / each.run) for each in (a, b)], None, answer)


@pytest.fixture(scope="module")
def browser():
    with browsing.browser() as running:
        yield running


@pytest.mark.parametrize("change", [case(change) for change in CHANGES])
def test_the_page_names_the_step_that_diff_names(bench, browser, tmp_path, change):
    a, b = bench.pair(change, "flow")
    _, said = bench.diff(a, b)
    path = tmp_path / "report.html"
    path.write_text(html.page(document(ask.page_of_two((a.run, b.run), a.store, store_b=b.store))), encoding="utf-8")
    with browsing.shown(browser, path.as_uri()) as seen:
        assert culprits(seen) == culprits_of(said)


def test_each_change_has_one_place_in_its_program():
    from tests.localisation.suite import changed_sources

    assert len({(each.program, each.name) for each in CHANGES}) == len(CHANGES)
    for each in CHANGES:
        changed = changed_sources(each.program, each) != changed_sources(each.program, None)
        assert changed or each.harmless, f"{each.program}/{each.name}"
