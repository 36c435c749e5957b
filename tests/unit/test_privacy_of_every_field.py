"""A secret in any text of any observation is taken out, or the field is listed here with what it holds instead.

Observations are made by reflection: a field that is new is filled as well, and fails here until it is cleaned.
"""

from __future__ import annotations

import dataclasses
import enum
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from spark_lineage import model
from spark_lineage.guard import Guard
from spark_lineage.privacy.observing import Privacy
from spark_lineage.privacy.texts import Choices

NAMED = ["(password = PLANTa92x)", "aes_encrypt(text, PLANTa91xabcdef0, GCM, DEFAULT, , )"]  # as Spark names columns
WRITTEN = 'f("jdbc:postgresql://ada:PLANTa93x@h/d?password=PLANTa94x")'  # Python, a text of a plan, and prose

NAMES = {  # of columns: what Spark writes into them itself is cleaned, and anything else is a name
    "Clash.name", "Clash.other_name", "ColumnDefinition.column", "ColumnInput.column", "ColumnNote.column",
    "ColumnNote.input[1]", "NeedlessFilter.column",
    "Fragment.columns[0]", "Fragment.sample_key", "ProbedColumn.name", "RowOperator.drops[1][1]",
    "RowOperator.keys", "Sample.columns", "Sample.key", "Storage.columns[0]", "Storage.without_nulls",
}  # fmt: skip
TYPES = {"Clash.other_type", "Clash.type", "Fragment.columns[1]", "ProbedColumn.type", "Storage.columns[1]"}
OTHERS = {
    # ids and hashes, which the agent makes itself
    "CallEnded.call", "CallSeen.call", "CallSeen.parent", "CellBegun.call", "CellEnded.call", "ColumnInput.dataset",
    "ColumnNote.input[0]", "Execution.op",
    "Execution.sinks[2]", "Fragment.dataset", "Fragment.inputs", "JvmGap.dataset", "LinkSeen.experiment",
    "LinkSeen.id", "LinkSeen.span",
    "Marked.df", "Marked.inputs", "Operation.failed_calls", "Operation.inputs", "Operation.op", "Operation.output",
    "ParentSeen.run", "Place.call", "Probed.dataset", "Probed.fingerprint", "Probed.instance", "Probed.plan_hash",
    "NeedlessFilter.files",
    "ProbedColumn.fingerprint", "ProgramEnded.failed_calls", "ProgramStarted.run", "PythonGap.call", "PythonGap.df",
    "RepositorySeen.commit", "RowOperator.datasets", "RowOperator.drops[1][0]", "SparkStarted.app_id", "Storage.files",
    "ValueSeen.call", "VariableSeen.call", "VariableSeen.df",
    # words of a fixed list, and versions
    "ColumnInput.kind", "ColumnInput.subtype", "ColumnNote.kind", "Execution.sinks[1]", "Fragment.opaque",
    "LinkSeen.system", "Marked.why", "Operation.name", "Probed.reason", "ProgramStarted.python", "RowOperator.kind",
    "RowOperator.op", "RuleAnswer.kind", "SparkStarted.java_version", "SparkStarted.scala_version",
    "SparkStarted.spark_version", "Storage.format", "Storage.version", "ValueSeen.kind",
    # names that people gave: of what the program is made of, of files, jobs and tables
    "CallSeen.file", "CallSeen.function", "CallSeen.module", "CallSeen.thread", "CellEnded.file", "CellEnded.reads",
    "CellEnded.uses", "Fragment.covers",
    "FunctionReading.qualname", "ParentSeen.name", "ParentSeen.namespace", "ProgramFile.file", "ProgramStarted.app",
    "ProgramStarted.place", "RepositorySeen.branch", "RepositorySeen.root", "SourceReading.file", "Statement.binds",
    "Statement.called", "Statement.deed", "Statement.reads", "Statement.variable", "Storage.table", "ValueSeen.file",
    "ValueSeen.name", "VariableSeen.variable",
}  # fmt: skip
OF_PLANS = {"ColumnDefinition", "ColumnNote", "Fragment", "Probed", "RowOperator"}  # their texts quote names of columns


def filled(of: Any, text: str) -> Any:
    """A value of this type, with the text wherever a text may be and one of everything that there may be several of."""
    args = typing.get_args(of)
    origin = typing.get_origin(of)
    if of is str:
        return text
    if dataclasses.is_dataclass(of):
        hints = typing.get_type_hints(of)
        return of(**{each.name: filled(hints[each.name], text) for each in dataclasses.fields(of)})  # type: ignore[operator]
    if origin in (typing.Union, types.UnionType):
        return filled(args[0], text)
    if origin is tuple:
        return tuple(filled(each, text) for each in args if each is not Ellipsis)
    if origin is Mapping:
        return {"text": filled(args[1], text)}
    if issubclass(of, enum.Enum):
        return next(iter(of))
    return of(1)


def texts(value: Any, at: str) -> Iterator[tuple[str, str]]:
    """(field, text) of everything within; a field is named by its dataclass."""
    if isinstance(value, str) and not isinstance(value, enum.Enum):
        yield at, value
    elif dataclasses.is_dataclass(value):
        for each in dataclasses.fields(value):
            yield from texts(getattr(value, each.name), f"{type(value).__name__}.{each.name}")
    elif isinstance(value, Mapping):
        yield from texts(tuple(value.values()), at)
    elif isinstance(value, tuple):
        for position, each in enumerate(value):
            yield from texts(each, f"{at}[{position}]" if len(value) > 1 else at)


def left(of: type, planted: str) -> set[str]:
    """The fields where something of this text is written, of an observation that has it everywhere."""
    made = filled(of, planted)
    assert all(planted in text for _, text in texts(made, ""))
    cleaned = Privacy(Choices(), lambda: b"key", Guard(strict=True)).of([made])
    return {at for each in cleaned for at, text in texts(each, "") if "PLANT" in text}


OBSERVATIONS = pytest.mark.parametrize("of", typing.get_args(model.Observation), ids=lambda of: of.__name__)


@OBSERVATIONS
def test_a_secret_in_a_text_is_written_nowhere(of: type) -> None:
    fields = {at for at, _ in texts(filled(of, WRITTEN), "")}
    assert left(of, WRITTEN) == fields & (NAMES | TYPES | OTHERS)


@OBSERVATIONS
@pytest.mark.parametrize("planted", NAMED, ids=["compared", "key"])
def test_a_secret_in_the_name_of_a_column_is_written_nowhere(of: type, planted: str) -> None:
    assert not left(of, planted) & NAMES
    assert not left(of, f"struct<id:int,{planted}:boolean>") & TYPES
    quoted = left(of, f"(`{planted}` IS NULL)")
    assert {each for each in quoted if each.partition(".")[0] in OF_PLANS} <= OTHERS | TYPES
