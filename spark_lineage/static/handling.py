"""Which functions handle DataFrames, and which bodies are therefore divided into statements."""

from __future__ import annotations

import ast
from collections import defaultdict, deque
from dataclasses import dataclass

from spark_lineage.static.definitions import Function, Module
from spark_lineage.static.names import uses_dataframe
from spark_lineage.static.pandas_use import imports_pandas, uses_pandas
from spark_lineage.static.program import Program
from spark_lineage.static.receivers import is_foreign
from spark_lineage.static.references import UNKNOWN, Named, Reference, References, Target, Unknown


@dataclass(frozen=True)
class _Summary:
    """What is asked of one function; its tree is let go then."""

    references: tuple[Reference, ...]
    uses_api: bool
    uses_pandas: bool
    imports_pandas: bool
    several: bool = False  # several of its statements handle DataFrames
    begun: tuple[Target, ...] = ()  # what it calls as statements of their own: nobody uses what they give


class Handling:
    """Which functions of a program handle DataFrames; each function is looked at once."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._references = References(program)
        self._summaries: dict[Function, _Summary] = {}
        self._jobs: set[Function] = set()  # bodies that are a whole job, of all modules read so far

    def composites(self, module: Module) -> set[Function]:
        """The functions of ``module`` whose body calls or hands on functions that handle DataFrames.

        The module's own body is always one: a flat script is divided into its statements. What counts is what the
        module reaches by its imports, whatever else of the program was read.
        """
        modules = self._program.reachable(module)
        self._summarise(modules)
        functions = [function for module in modules for function in module.functions]
        methods = _methods(modules)
        targets = {function: self._targets(function, methods) for function in functions}
        handling = self._handling(functions, targets)
        self._find_jobs(modules, methods)
        return {
            function
            for function in module.functions
            if function is module.body
            or (function in self._jobs and self._summaries[function].several)
            or any(target is UNKNOWN or target in handling for target in targets[function])
        }

    def _find_jobs(self, modules: list[Module], methods: dict[str, list[Function]]) -> None:
        """A straight ``main()`` is a whole job: the module's body calls it, and uses nothing that it gives.

        So is what such a body calls in the same way, and a method by its name.
        """
        waiting = deque(module.body for module in modules)
        while waiting:
            for target in self._summaries[waiting.popleft()].begun:
                found = methods.get(target.name, []) if isinstance(target, Named) else [target]
                for function in found:
                    known = isinstance(function, Function) and function in self._summaries
                    if isinstance(function, Function) and known and function not in self._jobs:
                        self._jobs.add(function)
                        waiting.append(function)

    def _summarise(self, modules: list[Module]) -> None:
        for module in modules:
            if module.body not in self._summaries:
                for function in module.functions:
                    self._summaries[function] = self._summary(function)
                self._references.forget()
                for function in module.functions:
                    function.forget()

    def _summary(self, function: Function) -> _Summary:
        if function.udf:
            return _Summary((), False, False, imports_pandas(function))
        return _Summary(
            tuple(dict.fromkeys(self._references.of(function))),
            _uses_api(function, self._program),
            uses_pandas(function, self._program),
            imports_pandas(function),
            _several_statements(function, self._program),
            tuple(dict.fromkeys(self._references.begun(function))),
        )

    def _targets(self, function: Function, methods: dict[str, list[Function]]) -> list[Target]:
        found: list[Target] = []
        for reference in self._summaries[function].references:
            target = reference.target
            if reference.only_with is not None and reference.only_with not in methods:
                continue
            if isinstance(target, Named):
                found.extend(methods.get(target.name, ()))
            elif isinstance(target, Unknown):
                if target.unless.isdisjoint(methods):
                    found.append(UNKNOWN)
            else:
                found.append(target)
        return found

    def _handling(self, functions: list[Function], targets: dict[Function, list[Target]]) -> set[Function]:
        callers: dict[Function, list[Function]] = defaultdict(list)
        for function, found in targets.items():
            for target in found:
                if isinstance(target, Function) and not target.udf and target is not function:
                    callers[target].append(function)
        summaries = self._summaries
        pandas = any(summaries[function].imports_pandas for function in functions)
        handling = {
            function
            for function in functions
            if summaries[function].uses_api or (pandas and summaries[function].uses_pandas)
        }
        waiting = deque(handling)
        while waiting:
            for caller in callers[waiting.popleft()]:
                if caller not in handling:
                    handling.add(caller)
                    waiting.append(caller)
        return handling


SIMPLE = (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Return)


def _several_statements(function: Function, program: Program) -> bool:
    api = {
        id(node)
        for node, parent in function.own
        if isinstance(node, ast.Attribute)
        and uses_dataframe(node, parent)
        and not is_foreign(node.value, function, program)
    }
    statements = [node for node, _ in function.own if isinstance(node, SIMPLE)]
    return sum(1 for each in statements if any(id(node) in api for node in ast.walk(each))) > 1


def _methods(modules: list[Module]) -> dict[str, list[Function]]:
    methods: dict[str, list[Function]] = defaultdict(list)
    for module in modules:
        for owner in module.classes:
            for name, method in owner.methods.items():
                methods[name].append(method)
    return dict(methods)


def _uses_api(function: Function, program: Program) -> bool:
    return any(
        isinstance(node, ast.Attribute)
        and uses_dataframe(node, parent)
        and not is_foreign(node.value, function, program)
        for node, parent in function.own
    )
