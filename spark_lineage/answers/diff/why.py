"""One sentence for people: which step, what became of its output, and what changed in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from spark_lineage.answers.diff import changes, definitions
from spark_lineage.answers.diff.called import ChangedFunction
from spark_lineage.answers.diff.contents import Content, Measured
from spark_lineage.answers.diff.pairs import Pair
from spark_lineage.answers.diff.places import place
from spark_lineage.answers.diff.values import ChangedValue, Given
from spark_lineage.answers.headlines import headline
from spark_lineage.graph.stored import IN_PLACE
from spark_lineage.model import ChangedRows, Dataset, Step, StepKind


def where(step: Step) -> str:
    """``clean_orders`` (pipeline.py:41)."""
    name = step.step.rpartition(".")[2] if step.kind is not StepKind.FUNCTION else step.function.rpartition(".")[2]
    call = f" #{step.call}" if step.call > 1 else ""
    return f"`{name}`{call} ({place(step.file, step.line)})"


def of_pair(
    pair: Pair, step: Step, inputs: tuple[list[str], list[str]], counterparts: Mapping[str, str],
    functions: Sequence[ChangedFunction], deterministic: bool | None, taken: Sequence[ChangedValue] = (),
) -> str:  # fmt: skip
    """``taken``: plain values that the step takes, and that differ."""
    cause, effect = _cause(pair, inputs, counterparts, functions, deterministic, taken), _effect(pair)
    # What was not seen is no news: it stands behind what was.
    said = (cause, effect) if pair.measured.content is Content.UNKNOWN else (effect, cause)
    return f"{where(step)}: {'; '.join(said)}"


def _effect(pair: Pair) -> str:
    seen = pair.measured
    if seen.content is Content.UNKNOWN and pair.b.mode in IN_PLACE:
        return "what its table holds was not counted"
    if seen.content is not Content.DIFFERENT:
        return f"its output was not compared ({seen.why})" if seen.content is Content.UNKNOWN else "the same rows"
    said = [*_rows(pair), *_columns(seen, pair.b)]
    if seen.combined:
        said.append("the same values, combined to other rows")
    return ", ".join(said) or "other values"


def _rows(pair: Pair) -> list[str]:
    a, b = pair.a.rows, pair.b.rows
    if pair.a.changed is not None and pair.b.changed is not None:
        return _rows_changed(pair.a.changed, pair.b.changed)
    if a is None or b is None or a == b:
        return []
    return [f"{count(abs(b - a), 'row')} {'more' if b > a else 'fewer'}"]


def _rows_changed(a: ChangedRows, b: ChangedRows) -> list[str]:
    """Rows that a command has changed in a table: "3 rows updated and were 5"."""
    kinds = ("inserted", "updated", "deleted")
    counts = [(kind, getattr(a, kind), getattr(b, kind)) for kind in kinds]
    return [
        f"{count(new, 'row')} {kind} and were {old:,}"
        for kind, old, new in counts
        if old is not None and new is not None and old != new
    ]


def count(number: int, word: str) -> str:
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def _columns(seen: Measured, b: Dataset) -> list[str]:
    by_change: dict[str, list[str]] = {}
    for change in seen.columns:
        by_change.setdefault(change.change, []).append(change.name)
    said = []
    if "removed" in by_change:
        said.append(f"{_list(by_change['removed'])} missing")
    if "added" in by_change:
        said.append(f"{_list(by_change['added'])} new")
    types = [change for change in seen.columns if change.change == "type"]
    said += [f"{change.name} is {change.b} and was {change.a}" for change in types[:2]]
    if not seen.rows:
        nulls = [change for change in seen.columns if change.change == "nulls"]
        said += [f"{change.name} has {change.b} and had {change.a}" for change in nulls[:2]]
        if "values" in by_change:
            said.append(f"other values in {_list(by_change['values'])}")
    return said


def _list(names: list[str]) -> str:
    shown = ", ".join(names[:3])
    return (
        f"{shown} and {len(names) - 3} more columns"
        if len(names) > 3
        else f"{'column' if len(names) == 1 else 'columns'} {shown}"
    )


def _cause(
    pair: Pair,
    inputs: tuple[list[str], list[str]],
    counterparts: Mapping[str, str],
    functions: Sequence[ChangedFunction],
    deterministic: bool | None,
    taken: Sequence[ChangedValue],
) -> str:
    definition = pair.definition
    assert definition is not None, "only steps have a cause"
    if definition.zones is None:
        return _of_definition(pair, inputs, counterparts, functions, deterministic, taken)
    zones = f"the session's time zone was {definition.zones[0]} and is {definition.zones[1]}"
    if definition.inputs or definition.region or definition.source:
        return f"{_of_definition(pair, inputs, counterparts, functions, deterministic, taken)}; {zones}"
    seen = changes.sentence(pair.a, pair.b, counterparts) if definition.plan else None
    return f"{seen}; {zones}" if seen else zones


def _of_definition(
    pair: Pair,
    inputs: tuple[list[str], list[str]],
    counterparts: Mapping[str, str],
    functions: Sequence[ChangedFunction],
    deterministic: bool | None,
    taken: Sequence[ChangedValue],
) -> str:
    definition = pair.definition
    assert definition is not None, "only steps have a cause"
    if inputs[0] or inputs[1]:
        return f"it takes {_names(inputs[1])} in place of {_names(inputs[0])}"
    if definition.inputs:
        return "it takes its inputs in another order"
    if definition.plan and (seen := changes.sentence(pair.a, pair.b, counterparts)):
        return f"{seen}; {_taken(taken)}" if taken and not definition.source else seen
    if functions and not definition.region:
        changed = " and ".join(each.where for each in functions[:2])
        return f"the code of {changed}, which {_caller(pair, functions)}, changed"
    if definition.plan and (names := definitions.changed_functions(pair.a, pair.b)):
        return f"the code of {_names(names)}, which it calls, changed"
    if taken and not definition.source and not definition.region:
        return _taken(taken)
    if definition.plan and definitions.has_other_rows(pair.a, pair.b):
        return "the rows that the program itself holds changed"
    if definition.plan:
        return "its plan changed in what the operators do not show (options of a reader, other functions)"
    if definition.region:
        return "steps before it were added or removed"
    if definition.opaque and definition.source:
        return "its code changed"
    if definition.nondeterminism:
        same = "its code changed, and it is" if definition.source else "same code and inputs: it is"
        return f"{same} not deterministic ({', '.join(definition.nondeterminism)})"
    if definition.source:
        return "its code changed, in what its plan does not show"
    if definition.opaque:
        return "its rows came from Python, by code that is not in the plan and that this step does not hold itself"
    if deterministic is False:
        return "same code, plan and inputs: what makes it differ is not in the plan"
    return "its definition changed"


def _taken(values: Sequence[ChangedValue]) -> str:
    """Those first that were made in another way."""
    first = sorted(values, key=lambda value: not value.made_otherwise)
    more = f", and {count(len(values) - 2, 'more value')}" if len(values) > 2 else ""
    return " and ".join(value.said for value in first[:2]) + more


def of_values(given: Given) -> str:
    said = ", ".join(value.said for value in given.values[:2])
    more = f" and {count(len(given.values) - 2, 'more value')}" if len(given.values) > 2 else ""
    return f"{where(given.b)}: {said}{more}; {given.why}"


def _caller(pair: Pair, functions: Sequence[ChangedFunction]) -> str:
    """``it calls``, or the UDF that does."""
    changed = {each.b.name.rpartition(".")[2] for each in functions}
    udfs = [name for name in definitions.changed_functions(pair.a, pair.b) if name not in changed]
    if not udfs:
        return "it calls"
    return f"{_names(udfs[:2])} {'calls' if len(udfs) == 1 else 'call'}"


def _names(names: list[str]) -> str:
    return " and ".join(f"`{name}`" for name in names) or "nothing"


def of_one(run: str, dataset: Dataset, step: Step) -> str:
    rows = f" with {count(dataset.rows, 'row')}" if dataset.rows is not None else ""
    if run == "a":
        return f"{where(step)}: its output `{dataset.id}`{rows} is missing in B"
    return f"{where(step)}: its output `{dataset.id}`{rows} is new in B"


def of_failure(run: str, a: Step | None, b: Step | None) -> str:
    step = b or a
    assert step is not None, "one of the two failed"
    failed = a if run == "a" else b
    error = headline((failed.error if failed else None) or "no error text")
    if run == "b":
        return f"{where(step)}: it failed in B ({error})"
    return f"{where(step)}: it failed in A ({error}) and did not in B"


def of_source(pair: Pair) -> str:
    seen = pair.measured
    if seen.content is Content.DIFFERENT:
        said = [*_rows(pair), *_columns(seen, pair.b)]
        return ", ".join(said) or "other content"
    return "it was not measured, and what is made of it differs though the code is the same"
