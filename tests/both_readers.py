"""``explain`` and the application's ``lineage`` facet name the same source columns for each column of a run."""

from __future__ import annotations

from spark_lineage.answers.explain import explained
from spark_lineage.events import composed
from spark_lineage.graph.composition import Composition
from spark_lineage.model import DatasetKind, LineageGraph

Address = tuple[str, str]  # namespace, name
Named = set[tuple[str, str, str | None]]  # namespace and name of a source, its column


def check_same_sources(graph: LineageGraph) -> int:
    """Fails where the two differ; gives the number of columns that have sources by both."""
    explained, told = by_explain(graph), by_events(graph)
    assert explained == told
    return len(told)


def by_explain(graph: LineageGraph) -> dict[tuple[Address, str], Named]:
    """Address and column of what was written -> its sources; a place has those of all writes of it."""
    found: dict[tuple[Address, str], Named] = {}
    columns = Composition(graph).columns
    for dataset in graph.datasets:
        address = (dataset.namespace, dataset.name)
        for column in columns(dataset) if dataset.kind is DatasetKind.SINK else ():
            named = {
                (source.dataset.namespace, source.dataset.name, source.column)
                for source in explained(graph, dataset, column).sources
                if source.known
            }
            if named:
                found.setdefault((address, column), set()).update(named)
    return found


def by_events(graph: LineageGraph) -> dict[tuple[Address, str], Named]:
    facet = composed.facet(graph)
    return {
        ((entry["namespace"], entry["name"]), column): {
            (source["namespace"], source["name"], source["field"]) for source in field["inputs"]
        }
        for entry in (facet["entries"] if facet is not None else ())
        for column, field in entry.get("fields", {}).items()
    }
