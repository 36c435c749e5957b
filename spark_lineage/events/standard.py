"""Makes the facets that the OpenLineage specification defines from the graph."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePath
from urllib.parse import quote

from spark_lineage.events.identity import run_uuid, step_uuid
from spark_lineage.events.specified import Document, facet, present
from spark_lineage.model import ColumnInput, Dataset, DatasetKind, Gap, Outcome, ParentSeen, Run, Step, StepKind
from spark_lineage.version import VERSION

Place = tuple[str, str]  # namespace and name of a dataset
LONGEST_EXPRESSION = 500  # characters of an expression in columnLineage; the plan facet has all of it
_EMISSION = {"eventTrigger": "EVENT_BASED", "eventContentMode": "ACCUMULATIVE"}
STREAM_LAYERS = {"kafka": "TOPIC"}


def parent(
    run: Run, above: tuple[str, int] | None, namespace: str, jobs: Mapping[tuple[str, int], str]
) -> Document | None:
    """The run above a step's, and the one at the root. None for an application that nobody else's run started.

    ``above`` is the call that made the step, ``jobs`` the job of each call.
    """
    application = ParentSeen(namespace, jobs.get((run.app, 1), run.app), run_uuid(run.id))
    top = run.root or run.parent or application
    if above is None:
        return _parent_facet(run.parent, top) if run.parent is not None else None
    name, call = above
    if name == run.app:
        return _parent_facet(application, top)
    return _parent_facet(ParentSeen(namespace, jobs.get(above, name), step_uuid(run.id, name, call)), top)


def _parent_facet(above: ParentSeen, top: ParentSeen) -> Document:
    return facet("ParentRunFacet", **_run_and_job(above), root=_run_and_job(top))


def _run_and_job(seen: ParentSeen) -> Document:
    return {"run": {"runId": seen.run}, "job": {"namespace": seen.namespace, "name": seen.name}}


def engine(run: Run) -> Document | None:
    if run.spark is None:
        return None
    return facet(
        "ProcessingEngineRunFacet", version=run.spark.spark_version, name="spark", openlineageAdapterVersion=VERSION
    )


def job_type(step: Step) -> Document:
    return facet(
        "JobTypeJobFacet",
        processingType="STREAMING" if step.streaming else "BATCH",
        integration="SPARK",
        jobType=step.kind.value.upper(),
        emissionPattern=_EMISSION if step.kind is StepKind.APPLICATION else None,
    )


def source_code(step: Step) -> Document | None:
    if not step.source or step.kind is StepKind.APPLICATION:
        return None
    return facet("SourceCodeJobFacet", language="python", sourceCode=step.source)


def documentation(step: Step) -> Document | None:
    return facet("DocumentationJobFacet", description=step.doc) if step.doc else None


def error(step: Step) -> Document | None:
    if step.error is None and step.outcome is not Outcome.FAIL:
        return None
    message = step.error if step.error is not None else "failed"
    return facet("ErrorMessageRunFacet", message=message, programmingLanguage="PYTHON")


def source_location(step: Step, run: Run) -> Document | None:
    """Where a function or the program stands in its git repository.

    None for a statement, which stands inside of one.
    """
    seen = run.repository
    if seen is None or step.kind is StepKind.STATEMENT:
        return None
    place = _in_repository(step.file, seen.root, _web_address(seen.remote), seen.commit)
    if place is None:
        return None
    path, url = place
    at = f"#L{step.line}" if step.kind is not StepKind.APPLICATION and not url.startswith("file:") else ""
    return facet(
        "SourceCodeLocationJobFacet", type="git", url=f"{url}{at}", repoUrl=seen.remote, path=path,
        version=seen.commit, branch=seen.branch,
    )  # fmt: skip


@functools.lru_cache(maxsize=256)  # a thousand functions stand in a few files
def _in_repository(name: str, root: str, web: str | None, commit: str) -> tuple[str, str] | None:
    """The path of a file within its repository, and its address; None if it is not in there."""
    file = PurePath(name) if PurePath(name).is_absolute() else PurePath(root, name)
    if not file.is_relative_to(root):
        return None
    path = file.relative_to(root).as_posix()
    return path, f"{web}/blob/{commit}/{quote(path)}" if web else f"file://{quote(file.as_posix())}"


def _web_address(remote: str | None) -> str | None:
    """``git@host:org/repo.git`` and ``https://host/org/repo.git`` -> ``https://host/org/repo``."""
    if not remote:
        return None
    address = remote.removesuffix("/").removesuffix(".git")
    if address.startswith(("http://", "https://")):
        return address
    found = re.match(r"(?:ssh://)?(?:[^@/]+@)?([^:/]+)[:/](?:\d+/)?(.+)\Z", address)
    return f"https://{found[1]}/{found[2]}" if found and not address.startswith(("/", ".", "file:")) else None


def parameters(step: Step, run: Run) -> Document | None:
    """Arguments of the function as its caller's source has them; of the application those of its command line."""
    listed = step.arguments
    if step.kind is StepKind.APPLICATION:
        listed = tuple((f"argv[{number}]", argument) for number, argument in enumerate(run.argv, 1))
    if not listed:
        return None
    return facet(
        "ExecutionParametersRunFacet",
        parameters=[present({"key": name, "name": name, "value": value}) for name, value in listed],
    )


def symlinks(dataset: Dataset) -> Document | None:
    """The catalog's name of a dataset whose own name is its place in storage; None if it has none."""
    table = dataset.storage.table if dataset.storage is not None else None
    if not table or table == dataset.name:
        return None
    return facet("SymlinksDatasetFacet", identifiers=[{"namespace": dataset.namespace, "name": table, "type": "TABLE"}])


def tags(run: Run) -> Document | None:
    """The labels of the run as tags; None if it has none."""
    fields = [{"key": name, "value": value, "source": "USER"} for name, value in run.labels.items()]
    return facet("TagsRunFacet", tags=fields) if fields else None


def extraction_errors(gaps: Sequence[Gap], outputs: int) -> Document | None:
    """The gaps, for receivers that do not know our facets. A dataset whose rows did not all flow is no error."""
    errors = [
        present({"errorMessage": f"{gap.what}: {gap.why}", "task": gap.dataset or gap.step})
        for gap in gaps
        if gap.what != "rows"
    ]
    if not errors:
        return None
    return facet("ExtractionErrorRunFacet", totalTasks=len(errors) + outputs, failedTasks=len(errors), errors=errors)


def lineage(dataset: Dataset, datasets: Mapping[str, Dataset]) -> Document | None:
    """The datasets that this output is made from. Its columns are in the facet columnLineage."""
    inputs = dataset.fragment.inputs if dataset.fragment is not None else ()
    found = [datasets[used] for used in inputs if used in datasets and used != dataset.id]
    if not found:
        return None
    named = [{"namespace": above.namespace, "name": above.name, "type": "DATASET"} for above in found]
    return facet("LineageDatasetFacet", inputs=named)


def schema(dataset: Dataset) -> Document:
    return facet(
        "SchemaDatasetFacet", fields=[{"name": column.name, "type": column.type} for column in dataset.columns]
    )


def dataset_type(dataset: Dataset) -> Document:
    if dataset.kind is DatasetKind.INTERIM:
        return facet("DatasetTypeDatasetFacet", datasetType="JOB_OUTPUT", subType="TEMPORARY")
    return facet("DatasetTypeDatasetFacet", datasetType=_stored_type(dataset))


def _stored_type(dataset: Dataset) -> str:
    if dataset.kind is DatasetKind.MODEL:
        return "MODEL"
    storage = dataset.storage
    if storage is not None and storage.format == "model":
        return "MODEL"
    if storage is not None and storage.format in STREAM_LAYERS:
        return STREAM_LAYERS[storage.format]
    is_table = storage is not None and (storage.table is not None or storage.format in ("delta", "iceberg", "jdbc"))
    return "TABLE" if is_table else "FILE"


def metrics(dataset: Dataset) -> Document | None:
    """Number of rows, and of nulls in each column if every row was seen; None where the rows are not known."""
    if dataset.rows is None:
        return None
    return facet(
        "DataQualityMetricsDatasetFacet",
        rowCount=dataset.rows,
        columnMetrics={
            column.name: {"nullCount": column.nulls} for column in dataset.columns if column.nulls is not None
        },
    )


def output_statistics(dataset: Dataset) -> Document | None:
    if dataset.rows is None:
        return None
    return facet("OutputStatisticsOutputDatasetFacet", rowCount=dataset.rows)


def input_statistics(dataset: Dataset) -> Document | None:
    if dataset.rows is None:
        return None
    return facet("InputStatisticsInputDatasetFacet", rowCount=dataset.rows)


def storage(dataset: Dataset) -> Document | None:
    if dataset.storage is None or dataset.storage.format is None:
        return None
    layer = dataset.storage.format if dataset.storage.format in ("delta", "iceberg") else _scheme(dataset)
    return facet("StorageDatasetFacet", storageLayer=layer, fileFormat=dataset.storage.format)


def data_source(dataset: Dataset) -> Document | None:
    if dataset.storage is None or not dataset.namespace:
        return None
    uri = dataset.namespace if "://" in dataset.namespace else f"{dataset.namespace}:/"
    return facet("DatasourceDatasetFacet", name=dataset.namespace, uri=uri)


def version(dataset: Dataset) -> Document | None:
    if dataset.storage is None or dataset.storage.version is None:
        return None
    return facet("DatasetVersionDatasetFacet", datasetVersion=dataset.storage.version)


def lifecycle(dataset: Dataset) -> Document | None:
    """What a write did to the storage.

    None where the save mode does not say, and for an append, which changes no state.
    """
    mode = (dataset.mode or "").lower()
    if dataset.kind is not DatasetKind.SINK or not dataset.complete or mode.startswith("append"):
        return None
    if mode.startswith(("overwrite", "replace", "createorreplace", "truncate")):
        return facet("LifecycleStateChangeDatasetFacet", lifecycleStateChange="OVERWRITE")
    if mode.startswith(("create", "error")):
        return facet("LifecycleStateChangeDatasetFacet", lifecycleStateChange="CREATE")
    return None


def _scheme(dataset: Dataset) -> str:
    return dataset.namespace.split(":", 1)[0] or "unknown"


def column_lineage(dataset: Dataset, datasets: Mapping[str, Dataset], own: Collection[Place] = ()) -> Document | None:
    """The input columns of each output column; under ``dataset`` the columns that decide which rows there are.

    ``own``: what the step that made it has written itself, and is no input of it: receivers look for the columns among
    the inputs of the event. The plan of the dataset says them.
    """
    if dataset.fragment is None or not dataset.fragment.definitions:
        return None
    fields: dict[str, Document] = {}
    lost = {definition.column for definition in dataset.fragment.definitions if not definition.followed}
    for definition in dataset.fragment.definitions:
        expression = definition.expression if definition.expression != definition.column else None
        found = _fields(definition.inputs, expression, datasets, own)
        if definition.column in fields:  # two columns of one name
            fields[definition.column]["inputFields"].extend(found)
        else:
            # The description is deprecated since each use has its own, but what Marquez shows of a column.
            described = expression[:LONGEST_EXPRESSION] if expression else None
            fields[definition.column] = _field(found, definition.inputs, described)
    for column in lost:  # without a word, one that was not followed would look as if it were made of nothing
        fields[column]["sparkLineage_followed"] = False
    rows = _fields(dataset.fragment.indirect, None, datasets, own)
    return facet("ColumnLineageDatasetFacet", fields=fields, dataset=rows)


def _field(found: list[Document], inputs: Sequence[ColumnInput], description: str | None = None) -> Document:
    told = {"transformationDescription": description, "transformationType": _type_of(inputs)}
    return {"inputFields": found, **present(told)}


def _type_of(inputs: Sequence[ColumnInput]) -> str | None:
    """One word for how a column is made: the strongest of its uses; None for one that is made of no column."""
    direct = {use.subtype for use in inputs if use.kind == "DIRECT"}
    if any(use.masking for use in inputs):
        return "MASKED"
    return next((type_ for type_ in ("AGGREGATION", "TRANSFORMATION", "IDENTITY") if type_ in direct), None)


def composed_lineage(
    columns: Mapping[str, Sequence[ColumnInput]], rows: Sequence[ColumnInput], datasets: Mapping[str, Dataset]
) -> Document | None:
    """As :func:`column_lineage`, for a place that a run wrote, from the sources of the run."""
    fields = {
        column: _field(found, uses) for column, uses in columns.items() if (found := _fields(uses, None, datasets))
    }
    if not fields:
        return None
    return facet("ColumnLineageDatasetFacet", fields=fields, dataset=_fields(rows, None, datasets))


def _fields(
    inputs: Sequence[ColumnInput],
    expression: str | None,
    datasets: Mapping[str, Dataset],
    own: Collection[Place] = (),
) -> list[Document]:
    """One for each input column, with all the ways in which it is used."""
    found: dict[tuple[str, str, str], Document] = {}
    for used in inputs:
        if used.dataset in datasets:
            origin = datasets[used.dataset]
            if (origin.namespace, origin.name) in own:
                continue
            place = (origin.namespace, origin.name, used.column)
            if place not in found:
                named = dict(zip(("namespace", "name", "field"), place, strict=True))
                found[place] = {**named, "transformations": []}
            found[place]["transformations"].append(_transformation(used, expression))
    return list(found.values())


def _transformation(use: ColumnInput, expression: str | None) -> Document:
    described = expression[:LONGEST_EXPRESSION] if expression and use.kind == "DIRECT" else None
    return present({"type": use.kind, "subtype": use.subtype, "description": described, "masking": use.masking})
