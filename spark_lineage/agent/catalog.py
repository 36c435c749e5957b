"""The audit tables in a catalog are written by the program's own session, while it is there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from spark_lineage.agent.ahead import Ahead
from spark_lineage.guard import logger


def write(spark_context: Any, catalog: str, store: Path, running: tuple[Ahead, Path] | None) -> None:
    """``running``: what was seen so far, and the folder, of a run that still goes on. Raises what Spark does."""
    from spark_lineage.sinks.catalog import CatalogAudit
    from spark_lineage.store.runs import RunRecord, Store

    session = sys.modules["pyspark.sql"].SparkSession._instantiatedSession
    if session is None or session._sc is not spark_context:
        return
    try:
        audit = CatalogAudit(session, catalog)
        audit.catch_up(Store(store))
        if running is not None:
            ahead, folder = running
            audit.put(RunRecord(ahead.graph(), (), folder, True))
    except Exception as error:
        logger.warning("spark-lineage.catalog: %s was not written", catalog, exc_info=error)
        raise
