"""How activations ended: whether they went well, failed, or still run."""

from __future__ import annotations

from collections.abc import Iterable

from spark_lineage.graph.activations import Activation
from spark_lineage.graph.observed import Observed
from spark_lineage.model import Outcome


def settle(seen: Observed, application: Activation, others: Iterable[Activation]) -> None:
    """Gives each activation its outcome and its error."""
    left = errors(seen)
    for activation in others:
        if activation.is_statement:
            failure = next((op.error for op in activation.operations if op.error is not None), None)
            if failure is not None:
                activation.outcome, activation.error = Outcome.FAIL, failure
        elif activation.own_call in left:
            activation.outcome, activation.error = Outcome.FAIL, left[activation.own_call]
        elif activation.ended is None:
            activation.outcome = Outcome.RUNNING
    if seen.ended is None:
        application.outcome = Outcome.RUNNING
    else:
        application.outcome, application.error = seen.ended.outcome, seen.ended.error


def errors(seen: Observed) -> dict[str | None, str | None]:
    """Id of a call that an exception left -> the text of the exception.

    What was seen of the call itself counts most.
    """
    found: dict[str | None, str | None] = {}
    if seen.ended is not None:
        found.update(dict.fromkeys(seen.ended.failed_calls, seen.ended.error))
    for operation in seen.operations:
        if operation.error is not None:
            found.update(dict.fromkeys(operation.failed_calls, operation.error))
    for ending in seen.endings.values():
        if ending.error is not None:
            found[ending.call] = ending.error
    return found
