"""Events back into the graph that they were built from. Events are plain documents here: no client is needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from spark_lineage.events import plans
from spark_lineage.events.identity import MAIN_THREAD, PREFIX, seconds
from spark_lineage.events.samples import of_document
from spark_lineage.model import (
    Column,
    Dataset,
    DatasetKind,
    Execution,
    Gap,
    LineageGraph,
    Mode,
    Outcome,
    RepositorySeen,
    Run,
    SparkStarted,
    Step,
    StepKind,
    Storage,
)

Document = Mapping[str, Any]


def read(events: Iterable[Document], samples: Iterable[Document] = ()) -> LineageGraph:
    """The graph of one run from its events (and sampled rows, as far as they are kept).

    Later events of a run win, so a START alone gives a step that still runs. Raises ValueError if no event of an
    application is among them.
    """
    latest: dict[str, Document] = {}
    for event in events:
        known = latest.get(event["run"]["runId"])
        if known is None or event.get("eventType") != "START":
            latest[event["run"]["runId"]] = event
    own = [event for event in latest.values() if f"{PREFIX}call" in event["run"].get("facets", {})]
    own.sort(key=lambda event: event["run"]["facets"][f"{PREFIX}call"]["order"])
    application = next((event for event in own if f"{PREFIX}context" in event["run"]["facets"]), None)
    if application is None:
        raise ValueError("no event of an application run")
    steps = tuple(_step(event) for event in own)
    datasets = _datasets(own, {each["dataset"]: each for each in samples})
    return LineageGraph(_run(application, steps[0]), steps, datasets, tuple(_gaps(own)))


def _facet(holder: Document, name: str) -> Document | None:
    facets = holder.get("facets") or {}
    found: Document | None = facets.get(name)
    return found


def _run(event: Document, application: Step) -> Run:
    context = event["run"]["facets"][f"{PREFIX}context"]
    spark = context.get("spark")
    repository = context.get("repository")
    return Run(
        id=event["run"]["runId"],
        app=context["app"],
        program=context["program"],
        argv=tuple(context["argv"]),
        started=seconds(context["started"]),
        ended=_moment(context.get("ended")),
        outcome=Outcome(context["outcome"]),
        error=application.error,
        mode=Mode(context["mode"]),
        labels=dict(context["labels"]),
        spark=None if spark is None else _spark(spark),
        python=context["python"],
        repository=None if repository is None else _repository(repository),
    )


def _spark(spark: Document) -> SparkStarted:
    return SparkStarted(
        app_id=spark["appId"],
        app_name=spark["appName"],
        spark_version=spark["sparkVersion"],
        scala_version=spark["scalaVersion"],
        java_version=spark["javaVersion"],
        master=spark["master"],
        at=seconds(spark["at"]),
    )


def _repository(seen: Document) -> RepositorySeen:
    return RepositorySeen(seen["root"], seen["commit"], seen.get("branch"), seen.get("remote"))


def _step(event: Document) -> Step:
    run, job = event["run"], event["job"]
    call = run["facets"][f"{PREFIX}call"]
    error = _facet(run, "errorMessage")
    source = _facet(job, "sourceCode")
    documentation = _facet(job, "documentation")
    execution = _facet(run, f"{PREFIX}execution")
    parent = (call["parentStep"], call["parentCall"]) if call.get("parentStep") is not None else None
    return Step(
        step=call["step"],
        call=call["call"],
        kind=StepKind(call["kind"]),
        function=call["function"],
        file=call["file"],
        line=call["line"],
        end_line=call["endLine"],
        site_line=call.get("siteLine"),
        parent=parent,
        inputs=tuple(call["inputs"]),
        outputs=tuple(call["outputs"]),
        started=seconds(call["started"]),
        ended=_moment(call.get("ended")),
        outcome=Outcome(call["outcome"]) if event.get("eventType") != "START" else Outcome.RUNNING,
        error=error["message"] if error else None,
        executions=tuple(_execution(each) for each in execution["executions"]) if execution else (),
        variable=call.get("variable"),
        source_hash=call.get("sourceHash"),
        source=source["sourceCode"] if source else None,
        doc=documentation["description"] if documentation else None,
        thread=call.get("thread", MAIN_THREAD),
    )


def _execution(each: Document) -> Execution:
    return Execution(
        execution=each.get("execution"),
        op=each.get("op"),
        description=each["description"],
        started=seconds(each["started"]),
        ended=_moment(each.get("ended")),
        outcome=Outcome(each["outcome"]),
        error=each.get("error"),
        spark_jobs=tuple(each["sparkJobs"]),
        metrics=dict(each["metrics"]),
        sources=(),
        sinks=(),
    )


def _gaps(events: Iterable[Document]) -> Iterable[Gap]:
    for event in events:
        facet = _facet(event["run"], f"{PREFIX}gaps")
        for gap in facet["gaps"] if facet else ():
            yield Gap(gap.get("step"), gap.get("dataset"), gap["what"], gap["why"])


def _datasets(events: Iterable[Document], samples: Mapping[str, Document]) -> tuple[Dataset, ...]:
    found: list[tuple[int, Dataset]] = []
    for event in events:
        plan = _facet(event["run"], f"{PREFIX}plan")
        fragments = {each["output"]: each for each in plan["outputs"]} if plan else {}
        for listed in (*event.get("inputs", ()), *event.get("outputs", ())):
            ours = _facet(listed, f"{PREFIX}dataset")
            if ours is not None:
                found.append((ours["order"], _dataset(listed, ours, fragments.get(ours["id"]), samples)))
    return tuple(dataset for _, dataset in sorted(found, key=lambda each: each[0]))


def _dataset(listed: Document, ours: Document, plan: Document | None, samples: Mapping[str, Document]) -> Dataset:
    fingerprint = _facet(listed, f"{PREFIX}fingerprint") or {}
    kind = DatasetKind(ours["kind"])
    columns = _columns(listed, ours, fingerprint.get("columns", ()))
    sample = samples.get(ours["id"]) if _facet(listed, f"{PREFIX}sample") else None
    return Dataset(
        id=ours["id"],
        name=listed["name"],
        namespace=listed["namespace"],
        kind=kind,
        step=ours.get("step"),
        call=ours["call"],
        variable=ours.get("variable"),
        engine=ours["engine"],
        columns=columns,
        rows=fingerprint.get("rowCount"),
        complete=ours["complete"],
        reason=ours.get("reason"),
        detail=ours.get("detail"),
        pushed=tuple(ours.get("pushed", ())),
        fingerprint=fingerprint.get("rows"),
        sample=of_document(sample) if sample is not None else None,
        storage=_storage(listed, ours, columns) if kind in (DatasetKind.SOURCE, DatasetKind.SINK) else None,
        fragment=plans.of_document(plan, columns) if plan is not None else None,
        measurements=ours["measurements"],
        mode=ours.get("mode"),
    )


def _storage(listed: Document, ours: Document, columns: Iterable[Column]) -> Storage:
    stored = tuple((each.name, each.type) for each in columns) if ours.get("storedColumns") else ()
    return Storage(
        listed["namespace"], listed["name"], ours.get("format"), ours.get("version"), ours.get("table"), stored
    )  # fmt: skip


def _columns(listed: Document, ours: Document, facts: Iterable[Document]) -> tuple[Column, ...]:
    schema = _facet(listed, "schema")
    fields = list(schema["fields"]) if schema else []
    not_null = set(ours.get("notNull", ()))
    by_position = list(facts) or [{}] * len(fields)
    return tuple(
        Column(
            field["name"],
            field["type"],
            number not in not_null,
            known.get("nulls"),
            known.get("fingerprint"),
            *(_number(known.get(name)) for name in ("sum", "sumSquares", "signedSum")),
        )
        for number, (field, known) in enumerate(zip(fields, by_position, strict=False))
    )


def _number(text: str | None) -> float | None:
    return float(text) if text is not None else None


def _moment(text: str | None) -> float | None:
    return seconds(text) if text is not None else None
