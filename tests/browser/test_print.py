"""Printing the page gives a file for whoever signs: all of the record, whatever is selected on the screen."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from tests.browser.made_up import COMPLETE, Made
from tests.browsing import shown

if TYPE_CHECKING:
    from playwright.sync_api import Browser

Report = Callable[..., str]


def test_printing_gives_a_file_for_whoever_signs(browser: Browser, report: Report, made: Made) -> None:
    pypdf = pytest.importorskip("pypdf")
    part = made.document(COMPLETE)["run"]
    with shown(browser, report(COMPLETE)) as seen:
        seen.tree.wait_for()
        pdf = seen.page.pdf(print_background=True)
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)
    words = re.sub(r"\s+", "", text)
    proof, run = part["proof"], part["show"]["run"]
    for needed in (run["id"], run["app"], proof["program_hash"], proof["root_hash"]):
        assert needed in words, (needed, text[:2000])
    for step in part["show"]["steps"]:
        assert step["function"].replace("<module>", "") in words or step["step"] in words, step["step"]
    for dataset in part["show"]["datasets"]:
        assert dataset["rows"] is None or f"{dataset['rows']:,}" in words
    sink = next(index for index, each in enumerate(part["show"]["datasets"]) if each["kind"] == "sink")
    for definition in part["datasets"][sink]["definitions"].values():
        assert re.sub(r"\s+", "", definition) in words
    for result in part["check"]["results"]:
        assert re.sub(r"\s+", "", result["check"]) in words
