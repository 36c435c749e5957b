"""The run of another system that started the program: an orchestrator's task, and what is at the top of it.

As OpenLineage has it: ``OPENLINEAGE_PARENT_ID`` (``namespace/name/run id``, as Airflow and dbt give it; the namespace
may have slashes), or the conf of OpenLineage's Spark integration, ``spark.openlineage.parentRunId`` and its like.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Mapping

from spark_lineage.model import ParentSeen, PythonGap

# What says so in the environment and in the Spark conf, for the parent and for the root of all.
NAMES = {False: ("OPENLINEAGE_PARENT_ID", "parent"), True: ("OPENLINEAGE_ROOT_PARENT_ID", "rootParent")}
PREFIX = "spark.openlineage."
LONGEST = 200  # characters of a wrong value that are told

Found = ParentSeen | PythonGap


def of_environment(environ: Mapping[str, str]) -> Iterator[Found]:
    """What cannot be understood is a gap, and is otherwise passed over."""
    for root, (variable, _) in NAMES.items():
        if value := environ.get(variable, "").strip():
            namespace, _, rest = value.rpartition("/")[0].rpartition("/")
            yield _checked(namespace, rest, value.rpartition("/")[2], root, f"{variable} is {value[:LONGEST]!r}")


def of_conf(conf: Callable[[str], str | None]) -> Iterator[Found]:
    """``conf`` gives the value of a key of the Spark conf. Nothing without a run id: a namespace alone is a default."""
    for root, (_, prefix) in NAMES.items():
        keys = [f"{PREFIX}{prefix}{part}" for part in ("JobNamespace", "JobName", "RunId")]
        namespace, name, run = [(conf(key) or "").strip() for key in keys]
        if run:
            told = f"{keys[1]} is {name[:LONGEST]!r}, {keys[2]} is {run[:LONGEST]!r}"
            yield _checked(namespace or "default", name, run, root, told)


def _checked(namespace: str, name: str, run: str, root: bool, told: str) -> Found:
    try:
        number = str(uuid.UUID(run))
    except ValueError:
        return PythonGap("parent", f"{told}: the run id is no UUID; the run has no parent")
    if not namespace or not name:
        return PythonGap("parent", f"{told}: that is not namespace/name/run id; the run has no parent")
    return ParentSeen(namespace, name, number, root)
