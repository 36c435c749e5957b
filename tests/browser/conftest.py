"""One browser and one store for all tests of the page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests import browsing
from tests.browser.made_up import Made, make
from tests.local_page import LocalPage, local_page

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with browsing.browser() as running:
        yield running


@pytest.fixture(scope="package")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make(tmp_path_factory.mktemp("browser"))


@pytest.fixture(scope="package")
def served(made: Made) -> Iterator[LocalPage]:
    with local_page("--store", str(made.store), folder=made.folder) as page:
        yield page


@pytest.fixture
def report(made: Made, tmp_path: Path):
    """The report of a run, or of two, as a file: its address for a browser."""

    def written(*runs: str) -> str:
        path = tmp_path / "report.html"
        path.write_text(made.html(*runs), encoding="utf-8")
        return path.as_uri()

    return written
