"""Events are those of the OpenLineage client, and the end of a program does without it."""

from __future__ import annotations

import importlib
import pkgutil
import re
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from observing import shop
from openlineage.client import event_v2, generated
from openlineage.client.serde import Serde

from spark_lineage.events import build, specified
from spark_lineage.graph import assemble
from spark_lineage.model import Mode
from spark_lineage.sinks.transports import event_of

PROGRAMS = {"shop": shop(), "plan": shop(Mode.PLAN), "running": shop(finished=False)}


@cache
def classes() -> dict[str, Any]:
    """The client's classes of facets, by the address of their schema."""
    modules = [
        importlib.import_module(f"{generated.__name__}.{each.name}")
        for each in pkgutil.iter_modules(generated.__path__)
    ]
    found = [each for module in modules for each in vars(module).values() if hasattr(each, "_get_schema")]
    return {each._get_schema(): each for each in found}


def by_the_client(document: Any) -> Any:
    """With each facet of the specification as an object of the client's class."""
    if isinstance(document, list):
        return [by_the_client(each) for each in document]
    if not isinstance(document, dict):
        return document
    kind = classes().get(document.get("_schemaURL"))
    if kind is None:
        return {name: by_the_client(each) for name, each in document.items()}
    return kind(**{name.lstrip("_"): each for name, each in document.items() if name != "_schemaURL"})


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_client_would_write_the_same(name: str) -> None:
    """Its classes take all properties by their names, add none but empty objects, and leave none out."""
    for event in build(assemble(PROGRAMS[name]), sample_rows=True):
        assert filled(event) == filled(Serde.to_dict(event_of(by_the_client(event))))


def filled(document: Any) -> Any:
    """Without empty objects."""
    if isinstance(document, list):
        return list(map(filled, document))
    if not isinstance(document, dict):
        return document
    return {name: filled(each) for name, each in document.items() if each != {}}


def test_addresses_are_those_of_the_client() -> None:
    assert specified.RUN_EVENT == event_v2.RunEvent._get_schema()
    for name in specified.FACETS:
        kind = classes()[specified.facet(name)["_schemaURL"]]
        assert kind.__name__ == name


def test_the_end_of_a_program_imports_neither_the_client_nor_pandas(tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text("print('done')\n")
    command = [sys.executable, "-X", "importtime", "-m", "spark_lineage", "run", "job.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "done\n"
    imported = set(re.findall(r"\| +([\w.]+)$", done.stderr, re.MULTILINE))
    assert {"spark_lineage.events.building", "deltalake", "pyarrow"} <= imported, "the record was written"
    assert not imported & {"pandas", "requests", "httpx2", "yaml", "asyncio", "openlineage", "attr", "dateutil"}
