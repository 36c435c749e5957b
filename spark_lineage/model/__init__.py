"""Seam types: what crosses from one part of the agent to the next.

Everything here is frozen. Capture and the JVM bridge produce *observations*; ``graph.assemble`` turns them
into a :class:`LineageGraph`; ``events.build`` turns that into OpenLineage events. No part imports what is inside of
another part: it imports this package.

Identifiers of observations are texts that begin with a letter for what they name: ``c7`` is a call (one activation of
user code), ``o12`` an operation, ``d5`` a DataFrame. They are unique in one run and mean nothing in another. Names that
are the same in every run of a program are made by ``graph``.
"""

from __future__ import annotations

from typing import Union

from spark_lineage.model.choices import (
    CheckStatus,
    DatasetKind,
    Mode,
    OperationKind,
    Outcome,
    StepKind,
    ValueUse,
)
from spark_lineage.model.formats import (
    FORMAT,
    SHAPE_ERRORS,
    WIRE_VERSION,
    Damaged,
    plain,
)
from spark_lineage.model.graph import (
    Cell,
    CheckResult,
    Column,
    Dataset,
    Freshness,
    Gap,
    LineageGraph,
    Partial,
    Run,
    Step,
    StepValue,
    UsedFunction,
)
from spark_lineage.model.measurements import (
    NeedlessFilter,
    Probed,
    ProbedColumn,
    RuleAnswer,
    Sample,
)
from spark_lineage.model.plans import (
    ChangedRows,
    Clash,
    ColumnDefinition,
    ColumnInput,
    ColumnNote,
    Fragment,
    RowOperator,
    Storage,
)
from spark_lineage.model.program import (
    CallEnded,
    CallSeen,
    CellBegun,
    CellEnded,
    LinkSeen,
    Marked,
    Operation,
    ParentSeen,
    Path,
    Place,
    ProgramEnded,
    ProgramStarted,
    PythonGap,
    RepositorySeen,
    SourceRead,
    Unit,
    ValueSeen,
    VariableSeen,
    crossing,
    unit,
)
from spark_lineage.model.source_code import (
    FunctionReading,
    ProgramFile,
    SourceReading,
    Statement,
    typed_number,
)
from spark_lineage.model.spark import (
    Execution,
    JvmGap,
    SparkStarted,
)

Observation = Union[
    ProgramStarted, ProgramEnded, RepositorySeen, LinkSeen, ParentSeen, SourceRead, CallSeen, CallEnded, CellBegun,
    CellEnded, Operation, Marked, VariableSeen, ValueSeen, PythonGap,
    SparkStarted, Fragment, Probed, Execution, JvmGap,
]  # fmt: skip

__all__ = [
    "FORMAT",
    "SHAPE_ERRORS",
    "WIRE_VERSION",
    "CallEnded",
    "CallSeen",
    "Cell",
    "CellBegun",
    "CellEnded",
    "ChangedRows",
    "CheckResult",
    "CheckStatus",
    "Clash",
    "Column",
    "ColumnDefinition",
    "ColumnInput",
    "ColumnNote",
    "Damaged",
    "Dataset",
    "DatasetKind",
    "Execution",
    "Fragment",
    "Freshness",
    "FunctionReading",
    "Gap",
    "JvmGap",
    "LineageGraph",
    "LinkSeen",
    "Marked",
    "Mode",
    "NeedlessFilter",
    "Observation",
    "Operation",
    "OperationKind",
    "Outcome",
    "ParentSeen",
    "Partial",
    "Path",
    "Place",
    "Probed",
    "ProbedColumn",
    "ProgramEnded",
    "ProgramFile",
    "ProgramStarted",
    "PythonGap",
    "RepositorySeen",
    "RowOperator",
    "RuleAnswer",
    "Run",
    "Sample",
    "SourceRead",
    "SourceReading",
    "SparkStarted",
    "Statement",
    "Step",
    "StepKind",
    "StepValue",
    "Storage",
    "Unit",
    "UsedFunction",
    "ValueSeen",
    "ValueUse",
    "VariableSeen",
    "crossing",
    "plain",
    "typed_number",
    "unit",
]
