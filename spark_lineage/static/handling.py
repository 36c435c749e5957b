"""Which functions handle DataFrames, and which bodies are therefore divided into statements."""

from __future__ import annotations

import ast
from collections import defaultdict, deque

from spark_lineage.static.definitions import Function, Module
from spark_lineage.static.names import uses_dataframe
from spark_lineage.static.pandas_use import imports_pandas, uses_pandas
from spark_lineage.static.program import Program
from spark_lineage.static.receivers import is_foreign
from spark_lineage.static.references import UNKNOWN, References, Target


def composites(program: Program, module: Module) -> set[Function]:
    """The functions of ``module`` whose body calls or hands on functions that handle DataFrames.

    The module's own body is always one: a flat script is divided into its statements.
    """
    functions = [function for part in program.modules.values() if part is not None for function in part.functions]
    references = References(program, _methods(program))
    targets: dict[Function, list[Target]] = {
        function: [] if function.udf else list(references.of(function)) for function in functions
    }
    pandas = any(imports_pandas(function) for function in functions)
    handling = _handling(functions, targets, program, pandas)
    return {
        function
        for function in module.functions
        if function is module.body or any(target is UNKNOWN or target in handling for target in targets[function])
    }


def _methods(program: Program) -> dict[str, list[Function]]:
    methods: dict[str, list[Function]] = defaultdict(list)
    for module in program.modules.values():
        for owner in module.classes if module is not None else ():
            for name, method in owner.methods.items():
                methods[name].append(method)
    return dict(methods)


def _handling(
    functions: list[Function], targets: dict[Function, list[Target]], program: Program, pandas: bool
) -> set[Function]:
    callers: dict[Function, list[Function]] = defaultdict(list)
    for function, found in targets.items():
        for target in found:
            if isinstance(target, Function) and not target.udf and target is not function:
                callers[target].append(function)
    handling = {
        function
        for function in functions
        if not function.udf and (_uses_api(function, program) or (pandas and uses_pandas(function, program)))
    }
    waiting = deque(handling)
    while waiting:
        for caller in callers[waiting.popleft()]:
            if caller not in handling:
                handling.add(caller)
                waiting.append(caller)
    return handling


def _uses_api(function: Function, program: Program) -> bool:
    return any(
        isinstance(node, ast.Attribute)
        and uses_dataframe(node, parent)
        and not is_foreign(node.value, function, program)
        for node, parent in function.own
    )
