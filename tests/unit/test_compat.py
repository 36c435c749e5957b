"""Behaviours of Python versions that the package asks for by name."""

from __future__ import annotations

import ast
from concurrent.futures import ThreadPoolExecutor

from spark_lineage.compat import parse


def test_sources_are_parsed_in_several_threads_at_once() -> None:
    source = "\n".join(f"x{n} = [f(y, {n}) for y in (1, (2, (3, [4, {{5: g(6)}}])))]" for n in range(400))
    with ThreadPoolExecutor(4) as threads:
        trees = list(threads.map(parse, [source] * 40))
    assert {len(tree.body) for tree in trees} == {400}
    assert ast.dump(trees[0]) == ast.dump(trees[-1])
