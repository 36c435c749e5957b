"""One place has one name, whichever half names it: ``StoragesSuite`` reads the same file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from spark_lineage.model.locations import is_partition, location

KNOWN = json.loads(Path(__file__).with_name("locations.json").read_text("utf-8"))


@pytest.mark.parametrize("known", KNOWN, ids=lambda known: str(known["path"]))
def test_a_path_has_the_name_that_the_jvm_half_gives_it(known: dict[str, str]) -> None:
    found = location(known["path"])
    assert {"path": known["path"], "namespace": found.namespace, "name": found.name, "part": found.part} == known


def test_partition_folders() -> None:
    assert [is_partition(folder) for folder in ("day=1", "day=", "=1", "day", "a=b/c")] == [
        True, True, False, False, False,
    ]  # fmt: skip
