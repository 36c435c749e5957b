"""The results as JUnit XML, as CI servers read it: a test case per check, could-not-tell as skipped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree

from spark_lineage.answers.check.results import Report, Result, Status
from spark_lineage.refusals import Refusal

# What XML 1.0 cannot hold, not even escaped.
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def save(report: Report, path: str) -> None:
    """Writes the file. Raises :class:`Refusal` if it cannot be written."""
    try:
        write(report, path)
    except OSError as error:
        raise Refusal(f"{path} cannot be written: {error.strerror or error}.") from error


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
    for result in results:
        of = f" {result.dataset}{f'.{result.column}' if result.column else ''}" if result.dataset else ""
        case = ElementTree.Element("testcase", classname=_clean(result.step), name=_clean(f"{result.check}{of}"))
        if result.status is Status.FAILED:
            failure = ElementTree.SubElement(case, "failure", message=_clean(result.actual), type=_clean(result.check))
            failure.text = _clean(f"expected: {result.expected}\nactual: {result.actual}\n{result.where or ''}".strip())
        elif result.status is Status.UNKNOWN:
            ElementTree.SubElement(case, "skipped", message=_clean(result.actual))
        yield case


def _clean(text: str) -> str:
    return UNWRITABLE.sub("\ufffd", text)
