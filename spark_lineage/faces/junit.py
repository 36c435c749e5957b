"""The results as JUnit XML, as CI servers read it: a test case per check, could-not-tell as skipped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree

from spark_lineage.answers.check.results import Report, Result, Status

# What XML 1.0 cannot hold, not even escaped.
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(report: Report, path: str) -> None:
    """Writes the file. Raises OSError if it cannot be written."""
    suite = ElementTree.Element(
        "testsuite", name=_clean(f"spark-lineage check {report.app}"), tests=str(len(report.results)),
        failures=str(len(report.of(Status.FAILED))), errors="0", skipped=str(len(report.of(Status.UNKNOWN))),
    )  # fmt: skip
    properties = ElementTree.SubElement(suite, "properties")
    ElementTree.SubElement(properties, "property", name="run", value=report.run)
    suite.extend(_cases(report.results))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _cases(results: Iterable[Result]) -> Iterable[ElementTree.Element]:
    for each in results:
        of = f" {each.dataset}{f'.{each.column}' if each.column else ''}" if each.dataset else ""
        case = ElementTree.Element("testcase", classname=_clean(each.step), name=_clean(f"{each.check}{of}"))
        if each.status is Status.FAILED:
            failure = ElementTree.SubElement(case, "failure", message=_clean(each.actual), type=_clean(each.check))
            failure.text = _clean(f"expected: {each.expected}\nactual: {each.actual}\n{each.where or ''}".strip())
        elif each.status is Status.UNKNOWN:
            ElementTree.SubElement(case, "skipped", message=_clean(each.actual))
        yield case


def _clean(text: str) -> str:
    return UNWRITABLE.sub("\ufffd", text)
