"""Which programs will have Spark, by their loaded code: pyspark itself is loaded for observing them."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

from spark_lineage.surroundings.spark_named import SparkNamed


def test_loaded_code_of_the_program_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "named_not.py").write_text("import json\n")
    (tmp_path / "named_late.py").write_text("def main():\n    from pyspark.sql import SparkSession\n")
    monkeypatch.setitem(sys.modules, "pyspark", sys.modules.get("pyspark", type(sys)("pyspark")))
    named = SparkNamed(lambda file: file.startswith(str(tmp_path)))
    others = SparkNamed(lambda file: False)
    assert not named.look()
    for name, expected in (("named_not", False), ("named_late", True)):
        importlib.import_module(name)
        assert named.look() is expected
        monkeypatch.delitem(sys.modules, name)
    assert named.look()
    assert not others.look()
