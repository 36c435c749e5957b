"""Which steps there are: calls of user functions, and statements of code that itself calls steps.

A *unit* is where a DataFrame is made: a call (leaf function) or a statement of a call (composite function, module
body, cell). The units of one statement are one however often it runs; an *activation* of a step counts its runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from spark_lineage.graph.arguments import arguments
from spark_lineage.graph.observed import Observed, moment
from spark_lineage.model import (
    CallSeen,
    Execution,
    FunctionReading,
    Operation,
    OperationKind,
    Outcome,
    Statement,
    Step,
    StepKind,
    Unit,
    unit,
)
from spark_lineage.privacy import redaction

MODULE = "<module>"
DEEPEST_RECURSION = 3  # a function that calls itself deeper than this stays the same step

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
    order: int
    started: float = 0.0
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


class Steps:
    """All activations of a run, found from its calls and operations."""

    def __init__(self, seen: Observed, app: str) -> None:
        self.seen = seen
        program = seen.started.program if seen.started else ""
        self.root = Node(None, ("app",), StepKind.APPLICATION, app)
        self.application = Activation(self.root, None, None, None, 1, None, 0)
        self.all: list[Activation] = [self.application]
        self._of_call: dict[str, Activation] = {}
        self._of_operation: dict[str, Activation] = {}
        self._units: dict[str, Unit | None] = {}
        self._modules: set[str] = set()  # calls that are the program's own module body
        self._program = program
        self._cells = 0
        self._find()

    # -- looking up

    def unit_of(self, operation: Operation) -> Unit | None:
        """Where what the operation does belongs; None for what no user code does."""
        if operation.op not in self._units:
            self._units[operation.op] = unit(operation.path, self._composite)
        return self._units[operation.op]

    def _composite(self, call: str) -> bool:
        seen = self.seen.calls.get(call)
        return seen is not None and (seen.composite or call in self._modules)

    def of(self, operation: Operation) -> Activation:
        return self._of_operation.get(operation.op, self.application)

    def of_call(self, call: str | None) -> Activation | None:
        return self._of_call.get(call) if call is not None else None

    # -- finding

    def _find(self) -> None:
        for call in self.seen.calls.values():
            if call.function == MODULE and (call.parent is None or call.parent not in self.seen.calls):
                self._modules.add(call.call)
        for call in self.seen.calls.values():
            self._activate(call)
        self._find_statements()
        _make_labels_differ(self.root)
        self._place_in_time()
        self._judge()

    def _activate(self, call: CallSeen) -> Activation:
        """The activation of a call, its callers' first. A circle of parents ends at the application."""
        chain: list[CallSeen] = []
        on_chain: set[str] = set()
        current: CallSeen | None = call
        while current is not None and current.call not in self._of_call and current.call not in on_chain:
            chain.append(current)
            on_chain.add(current.call)
            current = self.seen.calls.get(current.parent) if current.parent is not None else None
        parent = self.application
        if current is not None and current.call in self._of_call:
            parent = self._of_call[current.call]
        for each in reversed(chain):
            parent = self._of_call[each.call] = self._call_activation(each, parent)
        return self._of_call[call.call]

    def _call_activation(self, call: CallSeen, parent: Activation) -> Activation:
        if call.call in self._modules:
            if not _is_cell(call.file):
                if self.application.seen is None or call.file == self._program:
                    self.application.seen = call
                return self.application
            self._cells += 1
            node = self.root.child(("cell", call.file), StepKind.CELL, f"cell_{self._cells}", call.module, 1)
        else:
            key: Key = ("function", call.file, call.line, call.function)
            parent = _folded(parent, key)
            node = parent.node.child(key, StepKind.FUNCTION, _label(call), call.module, call.line)
        activation = Activation(node, (call.call, None), call, None, call.line, parent, len(self.all))
        activation.started = moment(call.at)
        self.all.append(activation)
        return activation

    def _find_statements(self) -> None:
        """Operations of composite bodies make statement steps; back at a statement after another is a new run."""
        at: dict[str, int | None] = {}
        round_of: dict[Unit, int] = {}
        statements: dict[tuple[Unit, int], Activation] = {}
        for operation in self.seen.operations:
            for place in operation.path:
                if place.call not in at or at[place.call] != place.statement:
                    at[place.call] = place.statement
                    here: Unit = (place.call, place.statement)
                    round_of[here] = round_of.get(here, 0) + 1
            self._taken_out(operation, at)
            of = self.unit_of(operation)
            owner = self._owner(of)
            if of is not None and of[1] is not None:
                key = (of, round_of[of])
                if key not in statements:
                    statements[key] = self._statement_activation(of, owner, operation)
                owner = statements[key]
                if operation.kind is OperationKind.WRITE and not operation.name.startswith("DataStreamWriter"):
                    at.pop(of[0], None)  # written again it is a run of its own: each sink has the inputs that are its
            owner.operations.append(operation)
            self._of_operation[operation.op] = owner

    def _taken_out(self, operation: Operation, at: dict[str, int | None]) -> None:
        """What a statement made is used by a call inside of it: the statement goes on as a run of its own.

        ``x = df.where(...).transform(f).drop("a")``: f takes what the first run made, and gives what the second takes.
        """
        made_in = {self.unit_of(maker) for df in operation.inputs if (maker := self.seen.makers.get(df)) is not None}
        for place in operation.path[:-1]:
            if (place.call, place.statement) in made_in:
                at.pop(place.call, None)

    def _owner(self, of: Unit | None) -> Activation:
        return self._of_call.get(of[0], self.application) if of is not None else self.application

    def _statement_activation(self, of: Unit, owner: Activation, operation: Operation) -> Activation:
        call = self.seen.calls.get(of[0])
        statement = self.seen.statement(call, of[1]) if call is not None else None
        line = statement.line if statement is not None else operation.path[-1].line
        variable = words(statement.variable) if statement is not None and statement.variable else None
        label = variable or f"line_{line}"
        if variable and statement is not None and statement.ordinal > 1:
            label = f"{variable}~{statement.ordinal}"
        key: Key = ("statement", call.file if call else "", of[1])
        node = owner.node.child(key, StepKind.STATEMENT, label, call.module if call else "", line)
        activation = Activation(node, of, call, statement, line, owner, len(self.all))
        activation.started = moment(operation.started)
        self.all.append(activation)
        return activation

    # -- time and outcome

    def _place_in_time(self) -> None:
        for activation in self.all[1:]:
            self._settle_times(activation)
        # Whatever encloses a step starts no later than it; parents come before children in ``all``.
        for activation in reversed(self.all[1:]):
            if activation.parent is not None and activation.parent.parent is not None:
                activation.parent.started = min(activation.parent.started, activation.started)
        started = self.seen.started
        everything = [activation.started for activation in self.all[1:] if activation.started]
        self.application.started = moment(started.at) if started else min(everything, default=0.0)
        if self.seen.ended is not None:
            ends = [activation.ended or 0.0 for activation in self.all[1:]]
            self.application.ended = max([moment(self.seen.ended.at), self.application.started, *ends])
        self.all.sort(key=lambda activation: (activation.order > 0, activation.started, activation.order))
        self._number()

    def _number(self) -> None:
        """Which run of its step each one is: in the order in which the program gives work to its threads, whichever of
        them is faster; what a run encloses is numbered before what the next one does."""
        below: dict[Activation, list[Activation]] = {}
        for activation in self.all[1:]:
            below.setdefault(activation.parent or self.application, []).append(activation)
        waiting = [self.application]
        while waiting:
            activation = waiting.pop()
            activation.node.runs += 1
            activation.call = activation.node.runs
            waiting.extend(reversed(_as_given(below.get(activation, []))))

    def _settle_times(self, activation: Activation) -> None:
        operations = activation.operations
        if operations:
            first = min(moment(operation.started) for operation in operations)
            activation.started = min(activation.started, first) if activation.started else first
        last = max((moment(operation.ended) for operation in operations), default=activation.started)
        if activation.is_statement:
            activation.ended = max(last, activation.started)
            return
        ending = self.seen.endings.get(activation.own_call or "")
        if ending is not None:
            activation.ended = max(moment(ending.at), last)
        elif self.seen.ended is not None:
            activation.ended = max(moment(self.seen.ended.at), last)

    def _judge(self) -> None:
        errors = self._errors()
        ended = self.seen.ended
        for activation in self.all[1:]:
            if activation.is_statement:
                failure = next((each.error for each in activation.operations if each.error is not None), None)
                if failure is not None:
                    activation.outcome, activation.error = Outcome.FAIL, failure
            elif activation.own_call in errors:
                activation.outcome, activation.error = Outcome.FAIL, errors[activation.own_call]
            elif activation.ended is None:
                activation.outcome = Outcome.RUNNING
        if ended is None:
            self.application.outcome = Outcome.RUNNING
        else:
            self.application.outcome, self.application.error = ended.outcome, ended.error

    def _errors(self) -> dict[str | None, str | None]:
        """Calls that were left by an exception -> its text; what the call itself says wins."""
        errors: dict[str | None, str | None] = {}
        ended = self.seen.ended
        if ended is not None:
            errors.update(dict.fromkeys(ended.failed_calls, ended.error))
        for operation in self.seen.operations:
            if operation.error is not None:
                errors.update(dict.fromkeys(operation.failed_calls, operation.error))
        for ending in self.seen.endings.values():
            if ending.error is not None:
                errors[ending.call] = ending.error
        return errors

    # -- the result

    def finished(self) -> Iterable[Step]:
        return (self._step(activation) for activation in self.all)

    def _step(self, activation: Activation) -> Step:
        seen, statement = activation.seen, activation.statement
        reading = self.seen.reading(seen) if seen is not None else None
        source: Statement | None = statement
        parent = activation.parent
        started = self.seen.started
        function = seen.function if seen else MODULE
        whole = reading if not activation.is_statement else None
        text = source.source if source else (whole.source if whole and parent is not None else None)
        site = None if activation.is_statement or seen is None or seen.site is None else seen.site.line
        return Step(
            step=activation.node.name,
            call=activation.call,
            kind=activation.node.kind,
            function=function,
            file=seen.file if seen else (started.program if started else ""),
            line=activation.line,
            end_line=_end_line(activation, whole.end_line if whole else None),
            site_line=site,
            parent=(parent.node.name, parent.call) if parent is not None else None,
            inputs=tuple(activation.inputs),
            outputs=tuple(activation.outputs),
            started=activation.started,
            ended=activation.ended,
            outcome=activation.outcome,
            error=redaction.optional(activation.error),
            executions=tuple(activation.executions),
            variable=statement.variable if statement else None,
            source_hash=source.source_hash if source else (whole.source_hash if whole else None),
            source=redaction.code(text) if text is not None else None,
            doc=whole.doc if whole else None,
            thread=seen.thread if seen else "MainThread",
            arguments=self._arguments(activation, whole),
            streaming=any(map(_starts_query, activation.operations)),
        )

    def _arguments(self, activation: Activation, reading: FunctionReading | None) -> tuple[tuple[str, str], ...]:
        call = activation.seen
        if activation.is_statement or reading is None or call is None or call.site is None:
            return ()
        caller = self.seen.calls.get(call.site.call)
        statement = self.seen.statement(caller, call.site.statement) if caller is not None else None
        return arguments(statement.source, reading.source, call.function) if statement is not None else ()


def _starts_query(operation: Operation) -> bool:
    return operation.kind is OperationKind.WRITE and operation.name.startswith("DataStreamWriter.")


def _end_line(activation: Activation, end_of_function: int | None) -> int:
    if activation.statement is not None:
        return activation.statement.end_line
    return end_of_function if end_of_function is not None else activation.line


def words(text: str) -> str:
    """``text`` with only letters, digits and underscores: fit for a part of a name."""
    kept = "".join(letter if letter.isalnum() else "_" for letter in text)
    return "_".join(part for part in kept.split("_") if part) if kept.strip("_") != text.strip("_") else text


def _label(call: CallSeen) -> str:
    """``make.<locals>.inner`` -> inner, ``Pipeline.clean`` -> Pipeline.clean, the body of a module -> its name."""
    if call.function == MODULE:
        return words(call.module.rsplit(".", 1)[-1]) or "module"
    inner = call.function.rsplit("<locals>.", 1)[-1]
    return ".".join(words(part) or "function" for part in inner.split("."))


def _is_cell(file: str) -> bool:
    return file.startswith(("<ipython", "cell ")) or "ipykernel" in file


def _as_given(siblings: list[Activation]) -> list[Activation]:
    """What one run encloses; runs of one step in the order of their tasks, where each is a task of its own."""
    of_node: dict[Node, list[Activation]] = {}
    for each in siblings:
        of_node.setdefault(each.node, []).append(each)
    ordered: list[Activation] = []
    for runs in of_node.values():
        tasks = {task: each for each in runs if (task := _task(each)) is not None}
        ordered.extend([each for _, each in sorted(tasks.items())] if len(tasks) == len(runs) else runs)
    return ordered


def _task(activation: Activation) -> int | None:
    return activation.seen.task if activation.seen is not None and not activation.is_statement else None


def _folded(parent: Activation, key: Key) -> Activation:
    """The activation to hang a call under: deep recursion does not make names without end."""
    depth = 0
    current: Activation | None = parent
    while current is not None and current.parent is not None:
        if current.node.key == key:
            depth += 1
            if depth >= DEEPEST_RECURSION:
                return current.parent
        current = current.parent
    return parent


def _make_labels_differ(root: Node) -> None:
    """Two different steps of one parent never share a name, and which name each gets does not hang on their order."""
    root.name = root.label
    todo = [root]
    while todo:
        node = todo.pop()
        by_label: dict[str, list[Node]] = {}
        for child in node.children.values():
            by_label.setdefault(child.label, []).append(child)
        taken = {label for label, nodes in by_label.items() if len(nodes) == 1}
        for label, nodes in by_label.items():
            if len(nodes) > 1:
                _tell_apart(label, nodes, taken)
        for child in node.children.values():
            child.name = f"{node.name}.{child.label}"
            child.path = (*node.path, child.label)
        todo.extend(node.children.values())


def _tell_apart(label: str, nodes: list[Node], taken: set[str]) -> None:
    functions = [node for node in nodes if node.kind is not StepKind.STATEMENT]
    if len(functions) == 1:
        taken.add(label)
        nodes = [node for node in nodes if node is not functions[0]]
    modules = {node.module for node in functions}
    for node in sorted(nodes, key=lambda each: (each.module, each.line, repr(each.key))):
        stem = words(node.module.rsplit(".", 1)[-1])
        candidates = [f"{label}_{node.line}", f"{stem}_{label}_{node.line}"]
        if node.kind is not StepKind.STATEMENT and len(modules) == len(functions):
            candidates.insert(0, f"{stem}.{label}")
        new = next((each for each in candidates if each not in taken), None)
        number = 2
        while new is None:
            new = next((each for each in [f"{label}_{node.line}_{number}"] if each not in taken), None)
            number += 1
        taken.add(new)
        node.label = new
