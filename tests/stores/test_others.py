"""The same promises on Azure, on Google's storage and on HDFS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stores import promises
from tests.stores.other_servers import Azure, Google, HadoopFiles
from tests.stores.programs import ROWS, Place, winners

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module", params=[Azure, Google, HadoopFiles], ids=["azure", "google", "hdfs"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    made = request.param(tmp_path_factory.mktemp("server"))
    yield made
    made.stop()


@pytest.fixture
def place(server: Azure, tmp_path: Path) -> Place:
    return promises.place_on(server, tmp_path / "here")


def test_a_run_is_there_and_every_reader_reads_it_on_another_machine(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = promises.every_command_reads_it(place, tmp_path)
    promises.page_and_tools_read_it(there, tmp_path)
    assert len(there.document("prune", "--keep", "0h")["removed"]) == 2
    assert "no runs in" in place.ask("runs", status=2)
    promises.runs_once(place, tmp_path)
    promises.objects_read_it(there, monkeypatch)


def test_a_killed_driver_leaves_its_record(place: Place, tmp_path: Path) -> None:
    there = place.killed(tmp_path)
    there.ask("rebuild", "--missing")
    assert place.document("verify", "last")["intact"] is True


def test_a_driver_that_is_killed_with_its_machine_leaves_what_was_brought(place: Place, tmp_path: Path) -> None:
    there = place.killed_with_its_machine(tmp_path)
    assert [dataset["rows"] for dataset in there.on(tmp_path / "another").document("show")["datasets"]] == ROWS


def test_of_several_that_put_an_object_at_once_one_wins(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """By this two drivers lose no row of the audit tables."""
    for name, value in place.variables.items():
        monkeypatch.setenv(name, value)
    assert set(winners(place)) == {1}


def test_two_drivers_at_once_lose_nothing(place: Place, tmp_path: Path) -> None:
    promises.two_drivers_at_once_lose_nothing(place, tmp_path)


def test_an_outage_while_the_program_runs_loses_nothing(server: Azure, tmp_path: Path) -> None:
    promises.an_outage_in_the_middle_loses_nothing(server, tmp_path)


def test_a_slow_server_delays_nothing_but_the_end(server: Azure, tmp_path: Path) -> None:
    promises.a_slow_server_delays_nothing_but_the_end(server, tmp_path)
