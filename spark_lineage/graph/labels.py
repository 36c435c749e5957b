"""What steps are called below their parents, told apart where two would have one name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count

from spark_lineage.graph.activations import MODULE, Node
from spark_lineage.model import CallSeen, Statement, StepKind


def of_call(call: CallSeen) -> str:
    """``make.<locals>.inner`` -> inner, ``Pipeline.clean`` -> Pipeline.clean, the body of a module -> its name.

    A module that another one runs as ``__main__`` is called after its file.
    """
    if call.function == MODULE:
        name = call.module.rsplit(".", 1)[-1]
        if name == "__main__":
            name = re.split(r"[/\\]", call.file)[-1].rpartition(".")[0] or name
        return words(name) or "module"
    inner = call.function.rsplit("<locals>.", 1)[-1]
    return ".".join(words(part) or "function" for part in inner.split("."))


def of_statement(statement: Statement | None, line: int) -> str:
    """The variable that the statement assigns, else what it does; ``orders~2`` for the second of its body.

    Its line only where the source could not be read: a line changes with every edit above it.
    """
    called = words(statement.deed or statement.variable or "") if statement is not None else ""
    if statement is None or not called:
        return f"line_{line}"
    return f"{called}~{statement.ordinal}" if statement.ordinal > 1 else called


def words(text: str) -> str:
    """``text`` with only letters, digits and underscores: fit for a part of a name."""
    kept = "".join(letter if letter.isalnum() else "_" for letter in text)
    return "_".join(part for part in kept.split("_") if part) if kept.strip("_") != text.strip("_") else text


def make_different(root: Node) -> None:
    """Gives every step its name. Two steps of one parent never share one, and their order decides nothing."""
    root.name = root.label
    waiting = [root]
    while waiting:
        node = waiting.pop()
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
        waiting.extend(node.children.values())


def _tell_apart(label: str, nodes: list[Node], taken: set[str]) -> None:
    functions = [node for node in nodes if node.kind is not StepKind.STATEMENT]
    if len(functions) == 1:
        taken.add(label)
        nodes = [node for node in nodes if node is not functions[0]]
    modules = {node.module for node in functions}
    for node in sorted(nodes, key=lambda node: (node.module, node.line, repr(node.key))):
        by_module = node.kind is not StepKind.STATEMENT and len(modules) == len(functions)
        node.label = next(name for name in _candidates(label, node, by_module) if name not in taken)
        taken.add(node.label)


def _candidates(label: str, node: Node, by_module: bool) -> Iterator[str]:
    module = words(node.module.rsplit(".", 1)[-1])
    if by_module:
        yield f"{module}.{label}"
    yield label
    yield from (f"{label}~{number}" for number in count(2))
