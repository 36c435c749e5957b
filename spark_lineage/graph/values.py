"""The plain values of a step, each with the statement that made it: that is where a changed value comes from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from spark_lineage.graph.activations import Activation
from spark_lineage.graph.observed import Observed
from spark_lineage.model import Statement, StepValue, ValueSeen, ValueUse
from spark_lineage.privacy import code

LONGEST = 120  # characters of a statement
_NAME = re.compile(r"(?:self\.)?[^\W\d]\w*")

Arguments = Iterable[tuple[str, str]]


def of(seen: Observed, activation: Activation, arguments: Arguments) -> tuple[StepValue, ...]:
    """``arguments``: of the call, as they are written there."""
    if activation.is_statement or activation.seen is None:
        observed = seen.values.get(activation.unit, ()) if activation.unit is not None else ()
    else:
        observed = seen.values.get((activation.seen.call, None), ())
    written = dict(arguments)
    found = {(value.use, value.name): _value(seen, activation, value, written.get(value.name)) for value in observed}
    return tuple(found.values())


def _value(seen: Observed, activation: Activation, value: ValueSeen, written: str | None) -> StepValue:
    file, line = value.file, value.line
    statement = next(_at(seen, file, line), None) if file is not None and line is not None else None
    if value.use is ValueUse.TAKES and statement is None and written is not None and _NAME.fullmatch(written):
        file, statement = _given(seen, activation, written)
        line = statement.line if statement is not None else None
    source = _short(statement.source) if statement is not None else None
    shown = seen.file_of(file) if file is not None else None
    return StepValue(value.use, value.name, value.kind, value.digest, value.text, shown, line, source)


def _given(seen: Observed, activation: Activation, name: str) -> tuple[str | None, Statement | None]:
    """The statement of the caller that has bound the argument, if that stands above the call."""
    site = activation.seen.site if activation.seen is not None else None
    caller = seen.calls.get(site.call) if site is not None else None
    reading = seen.reading(caller) if caller is not None else None
    if site is None or caller is None or reading is None or site.statement is None:
        return None, None
    above = reversed(reading.statements[: site.statement])
    return caller.file, next((each for each in above if name in each.binds), None)


def _at(seen: Observed, file: str, line: int) -> Iterator[Statement]:
    for (of_file, _, _), function in seen.functions.items():
        if of_file == file:
            yield from (statement for statement in function.statements if statement.line == line)


def _short(source: str) -> str:
    text = code.redacted(" ".join(source.split()))
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
