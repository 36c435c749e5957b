"""A store on S3: written while the program runs, whole after a kill, read by every reader, and no secret anywhere."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import spark_lineage
from tests.local_page import local_page
from tests.stores.programs import Place, until
from tests.stores.servers import KEY, S3, SECRET, between

pytestmark = [pytest.mark.wide, pytest.mark.timeout(240)]
READERS = (
    ("check", "last"), ("history", "clean"), ("status",),
)  # fmt: skip


def test_a_run_is_in_the_store_and_every_reader_reads_it_on_another_machine(place: Place, tmp_path: Path) -> None:
    for _ in range(2):
        done = place.run(tmp_path, exit__wait="60")
        assert (done.returncode, done.stdout, done.stderr) == (0, "50\n", "")
    assert place.waiting() == []
    there = place.on(tmp_path / "there")
    own, other = place.document("show"), there.document("show")
    assert own == other
    assert [dataset["rows"] for dataset in other["datasets"]] == [100, 50]
    assert len(there.runs()) == 2
    for words in READERS:
        there.document(*words)
    assert there.document("diff")["same"] is True
    assert there.document("verify", "--store")["store"] == place.store
    assert there.document("verify", "last")["tables"] == "same"
    there.ask("report", "-o", str(tmp_path / "report.html"))
    there.ask("export", "-o", str(tmp_path / "bundle.zip"))
    assert "email" in there.ask("explain", "clean.email")


@pytest.mark.slow
def test_the_api_reads_it(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place.run(tmp_path, exit__wait="60")
    for name, value in {**place.variables, "SPARK_LINEAGE__SPOOL": str(tmp_path / "there")}.items():
        monkeypatch.setenv(name, value)
    run = spark_lineage.store(place.store).run()
    assert run["clean"].rows == 50
    assert run.verify().intact


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
        began = time.monotonic()
        done = place.run(tmp_path, exit__wait="2")
        assert (done.returncode, done.stdout) == (0, "50\n")
        assert time.monotonic() - began < 15
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
def test_an_outage_while_the_program_runs_loses_nothing(s3: S3, place: Place, tmp_path: Path) -> None:
    with between(s3.port) as before:
        place.variables = s3.environ(before.port)
        there = Place(place.store, tmp_path / "there", s3.environ())
        process = place.start(tmp_path, "wait", exit__wait="1")
        assert process.stdout is not None
        process.stdout.readline()
        until(there.has_runs)
        before.down = True
        began = time.monotonic()
        _, said = process.communicate("", timeout=60)
        assert (process.returncode, time.monotonic() - began < 20) == (0, True)
        assert f"the run is not yet in {place.store}" in said
        before.down = False
        place.ask("send")
        until(lambda: place.waiting() == [])
    (run,) = there.runs()
    assert run["outcome"] == "complete"
    assert there.document("show") == place.document("show")
    assert there.document("verify", "last")["tables"] == "same"
    left = [
        path.name
        for path in (s3.folder / "files").rglob("*")
        if "observations" in path.parts or path.name == "process.json"
    ]
    assert left == [], "what was written ahead has served"


@pytest.mark.slow
def test_a_slow_server_delays_nothing_but_the_end(s3: S3, place: Place, tmp_path: Path) -> None:
    with between(s3.port) as before:
        place.variables = s3.environ(before.port)
        before.delay = 0.3
        began = time.monotonic()
        process = place.start(tmp_path, "wait", exit__wait="60")
        assert process.stdout is not None
        assert process.stdout.readline() == "50\n"
        assert time.monotonic() - began < 20, "the program itself asks nothing of the server"
        process.communicate("", timeout=120)
        place.ask("send")  # where the end of the program did not wait for all of it
        until(lambda: place.waiting() == [])
    there = Place(place.store, tmp_path / "there", s3.environ())
    assert there.document("verify", "last")["tables"] == "same"


@pytest.mark.slow
def test_the_page_and_the_tools_for_agents_read_it(place: Place, tmp_path: Path) -> None:
    place.run(tmp_path, exit__wait="60")
    there = place.on(tmp_path / "there")
    with local_page("--store", place.store, folder=tmp_path, env=there.environ) as page:
        (run,) = page.get("/api/runs").json["runs"]
        assert page.get(f"/api/run/{run['id']}").status == 200
    assert [each["run"] for each in asked_of_mcp(there, "list_runs")["items"]] == [run["id"]]


def asked_of_mcp(place: Place, tool: str) -> Any:
    import anyio
    from mcp import Client
    from mcp.client.stdio import StdioServerParameters, stdio_client

    words = ["-m", "spark_lineage", "mcp", "--store", place.store]
    server = StdioServerParameters(command=sys.executable, args=words, env=place.environ)

    async def ask() -> Any:
        async with Client(stdio_client(server)) as client:
            return (await client.call_tool(tool, {})).structured_content

    return anyio.run(ask)


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
    others = [place.on(tmp_path / f"machine-{number}") for number in range(2)]
    for number in range(2):
        (tmp_path / f"work-{number}").mkdir()
    began = [other.start(tmp_path / f"work-{number}", exit__wait="60") for number, other in enumerate(others)]
    ended = [process.communicate("", timeout=120) for process in began]
    assert ended == [("50\n", ""), ("50\n", "")]
    there = place.on(tmp_path / "there")
    found = there.document("verify", "--store")
    assert (found["intact"], len(found["runs"])) == (True, 2)
    assert {run["tables"] for run in found["runs"]} == {"same"}


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
