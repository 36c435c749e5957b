"""Programs over PostgreSQL, Iceberg and Delta on each line of Spark that has the connector.

Right is: the program runs as plain, datasets are named by OpenLineage's rules, and columns, rows and versions are
those that plain Spark and the connectors say.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from connector_places import DELTA, RUNTIMES, version, wrong_on_delta, wrong_on_iceberg, wrong_on_postgres

from tests import postgres as database
from tests.compat import lines
from tests.compat.lines import HOME, LINES, Line

pytestmark = pytest.mark.timeout(3600)
OTHERS = [line for line in LINES if line != HOME]


@pytest.fixture(scope="module")
def server() -> Iterator[database.Postgres]:
    if (why := database.missing()) is not None:
        pytest.skip(why)
    with database.server() as running:
        yield running


@pytest.mark.wide
def test_programs_on_postgres(server: database.Postgres, tmp_path: Path) -> None:
    assert wrong_on_postgres(HOME, server, tmp_path.resolve()) == {}


@pytest.mark.slow
@pytest.mark.parametrize("line", OTHERS, ids=lambda line: line.name)
def test_programs_on_postgres_on_other_lines(line: Line, server: database.Postgres, tmp_path: Path) -> None:
    lines.provide(line)
    assert wrong_on_postgres(line, server, tmp_path.resolve()) == {}


@pytest.mark.slow
@pytest.mark.parametrize("line", [line for line in LINES if line.name in RUNTIMES], ids=lambda line: line.name)
def test_programs_on_iceberg(line: Line, tmp_path: Path) -> None:
    lines.provide(line)
    assert wrong_on_iceberg(line, tmp_path.resolve()) == {}


@pytest.mark.slow
@pytest.mark.parametrize("line", [line for line in OTHERS if line.name in DELTA], ids=lambda line: line.name)
def test_commands_on_delta(line: Line, tmp_path: Path) -> None:
    """On Spark 4.2 ``test_commands`` has them."""
    lines.provide(line)
    for module in DELTA[line.name]:
        assert wrong_on_delta(line, module, tmp_path.resolve() / version(module), share=False) == {}, module
