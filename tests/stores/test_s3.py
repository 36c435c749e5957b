"""A store on S3: written while the program runs, whole after a kill, read by every reader, and no secret anywhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.stores import promises
from tests.stores.programs import ROWS, Place, until, winners
from tests.stores.servers import KEY, S3, SECRET, between

pytestmark = [pytest.mark.wide, pytest.mark.timeout(240)]


def test_a_run_is_in_the_store_and_every_reader_reads_it_on_another_machine(place: Place, tmp_path: Path) -> None:
    promises.every_command_reads_it(place, tmp_path)


@pytest.mark.slow
def test_the_api_reads_it(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    promises.runs_once(place, tmp_path)
    promises.objects_read_it(place.on(tmp_path / "there"), monkeypatch)


def test_a_killed_driver_leaves_its_record_and_another_machine_ends_it(place: Place, tmp_path: Path) -> None:
    there = place.killed(tmp_path)
    assert [dataset["rows"] for dataset in there.document("show")["datasets"]] == [100, 50]
    there.ask("rebuild", "--missing")
    assert there.document("verify", "last")["intact"] is True
    assert place.document("verify", "last") == there.document("verify", "last")


def test_a_store_that_is_down_harms_nothing_and_the_next_run_brings_what_waits(
    s3: S3, place: Place, tmp_path: Path
) -> None:
    with between(s3.port) as before:
        place.variables = s3.environ(before.port)
        before.down = True
        done = place.run(tmp_path, exit__wait="2")
        assert (done.returncode, done.stdout) == (0, "50\n"), "it ends though the store stays down"
        assert f"the run is not yet in {place.store}" in done.stderr
        assert "`spark-lineage send` brings it" in done.stderr
        assert len(place.waiting()) == 1
        assert "cannot be reached" in place.ask("runs", status=2)
        before.down = False
        assert place.run(tmp_path, exit__wait="60").stderr == ""
        until(lambda: place.waiting() == [])
    place.variables = s3.environ()
    there = place.on(tmp_path / "there")
    assert there.document("verify", "--store")["intact"] is True
    assert len(there.runs()) == 2


@pytest.mark.wide
def test_an_outage_while_the_program_runs_loses_nothing(s3: S3, tmp_path: Path) -> None:
    there = promises.an_outage_in_the_middle_loses_nothing(s3, tmp_path)
    files = (s3.folder / "files" / s3.bucket / there.store.rpartition("/")[2]).rglob("*")
    left = [path.name for path in files if "observations" in path.parts or path.name == "process.json"]
    assert left == [], "what was written ahead has served"


@pytest.mark.slow
def test_a_slow_server_delays_nothing_but_the_end(s3: S3, tmp_path: Path) -> None:
    promises.a_slow_server_delays_nothing_but_the_end(s3, tmp_path)


@pytest.mark.slow
def test_the_page_and_the_tools_for_agents_read_it(place: Place, tmp_path: Path) -> None:
    promises.runs_once(place, tmp_path)
    promises.page_and_tools_read_it(place.on(tmp_path / "there"), tmp_path)


@pytest.mark.slow
def test_a_program_of_spark_writes_to_it(place: Place, tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text(
        "from pyspark.sql import SparkSession\n"
        "spark = SparkSession.builder.getOrCreate()\n"
        "def load():\n    return spark.range(100)\n"
        "def clean(frame):\n    return frame.where('id % 2 = 0')\n"
        "print(len(clean(load()).collect()))\n"
        "spark.stop()\n"
    )
    command = [sys.executable, "-m", "spark_lineage", "run", "--mode", "exact", "job.py"]
    env = {**place.environ, "SPARK_LINEAGE__EXIT__WAIT": "60", "SPARK_LOCAL_IP": "127.0.0.1"}
    done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, timeout=200)
    assert (done.returncode, done.stdout) == (0, "50\n"), done.stderr
    there = place.on(tmp_path / "there")
    assert [dataset["rows"] for dataset in there.document("show")["datasets"]] == [100, 50]
    assert there.document("verify", "last")["tables"] == "same"


@pytest.mark.slow
def test_send_brings_what_waits(s3: S3, place: Place, tmp_path: Path) -> None:
    place.variables = {**s3.environ(), "AWS_SECRET_ACCESS_KEY": "wrong"}
    done = place.run(tmp_path, exit__wait="1")
    assert "look at its credentials" in done.stderr
    assert "look at its credentials" in place.ask("send", status=1)
    place.variables = s3.environ()
    sent = place.document("send")
    assert sent["store"] == {"runs": 1, "left": 0, "why": None}
    assert len(place.on(tmp_path / "there").runs()) == 1


@pytest.mark.slow
def test_two_drivers_at_once_lose_nothing(place: Place, tmp_path: Path) -> None:
    promises.two_drivers_at_once_lose_nothing(place, tmp_path)


@pytest.mark.slow
def test_a_driver_that_is_killed_with_its_machine_leaves_what_was_brought(place: Place, tmp_path: Path) -> None:
    there = place.killed_with_its_machine(tmp_path)
    assert [dataset["rows"] for dataset in there.on(tmp_path / "another").document("show")["datasets"]] == ROWS


def test_of_several_that_put_an_object_at_once_one_wins(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """By this two drivers lose no row of the audit tables."""
    for name, value in place.variables.items():
        monkeypatch.setenv(name, value)
    assert set(winners(place)) == {1}


@pytest.mark.slow
def test_all_machines_mask_by_one_key(place: Place, tmp_path: Path) -> None:
    place.run(tmp_path, exit__wait="60")
    other = place.on(tmp_path / "there")
    other.run(tmp_path, exit__wait="60")
    assert (other.mirror / "mask.key").read_bytes() == (place.mirror / "mask.key").read_bytes()
    assert other.document("diff")["same"] is True


@pytest.mark.slow
def test_prune_removes_a_run_everywhere(place: Place, tmp_path: Path) -> None:
    place.run(tmp_path, exit__wait="60")
    there = place.on(tmp_path / "there")
    there.runs()
    assert len(place.document("prune", "--keep", "0h")["removed"]) == 1
    assert "no runs in s3://" in there.ask("runs", status=2)
    found = there.document("verify", "--store")
    assert (found["intact"], len(found["removed"])) == (True, 1)


@pytest.mark.slow
def test_what_is_falsified_in_the_store_is_found(s3: S3, place: Place, tmp_path: Path) -> None:
    place.run(tmp_path, exit__wait="60")
    prefix = place.store.rpartition("/")[2]
    (events,) = (s3.folder / "files" / s3.bucket / prefix / "runs").glob("*/events.jsonl")
    import obstore
    from obstore.store import S3Store

    store = S3Store(s3.bucket, endpoint=f"http://127.0.0.1:{s3.port}", access_key_id=KEY, secret_access_key=SECRET,
                    region="us-east-1", client_options={"allow_http": True})  # fmt: skip
    text = events.read_bytes().replace(b"clean", b"cleam")
    obstore.put(store, str(events.relative_to(s3.folder / "files" / s3.bucket)), text)
    for reader in (place, place.on(tmp_path / "there")):
        assert "is not the one that was written" in reader.ask("verify", "last", status=1)


def test_no_credentials_are_written_or_said(s3: S3, place: Place, tmp_path: Path) -> None:
    place.run(tmp_path, exit__wait="60")
    place.variables = {**s3.environ(), "AWS_ACCESS_KEY_ID": "AKIAOTHEROTHEROTHER0"}
    said = place.run(tmp_path, exit__wait="1", log__level="debug").stderr + place.ask("runs", status=2)
    secrets = (KEY, SECRET, "AKIAOTHEROTHEROTHER0")
    assert not any(secret in said for secret in secrets)
    written = [path for root in (place.spool, s3.folder / "files") for path in root.rglob("*") if path.is_file()]
    assert len(written) > 20
    found = [path for path in written if any(secret.encode() in path.read_bytes() for secret in secrets)]
    assert found == []


def test_addresses_that_are_none_are_refused(place: Place, tmp_path: Path) -> None:
    for address, said in (("s4://bucket/x", "did you mean"), ("s3://key:secret@bucket/x", "must name no credentials")):
        place.store = address
        done = place.run(tmp_path)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
        assert "secret@" not in done.stderr
        assert ("must be a folder, or an address" if said == "did you mean" else said) in done.stderr


@pytest.mark.slow
def test_without_the_extra_the_program_runs_plain_and_says_what_is_missing(place: Place, tmp_path: Path) -> None:
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden" / "sitecustomize.py").write_text("import sys\nsys.modules['obstore'] = None\n")
    plain = place.variables
    place.variables = {**plain, "PYTHONPATH": f"{tmp_path / 'hidden'}:{place.environ['PYTHONPATH']}"}
    done = place.run(tmp_path)
    assert (done.returncode, done.stdout) == (0, "50\n")
    assert "needs the package obstore: pip install 'spark-lineage-agent[cloud]'" in done.stderr
    assert done.stderr.count("\n") == 1
    assert "needs the package obstore" in place.ask("show", status=2)
    place.variables = plain
    assert place.document("send")["store"]["runs"] == 1
    assert [gap["what"] for gap in place.document("show")["gaps"] if gap["what"] == "store"] == ["store"]
