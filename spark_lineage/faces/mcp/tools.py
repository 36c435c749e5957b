"""The tools: what each takes, asks and gives. None of them runs code, writes, or speaks to anybody.

A tool asks ``answers.ask`` and gives a head and items (see ``pages``); the schemas say what stands in them.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from spark_lineage.answers import ask
from spark_lineage.faces.mcp import asked, schemas
from spark_lineage.faces.mcp.pages import DEFAULT, Document, paged
from spark_lineage.faces.mcp.schemas import STALE, Schema, answered, flag, given, integer, maybe, number, text, texts

Arguments = dict[str, Any]
Folder = ask.Folder
KEPT = 8  # answers whose next page may be asked for


@dataclass(frozen=True)
class Tool:
    """One tool; ``ask`` gives the head and the items of its answer."""

    name: str
    description: str
    takes: Schema
    gives: Schema
    ask: Callable[[Folder, Arguments], tuple[Document, Sequence[Document]]]


RUN = {"run": {**text(schemas.RUN), "default": "last"}}
OF_RUN = {
    "run": text("the run's id"),
    "app": text("what the names of its steps begin with"),
}
MEASURED = {
    "rows": maybe(integer("exact; null: not every row was seen")),
    "rows_at_least": maybe(integer("how many rows were seen where not every one was")),
    "complete": flag("whether every row was seen"),
    "reason": maybe(text("why not, in one word")),
    "detail": maybe(text("why not, for people")),
}

TOOLS = (
    Tool(
        "list_runs",
        "The runs of the store, newest first.",
        given({}, {"app": text("only runs of this application"), "label": text("only runs with this label")}),
        answered(
            {"store": text("its folder")},
            {
                **OF_RUN, "program": maybe(text("path or module as it was given")),
                "outcome": maybe(text("complete, fail, abort or running")),
                "mode": maybe(text("plan, flow, used or exact")),
                "started_at": maybe(text("RFC 3339")), "duration_ms": maybe(number("null while it runs")),
                "labels": texts("name=value"), "commit": maybe(text("of the git repository it stood in")),
                "dirty": maybe(flag("files differed from the commit's")),
                "unreadable": maybe(text("what is wrong where it cannot be read")),
            },
        ),
        asked.list_runs,
    ),
    Tool(
        "get_run",
        "One run: how it ended, whether the code on disk is still the code that ran, and each step (a call of a "
        "function, or a statement) with what went in and came out.",
        given({}, RUN),
        answered(
            {
                **OF_RUN, "program": text("path or module as it was given"), "arguments": texts("of the command line"),
                "outcome": text("complete, fail, abort or running"), "error": maybe(text("that ended it")),
                "mode": text("plan, flow, used or exact"), "started_at": text("RFC 3339"),
                "duration_ms": maybe(number("null while it runs")), "labels": texts("name=value"),
                "commit": maybe(text("of the git repository it stood in")), **STALE,
                "datasets": integer("how many it has"), "gaps": integer("how many things were not observed: list_gaps"),
                "failed_checks": texts("checks that failed when it ended: get_checks asks them now"),
            },
            {
                "step": text("its name: the path of calls that leads to it"), "call": integer("1 for its first run"),
                "kind": text("application, function or statement"), "file": text("where its code is"),
                "line": integer("from 1"), "outcome": text("complete, fail, abort or running"),
                "error": maybe(text("that left it")), "inputs": texts("ids of datasets"),
                "outputs": texts("ids of datasets"),
                "rows": {"type": "array", "items": {"type": ["integer", "null"]},
                         "description": "of each output; null: not known, get_dataset says why"},
            },
        ),
        asked.get_run,
    ),
    Tool(
        "get_step",
        "One step: its code, its calls, and each dataset that it took in and gave out, with rows, nulls and operators.",
        given({"step": text("a step or the end of its name (clean_orders), one call of it (clean_orders#2), or a "
                            "dataset, which stands for the step that made it")}, RUN),
        answered(
            {
                **OF_RUN, "step": text("its name"), "calls": integer("how often it ran"),
                "kind": text("application, function or statement"), "function": text("qualname"),
                "file": text("where its code is"), "line": integer("first line"), "end_line": integer("last line"),
                "source": maybe(text("its code, without secrets")), "doc": maybe(text("its docstring")),
                "arguments": texts("of its first call: parameter=expression"), "error": maybe(text("that left it")),
                "encloses": texts("the steps that it called"),
                "stale": maybe(flag("the code on disk is no longer the code that ran")),
            },
            {
                "call": integer("of the step"), "role": text("input or output"), "dataset": text("its id"), **MEASURED,
                "nulls": maybe(integer("over all columns that were measured")),
                "operators": texts("of an output: what its plan does, the last operator first"),
            },
        ),
        asked.get_step,
    ),
    Tool(
        "get_dataset",
        "One dataset of a run: how many rows, how it was made, who reads it, some sampled rows, and each column.",
        given({"dataset": text("its id, its name, the step that made it, its variable or the end of its path")},
              RUN),
        answered(
            {
                **OF_RUN, "dataset": text("its id"), "name": text("with the namespace its name in OpenLineage"),
                "namespace": text("of OpenLineage"), "kind": text("source, interim, sink or model"),
                "step": maybe(text("that made it; null for a source")), "call": integer("of that step"),
                "variable": maybe(text("that held it")), **MEASURED,
                "fingerprint": maybe(text("of its content, whatever the order of rows; equal for equal contents")),
                "format": maybe(text("of storage")), "table": maybe(text("its name in a catalog")),
                "version": maybe(text("of the table")), "mode": maybe(text("save mode of a sink")),
                "inputs": texts("the datasets that it is made from"), "read_by": texts("the steps that read it"),
                "operators": texts("what its plan does, the last operator first"),
                "pushed": texts("filters that Spark ran below the measurement"),
                "sample": texts("sampled rows, each as JSON; values are texts, masked where the run masked them"),
            },
            {
                "column": text("its name"), "type": text("as DDL"), "nullable": flag("as the plan says"),
                "nulls": maybe(integer("exact; null: not counted")), "nans": maybe(integer("of floats")),
                "fingerprint": maybe(text("of its values")),
                "expression": maybe(text("SQL over the inputs of the step; null: passed on, or not known")),
            },
        ),
        asked.get_dataset,
    ),
    Tool(
        "trace_column",
        "Where a column comes from: its definition in terms of the columns of sources, and what each step did to it.",
        given({"column": text("DATASET.COLUMN, for example report.revenue")}, RUN),
        answered(
            {
                "dataset": text("its id"), "column": text("its name"),
                "definition": text("SQL over columns of sources; ⟨name⟩ where a part is too long to be written out"),
                "running": flag("the run had not ended"),
                "sources": texts("dataset.column (DIRECT: its value goes in; INDIRECT: it only decides)"),
                "decided_by": texts("dataset.column that decided which rows there are, and how"),
            },
            {
                "step": text("empty for a source"), "call": integer("of the step"), "dataset": text("its id"),
                "column": text("its name"), "expression": text("SQL over the inputs of the step"),
                "inputs": texts("dataset.column, kind and subtype"),
            },
        ),
        asked.trace_column,
    ),
    Tool(
        "diff_runs",
        "Compares run B with run A: the first steps whose output differs though their inputs do not come first, then "
        "sources that changed, then what follows from these, then what could not be compared. `same` is only said with "
        "evidence.",
        given({}, {
            "a": {**text(schemas.RUN), "default": "last~1"}, "b": {**text(schemas.RUN), "default": "last"},
            "baseline": text("in place of a: the latest run with this label"),
            "force": {**flag("also runs that look like those of different programs"), "default": False},
        }),
        answered(
            {
                "a": text("id of run A"), "b": text("id of run B"), "same": flag("nothing differs, with evidence"),
                "different": flag("something does; neither: not all could be compared"),
                "measured": integer("datasets that were measured to be equal"),
                "derived": integer("datasets that are equal as the same plan over equal inputs"), **STALE,
            },
            {
                "what": text("first_divergence, source_changed, consequence, uncertain, only_in_a or only_in_b"),
                "step": maybe(text("its name")), "call": maybe(integer("of the step")),
                "file": maybe(text("where its code is")), "line": maybe(integer("from 1")),
                "dataset": maybe(text("its id")), "why": maybe(text("one sentence")),
                "rows_a": maybe(integer("of the dataset in A")), "rows_b": maybe(integer("of the dataset in B")),
                "columns": texts("what changed in each column"), "source_diff": texts("lines of the code's diff"),
                "plan_diff": texts("lines of the plan's diff"), "sample": texts("sampled rows that differ, as JSON"),
                "caused_by": texts("of a consequence: the steps or sources"),
            },
        ),
        asked.diff_runs,
    ),
    Tool(
        "get_checks",
        "Asks the checks of a run: built-in ones (joins that multiply or lose rows, values lost in casts, and more) "
        "and rules of spark-lineage.toml. What failed comes first. Functions of checks.py are named, not called.",
        given({}, {**RUN, "fresh": {**flag("also fail if the code on disk is no longer the code that ran"),
                                    "default": False}}),
        answered(
            {
                **OF_RUN, "passed": flag("the run has ended and nothing failed"),
                "status": text("passed, failed or could_not_tell"), "running": flag("the run had not ended"), **STALE,
                "not_asked": texts("functions of checks.py"),
            },
            {
                "check": text("name of a built-in check, or the text of a rule"), "status": text("as above"),
                "step": text("its name"), "call": integer("of the step"), "dataset": maybe(text("its id")),
                "column": maybe(text("its name")), "expected": text("for people"), "actual": text("for people"),
                "rule": flag("whether the user asked for it"), "where": maybe(text("file and line")),
            },
        ),
        asked.get_checks,
    ),
    Tool(
        "list_gaps",
        "What was not observed in a run, and why: nothing may be concluded about it.",
        given({}, RUN),
        answered(
            OF_RUN,
            {
                "step": maybe(text("that it is about")), "dataset": maybe(text("that it is about")),
                "what": text("rows, lineage, sink, jvm, ..."), "why": text("one sentence"),
            },
        ),
        asked.list_gaps,
    ),
)  # fmt: skip
BY_NAME = {tool.name: tool for tool in TOOLS}


class Asking:
    """Asks of one store. A later page continues the answer that the first one began: between two of them a program may
    end, and code may be changed.
    """

    def __init__(self, store: Folder) -> None:
        self._store = store
        self._begun: dict[str, tuple[Document, Sequence[Document]]] = {}  # question -> answer, the latest last

    def answer(self, tool: Tool, arguments: Arguments) -> Document:
        """One page. ``arguments`` are as ``tool.takes`` has them. Raises what the answers raise."""
        given = dict(arguments)
        page, budget = given.pop("page", 1), given.pop("budget", DEFAULT)
        question = json.dumps([tool.name, given], sort_keys=True)
        found = self._begun.pop(question, None) if page > 1 else None
        self._begun[question] = found or tool.ask(self._store, given)
        for oldest in list(self._begun)[:-KEPT]:
            self._begun.pop(oldest, None)
        return paged(*self._begun[question], page, budget)
