"""A store on a mounted volume that takes whole files only: the same record, with no server and no library."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from spark_lineage.store import places
from spark_lineage.store.places import HEARD
from spark_lineage.store.places.remote import SPARE
from spark_lineage.store.places.trimming import trim
from tests.stores.programs import Place, many_runs, winners


def test_a_run_is_on_the_volume_and_is_read_on_another_machine(mounted: Place, tmp_path: Path) -> None:
    done = mounted.run(tmp_path, exit__wait="60")
    assert (done.returncode, done.stdout, done.stderr) == (0, "50\n", "")
    there = mounted.on(tmp_path / "there")
    assert there.document("show") == mounted.document("show")
    assert there.document("verify", "--store")["intact"] is True
    assert there.document("verify", "last")["tables"] == "same"
    (run,) = there.runs()
    files = {path.name for path in (tmp_path / "volume" / "store" / "runs" / run["id"]).iterdir() if path.is_file()}
    assert files == {"events.jsonl", "chain.jsonl", "samples.jsonl"}


def test_a_killed_driver_leaves_its_record(mounted: Place, tmp_path: Path) -> None:
    there = mounted.killed(tmp_path)
    assert [dataset["rows"] for dataset in there.document("show")["datasets"]] == [100, 50]


@pytest.mark.wide
def test_a_driver_that_is_killed_with_its_machine_leaves_what_was_brought(mounted: Place, tmp_path: Path) -> None:
    there = mounted.killed_with_its_machine(tmp_path)
    (run,) = there.runs()
    assert run["outcome"] == "running", "it may be silent only"
    long_ago = time.time() - HEARD - 1
    for path in (tmp_path / "volume" / "store").rglob("*"):
        os.utime(path, (long_ago, long_ago))
    another = mounted.on(tmp_path / "another")
    assert [run["outcome"] for run in another.runs()] == ["abort"]
    another.ask("rebuild", "--missing")
    found = another.document("verify", "last")
    assert (found["intact"], found["tables"]) == (True, "same")
    assert [dataset["rows"] for dataset in another.document("show")["datasets"]] == [100, 50]


def test_of_several_that_put_a_file_at_once_one_wins(mounted: Place) -> None:
    assert set(winners(mounted)) == {1}


def test_a_volume_that_is_not_mounted_is_said(mounted: Place, tmp_path: Path) -> None:
    mounted.store = "dbfs:/Volumes/main/lineage/store"
    done = mounted.run(tmp_path, exit__wait="1")
    assert (done.returncode, done.stdout) == (0, "50\n")
    assert "is not mounted on this machine: there is no /Volumes/main/lineage/store" in done.stderr
    assert "is not mounted on this machine" in mounted.ask("runs", status=2)


def test_a_store_that_was_copied_there_is_read(mounted: Place, tmp_path: Path) -> None:
    local = Place(str(tmp_path / "lineage"), mounted.spool, {})
    local.run(tmp_path)
    os.rename(tmp_path / "lineage", tmp_path / "volume" / "store")
    assert [dataset["rows"] for dataset in mounted.document("show")["datasets"]] == [100, 50]
    assert mounted.document("verify", "--store")["intact"] is True


def test_the_last_run_of_many_is_found_without_a_look_at_each(mounted: Place, tmp_path: Path) -> None:
    ids = many_runs(mounted, 40)
    fresh = places.place_of(places.folder_of(mounted.store, str(tmp_path / "there")))
    assert fresh is not None
    asked: list[str] = []
    get = fresh.objects.get
    fresh.objects.get = lambda name, begin=0: asked.append(name) or get(name, begin)  # type: ignore[func-returns-value, method-assign]
    assert [run.id for run in fresh.newest(2)] == ids[-2:]
    assert len(asked) == 2 + SPARE
    (tmp_path / "volume" / "store" / "register" / f"{ids[-1]}.json").unlink()
    assert [run.id for run in fresh.newest(1)] == ids[-1:], "a run without a head, which is looked for in its folder"
    assert [run.id for run in fresh.newest(1000)] == ids


def test_a_mirror_is_kept_small_and_what_was_taken_out_is_fetched_again(mounted: Place, tmp_path: Path) -> None:
    ids = many_runs(mounted, 4)
    runs = mounted.mirror / "runs"
    assert trim(mounted.mirror, 0) == [], "somebody may be reading them"
    for age, run in enumerate(reversed(ids[1:]), 1):
        os.utime(runs / run / places.FETCHED, (time.time() - age * 7200,) * 2)
    places.mark_pending(runs / ids[1])
    size = sum(path.stat().st_size for path in (runs / ids[2]).rglob("*"))
    most = sum(path.stat().st_size for path in runs.rglob("*") if path.is_file()) - size // 2
    assert trim(mounted.mirror, most) == [ids[2]]
    assert trim(mounted.mirror, 0) == [ids[3]]
    (mounted.mirror / places.PENDING / ids[1]).unlink()
    assert mounted.document("show", ids[2])["run"]["id"] == ids[2]
    assert mounted.document("verify", "--store")["intact"] is True
