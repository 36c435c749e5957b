"""axe-core finds nothing serious in the page, dark and light, whatever is selected."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.made_up import CHAIN, CHANGED, COMPLETE, FAILED, HOSTILE
from tests.browsing import Shown, shown
from tests.local_page import LocalPage

if TYPE_CHECKING:
    from playwright.sync_api import Browser

AXE = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = ("serious", "critical")
Report = Callable[..., str]
pytestmark = [
    pytest.mark.wide,
    pytest.mark.skipif(
        not AXE.is_file(), reason=f"{AXE} is not there: make page fetches it where the page has to be built"
    ),
]


def found(seen: Shown) -> list[str]:
    """What is seriously wrong, as one line each. The script is given to the browser and not to the page, whose policy
    would refuse it.
    """
    seen.page.evaluate(AXE.read_text(encoding="utf-8"))
    said: dict[str, Any] = seen.page.evaluate("() => axe.run(document, { resultTypes: ['violations'] })")
    return [
        f"{each['id']}: {each['help']}: {[node['html'][:200] for node in each['nodes'][:3]]}"
        for each in said["violations"]
        if each["impact"] in SERIOUS
    ]


# Both colour schemes where many colours are; the others differ in texts alone.
SHOWN = [
    pytest.param((COMPLETE,), "light", id="run-light", marks=pytest.mark.slow),
    pytest.param((COMPLETE,), "dark", id="run-dark"),
    pytest.param((CHAIN, CHANGED), "light", id="diff-light"),
    pytest.param((CHAIN, CHANGED), "dark", id="diff-dark", marks=pytest.mark.slow),
    pytest.param((FAILED,), "dark", id="failed"), pytest.param((HOSTILE,), "light", id="hostile"),
]  # fmt: skip


@pytest.mark.parametrize(("runs", "scheme"), SHOWN)
def test_a_report(browser: Browser, report: Report, runs: tuple[str, ...], scheme: str) -> None:
    with shown(browser, report(*runs), color_scheme=scheme) as seen:
        seen.tree.wait_for()
        assert found(seen) == []
        if runs == (COMPLETE,):
            for address in ("step/job.main.clean/1", "dataset/clean", "column/%2Fdata%2Freport/b"):
                seen.page.evaluate("hash => { location.hash = hash }", address)
                seen.details.get_by_role("article").locator("h2").wait_for()
                assert found(seen) == []
            seen.page.get_by_role("tab", name="Timeline").click()
            assert found(seen) == []


@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.slow)])
def test_the_list_of_runs(browser: Browser, served: LocalPage, scheme: str) -> None:
    with shown(browser, served.address, color_scheme=scheme) as seen:
        seen.page.get_by_role("table").first.wait_for()
        assert found(seen) == []
