"""Names, ids and moments in events. They are made from the graph alone, so one graph always gives the same events."""

from __future__ import annotations

import functools
import uuid
from datetime import datetime, timedelta, timezone

from spark_lineage.model import FORMAT
from spark_lineage.version import VERSION

PRODUCER = f"https://sparklineage.io/{VERSION}"
SCHEMAS = f"https://sparklineage.io/facets/{FORMAT}"  # an immutable address: a change of a schema changes it
NAMESPACE = "spark-lineage"  # of jobs, unless configured
PREFIX = "sparkLineage_"
MAIN_THREAD = "MainThread"  # not written

_RUNS = uuid.UUID("5c7f9e6a-6a35-5f0e-9f55-5b1f3c0d7a11")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def run_uuid(run: str) -> str:
    """The run id of the application; one that is no UUID gets one made from it."""
    try:
        return str(uuid.UUID(run))
    except ValueError:
        return str(uuid.uuid5(_RUNS, run))


def step_uuid(run: str, step: str, call: int) -> str:
    """The run id of one call of one step. It depends on nothing but the arguments, so everyone computes the same."""
    return str(uuid.uuid5(_uuid(run), f"{step}#{call}"))


@functools.lru_cache(maxsize=8)
def _uuid(run: str) -> uuid.UUID:
    return uuid.UUID(run_uuid(run))


def iso(seconds: float) -> str:
    """Seconds since the epoch -> RFC 3339 in UTC, to the microsecond."""
    moment = _EPOCH + timedelta(microseconds=round(seconds * 1_000_000))
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def seconds(text: str) -> float:
    """The inverse of :func:`iso`."""
    # Not strptime: it takes ten times as long, and a large run has thousands of moments.
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (moment - _EPOCH) / timedelta(microseconds=1) / 1_000_000
