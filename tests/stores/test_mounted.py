"""A store on a mounted volume that takes whole files only: the same record, with no server and no library."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from tests.stores.programs import Place, until


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
    process = mounted.start(tmp_path, "wait")
    there = mounted.on(tmp_path / "there")
    assert process.stdout is not None
    process.stdout.readline()
    until(lambda: [run["outcome"] for run in there.runs()] == ["running"])
    time.sleep(2)  # within a second all that was seen is on the disk
    process.send_signal(signal.SIGKILL)
    process.wait()
    until(lambda: mounted.waiting() == [])
    assert [run["outcome"] for run in there.runs()] == ["abort"]
    assert [dataset["rows"] for dataset in there.document("show")["datasets"]] == [100, 50]


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
