"""The page in a real browser: the Chromium that is installed here, driven by Playwright, which brings none of its own.

Whatever a page does wrong in the browser counts in every test: an error on its console, a violation of its own policy,
a request that leaves for elsewhere.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Root has no sandbox, and the /dev/shm of a container is small.
FLAGS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--force-color-profile=srgb"]
PATIENCE = 20_000  # ms: until what is waited for counts as missing
WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) =>
  window.violations.push(`${event.violatedDirective}: ${event.blockedURI}`));
"""


def installed() -> str | None:
    """The browser's path, if there is one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def why_not() -> str | None:
    """Why there are no tests in a browser here; None if there are."""
    try:
        import playwright.sync_api  # noqa: F401
    except ImportError as error:
        return f"playwright cannot be imported: {error}"
    if installed() is None:
        return (
            f"no Chromium is installed here (looked for {', '.join(NAMES)}); Debian has one: apt-get install chromium"
        )
    return None


@contextmanager
def browser() -> Iterator[Browser]:
    """One browser. Skips the test where there is none."""
    missing = why_not()
    if missing is not None:
        pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=installed(), args=FLAGS)
        try:
            yield running
        finally:
            running.close()


@dataclass
class Shown:
    """One page that is open, and what it did wrong so far."""

    page: Page
    home: str  # what all requests have to begin with
    wrong: list[str] = field(default_factory=list)
    base: tuple[str, ...] = ()  # what stands before addresses within a run, in the local page

    def watch(self) -> None:
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("console", self._said)
        self.page.on("request", lambda request: self._asked(request.url))

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.wrong.append(f"console: {message.text}")

    def _asked(self, url: str) -> None:
        if not url.startswith((self.home, "data:", "blob:")):
            self.wrong.append(f"request: {url}")

    def faults(self) -> list[str]:
        return [*self.wrong, *(f"policy: {each}" for each in self.page.evaluate("window.violations || []"))]

    # ------------------------------------------------------------- what the page has (web/TESTIDS.md)

    @property
    def banner(self) -> Locator:
        return self.page.get_by_role("banner")

    @property
    def details(self) -> Locator:
        return self.page.get_by_role("complementary", name="Details")

    @property
    def tree(self) -> Locator:
        return self.page.get_by_role("tree")

    @property
    def search(self) -> Locator:
        return self.page.get_by_role("searchbox", name="Search")

    @property
    def graph(self) -> Locator:
        return self.page.get_by_role("application", name="Graph")

    def item(self, step: str) -> Locator:
        """Of the tree. ``step`` is `STEP~CALL`."""
        return self.tree.locator(f"[data-step={quoted(step)}]")

    def box(self, step: str) -> Locator:
        """Of the graph: the box of a step, `STEP~CALL`."""
        return self.graph.locator(f"g.box[data-step={quoted(step)}]")

    def article(self, kind: str, name: str) -> Locator:
        """What the details show: a Step, a Dataset or a Column of this name; there as soon as it is selected."""
        return self.details.get_by_role("article", name=f"{kind} {name}", exact=True)

    def facts(self) -> dict[str, str]:
        """The facts of what is selected, by name, as they are read."""
        return dict(self.page.evaluate(FACTS))

    def chips(self) -> dict[str, str]:
        """What the verdict strip says, by name."""
        return dict(self.page.evaluate(CHIPS))

    def drawn(self) -> None:
        """Waits until what was done before has been drawn."""
        self.page.evaluate(
            "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
        )

    def open(self, *parts: str | int) -> None:
        """By the address within the page; without parts, the whole run."""
        self.page.evaluate("hash => { location.hash = hash }", "/".join(map(encoded, (*self.base, *parts))))


DRAWN = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
TEXT = "(element) => element.innerText.replace(/\\s+/g, ' ').trim()"
FACTS = f"""() => {{
  const text = {TEXT};
  return [...document.querySelectorAll('aside dl.facts > div')].map((each) =>
    [text(each.querySelector('dt')), text(each.querySelector('dd'))]);
}}"""
CHIPS = f"""() => {{
  const text = {TEXT};
  return [...document.querySelectorAll('header .chip')].map((each) =>
    [text(each.querySelector('.name')), text(each.querySelector('.said'))]);
}}"""


def numbers(text: str) -> list[int]:
    """The numbers of a text, as people write them: `1,234`."""
    return [int(each.replace(",", "")) for each in re.findall(r"\d[\d,]*", text)]


def quoted(text: str) -> str:
    """For a selector of CSS."""
    return '"' + "".join(f"\\{ord(letter):x} " if not letter.isalnum() else letter for letter in text) + '"'


def encoded(part: str | int) -> str:
    from urllib.parse import quote

    return quote(str(part), safe="")


@contextmanager
def shown(running: Browser, url: str, **context: Any) -> Iterator[Shown]:
    """``url`` is open, and nothing has gone wrong in the page until the end. ``context``: see Playwright's."""
    opened = running.new_context(**{"viewport": {"width": 1280, "height": 800}, **context})
    opened.set_default_timeout(PATIENCE)
    opened.add_init_script(WATCH)
    home = url if url.startswith("file:") else "/".join(url.split("/")[:3]) + "/"
    seen = Shown(opened.new_page(), home.split("#")[0])
    seen.watch()
    try:
        seen.page.goto(url)
        yield seen
        if seen.faults():
            raise AssertionError("\n".join(seen.faults()))
    except Exception:
        kept = os.environ.get("SPARK_LINEAGE_SCREENSHOTS")
        if kept:
            Path(kept).mkdir(parents=True, exist_ok=True)
            seen.page.screenshot(path=str(Path(kept, f"{abs(hash(url))}.png")))
        raise
    finally:
        opened.close()
