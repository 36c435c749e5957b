"""Where data lies, as far as only a client of Spark Connect has said so: a path as the program wrote it.

What the path is relative to, the server knows. Where it has told of one place that ends so, that is the place.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from spark_lineage.model import Execution, Fragment, Operation, Storage

OF_A_CLIENT = "Spark Connect: "  # begins the description of an execution that only the client has seen
UNKNOWN = "unknown"  # the namespace of what a client names, and of connectors that the JVM half does not know


class ClientNames:
    """Finds the places that clients have named among those that servers have told of."""

    def __init__(self, executions: Iterable[Execution], fragments: Mapping[str, Fragment]) -> None:
        every = (*_of_executions(executions), *(each for one in fragments.values() for each in one.sources))
        self._told = {(each.namespace, each.name) for each in every if each.namespace != UNKNOWN}

    def resolved(self, storage: Storage) -> Storage:
        """Itself, where it is no such place, or where several fit or none."""
        if storage.namespace != UNKNOWN or storage.table is not None or not self._told:
            return storage
        found = {(namespace, base) for namespace, name in self._told if (base := _within(name, storage.name))}
        if len(found) != 1:
            return storage
        ((namespace, name),) = found
        return replace(storage, namespace=namespace, name=name)

    def execution(self, seen: Execution) -> Execution:
        if not _is_told_by_a_client(seen):
            return seen
        sources = tuple(map(self.resolved, seen.sources))
        sinks = tuple((self.resolved(storage), mode, of) for storage, mode, of in seen.sinks)
        return replace(seen, sources=sources, sinks=sinks) if (sources, sinks) != (seen.sources, seen.sinks) else seen

    def fragment(self, seen: Fragment) -> Fragment:
        if not _is_of_a_client(seen):
            return seen
        sources = tuple(map(self.resolved, seen.sources))
        return replace(seen, sources=sources) if sources != seen.sources else seen

    def operation(self, seen: Operation) -> Operation:
        if not _is_placed_by_a_client(seen):
            return seen
        namespace, name, *rest = seen.detail["place"].split("\n")
        storage = self.resolved(Storage(namespace, name))
        return replace(seen, detail={**seen.detail, "place": "\n".join((storage.namespace, storage.name, *rest))})


def named_by_clients(
    executions: Iterable[Execution], fragments: Mapping[str, Fragment], operations: Iterable[Operation]
) -> frozenset[str]:
    """The names of all places that nobody but a client has named."""
    found = {each.name for each in _of_executions(each for each in executions if _is_told_by_a_client(each))}
    found |= {each.name for one in fragments.values() if _is_of_a_client(one) for each in one.sources}
    return frozenset(
        found | {each.detail["place"].split("\n")[1] for each in operations if _is_placed_by_a_client(each)}
    )


def _is_told_by_a_client(seen: Execution) -> bool:
    return seen.description.startswith(OF_A_CLIENT)


def _is_of_a_client(seen: Fragment) -> bool:
    return not seen.plan_text and not seen.columns  # Spark's own plans have both


def _is_placed_by_a_client(seen: Operation) -> bool:
    return seen.detail.get("place", "").startswith(f"{UNKNOWN}\n")


def _of_executions(executions: Iterable[Execution]) -> Iterator[Storage]:
    for each in executions:
        yield from each.sources
        yield from (sink[0] for sink in each.sinks)


def _within(name: str, written: str) -> str | None:
    """The part of a place up to what the program wrote, which it ends with or holds as folders."""
    wanted = written.strip("/").removeprefix("./")
    at = f"{name}/".find(f"/{wanted}/")
    return name[: at + 1 + len(wanted)] if wanted and at >= 0 else None
