"""SQL commands, Delta's commands and writers as steps: inputs, columns, rows, versions; and ``diff`` of changed ones.

The truth about rows is computed by plain Spark and by the history of the tables, that about columns stands in
``commands_key``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from command_runs import CONF, HIVE, Recorded, record, truth
from commands_key import COMMANDS, HIVE_COMMANDS, Command
from program_runs import WarmJvms

from spark_lineage.answers import ask
from spark_lineage.model import ColumnInput, Dataset
from tests.warm_jvm import DELTA

pytestmark = [
    pytest.mark.skipif(not DELTA, reason="make test prepares the jars of Delta"),
    pytest.mark.timeout(1800),  # three programs of up to 85 statements
]
SUBTYPES = {"IDENTITY": "=", "TRANSFORMATION": "*", "AGGREGATION": "+"}
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


def faults(command: Command, runs: Runs) -> Any:
    """What is wrong in the lineage of a statement."""
    recorded = runs.recorded
    step = recorded.step(command)
    inputs = {re.sub(r"~\d+$", "", recorded.short(name)) for name in step.inputs}
    expected = {named(command, name) for name in command.inputs}
    if inputs != expected:
        yield f"inputs {sorted(inputs)}"
    try:
        sink = recorded.written(command)
    except (ValueError, KeyError):
        yield f"outputs {[recorded.short(name) for name in step.outputs]}"
        return
    if sink.fragment is None:
        yield "it has no plan"
        return
    defined = {each.column: uses(recorded, each.inputs) for each in sink.fragment.definitions}
    for column, text in command.columns.items():
        if defined.get(column) != expected_uses(command, text):
            yield f"{column} is made from {sorted(defined.get(column, {'nothing'}))}"
    more = set(defined) - set(command.columns)
    if more:
        yield f"columns {sorted(more)} too"
    deciding = uses(recorded, sink.fragment.indirect)
    if deciding != {expected_use(command, text) for text in command.rows}:
        yield f"rows are decided by {sorted(deciding)}"
    yield from row_faults(command, sink, runs.truth[command.name])


def row_faults(command: Command, sink: Dataset, told: dict[str, Any]) -> Any:
    if command.in_place:
        changed, metrics = sink.changed, told["metrics"]
        if sink.rows is not None or changed is None:
            yield f"rows {sink.rows}, changed {changed}"
            return
        kind = "TargetRows" if "numTargetRowsInserted" in metrics else ""
        names = {
            "inserted": "numTargetRowsInserted",
            "updated": "numTargetRowsUpdated" if kind else "numUpdatedRows",
            "deleted": "numTargetRowsDeleted" if kind else "numDeletedRows",
        }
        for field, metric in names.items():
            if metric in metrics and getattr(changed, field) != int(metrics[metric]):
                yield f"{field} {getattr(changed, field)}, not {metrics[metric]}"
        if sink.storage is None or sink.storage.version != told["version"]:
            yield f"version {sink.storage.version if sink.storage else None}, not {told['version']}"
    else:
        rows = told["after"] - told["before"] if command.adds else told["after"]
        if sink.rows != rows:
            yield f"rows {sink.rows} ({sink.reason}), not {rows}"
        if sink.storage is not None and sink.storage.version not in (None, told.get("version")):
            yield f"version {sink.storage.version}, not {told.get('version')}"


def named(command: Command, name: str) -> str:
    return command.place if name == "T" else "warehouse/two" if name == "two" else name


def expected_uses(command: Command, text: str) -> set[str]:
    return {expected_use(command, use) for use in text.split()}


def expected_use(command: Command, use: str) -> str:
    dataset, _, rest = use.partition(".")
    return f"{named(command, dataset)}.{rest}"


def uses(recorded: Recorded, inputs: tuple[ColumnInput, ...]) -> set[str]:
    found = set()
    for use in inputs:
        dataset = re.sub(r"~\d+$", "", recorded.short(use.dataset))
        found.add(f"{dataset}.{use.column}{SUBTYPES.get(use.subtype, f':{use.subtype}')}")
    return found


def check_diff(runs: Runs) -> None:
    """Each statement that was changed is a first divergence, and nothing else is."""
    stores = [str(each.ran.store / "runs" / each.graph.run.id) for each in (runs.recorded, runs.changed)]
    comparison = ask.diff(stores)
    named = {divergence.step.function for divergence in comparison.first_divergences}
    assert named == {command.name for command in runs.commands if command.changed}
    assert comparison.sources_changed == ()
    plain_words = [each.why for each in comparison.first_divergences if "its definition changed" in each.why]
    assert plain_words == []
