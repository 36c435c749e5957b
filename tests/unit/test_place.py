"""What tells programs of one name apart: stable over machines and runs, different for two teams' ``job.py``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from observing import shop

from spark_lineage.events import build, read
from spark_lineage.graph import assemble
from spark_lineage.model import Observation, ParentSeen, ProgramStarted, RepositorySeen
from spark_lineage.surroundings import place


def repository(root: Path, remote: str | None) -> RepositorySeen:
    return RepositorySeen(str(root), "0" * 40, "main", remote)


@pytest.mark.parametrize(
    ("remote", "expected"),
    [
        ("https://host.example/acme/etl.git", "acme/etl/jobs/daily"),
        ("git@host.example:acme/etl", "acme/etl/jobs/daily"),
        ("ssh://git@host.example:22/group/acme/etl.git/", "acme/etl/jobs/daily"), (None, "clone/jobs/daily"),
    ],
)  # fmt: skip
def test_of_a_repository_its_address_counts_and_not_where_it_was_cloned_to(
    tmp_path: Path, remote: str | None, expected: str
) -> None:
    for above in ("one", "two"):
        folder = tmp_path / above / "clone" / "jobs" / "daily"
        folder.mkdir(parents=True)
        (folder / "job.py").write_text("")
        seen = repository(tmp_path / above / "clone", remote)
        assert place.of(str(folder / "job.py"), str(folder), seen) == expected
        assert place.of("daily.job", str(folder.parent), seen) == expected


def test_without_a_repository_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path / "temporary"))
    for name in ("risk jobs", "temporary", "userFiles-1", "spark-0123abcd-1", "tmp1a2b3c4d"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "job.py").write_text("")
    assert place.of(str(tmp_path / "risk jobs" / "job.py"), "", None) == "risk_jobs"
    for name in ("temporary", "userFiles-1", "spark-0123abcd-1", "tmp1a2b3c4d"):  # made for one run
        assert place.of(str(tmp_path / name / "job.py"), "", None) == ""


def at(where: str, *more: Observation) -> list[Observation]:
    first, *rest = shop()
    assert isinstance(first, ProgramStarted)
    return [replace(first, place=where), *more, *rest]


def test_jobs_and_interim_datasets_of_two_programs_share_no_namespace() -> None:
    found = []
    for where in ("acme/etl", "acme/risk"):
        graph = assemble(at(where))
        events = list(build(graph))
        assert {event["job"]["namespace"] for event in events} == {f"spark-lineage/{where}"}
        assert {each.namespace for each in graph.datasets} == {"file", f"inmemory://{where}/job"}
        assert read(events).run.place == where
        found.append({event["job"]["name"] for event in events})
    assert found[0] == found[1]


def test_under_an_orchestrator_its_job_tells_them_apart() -> None:
    parent = ParentSeen("airflow", "daily sales.load", "0197a1b2-0000-7000-8000-0000000000aa")
    graph = assemble(at("acme/etl", parent))
    assert {each.namespace for each in graph.datasets} == {"file", "inmemory://daily_sales.load/job"}


def test_what_the_user_named_is_as_it_was() -> None:
    graph = assemble(at(""))
    assert {event["job"]["namespace"] for event in build(graph)} == {"spark-lineage"}
    assert {event["job"]["namespace"] for event in build(assemble(at("acme/etl")), "own")} == {"own"}
    assert "inmemory://job" in {each.namespace for each in graph.datasets}
