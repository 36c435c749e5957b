"""What docs/stores.md promises of every store elsewhere, asked of a place on a real server."""

from __future__ import annotations

import sys
import uuid
from pathlib import Path
from typing import Any, Protocol

import spark_lineage
from tests.local_page import local_page
from tests.stores.programs import PATIENT, ROWS, Place, until
from tests.stores.servers import between

READERS = (("check", "last"), ("history", "clean"), ("status",))


class Server(Protocol):
    port: int

    def store(self, port: int | None = None) -> str:
        """An address on it; ``port``: that of what stands before the server."""

    def environ(self, port: int | None = None) -> dict[str, str]: ...


def place_on(server: Server, spool: Path, port: int | None = None, name: str = "") -> Place:
    spool.mkdir(exist_ok=True)
    return Place(f"{server.store(port)}/{name or uuid.uuid4().hex}", spool, server.environ(port))


def runs_once(place: Place, folder: Path) -> None:
    done = place.run(folder, exit__wait="60")
    assert (done.returncode, done.stdout, done.stderr) == (0, "50\n", "")


def every_command_reads_it(place: Place, folder: Path) -> Place:
    """Two runs are read on another machine, which is given, as on the one that wrote them."""
    for _ in range(2):
        runs_once(place, folder)
    assert place.waiting() == []
    there = place.on(folder / "there")
    own, other = place.document("show"), there.document("show")
    assert own == other
    assert [dataset["rows"] for dataset in other["datasets"]] == ROWS
    assert len(there.runs()) == 2
    for words in READERS:
        there.document(*words)
    assert there.document("diff")["same"] is True
    found = there.document("verify", "--store")
    assert (found["store"], found["intact"]) == (place.store, True)
    assert {run["tables"] for run in found["runs"]} == {"same"}
    assert there.document("verify", "last")["tables"] == "same"
    there.ask("report", "-o", str(folder / "report.html"))
    there.ask("export", "-o", str(folder / "bundle.zip"))
    assert "email" in there.ask("explain", "clean.email")
    return there


def page_and_tools_read_it(there: Place, folder: Path) -> None:
    ids = {run["id"] for run in there.runs()}
    with local_page("--store", there.store, folder=folder, env=there.environ) as page:
        assert {run["id"] for run in page.get("/api/runs").json["runs"]} == ids
        assert {page.get(f"/api/run/{run}").status for run in ids} == {200}
    assert {each["run"] for each in asked_of_mcp(there, "list_runs")["items"]} == ids


def objects_read_it(there: Place, monkeypatch: Any) -> None:
    for name, value in {**there.variables, "SPARK_LINEAGE__SPOOL": str(there.spool)}.items():
        monkeypatch.setenv(name, value)
    run = spark_lineage.store(there.store).run()
    assert run["clean"].rows == ROWS[1]
    assert run.verify().intact


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


def two_drivers_at_once_lose_nothing(place: Place, folder: Path) -> None:
    others = [place.on(folder / f"machine-{number}") for number in range(2)]
    for number in range(2):
        (folder / f"work-{number}").mkdir()
    began = [each.start(folder / f"work-{number}", exit__wait="60") for number, each in enumerate(others)]
    assert [process.communicate("", timeout=180) for process in began] == [("50\n", ""), ("50\n", "")]
    found = place.on(folder / "there").document("verify", "--store")
    assert (found["intact"], len(found["runs"]), {run["tables"] for run in found["runs"]}) == (True, 2, {"same"})


def an_outage_in_the_middle_loses_nothing(server: Server, folder: Path) -> Place:
    """Gives the place as another machine sees it, with the one run that there is."""
    with between(server.port) as before:
        place = place_on(server, folder / "here", before.port)
        there = place_on(server, folder / "there", name=place.store.rpartition("/")[2])
        process = place.start(folder, "wait", exit__wait="1")
        assert process.stdout is not None
        process.stdout.readline()
        until(there.has_runs)
        before.down = True
        _, said = process.communicate("", timeout=PATIENT)
        assert process.returncode == 0, "it ends though the store stays down"
        assert f"the run is not yet in {place.store}" in said
        before.down = False
        until(place.brings_the_rest)
        (run,) = there.runs()
        assert run["outcome"] == "complete"
        assert there.document("show") == place.document("show")
    assert there.document("verify", "last")["tables"] == "same"
    return there


def a_slow_server_delays_nothing_but_the_end(server: Server, folder: Path) -> None:
    with between(server.port) as before:
        place = place_on(server, folder / "here", before.port)
        before.delay = 0.3
        before.answering.clear()
        process = place.start(folder, "wait", exit__wait="60")
        assert process.stdout is not None
        assert process.stdout.readline() == "50\n"
        until(lambda: before.requests)
        assert before.answers == 0, "the program itself asks nothing of the server"
        before.answering.set()
        process.communicate("", timeout=120)
        until(place.brings_the_rest)  # where the end of the program did not wait for all of it
    there = place_on(server, folder / "there", name=place.store.rpartition("/")[2])
    assert there.document("verify", "last")["tables"] == "same"
