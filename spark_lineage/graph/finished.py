"""Steps of the graph, from activations that have been put together."""

from __future__ import annotations

from spark_lineage.graph import values
from spark_lineage.graph.activations import MODULE, Activation
from spark_lineage.graph.arguments import arguments
from spark_lineage.graph.observed import Observed
from spark_lineage.model import FunctionReading, Operation, OperationKind, Step
from spark_lineage.privacy import code, redaction


def step(seen: Observed, activation: Activation) -> Step:
    """The run of the step, with secrets taken out of its source, its arguments and its error."""
    call, statement, parent = activation.seen, activation.statement, activation.parent
    reading = seen.reading(call) if call is not None and not activation.is_statement else None
    of_function = reading.source if reading is not None and parent is not None else None
    source = statement.source if statement is not None else of_function
    site = None if activation.is_statement or call is None or call.site is None else call.site.line
    program = seen.started.program if seen.started else ""
    own = statement if statement is not None else reading
    given = _arguments(seen, activation, reading)
    return Step(
        step=activation.node.name,
        call=activation.call,
        kind=activation.node.kind,
        function=call.function if call else MODULE,
        file=seen.file_of(call.file) if call else program,
        line=activation.line,
        end_line=own.end_line if own is not None else activation.line,
        site_line=site,
        parent=(parent.node.name, parent.call) if parent is not None else None,
        inputs=tuple(activation.inputs),
        outputs=tuple(activation.outputs),
        started=activation.started,
        ended=activation.ended,
        outcome=activation.outcome,
        error=redaction.optional(activation.error),
        executions=tuple(activation.executions),
        variable=statement.variable if statement is not None else None,
        source_hash=(own.source_hash or None) if own is not None else None,  # of a jar nobody has read the source
        source=code.redacted(source) if source else None,
        doc=reading.doc if reading is not None else None,
        thread=call.thread if call else "MainThread",
        arguments=given,
        values=values.of(seen, activation, given),
        streaming=any(map(_starts_query, activation.operations)),
    )


def _arguments(seen: Observed, activation: Activation, reading: FunctionReading | None) -> tuple[tuple[str, str], ...]:
    call = activation.seen
    if reading is None or call is None or call.site is None:
        return ()
    caller = seen.calls.get(call.site.call)
    statement = seen.statement(caller, call.site.statement) if caller is not None else None
    return arguments(statement.source, reading.source, call.function) if statement is not None else ()


def _starts_query(operation: Operation) -> bool:
    return operation.kind is OperationKind.WRITE and operation.name.startswith("DataStreamWriter.")
