"""When activations began and ended, and which run of its step each one is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from spark_lineage.graph import outcomes
from spark_lineage.graph.activations import Activation, Node
from spark_lineage.graph.observed import Observed, moment


def place_in_time(seen: Observed, application: Activation, all_: list[Activation]) -> None:
    """Gives each activation its start, its end and the number of its run, and sorts ``all_`` by start.

    ``all_`` begins with the application, and has parents before their children.
    """
    below = all_[1:]
    left = _left_by_then(seen)
    for activation in below:
        _settle(seen, activation, left)
    # Whatever encloses a step starts no later than it does.
    for activation in reversed(below):
        if activation.parent is not None and activation.parent.parent is not None:
            activation.parent.started = min(activation.parent.started, activation.started)
    _settle_application(seen, application, below)
    all_.sort(key=lambda activation: (activation.order > 0, activation.started, activation.order))
    _number(application, all_[1:])


def _settle_application(seen: Observed, application: Activation, below: Sequence[Activation]) -> None:
    starts = [activation.started for activation in below if activation.started]
    application.started = moment(seen.started.at) if seen.started else min(starts, default=0.0)
    if seen.ended is not None:
        ends = [activation.ended or 0.0 for activation in below]
        application.ended = max([moment(seen.ended.at), application.started, *ends])


def _settle(seen: Observed, activation: Activation, left: Mapping[str, float]) -> None:
    operations = activation.operations
    if operations:
        first = min(moment(operation.started) for operation in operations)
        activation.started = min(activation.started, first) if activation.started else first
    last = max((moment(operation.ended) for operation in operations), default=activation.started)
    if activation.is_statement:
        activation.ended = max(last, activation.started)
        return
    ending = seen.endings.get(activation.own_call or "")
    if ending is not None:
        at = min(moment(ending.at), left.get(activation.own_call or "", moment(ending.at)))
        activation.ended = max(at, last)
    elif seen.ended is not None:
        activation.ended = max(moment(seen.ended.at), last)


def _left_by_then(seen: Observed) -> dict[str, float]:
    """Id of a call that an exception left -> when its thread ran something outside of it.

    Python frees the frame of such a call when it lets go of the traceback, which may be much later.
    """
    failed = {call for call in outcomes.errors(seen) if call is not None}
    if not failed:
        return {}
    found: dict[str, float] = {}
    open_: dict[str, set[str]] = {}  # thread -> failed calls that have begun there and were not left
    for operation in seen.operations:
        path = [place.call for place in operation.path]
        here = seen.calls.get(path[-1]) if path else None
        if here is None:
            continue
        begun = open_.setdefault(here.thread, set())
        for call in begun.difference(path):
            later = [moment(seen.calls[other].at) for other in path if other in seen.calls]
            after = [at for at in later if at > moment(seen.calls[call].at)] if call in seen.calls else []
            found[call] = min([moment(operation.started), *after])
            begun.discard(call)
        begun.update(call for call in path if call in failed and call not in found)
    return found


def _number(application: Activation, others: Sequence[Activation]) -> None:
    """Which run of its step each one is, in the order in which the program gives work to its threads.

    That order does not change with which thread is faster. What a run encloses is numbered before what the next run
    encloses.
    """
    below: dict[Activation, list[Activation]] = {}
    for activation in others:
        below.setdefault(activation.parent or application, []).append(activation)
    waiting = [application]
    while waiting:
        activation = waiting.pop()
        activation.node.runs += 1
        activation.call = activation.node.runs
        waiting.extend(reversed(_as_given(below.get(activation, []))))


def _as_given(siblings: Sequence[Activation]) -> list[Activation]:
    """What one run encloses; runs of one step in the order of their tasks, where each is a task of its own."""
    of_node: dict[Node, list[Activation]] = {}
    for activation in siblings:
        of_node.setdefault(activation.node, []).append(activation)
    ordered: list[Activation] = []
    for runs in of_node.values():
        tasks = {task: activation for activation in runs if (task := _task(activation)) is not None}
        ordered.extend([activation for _, activation in sorted(tasks.items())] if len(tasks) == len(runs) else runs)
    return ordered


def _task(activation: Activation) -> int | None:
    return activation.seen.task if activation.seen is not None and not activation.is_statement else None
