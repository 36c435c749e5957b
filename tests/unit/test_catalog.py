"""What of the catalog's tables needs no Spark; ``tests/spark/test_audit_store.py`` writes them."""

from __future__ import annotations

import pytest

from spark_lineage.sinks import catalog
from spark_lineage.sinks.audit_rows import TABLES


@pytest.mark.parametrize("name", ["", "a.b.c", "a b", "lineage; DROP TABLE x", "`a`", "1a"])
def test_what_is_no_schema(name: str) -> None:
    with pytest.raises(ValueError, match="is no schema of a catalog"):
        catalog.CatalogAudit(None, name)


def test_every_column_has_a_type() -> None:
    declared = {name: catalog._declared(name) for name in TABLES}
    assert "`labels` MAP<STRING, STRING>" in declared["runs"]
    assert "`metrics` MAP<STRING, BIGINT>" in declared["steps"]
    assert "`inputs` ARRAY<STRING>" in declared["steps"]
    assert "`run_started_at` TIMESTAMP" in declared["events"]
