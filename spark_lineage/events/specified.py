"""What OpenLineage specifies: the head of an event and of each facet that we write, as plain documents.

They are those of openlineage-python's classes (a test compares them), made without these: each of them parses its
addresses anew, and a program of a thousand steps waits for that at its end. To import them takes a while, too.
"""

from __future__ import annotations

from typing import Any

from spark_lineage.events.identity import PRODUCER

Document = dict[str, Any]

_SPECIFICATION = "https://openlineage.io/spec"
RUN_EVENT = f"{_SPECIFICATION}/2-0-2/OpenLineage.json#/$defs/RunEvent"
# Facet -> version of its schema, and the file of that where it is not called as the facet.
FACETS = {
    "ColumnLineageDatasetFacet": ("1-2-0", None),
    "DataQualityAssertionsDatasetFacet": ("1-1-0", None),
    "DataQualityMetricsDatasetFacet": ("1-0-1", None),
    "DatasetTypeDatasetFacet": ("1-0-1", None),
    "DatasetVersionDatasetFacet": ("1-0-1", None),
    "DatasourceDatasetFacet": ("1-0-1", None),
    "DocumentationJobFacet": ("1-1-0", None),
    "ErrorMessageRunFacet": ("1-0-1", None),
    "ExecutionParametersRunFacet": ("1-0-0", None),
    "ExtractionErrorRunFacet": ("1-1-2", None),
    "InputStatisticsInputDatasetFacet": ("1-0-0", None),
    "JobTypeJobFacet": ("2-0-4", None),
    "LifecycleStateChangeDatasetFacet": ("1-0-1", None),
    "LineageDatasetFacet": ("1-0-0", "LineageFacet"),
    "LineageJobFacet": ("1-0-0", "LineageFacet"),
    "OutputStatisticsOutputDatasetFacet": ("1-0-2", None),
    "ParentRunFacet": ("1-2-0", None),
    "ProcessingEngineRunFacet": ("1-1-1", None),
    "SchemaDatasetFacet": ("1-2-0", None),
    "SourceCodeJobFacet": ("1-0-1", None),
    "SourceCodeLocationJobFacet": ("1-1-0", None),
    "StorageDatasetFacet": ("1-0-1", None),
    "SymlinksDatasetFacet": ("1-0-1", None),
    "TagsRunFacet": ("1-0-0", None),
}
_ADDRESSES = {
    name: f"{_SPECIFICATION}/facets/{version}/{file or name}.json#/$defs/{name}"
    for name, (version, file) in FACETS.items()
}


def facet(name: str, /, **properties: Any) -> Document:
    """A facet of the specification; properties that are None are left out."""
    return {"_producer": PRODUCER, "_schemaURL": _ADDRESSES[name], **present(properties)}


def present(properties: Document) -> Document:
    """Those that are not None: OpenLineage leaves out what is not known."""
    return {name: value for name, value in properties.items() if value is not None}
