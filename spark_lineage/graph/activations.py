"""Steps, and the runs of them, while they are put together.

A *unit* is where a DataFrame is made: a call (leaf function) or a statement of a call (composite function, module
body, cell). The units of one statement are one however often it runs; an *activation* of a step counts its runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from spark_lineage.model import CallSeen, Execution, Gap, Operation, Outcome, Statement, StepKind, Unit

MODULE = "<module>"  # the qualname of a module's body

Key = tuple[object, ...]


@dataclass(eq=False)
class Node:
    """One step, whatever the number of its runs; ``label`` is the last part of its name."""

    parent: Node | None
    key: Key
    kind: StepKind
    label: str
    module: str = ""
    line: int = 0
    children: dict[Key, Node] = field(default_factory=dict)
    runs: int = 0
    name: str = ""
    path: tuple[str, ...] = ()  # labels below the application, outermost first

    def child(self, key: Key, kind: StepKind, label: str, module: str = "", line: int = 0) -> Node:
        node = self.children.get(key)
        if node is None:
            node = self.children[key] = Node(self, key, kind, label, module, line)
        return node


@dataclass(eq=False)
class Activation:
    """One run of one step, while it is put together."""

    node: Node
    unit: Unit | None  # None: the application
    seen: CallSeen | None  # the call itself (functions), or the call that the statement stands in
    statement: Statement | None
    line: int
    parent: Activation | None
    order: int  # position among all activations, as they were found
    started: float = 0.0  # seconds since the epoch
    ended: float | None = None
    call: int = 1
    outcome: Outcome = Outcome.COMPLETE
    error: str | None = None
    operations: list[Operation] = field(default_factory=list)
    executions: list[Execution] = field(default_factory=list)
    inputs: dict[str, None] = field(default_factory=dict)  # dataset ids, in order of use
    outputs: dict[str, None] = field(default_factory=dict)

    @property
    def is_statement(self) -> bool:
        return self.unit is not None and self.unit[1] is not None

    @property
    def own_call(self) -> str | None:
        return self.unit[0] if self.unit is not None else None


def gap(activation: Activation | None, dataset: str | None, what: str, why: str) -> Gap:
    """A gap of the activation's step."""
    return Gap(activation.node.name if activation is not None else None, dataset, what, why)
