"""The graph as Mermaid, which GitHub and GitLab draw in Markdown, and as DOT, which Graphviz draws."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from spark_lineage.answers.page import Page, PageOfTwo
from spark_lineage.answers.page.diagram import Diagram, Edge, Group, Node, NodeKind, diagram
from spark_lineage.model import Dataset
from spark_lineage.privacy.terminal import printable

LONGEST = 60  # characters of a name
MOST_EDGES = 500  # that Mermaid draws unless it is told otherwise
# (fill, line) of each state of two runs, and of a step that failed; readable on white and on black.
COLOURS = {
    "same": ("#e3f1e5", "#3a7d44"),
    "differs_here": ("#f9d0cd", "#b3261e"),
    "differs_upstream": ("#fce3c5", "#a85b00"),
    "only_in_a": ("#e4e0f2", "#5b4b9a"),
    "only_in_b": ("#d6e8fa", "#1f5f99"),
    "uncertain": ("#ececec", "#666666"),
    "failed": ("#f9d0cd", "#b3261e"),
}
SHAPES = {NodeKind.STEP: ("([", "])"), NodeKind.MODEL: ("{{", "}}")}  # of Mermaid; storage is a cylinder
STORED = ("[(", ")]")
_PLAIN = re.compile(r"[^\w .,:/=()+~-]", re.ASCII)


# --------------------------------------------------------------------------- Mermaid


def mermaid(page: Page | PageOfTwo) -> str:
    drawn = diagram(page)
    lines = ["%% spark-lineage report", "flowchart LR"]
    if len(drawn.edges) > MOST_EDGES:
        lines.insert(1, f"%% {len(drawn.edges)} edges: Mermaid draws {MOST_EDGES}, unless its maxEdges is set higher")
    lines += _nested(drawn, _mermaid_node, _open_subgraph, "end")
    lines += [_mermaid_edge(edge) for edge in drawn.edges]
    for style, (fill, line) in COLOURS.items():
        names = [node.id for node in drawn.nodes if _style(node) == style]
        if names:
            lines.append(f"  classDef {style} fill:{fill},stroke:{line},color:#1c1b1f")
            lines.append(f"  class {','.join(names)} {style}")
    return "\n".join(lines) + "\n"


def _mermaid_node(node: Node, indent: str) -> str:
    opens, closes = SHAPES.get(node.kind, STORED)
    return f'{indent}{node.id}{opens}"{"<br>".join(map(_mermaid_text, _words(node)))}"{closes}'


def _open_subgraph(group: Group, indent: str) -> str:
    return f'{indent}subgraph {group.id} ["{_mermaid_text(_step_name(group.step.step, group.step.call))}"]'


def _mermaid_edge(edge: Edge) -> str:
    said = f'|"{_mermaid_text(_flow(edge.dataset))}"|' if edge.dataset is not None else ""
    return f"  {edge.start} -->{said} {edge.end}"


def _mermaid_text(text: str) -> str:
    """Each letter that means something to Mermaid or HTML as its number, which Mermaid writes back."""
    return _PLAIN.sub(lambda found: found[0] if ord(found[0]) > 127 else f"#{ord(found[0])};", text)


# --------------------------------------------------------------------------- DOT


def dot(page: Page | PageOfTwo) -> str:
    drawn = diagram(page)
    lines = [
        "// spark-lineage report",
        "digraph lineage {",
        "  rankdir=LR; compound=true;",
        '  node [fontname="Helvetica", style="filled,rounded", fillcolor="#f4f2f7"];',
        '  edge [fontname="Helvetica", fontsize=10];',
    ]
    lines += _nested(drawn, _dot_node, _open_cluster, "}")
    lines += [_dot_edge(edge) for edge in drawn.edges]
    return "\n".join([*lines, "}"]) + "\n"


def _dot_node(node: Node, indent: str) -> str:
    shape = {NodeKind.STEP: "box", NodeKind.MODEL: "hexagon"}.get(node.kind, "cylinder")
    style = _style(node)
    fill, line = COLOURS[style] if style is not None else ("", "")
    coloured = f', fillcolor="{fill}", color="{line}"' if style is not None else ""
    plain = "" if node.kind is NodeKind.STEP else ', style="filled"'
    return f'{indent}{node.id} [label="{_dot_text(*_words(node))}", shape={shape}{plain}{coloured}];'


def _open_cluster(group: Group, indent: str) -> str:
    label = _dot_text(_step_name(group.step.step, group.step.call))
    return f'{indent}subgraph cluster_{group.id} {{ label="{label}"; fontname="Helvetica"; style="rounded";'


def _dot_edge(edge: Edge) -> str:
    said = f' [label="{_dot_text(_flow(edge.dataset))}"]' if edge.dataset is not None else ""
    return f"  {edge.start} -> {edge.end}{said};"


def _dot_text(*lines: str) -> str:
    return "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"') for line in lines)


# --------------------------------------------------------------------------- both


def _nested(
    drawn: Diagram, node: Callable[[Node, str], str], opens: Callable[[Group, str], str], closes: str
) -> Iterator[str]:
    """Groups with what is in them; a deep nest needs no deep stack."""
    inside: dict[str | None, list[Node]] = {}
    for each in drawn.nodes:
        inside.setdefault(each.group, []).append(each)
    below: dict[str | None, list[Group]] = {}
    for group in drawn.groups:
        below.setdefault(group.parent, []).append(group)
    yield from (node(each, "  ") for each in inside.get(None, ()))
    todo: list[tuple[Group, int, bool]] = [(group, 1, False) for group in reversed(below.get(None, ()))]
    while todo:
        group, depth, done = todo.pop()
        indent = "  " * min(depth, 20)
        if done:
            yield f"{indent}{closes}"
            continue
        yield opens(group, indent)
        yield from (node(each, f"{indent}  ") for each in inside.get(group.id, ()))
        todo.append((group, depth, True))
        todo.extend((each, depth + 1, False) for each in reversed(below.get(group.id, ())))


def _words(node: Node) -> list[str]:
    """The lines of a node."""
    if node.step is not None:
        failed = " (failed)" if node.failed else ""
        return [_step_name(node.step.step, node.step.call) + failed]
    assert node.dataset is not None, "a node is a step or a dataset"
    return [_cut(node.dataset.id, from_end=True), *([_rows(node.dataset)] if node.dataset.rows is not None else [])]


def _step_name(step: str, call: int) -> str:
    """The end of its path; the tree says the rest."""
    return _cut(step.rpartition(".")[2] or step) + (f" #{call}" if call > 1 else "")


def _flow(dataset: Dataset | None) -> str:
    if dataset is None:
        return ""
    return f"{_cut(dataset.id)}: {_rows(dataset)}" if dataset.rows is not None else _cut(dataset.id)


def _rows(dataset: Dataset) -> str:
    return f"{dataset.rows:,} row{'' if dataset.rows == 1 else 's'}"


def _cut(text: str, from_end: bool = False) -> str:
    """One line of bounded length without control characters."""
    one = " ".join(printable(text).split())
    if len(one) <= LONGEST:
        return one
    return f"…{one[1 - LONGEST :]}" if from_end else f"{one[: LONGEST - 1]}…"


def _style(node: Node) -> str | None:
    return node.state if node.state is not None else "failed" if node.failed else None
