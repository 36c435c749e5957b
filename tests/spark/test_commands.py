"""SQL commands, Delta's commands and writers as steps: inputs, columns, rows, versions; and ``diff`` of changed ones.

The truth about rows is computed by plain Spark and by the history of the tables, that about columns stands in
``commands_key``.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from command_faults import faults
from command_runs import CONF, HIVE, record, truth
from commands_key import COMMANDS, HIVE_COMMANDS, Command
from program_runs import WarmJvms

from spark_lineage.answers import ask
from tests.warm_jvm import DELTA

pytestmark = [
    pytest.mark.skipif(not DELTA, reason="make test prepares the jars of Delta"),
    pytest.mark.timeout(1800),  # three programs of up to 85 statements
]
SHARE = [command for command in COMMANDS if command.fast]
# A query that makes a table, rows of a Delta table that are changed, and rows that take the place of others.
FEW = [command for command in SHARE if command.name in ("ctas_join", "merge_all_clauses", "delta_replace_where")]


class Runs:
    """The statements run plain, and observed as they are and changed."""

    def __init__(
        self, commands: list[Command], folder: Path, mode: str, jvms: WarmJvms, conf: dict[str, str] = CONF
    ) -> None:
        def metastore(name: str) -> dict[str, str]:
            where = f"jdbc:derby:memory:{folder.name}_{name};create=true"
            return {**conf, "spark.hadoop.javax.jdo.option.ConnectionURL": where} if conf is HIVE else conf

        self.commands = commands
        self.truth = truth(commands, folder / "plain", jvms.plain, metastore("plain"))
        self.recorded = record(commands, folder / "observed", jvms.observing, mode, False, metastore("observed"))
        self.changed = record(commands, folder / "changed", jvms.observing, mode, True, metastore("changed"))


@pytest.fixture(scope="module", params=[FEW, pytest.param(SHARE, marks=pytest.mark.wide)], ids=["few", "share"])
def share(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, warm_jvms: WarmJvms) -> Runs:
    return Runs(request.param, tmp_path_factory.mktemp("commands").resolve(), "flow", warm_jvms)


@pytest.fixture(scope="module", params=["flow", "exact"])
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, warm_jvms: WarmJvms) -> Runs:
    return Runs(COMMANDS, tmp_path_factory.mktemp("commands").resolve(), request.param, warm_jvms)


def test_a_share_of_the_statements(share: Runs) -> None:
    check_lineage(share)
    check_diff(share)


@pytest.mark.slow
def test_all_statements(whole: Runs) -> None:
    check_lineage(whole)


@pytest.mark.slow
def test_every_changed_statement_is_named(whole: Runs) -> None:
    check_diff(whole)


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["flow", "exact"])
def test_statements_on_tables_of_hive(mode: str, tmp_path: Path, warm_jvms: WarmJvms) -> None:
    runs = Runs(HIVE_COMMANDS, tmp_path.resolve(), mode, warm_jvms, HIVE)
    check_lineage(runs)
    check_diff(runs)


def check_lineage(runs: Runs) -> None:
    wrong = {command.name: list(faults(command, runs)) for command in runs.commands}
    assert {name: found for name, found in wrong.items() if found} == {}
    (read,) = [step for step in runs.recorded.graph.steps if step.function == "view"]
    assert [runs.recorded.short(name) for name in read.inputs] == ["a"], "what reads the view is none of its inputs"
    assert [gap for gap in runs.recorded.graph.gaps if gap.what not in ("rows", "connector")] == []


def check_diff(runs: Runs) -> None:
    """Each statement that was changed is a first divergence, and nothing else is."""
    stores = [str(each.ran.store / "runs" / each.graph.run.id) for each in (runs.recorded, runs.changed)]
    comparison = ask.diff(stores)
    named = {divergence.step.function for divergence in comparison.first_divergences}
    assert named == {command.name for command in runs.commands if command.changed}
    assert comparison.sources_changed == ()
    plain_words = [each.why for each in comparison.first_divergences if "its definition changed" in each.why]
    assert plain_words == []
