"""Observations of the JVM half: from the wire to the seam types of :mod:`spark_lineage.model`.

The wire is described by ``wire.schema.json`` beside this file; both halves test it with the golden documents in
``tests/contract/wire``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from spark_lineage.model import (
    ChangedRows,
    Clash,
    ColumnDefinition,
    ColumnInput,
    ColumnNote,
    Execution,
    Fragment,
    JvmGap,
    NeedlessFilter,
    Observation,
    Outcome,
    Probed,
    ProbedColumn,
    RowOperator,
    RuleAnswer,
    Sample,
    SparkStarted,
    Storage,
)

Document = Mapping[str, Any]


class UnknownRecord(ValueError):
    """A line that is not a document of the wire; the text says which kind or what is missing."""


def decode(line: str) -> Observation:
    """One line of ``PythonApi.drain()`` as an observation. Raises :class:`UnknownRecord`."""
    try:
        document = json.loads(line)
        return _DECODERS[document["kind"]](document)
    except UnknownRecord:
        raise
    except KeyError as missing:
        raise UnknownRecord(f"the record lacks or does not know {missing}: {line[:200]}") from missing
    except (TypeError, ValueError, AttributeError) as fault:
        raise UnknownRecord(f"{fault}: {line[:200]}") from fault


def _application(document: Document) -> SparkStarted:
    return SparkStarted(
        app_id=document["app_id"],
        app_name=document["app_name"],
        spark_version=document["spark_version"],
        scala_version=document["scala_version"],
        java_version=document["java_version"],
        master=document["master"],
        at=document["at"],
    )


def _gap(document: Document) -> JvmGap:
    return JvmGap(document["what"], document["why"], document["dataset"])


def _fragment(document: Document) -> Fragment:
    return Fragment(
        dataset=document["dataset"],
        columns=tuple((name, type_, nullable) for name, type_, nullable in document["columns"]),
        plan_hash=document["plan_hash"],
        operators=tuple(document["operators"]),
        plan_text=document["plan_text"],
        deterministic=document["deterministic"],
        nondeterminism=tuple(document["nondeterminism"]),
        inputs=tuple(document["inputs"]),
        sources=_storages(document["sources"]),
        opaque=tuple(document["opaque"]),
        definitions=tuple(map(_definition, document["definitions"])),
        indirect=_inputs(document["indirect"]),
        sample_key=tuple(document["sample_key"]),
        covers=tuple(document["covers"]),
        row_operators=tuple(map(_row_operator, document["row_operators"])),
        notes=tuple(map(_note, document["notes"])),
    )


def _row_operator(document: Document) -> RowOperator:
    return RowOperator(
        op=document["op"],
        children=tuple(document["children"]),
        kind=document.get("kind"),
        text=document.get("text"),
        equi=document.get("equi", False),
        datasets=tuple(document.get("datasets", ())),
        keys=tuple(document.get("keys", ())),
        supplied=tuple(document.get("supplied", ())),
        undone=tuple((undone["join"], undone["text"]) for undone in document.get("undone", ())),
        drops=tuple((drop["text"], tuple(map(_pair, drop["columns"]))) for drop in document.get("drops", ())),
        clashes=tuple(
            Clash(clash["position"], clash["name"], clash["type"], clash["other_name"], clash["other_type"])
            for clash in document.get("clashes", ())
        ),
        deciding=tuple(map(_definition, document.get("deciding", ()))),
    )


def _pair(document: Sequence[str]) -> tuple[str, str]:
    return (document[0], document[1])


def _note(document: Document) -> ColumnNote:
    origin = document["input"]
    return ColumnNote(document["kind"], document["column"], document["text"], origin and _pair(origin))


def _definition(document: Document) -> ColumnDefinition:
    followed = not document.get("opaque", False)
    return ColumnDefinition(document["column"], document["expression"], _inputs(document["inputs"]), followed)


def _inputs(documents: Sequence[Document]) -> tuple[ColumnInput, ...]:
    return tuple(
        ColumnInput(document["dataset"], document["column"], document["kind"], document["subtype"], document["masking"])
        for document in documents
    )


def _storages(documents: Sequence[Document]) -> tuple[Storage, ...]:
    return tuple(map(_storage, documents))


def _storage(document: Document) -> Storage:
    return Storage(
        namespace=document["namespace"],
        name=document["name"],
        format=document["format"],
        version=document["version"],
        table=document["table"],
        columns=tuple((name, type_) for name, type_ in document["columns"]),
        files=document.get("files"),
        part=document.get("part"),
        rows=document.get("rows"),
        without_nulls=tuple(document.get("without_nulls", ())),
    )


def _probe(document: Document) -> Probed:
    return Probed(
        dataset=document["dataset"],
        instance=document["instance"],
        execution=document["execution"],
        rows=document["rows"],
        complete=document["complete"],
        reason=document["reason"],
        detail=document["detail"],
        pushed=tuple(document["pushed"]),
        columns=tuple(map(_column, document["columns"])),
        fingerprint=document["fingerprint"],
        sample=_sample(document["sample"]),
        plan_hash=document["plan_hash"],
        answers=tuple(
            RuleAnswer(answer["kind"], tuple(answer["arguments"]), answer["value"], answer["reason"])
            for answer in document["answers"]
        ),
        read=document.get("read"),
        needless=tuple(NeedlessFilter(*each) for each in document.get("needless", ())),
    )


def _column(document: Document) -> ProbedColumn:
    return ProbedColumn(
        name=document["name"],
        type=document["type"],
        nulls=document["nulls"],
        fingerprint=document["fingerprint"],
        sum=_double(document.get("sum")),
        sum_squares=_double(document.get("sum_squares")),
        signed_sum=_double(document.get("signed_sum")),
        nans=document.get("nans"),
    )


def _double(text: str | None) -> float | None:
    # Java writes NaN, Infinity and 1.0E10: float() reads them all.
    return None if text is None else float(text)


def _sample(document: Document | None) -> Sample | None:
    if document is None:
        return None
    return Sample(
        key=tuple(document["key"]),
        columns=tuple(document["columns"]),
        rows=tuple(map(tuple, document["rows"])),
        counts=tuple(document["counts"]),
    )


def _execution(document: Document) -> Execution:
    return Execution(
        execution=document["execution"],
        op=document["op"],
        description=document["description"],
        started=document["started"],
        ended=document["ended"],
        outcome=Outcome(document["outcome"]),
        error=document["error"],
        spark_jobs=tuple(document["spark_jobs"]),
        metrics=dict(document["metrics"]),
        sources=_storages(document["sources"]),
        sinks=tuple((_storage(sink["storage"]), sink["mode"], sink["dataset"]) for sink in document["sinks"]),
        changed=_changed(document.get("changed")),
    )


def _changed(document: Document | None) -> ChangedRows | None:
    if document is None:
        return None
    return ChangedRows(document["inserted"], document["updated"], document["deleted"], document["copied"])


_DECODERS: Mapping[str, Callable[[Document], Observation]] = {
    "application": _application,
    "fragment": _fragment,
    "probe": _probe,
    "execution": _execution,
    "gap": _gap,
}
