"""Two runs of pytest in one Spark session: golden facts are recorded, then a function is changed."""

import sys
from pathlib import Path

import pytest

WORDS = ["-p", "spark_lineage.testing.plugin", "-p", "no:cacheprovider", "-rA", "--tb=short", "-q"]


def run(*words):
    print(f"--- {' '.join(words)}", flush=True)
    status = pytest.main([*WORDS, *words])
    for name in ("shop", "test_shop", "conftest"):
        sys.modules.pop(name, None)
    print(f"status {int(status)}", flush=True)


run("--lineage-record")
run("-k", "right")
shop = Path("shop.py")
shop.write_text(shop.read_text().replace("amount > 1", "amount > 5"))
run("-k", "right")
