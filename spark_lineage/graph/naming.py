"""Names of interim datasets: short, unique in the run, and the same from run to run.

A dataset is called after the function or variable that made it; where two steps would give the same name, each takes
the names of its parents in front (``main.clean``) until they differ. Ids are names, with ``~2``, ``~3`` for the
outputs of later calls.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from operator import itemgetter

from spark_lineage.graph.activations import Activation, Node
from spark_lineage.graph.labels import words
from spark_lineage.graph.observed import Observed
from spark_lineage.model import CallSeen, Statement, StepKind, Unit


@dataclass(frozen=True)
class Named:
    name: str
    id: str
    variable: str | None


def app_name(text: str) -> str:
    """The name that all names of a run begin with. It is never empty, since an empty name of a job breaks receivers."""
    return "".join(letter if letter.isprintable() else "_" for letter in text).strip() or "application"


def place(seen: Observed) -> str:
    """What tells the program from others of its name; empty where the user has named it, or nothing is known.

    Under an orchestrator that is the job that started it, which does not depend on where the program stands.
    """
    if seen.started is None or not seen.started.place:
        return ""
    parent = seen.parents.get(False) or seen.parents.get(True)
    return _allowed(parent.name) if parent is not None else seen.started.place


def interim_namespace(app: str, place: str = "") -> str:
    """``inmemory://<place>/<app>``, with ``_`` for each character that receivers do not take in a namespace."""
    return f"inmemory://{place}/{_allowed(app)}" if place else f"inmemory://{_allowed(app)}"


def _allowed(text: str) -> str:
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "_-.@+") else "_" for letter in text)


def interim_names(seen: Observed, made: Sequence[tuple[str, Activation]], taken: Collection[str]) -> dict[str, Named]:
    """``made``: (DataFrame id, activation that made it) in order. Gives each DataFrame its name, id and variable."""
    per_activation: dict[Activation, list[str]] = {}
    for df, activation in made:
        per_activation.setdefault(activation, []).append(df)
    several = {
        activation.node for activation, dfs in per_activation.items() if len(dfs) > 1 or _targets(activation.statement)
    }
    parts = {
        df: part
        for activation, dfs in per_activation.items()
        for df, part in _parts(seen, activation, dfs, activation.node in several).items()
    }
    names = _unique({(activation.node, parts[df]) for df, activation in made}, taken)
    ids = _ids([(df, names[(activation.node, parts[df])], activation.call) for df, activation in made], taken)
    return {
        df: Named(names[(activation.node, parts[df])], ids[df], variable_of(seen, df, activation))
        for df, activation in made
    }


def variable_of(seen: Observed, df: str, activation: Activation) -> str | None:
    """The variable that holds ``df``: where it was received by the caller, else where it was made, else anywhere."""
    if activation.is_statement:
        own = activation.own_call
        assigned = _single(activation.statement) if not _used_up(seen, df, activation.unit) else None
        return assigned or _seen_in(seen, df, own) or _anywhere(seen, df)
    call = activation.seen
    caller = call.parent if call is not None else None
    return (
        _seen_in(seen, df, caller)
        or _received(seen, df, call)
        or own_variable(seen, df, activation)
        or _anywhere(seen, df)
    )


def own_variable(seen: Observed, df: str, activation: Activation) -> str | None:
    """The variable of the function itself that held ``df`` when it was made."""
    call, maker = activation.seen, seen.makers.get(df)
    if call is None or maker is None or not maker.path:
        return None
    return _single(seen.statement(call, maker.path[-1].statement)) or _seen_in(seen, df, call.call)


def _received(seen: Observed, df: str, call: CallSeen | None) -> str | None:
    """The variable that the statement of the call assigns, handed up through ``return f(...)``.

    In ``clean = drop_bad(orders).filter(...)`` the variable holds what the statement made, not what the call gave; in
    ``clean = dedupe(drop_bad(orders))`` what ``dedupe`` gave.
    """
    made_by = call
    while call is not None and call.site is not None:
        caller = seen.calls.get(call.site.call)
        statement = seen.statement(caller, call.site.statement) if caller is not None else None
        if statement is None or _used_up(seen, df, (call.site.call, call.site.statement), made_by):
            return None
        if statement.variable is not None:
            return _single(statement)
        if not statement.source.lstrip().startswith("return"):
            return None
        call = caller
    return None


def _used_up(seen: Observed, df: str, unit: Unit | None, maker: CallSeen | None = None) -> bool:
    """Whether the statement at ``unit`` that made ``df``, itself or by a call of ``maker``, also uses it.

    Not if that is the same function again, or the statement itself again: ``df = step(df)`` in a loop.
    """
    for use in seen.users.get(df, ()):
        for at, place in enumerate(use.path):
            if (place.call, place.statement) == unit:
                inner = seen.calls.get(use.path[at + 1].call) if at + 1 < len(use.path) else None
                if _identity(inner) != _identity(maker):
                    return True
    return False


def _identity(call: CallSeen | None) -> tuple[str, int] | None:
    return (call.file, call.line) if call is not None else None


def _single(statement: Statement | None) -> str | None:
    variable = statement.variable if statement is not None else None
    return variable if variable and "," not in variable else None


def _seen_in(seen: Observed, df: str, call: str | None) -> str | None:
    return next((variable.variable for variable in seen.variables.get(df, ()) if variable.call == call), None)


def _anywhere(seen: Observed, df: str) -> str | None:
    return next((variable.variable for variable in seen.variables.get(df, ())), None)


def _parts(seen: Observed, activation: Activation, dfs: Sequence[str], several: bool) -> dict[str, str | None]:
    """What is added to the step's name to tell its outputs apart.

    None for a step of one output, else their variables.
    """
    if not several:
        return dict.fromkeys(dfs, None)
    by_target = _by_target(activation)
    if all(df in by_target for df in dfs):
        return {df: by_target[df] for df in dfs}
    if len(dfs) == 1:
        return dict.fromkeys(dfs, None)
    for choice in (own_variable, variable_of):
        variables = [choice(seen, df, activation) for df in dfs]
        if None not in variables and len(set(variables)) == len(variables):
            return {df: words(variable or "") or "value" for df, variable in zip(dfs, variables, strict=True)}
    return {df: str(number) for number, df in enumerate(dfs, 1)}


def _targets(statement: Statement | None) -> list[str]:
    """Of ``train, test = ...``; nothing for a statement of one name."""
    found = (statement.variable or "").split(", ") if statement is not None and statement.deed is None else []
    names = [words(name) for name in found]
    return names if len(names) > 1 and all(names) and len(set(names)) == len(names) else []


def _by_target(activation: Activation) -> dict[str, str]:
    """DataFrame -> the target that gets it, where the statement makes as many as it has targets."""
    targets = _targets(activation.statement)
    used = {df for operation in activation.operations for df in operation.inputs if operation.output != df}
    made = dict.fromkeys(operation.output for operation in activation.operations if operation.output is not None)
    given = [df for df in made if df not in used]
    return dict(zip(given, targets, strict=True)) if len(given) == len(targets) else {}


def _base(node: Node, part: str | None) -> tuple[tuple[str, ...], str]:
    """(labels of the parents, short name)."""
    path = node.path or (node.label,)
    if node.kind is StepKind.FUNCTION:
        path = (*path[:-1], *path[-1].split("."))  # Scale.transform: its class comes before its caller
    short = path[-1]
    if part is not None:
        # A statement ``good, bad = df.randomSplit(...)`` makes datasets called good and bad.
        short = part if node.kind is StepKind.STATEMENT and not part.isdigit() else f"{short}.{part}"
    return path[:-1], short


def _unique(wanted: Collection[tuple[Node, str | None]], taken: Collection[str]) -> dict[tuple[Node, str | None], str]:
    bases = {key: _base(*key) for key in wanted}
    depth = dict.fromkeys(wanted, 0)

    def name(key: tuple[Node, str | None]) -> str:
        parents, short = bases[key]
        return ".".join((*parents[len(parents) - depth[key] :], short))

    while True:
        groups: dict[str, list[tuple[Node, str | None]]] = {}
        for key in wanted:
            groups.setdefault(name(key), []).append(key)
        clashes = [key for text, keys in groups.items() if len(keys) > 1 or text in taken for key in keys]
        longer = [key for key in clashes if depth[key] < len(bases[key][0])]
        if not longer:
            break
        for key in longer:
            depth[key] += 1
    names: dict[tuple[Node, str | None], str] = {}
    used = set(taken)
    for text, keys in sorted(groups.items()):
        for key in sorted(keys, key=lambda key: (key[0].name, key[1] or "")):
            names[key] = _free(text if text not in used else f"{key[0].name}.{key[1]}" if key[1] else key[0].name, used)
            used.add(names[key])
    return names


def _free(text: str, used: Collection[str]) -> str:
    number = 2
    candidate = text
    while candidate in used:
        candidate = f"{text}_{number}"
        number += 1
    return candidate


def _ids(named: Sequence[tuple[str, str, int]], taken: Collection[str]) -> dict[str, str]:
    """DataFrame id -> id of its dataset: the name for the first call, ``name~n`` for a later one.

    A number that would give the name of another dataset is passed over.
    """
    claimed = set(taken) | {name for _, name, _ in named}
    first: set[str] = set()
    ids: dict[str, str] = {}
    # By call and not as they came: in a thread pool the second call may be seen before the first.
    for df, name, call in sorted(named, key=itemgetter(2)):
        if name not in first:
            # Whichever call is the first to have an output under this name.
            first.add(name)
            if call == 1:
                ids[df] = name
                continue
        number = max(call, 2)
        while f"{name}~{number}" in claimed:
            number += 1
        ids[df] = f"{name}~{number}"
        claimed.add(ids[df])
    return ids
