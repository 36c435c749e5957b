"""The same record on Azure, on Google's storage and on HDFS."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stores.other_servers import Azure, Google, HadoopFiles
from tests.stores.programs import Place

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module", params=[Azure, Google, HadoopFiles], ids=["azure", "google", "hdfs"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azure]:
    made = request.param(tmp_path_factory.mktemp("server"))
    yield made
    made.stop()


@pytest.fixture
def place(server: Azure, tmp_path: Path) -> Place:
    (tmp_path / "here").mkdir()
    return Place(f"{server.store}/{uuid.uuid4().hex}", tmp_path / "here", server.environ())


def test_a_run_is_there_and_is_read_on_another_machine(place: Place, tmp_path: Path) -> None:
    for _ in range(2):
        done = place.run(tmp_path, exit__wait="30")
        assert (done.returncode, done.stdout, done.stderr) == (0, "50\n", "")
    there = place.on(tmp_path / "there")
    assert there.document("show") == place.document("show")
    assert there.document("diff")["same"] is True
    found = there.document("verify", "--store")
    assert found["intact"] is True
    assert {run["tables"] for run in found["runs"]} == {"same"}
    assert len(there.document("prune", "--keep", "0h")["removed"]) == 2
    assert "no runs in" in place.ask("runs", status=2)


def test_a_killed_driver_leaves_its_record(place: Place, tmp_path: Path) -> None:
    there = place.killed(tmp_path)
    there.ask("rebuild", "--missing")
    assert place.document("verify", "last")["intact"] is True


def test_two_drivers_at_once_lose_nothing(place: Place, tmp_path: Path) -> None:
    others = [place.on(tmp_path / f"machine-{number}") for number in range(2)]
    for number in range(2):
        (tmp_path / f"work-{number}").mkdir()
    began = [each.start(tmp_path / f"work-{number}", exit__wait="60") for number, each in enumerate(others)]
    assert [process.communicate("", timeout=180) for process in began] == [("50\n", ""), ("50\n", "")]
    found = place.on(tmp_path / "there").document("verify", "--store")
    assert (found["intact"], len(found["runs"]), {run["tables"] for run in found["runs"]}) == (True, 2, {"same"})
