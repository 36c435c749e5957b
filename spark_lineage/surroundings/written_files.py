"""What became of the files that Spark wrote: a program may move them away, and their last place is another one then.

Nothing is hooked for this: ``os.rename`` and its like are no functions of Python, and whatever stands in their place
can be told from them. The end of the program looks whether what was written is still there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from spark_lineage.model import DatasetKind, Gap, LineageGraph

MOST = 1_000  # sinks that are looked at
MOST_ENTRIES = 10_000  # files and folders of one of them
MOVED = (
    "the files that were written here were moved or removed before the program ended: "
    "where they are now, and what reads them there, is not known"
)


def moved(graph: LineageGraph) -> Iterator[Gap]:
    """A gap for each sink on this machine's disk in which there is nothing left."""
    if graph.run.spark is None or not graph.run.spark.master.startswith("local"):
        return  # written by executors on other machines
    sinks = [each for each in graph.datasets if each.kind is DatasetKind.SINK and each.namespace == "file"]
    for sink in sinks[:MOST]:
        if sink.rows and sink.name.startswith(os.sep) and _is_gone(sink.name):
            yield Gap(sink.step, sink.id, "sink", MOVED)


def _is_gone(path: str) -> bool:
    """False also where it cannot be told."""
    try:
        return not (os.path.isfile(path) or _holds_data(path))
    except OSError:
        return False


def _holds_data(folder: str) -> bool:
    """Whether a file lies in it or below, other than those that Spark puts beside its data (``_SUCCESS``, ``.crc``)."""
    todo, seen = [folder], 0
    while todo:
        try:
            entries = os.scandir(todo.pop())
        except FileNotFoundError:
            continue
        with entries:
            for entry in entries:
                seen += 1
                if seen > MOST_ENTRIES or (entry.is_file() and not entry.name.startswith((".", "_"))):
                    return True
                if entry.is_dir(follow_symlinks=False):
                    todo.append(entry.path)
    return False
