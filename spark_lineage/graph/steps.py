"""Which steps there are: calls of user functions, and statements of code that itself calls steps."""

from __future__ import annotations

from collections.abc import Iterable

from spark_lineage.graph import finished, labels, outcomes
from spark_lineage.graph.activations import MODULE, Activation, Key, Node
from spark_lineage.graph.observed import Observed, moment
from spark_lineage.graph.timing import place_in_time
from spark_lineage.model import CallSeen, Operation, OperationKind, Step, StepKind, Unit, typed_number, unit

DEEPEST_RECURSION = 3  # a function that calls itself deeper than this stays the same step


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
        """The unit that the operation belongs to; None if no user code runs it."""
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
            inside = call.parent is not None and call.parent in self.seen.calls
            if call.function == MODULE and (not inside or call.call in self.seen.cells):
                self._modules.add(call.call)
        for call in self.seen.calls.values():
            self._activate(call)
        self._find_statements()
        labels.make_different(self.root)
        place_in_time(self.seen, self.application, self.all)
        outcomes.settle(self.seen, self.application, self.all[1:])

    def _activate(self, call: CallSeen) -> Activation:
        """The activation of a call; those of its callers are made before.

        A circle of callers ends at the application.
        """
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
        for caller in reversed(chain):
            parent = self._of_call[caller.call] = self._call_activation(caller, parent)
        return self._of_call[call.call]

    def _call_activation(self, call: CallSeen, parent: Activation) -> Activation:
        begun = self.seen.cells.get(call.call)
        key: Key
        if begun is not None:
            key, number = ("cell", begun.call), self.seen.number_of(begun)
            node = self.root.child(key, StepKind.CELL, f"cell_{number}", call.module, number)
            parent = self.application
        elif call.call in self._modules:
            if not _is_cell(call.file):
                if self.application.seen is None or call.file == self._program:
                    self.application.seen = call
                return self.application
            self._cells += 1
            node = self.root.child(("cell", call.file), StepKind.CELL, f"cell_{self._cells}", call.module, 1)
        else:
            key = ("function", self.seen.file_of(call.file), call.line, call.function)
            parent = _folded(parent, key)
            node = parent.node.child(key, StepKind.FUNCTION, labels.of_call(call), call.module, call.line)
        activation = Activation(node, (call.call, None), call, None, call.line, parent, len(self.all))
        activation.started = moment(call.at)
        self.all.append(activation)
        return activation

    def _find_statements(self) -> None:
        """Gives each operation its activation.

        A body that comes back to a statement after another one has run it again.
        """
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
        """Begins a new run of a statement when a call inside of it uses what the statement itself has made.

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
        key: Key = ("statement", call.file if call else "", of[1])
        typed = typed_number(call.file) if call is not None else None  # of several of one name the first comes first
        label = labels.of_statement(statement, line) if statement or typed is None else f"typed_{typed}"
        module = call.module if call is not None else ""
        node = owner.node.child(key, StepKind.STATEMENT, label, module, line if typed is None else typed)
        activation = Activation(node, of, call, statement, line, owner, len(self.all))
        activation.started = moment(operation.started)
        self.all.append(activation)
        return activation

    def finished(self) -> Iterable[Step]:
        """The steps of the graph, in order of their start; the application first."""
        return (finished.step(self.seen, activation) for activation in self.all)


def _is_cell(file: str) -> bool:
    return file.startswith(("<ipython", "cell ")) or "ipykernel" in file


def _folded(parent: Activation, key: Key) -> Activation:
    """The activation that a call becomes a child of.

    A deep recursion stays at one level, so names do not grow with it.
    """
    depth = 0
    current: Activation | None = parent
    while current is not None and current.parent is not None:
        if current.node.key == key:
            depth += 1
            if depth >= DEEPEST_RECURSION:
                return current.parent
        current = current.parent
    return parent
