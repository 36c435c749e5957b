"""Makes the facets that the OpenLineage specification defines from the graph."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from pathlib import PurePath
from urllib.parse import quote

from spark_lineage.events.identity import NAMESPACE, run_uuid, step_uuid
from spark_lineage.events.openlineage_classes import facet_v2 as ol
from spark_lineage.model import ColumnInput, Dataset, DatasetKind, Gap, Outcome, ParentSeen, Run, Step, StepKind
from spark_lineage.version import VERSION

Place = tuple[str, str]  # namespace and name of a dataset
LONGEST_EXPRESSION = 500  # characters of an expression in columnLineage; the plan facet has all of it
_EMISSION = ol.job_type_job.EmissionPattern(eventTrigger="EVENT_BASED", eventContentMode="ACCUMULATIVE")
STREAM_LAYERS = {"kafka": "TOPIC"}


def parent(
    run: Run, step: Step, namespace: str = NAMESPACE, jobs: Mapping[tuple[str, int], str] | None = None
) -> ol.parent_run.ParentRunFacet | None:
    """The run above this step's, and the one at the root. None for an application that nobody else's run started.

    ``jobs``: the job of each call, where it is not called as its step.
    """
    names = jobs or {}
    application = ParentSeen(namespace, names.get((run.app, 1), run.app), run_uuid(run.id))
    top = run.root or run.parent or application
    if step.parent is None:
        return _parent_facet(run.parent, top) if run.parent is not None else None
    name, call = step.parent
    if name == run.app:
        return _parent_facet(application, top)
    return _parent_facet(ParentSeen(namespace, names.get(step.parent, name), step_uuid(run.id, name, call)), top)


def _parent_facet(above: ParentSeen, top: ParentSeen) -> ol.parent_run.ParentRunFacet:
    return ol.parent_run.ParentRunFacet(
        run=ol.parent_run.Run(runId=above.run, facets=None),
        job=ol.parent_run.Job(namespace=above.namespace, name=above.name, facets=None),
        root=ol.parent_run.Root(
            run=ol.parent_run.RootRun(runId=top.run, facets=None),
            job=ol.parent_run.RootJob(namespace=top.namespace, name=top.name, facets=None),
        ),
    )


def engine(run: Run) -> ol.processing_engine_run.ProcessingEngineRunFacet | None:
    if run.spark is None:
        return None
    return ol.processing_engine_run.ProcessingEngineRunFacet(
        version=run.spark.spark_version, name="spark", openlineageAdapterVersion=VERSION
    )


def job_type(step: Step) -> ol.job_type_job.JobTypeJobFacet:
    return ol.job_type_job.JobTypeJobFacet(
        processingType="STREAMING" if step.streaming else "BATCH",
        integration="SPARK",
        jobType=step.kind.value.upper(),
        emissionPattern=_EMISSION if step.kind is StepKind.APPLICATION else None,
    )


def source_code(step: Step) -> ol.source_code_job.SourceCodeJobFacet | None:
    if not step.source or step.kind is StepKind.APPLICATION:
        return None
    return ol.source_code_job.SourceCodeJobFacet(language="python", sourceCode=step.source)


def documentation(step: Step) -> ol.documentation_job.DocumentationJobFacet | None:
    return ol.documentation_job.DocumentationJobFacet(description=step.doc) if step.doc else None


def error(step: Step) -> ol.error_message_run.ErrorMessageRunFacet | None:
    if step.error is None and step.outcome is not Outcome.FAIL:
        return None
    message = step.error if step.error is not None else "failed"
    return ol.error_message_run.ErrorMessageRunFacet(message=message, programmingLanguage="PYTHON")


def source_location(step: Step, run: Run) -> ol.source_code_location_job.SourceCodeLocationJobFacet | None:
    """Where a function or the program stands in its git repository.

    None for a statement, which stands inside of one.
    """
    seen = run.repository
    if seen is None or step.kind is StepKind.STATEMENT:
        return None
    file = PurePath(step.file) if PurePath(step.file).is_absolute() else PurePath(seen.root, step.file)
    if not file.is_relative_to(seen.root):
        return None
    path = file.relative_to(seen.root).as_posix()
    web = _web_address(seen.remote)
    at = f"#L{step.line}" if step.kind is not StepKind.APPLICATION else ""
    return ol.source_code_location_job.SourceCodeLocationJobFacet(
        type="git",
        url=f"{web}/blob/{seen.commit}/{quote(path)}{at}" if web else f"file://{quote(file.as_posix())}",
        repoUrl=seen.remote,
        path=path,
        version=seen.commit,
        branch=seen.branch,
    )


def _web_address(remote: str | None) -> str | None:
    """``git@host:org/repo.git`` and ``https://host/org/repo.git`` -> ``https://host/org/repo``."""
    if not remote:
        return None
    address = remote.removesuffix("/").removesuffix(".git")
    if address.startswith(("http://", "https://")):
        return address
    found = re.match(r"(?:ssh://)?(?:[^@/]+@)?([^:/]+)[:/](?:\d+/)?(.+)\Z", address)
    return f"https://{found[1]}/{found[2]}" if found and not address.startswith(("/", ".", "file:")) else None


def parameters(step: Step, run: Run) -> ol.execution_parameters_run.ExecutionParametersRunFacet | None:
    """Arguments of the function as its caller's source has them; of the application those of its command line."""
    listed = step.arguments
    if step.kind is StepKind.APPLICATION:
        listed = tuple((f"argv[{number}]", argument) for number, argument in enumerate(run.argv, 1))
    if not listed:
        return None
    make = ol.execution_parameters_run.ExecutionParameter
    return ol.execution_parameters_run.ExecutionParametersRunFacet(
        parameters=[make(key=name, name=name, value=value) for name, value in listed]
    )


def symlinks(dataset: Dataset) -> ol.symlinks_dataset.SymlinksDatasetFacet | None:
    """The catalog's name of a dataset whose own name is its place in storage; None if it has none."""
    table = dataset.storage.table if dataset.storage is not None else None
    if not table or table == dataset.name:
        return None
    return ol.symlinks_dataset.SymlinksDatasetFacet(
        identifiers=[ol.symlinks_dataset.Identifier(namespace=dataset.namespace, name=table, type="TABLE")]
    )


def tags(run: Run) -> ol.tags_run.TagsRunFacet | None:
    """The labels of the run as tags; None if it has none."""
    fields = [ol.tags_run.TagsRunFacetFields(key=k, value=v, source="USER") for k, v in run.labels.items()]
    return ol.tags_run.TagsRunFacet(tags=fields) if fields else None


def extraction_errors(gaps: Sequence[Gap], outputs: int) -> ol.extraction_error_run.ExtractionErrorRunFacet | None:
    """The gaps, for receivers that do not know our facets. A dataset whose rows did not all flow is no error."""
    errors = [
        ol.extraction_error_run.Error(errorMessage=f"{gap.what}: {gap.why}", task=gap.dataset or gap.step)
        for gap in gaps
        if gap.what != "rows"
    ]
    if not errors:
        return None
    return ol.extraction_error_run.ExtractionErrorRunFacet(
        totalTasks=len(errors) + outputs, failedTasks=len(errors), errors=errors
    )


def lineage(dataset: Dataset, datasets: Mapping[str, Dataset]) -> ol.lineage.LineageDatasetFacet | None:
    """The datasets that this output is made from. Its columns are in the facet columnLineage."""
    inputs = dataset.fragment.inputs if dataset.fragment is not None else ()
    found = [datasets[used] for used in inputs if used in datasets and used != dataset.id]
    if not found:
        return None
    return ol.lineage.LineageDatasetFacet(
        inputs=[
            ol.lineage.LineageDatasetInput(
                namespace=above.namespace, name=above.name, type="DATASET", transformations=None
            )
            for above in found
        ],
        fields=None,
    )


def schema(dataset: Dataset) -> ol.schema_dataset.SchemaDatasetFacet:
    return ol.schema_dataset.SchemaDatasetFacet(
        fields=[
            ol.schema_dataset.SchemaDatasetFacetFields(name=column.name, type=column.type, fields=None)
            for column in dataset.columns
        ]
    )


def dataset_type(dataset: Dataset) -> ol.dataset_type_dataset.DatasetTypeDatasetFacet:
    if dataset.kind is DatasetKind.INTERIM:
        return ol.dataset_type_dataset.DatasetTypeDatasetFacet(datasetType="JOB_OUTPUT", subType="TEMPORARY")
    return ol.dataset_type_dataset.DatasetTypeDatasetFacet(datasetType=_stored_type(dataset))


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


def metrics(dataset: Dataset) -> ol.data_quality_metrics_dataset.DataQualityMetricsDatasetFacet | None:
    """Number of rows, and of nulls in each column if every row was seen; None where the rows are not known."""
    if dataset.rows is None:
        return None
    of_column = ol.data_quality_metrics_dataset.ColumnMetrics
    return ol.data_quality_metrics_dataset.DataQualityMetricsDatasetFacet(
        rowCount=dataset.rows,
        columnMetrics={
            column.name: of_column(nullCount=column.nulls, quantiles=None)
            for column in dataset.columns
            if column.nulls is not None
        },
    )


def output_statistics(
    dataset: Dataset,
) -> ol.output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet | None:
    if dataset.rows is None:
        return None
    return ol.output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(rowCount=dataset.rows)


def input_statistics(dataset: Dataset) -> ol.input_statistics_input_dataset.InputStatisticsInputDatasetFacet | None:
    if dataset.rows is None:
        return None
    return ol.input_statistics_input_dataset.InputStatisticsInputDatasetFacet(rowCount=dataset.rows)


def storage(dataset: Dataset) -> ol.storage_dataset.StorageDatasetFacet | None:
    if dataset.storage is None or dataset.storage.format is None:
        return None
    layer = dataset.storage.format if dataset.storage.format in ("delta", "iceberg") else _scheme(dataset)
    return ol.storage_dataset.StorageDatasetFacet(storageLayer=layer, fileFormat=dataset.storage.format)


def data_source(dataset: Dataset) -> ol.datasource_dataset.DatasourceDatasetFacet | None:
    if dataset.storage is None or not dataset.namespace:
        return None
    uri = dataset.namespace if "://" in dataset.namespace else f"{dataset.namespace}:/"
    return ol.datasource_dataset.DatasourceDatasetFacet(name=dataset.namespace, uri=uri)


def version(dataset: Dataset) -> ol.dataset_version_dataset.DatasetVersionDatasetFacet | None:
    if dataset.storage is None or dataset.storage.version is None:
        return None
    return ol.dataset_version_dataset.DatasetVersionDatasetFacet(datasetVersion=dataset.storage.version)


def lifecycle(dataset: Dataset) -> ol.lifecycle_state_change_dataset.LifecycleStateChangeDatasetFacet | None:
    """What a write did to the storage.

    None where the save mode does not say, and for an append, which changes no state.
    """
    mode = (dataset.mode or "").lower()
    if dataset.kind is not DatasetKind.SINK or not dataset.complete or mode.startswith("append"):
        return None
    states = ol.lifecycle_state_change_dataset.LifecycleStateChange
    if mode.startswith(("overwrite", "replace", "createorreplace", "truncate")):
        return ol.lifecycle_state_change_dataset.LifecycleStateChangeDatasetFacet(states.OVERWRITE)
    if mode.startswith(("create", "error")):
        return ol.lifecycle_state_change_dataset.LifecycleStateChangeDatasetFacet(states.CREATE)
    return None


def _scheme(dataset: Dataset) -> str:
    return dataset.namespace.split(":", 1)[0] or "unknown"


def column_lineage(
    dataset: Dataset, datasets: Mapping[str, Dataset], own: Collection[Place] = ()
) -> ol.column_lineage_dataset.ColumnLineageDatasetFacet | None:
    """The input columns of each output column; under ``dataset`` the columns that decide which rows there are.

    ``own``: what the step that made it has written itself, and is no input of it: receivers look for the columns among
    the inputs of the event. The plan of the dataset says them.
    """
    if dataset.fragment is None or not dataset.fragment.definitions:
        return None
    fields: dict[str, ol.column_lineage_dataset.Fields] = {}
    lost = {definition.column for definition in dataset.fragment.definitions if not definition.followed}
    for definition in dataset.fragment.definitions:
        expression = definition.expression if definition.expression != definition.column else None
        found = _fields(definition.inputs, expression, datasets, own)
        if definition.column in fields:  # two columns of one name
            fields[definition.column].inputFields.extend(found)
        else:
            fields[definition.column] = ol.column_lineage_dataset.Fields(
                inputFields=found,
                # Deprecated since each use has its own, but what Marquez shows of a column.
                transformationDescription=expression[:LONGEST_EXPRESSION] if expression else None,
                transformationType=_type_of(definition.inputs),
            )
    for column in lost:  # without a word, one that was not followed would look as if it were made of nothing
        fields[column] = fields[column].with_additional_properties(sparkLineage_followed=False)
    rows = _fields(dataset.fragment.indirect, None, datasets, own)
    return ol.column_lineage_dataset.ColumnLineageDatasetFacet(fields=fields, dataset=rows)


def _type_of(inputs: Sequence[ColumnInput]) -> str | None:
    """One word for how a column is made: the strongest of its uses; None for one that is made of no column."""
    direct = {use.subtype for use in inputs if use.kind == "DIRECT"}
    if any(use.masking for use in inputs):
        return "MASKED"
    return next((type_ for type_ in ("AGGREGATION", "TRANSFORMATION", "IDENTITY") if type_ in direct), None)


def composed_lineage(
    columns: Mapping[str, Sequence[ColumnInput]], rows: Sequence[ColumnInput], datasets: Mapping[str, Dataset]
) -> ol.column_lineage_dataset.ColumnLineageDatasetFacet | None:
    """As :func:`column_lineage`, for a place that a run wrote, from the sources of the run."""
    fields = {
        column: ol.column_lineage_dataset.Fields(inputFields=found, transformationType=_type_of(uses))
        for column, uses in columns.items()
        if (found := _fields(uses, None, datasets))
    }
    if not fields:
        return None
    return ol.column_lineage_dataset.ColumnLineageDatasetFacet(fields=fields, dataset=_fields(rows, None, datasets))


def _fields(
    inputs: Sequence[ColumnInput],
    expression: str | None,
    datasets: Mapping[str, Dataset],
    own: Collection[Place] = (),
) -> list[ol.column_lineage_dataset.InputField]:
    """One for each input column, with all the ways in which it is used."""
    found: dict[tuple[str, str, str], ol.column_lineage_dataset.InputField] = {}
    for used in inputs:
        if used.dataset in datasets:
            origin = datasets[used.dataset]
            if (origin.namespace, origin.name) in own:
                continue
            place = (origin.namespace, origin.name, used.column)
            column = found.setdefault(place, ol.column_lineage_dataset.InputField(*place, transformations=[]))
            if column.transformations is not None:
                column.transformations.append(_transformation(used, expression))
    return list(found.values())


def _transformation(use: ColumnInput, expression: str | None) -> ol.column_lineage_dataset.Transformation:
    described = expression if use.kind == "DIRECT" else None
    return ol.column_lineage_dataset.Transformation(
        type=use.kind,
        subtype=use.subtype,
        description=described[:LONGEST_EXPRESSION] if described else None,
        masking=use.masking,
    )
