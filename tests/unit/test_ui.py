"""``spark-lineage ui``: what it serves, whom it refuses, and that it writes nothing."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from observing import shop

from spark_lineage.answers import ask
from spark_lineage.answers.check import results as check_answer
from spark_lineage.answers.history import document as history_document
from spark_lineage.answers.runs import document as runs_document
from spark_lineage.events import build, samples
from spark_lineage.faces.web import guarding
from spark_lineage.faces.web.stores import short_names
from spark_lineage.graph import assemble
from spark_lineage.model import Mode, Observation
from spark_lineage.sinks.journal import Journal
from spark_lineage.store.wal import PROCESS, WriteAhead
from tests.local_page import COMMAND, LocalPage, local_page

FIRST = "0197a1b2-0000-7000-8000-00000000000a"
LATER = "0197a1b2-0000-7000-8000-00000000000b"
PLANNED = "0197a1b2-0000-7000-8000-00000000000c"
UNKNOWN = "0197a1b2-0000-7000-8000-00000000000d"
SECRET = "walnut"  # in a file beside the stores, which nothing may give away


def record(store: Path, run: str, seen: list[Observation], later: float = 0) -> None:
    graph = assemble(seen)
    graph = replace(graph, run=replace(graph.run, started=graph.run.started + later))
    Journal(store / "runs" / run, fsync=False).write(build(graph), samples(graph))


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Stores `before/lineage` with two runs and `after/lineage` with one, and a file beside them."""
    folder = tmp_path_factory.mktemp("ui")
    record(folder / "before" / "lineage", FIRST, shop(run=FIRST))
    record(folder / "before" / "lineage", LATER, shop(run=LATER, salt=7), later=60)
    record(folder / "after" / "lineage", PLANNED, shop(Mode.PLAN, run=PLANNED), later=120)
    (folder / "secret.json").write_text(SECRET)
    return folder


@pytest.fixture(scope="module")
def page(work: Path) -> Iterator[LocalPage]:
    with local_page("--store", "before/lineage", "--store", "after/lineage", folder=work) as served:
        yield served


# --------------------------------------------------------------------------- what it serves


def test_the_runs_of_all_stores_newest_first(page: LocalPage, work: Path) -> None:
    found = page.get("/api/runs").json
    assert found["stores"] == [
        {"name": "before", "path": "before/lineage"}, {"name": "after", "path": "after/lineage"},
    ]  # fmt: skip
    assert [run["address"] for run in found["runs"]] == [f"after:{PLANNED}", f"before:{LATER}", f"before:{FIRST}"]
    assert (found["older"], found["refused"]) == (0, [])
    of_command = runs_document(ask.runs(work / "before" / "lineage"))["runs"]
    for run in found["runs"]:
        del run["address"], run["store"]
    assert found["runs"][1:] == of_command


def test_fewer_runs(page: LocalPage) -> None:
    found = page.get("/api/runs?last=1").json
    assert ([run["id"] for run in found["runs"]], found["older"]) == ([PLANNED], 2)
    found = page.get("/api/runs?store=before&app=job&last=1").json
    assert ([run["id"] for run in found["runs"]], found["older"]) == ([LATER], 1)
    found = page.get("/api/runs?app=joob").json
    assert found["runs"] == []
    assert found["refused"][0] == "no run of an application joob, did you mean job?" or "joob" in found["refused"][0]


@pytest.mark.parametrize("address", [FIRST, f"before:{FIRST}", FIRST[:-1] + "a", "last~1", "before:last~1"])
def test_a_run_by_what_the_store_knows_it_by(page: LocalPage, address: str) -> None:
    assert page.get(f"/api/checks/{address}").json["run"] == FIRST


def test_checks_are_those_of_the_command(page: LocalPage, work: Path) -> None:
    store = work / "before" / "lineage"
    assert page.get(f"/api/checks/{LATER}").json == check_answer.document(ask.check(LATER, store))
    refused = page.get(f"/api/checks/after:{PLANNED}")
    assert (refused.status, list(refused.json)) == (400, ["error"])
    assert "plan mode" in refused.json["error"]


def test_history_is_that_of_the_command(page: LocalPage, work: Path) -> None:
    found = page.get("/api/history?name=clean&store=before").json
    assert found.pop("unreadable") == []
    assert found == {**history_document(ask.history("clean", work / "before" / "lineage")), "store": "before/lineage"}


def test_a_run_that_is_known_is_not_sent_again(page: LocalPage, work: Path) -> None:
    first = page.get(f"/api/run/{FIRST}")
    again = page.get(f"/api/run/{FIRST}", If_None_Match=first.headers["etag"])
    assert (first.status, again.status, again.body) == (200, 304, b"")
    samples_of_run = work / "before" / "lineage" / "runs" / FIRST / "samples.jsonl"
    os.utime(samples_of_run, (1, 1))
    assert page.get(f"/api/run/{FIRST}", If_None_Match=first.headers["etag"]).status == 200
    pair = page.get(f"/api/diff/{FIRST}/{LATER}")
    assert page.get(f"/api/diff/{FIRST}/{LATER}", If_None_Match=pair.headers["etag"]).status == 304
    assert page.get(f"/api/diff/{LATER}/{FIRST}", If_None_Match=pair.headers["etag"]).status == 200


def test_a_list_that_is_known_is_not_sent_again(tmp_path: Path) -> None:
    record(tmp_path / "lineage", FIRST, shop(run=FIRST))
    with local_page("--store", "lineage", folder=tmp_path) as page:
        tag = page.get("/api/runs").headers["etag"]
        assert page.get("/api/runs", If_None_Match=tag).status == 304
        assert page.get("/api/runs?last=0", If_None_Match="x").status == 400
        ahead = WriteAhead(tmp_path / "lineage" / "runs" / LATER)
        ahead.append(shop(run=LATER)[:4])
        found = page.get("/api/runs", If_None_Match=tag)
        assert (found.status, len(found.json["runs"])) == (200, 2)
        ahead.close()
        (tmp_path / "lineage" / "runs" / LATER / PROCESS).write_text("{}")  # killed
        killed = page.get("/api/runs", If_None_Match=found.headers["etag"])
        assert (killed.status, killed.json["runs"][0]["outcome"]) == (200, "abort")


def test_a_run_grows_from_what_is_written_ahead(tmp_path: Path) -> None:
    seen = shop(run=FIRST)
    ahead = WriteAhead(tmp_path / "lineage" / "runs" / FIRST)
    ahead.append(seen[:6])
    with local_page("--store", "lineage", folder=tmp_path) as page:
        assert page.get("/api/runs").json["runs"][0]["outcome"] == "running"
        tags = [page.get(f"/api/run/{FIRST}").headers["etag"]]
        for end in range(7, len(seen)):
            ahead.append(seen[end - 1 : end])
            tags.append(page.get(f"/api/run/{FIRST}", method="HEAD").headers["etag"])
        assert len(set(tags)) == len(tags)
        assert page.get(f"/api/run/{FIRST}", If_None_Match=tags[-1]).status == 304
        graph = assemble(seen)
        Journal(tmp_path / "lineage" / "runs" / FIRST).write(build(graph), samples(graph))
        ahead.remove()
        assert page.get("/api/runs").json["runs"][0]["outcome"] == "complete"
        assert page.get(f"/api/run/{FIRST}", If_None_Match=tags[-1]).status == 200


@pytest.mark.bad_events
def test_a_damaged_run_is_one_sentence_and_hides_no_other(tmp_path: Path) -> None:
    record(tmp_path / "lineage", FIRST, shop(run=FIRST))
    record(tmp_path / "lineage", LATER, shop(run=LATER))
    journal = tmp_path / "lineage" / "runs" / LATER / "events.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"clean", b"cl\xff\x00n"))
    with local_page("--store", "lineage", folder=tmp_path) as page:
        assert len(page.get("/api/runs").json["runs"]) == 2
        refused = page.get(f"/api/run/{LATER}")
        assert (refused.status, list(refused.json)) == (400, ["error"])
        assert page.get(f"/api/run/{FIRST}").status == 200


# --------------------------------------------------------------------------- whom it refuses


@pytest.mark.parametrize("host", ["evil.example", "evil.example:{port}", "127.0.0.1", "localhost:1", "127.0.0.1.evil.example:{port}", "[::2]:{port}", "127.0.0.2:{port}", "", "localhost:{port}:{port}", "user@localhost:{port}", "2130706433:{port}"])  # fmt: skip  # noqa: E501
def test_another_name_is_refused(page: LocalPage, host: str) -> None:
    for path in ("/", "/api/runs", f"/api/run/{FIRST}", "/nothing"):
        refused = page.get(path, Host=host.format(port=page.port))
        assert (refused.status, list(refused.json)) == (403, ["error"]), path


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_its_own_names_are_served(page: LocalPage, host: str) -> None:
    assert page.get("/api/runs", Host=f"{host}:{page.port}").status == 200


def test_no_name_and_two_names_are_refused(page: LocalPage) -> None:
    own = f"Host: localhost:{page.port}\r\n".encode()
    assert b"403" in page.raw(b"GET /api/runs HTTP/1.0\r\n\r\n").split(b"\r\n")[0]
    for names in (b"", own + b"Host: evil.example\r\n", b"Host: evil.example\r\n" + own):
        status = page.raw(b"GET /api/runs HTTP/1.1\r\n" + names + b"Connection: close\r\n\r\n").split(b"\r\n")[0]
        assert b" 40" in status, names
    absolute = f"GET http://evil.example/api/runs HTTP/1.1\r\nHost: localhost:{page.port}\r\nConnection: close\r\n\r\n"
    assert FIRST.encode() not in page.raw(absolute.encode())


@pytest.mark.parametrize("headers", [
    {"Origin": "http://evil.example"}, {"Origin": "null"}, {"Origin": "http://localhost:1"}, {"Origin": "https://127.0.0.1:{port}"},
    {"Origin": "http://localhost:{port}"}, {"Sec_Fetch_Site": "cross-site"}, {"Sec_Fetch_Site": "same-site"},
    {"Origin": "http://127.0.0.1:{port}", "Sec_Fetch_Site": "cross-site"},
])  # fmt: skip  # noqa: E501
def test_another_page_is_refused(page: LocalPage, headers: dict[str, str]) -> None:
    sent = {name: value.format(port=page.port) for name, value in headers.items()}
    for path in ("/", "/api/runs", f"/api/run/{FIRST}"):
        refused = page.get(path, Host=f"127.0.0.1:{page.port}", **sent)
        assert (refused.status, list(refused.json)) == (403, ["error"])
        assert "access-control-allow-origin" not in refused.headers


def test_the_page_itself_is_served(page: LocalPage) -> None:
    own = f"http://127.0.0.1:{page.port}"
    assert page.get("/api/runs", Origin=own, Sec_Fetch_Site="same-origin").status == 200
    assert page.get("/api/runs", Sec_Fetch_Site="none").status == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "get"])
def test_nothing_but_reading(page: LocalPage, method: str) -> None:
    for path in ("/", "/api/runs", f"/api/run/{FIRST}", "/nothing"):
        refused = page.get(path, method=method)
        assert (refused.status, list(refused.json)) == (405, ["error"])
        assert refused.headers["allow"] == "GET, HEAD"


def test_head_is_get_without_the_body(page: LocalPage) -> None:
    for path in ("/api/runs", f"/api/run/{FIRST}", "/api/run/nothing"):
        whole, head = page.get(path), page.get(path, method="HEAD")
        assert (head.status, head.body) == (whole.status, b"")


ELSEWHERE = [
    "../../../../secret.json", "..%2f..%2f..%2f..%2fsecret.json", "%2e%2e/%2e%2e/secret.json", "..%5c..%5csecret.json",
    "%2e%2e%2fsecret.json", "%252e%252e%252fsecret.json", "..", "%2e%2e", ".", "%2e", "...", "....//....//secret.json",
    "%00", f"{FIRST}%00", f"{FIRST}%00.json", "%2Fetc%2Fpasswd", "//etc/passwd", "C:%5c", "..%c0%af..%c0%afsecret.json",
    f"{FIRST}/../../../../secret.json", f"{FIRST}%2f..%2f{LATER}", "before:../x", "before:..%2fx", "after:%2e%2e",
    "a" * 300, "a" * 5000, "%F0%9F%92%A9", "%ff%fe", "%0d%0aX-Evil:1", "%1b%5b31m", "%E2%80%AErtl", "runs", "lineage",
    "before%2flineage", "file:%2f%2f%2fetc%2fpasswd", UNKNOWN, f"before:{UNKNOWN}", "nostore:last", "before:", ":last",
    "last~99", "last~x", " ", "%20", "%25", "*", "?", "%3f", "%23", "[", "<script>alert(1)<%2fscript>",
]  # fmt: skip


@pytest.mark.parametrize("name", ELSEWHERE)
def test_names_that_are_no_runs_are_refused_with_a_sentence(page: LocalPage, name: str) -> None:
    paths = [f"/api/run/{name}", f"/api/checks/{name}", f"/api/diff/{FIRST}/{name}", f"/api/diff/{name}/{FIRST}"]
    for path in paths:
        line = f"GET {path} HTTP/1.1\r\nHost: localhost:{page.port}\r\nConnection: close\r\n\r\n"
        head, _, body = page.raw(line.encode("latin-1")).partition(b"\r\n\r\n")
        status = int(head.split(b" ")[1])
        assert status in (400, 404), path
        assert SECRET.encode() not in body
        assert b"Traceback" not in body
        assert b"X-Evil" not in head
        if b"application/json" in head:
            assert list(json.loads(body)) == ["error"]
        else:
            assert body == b"Invalid HTTP request received."  # the server's own word: it was no HTTP


@pytest.mark.parametrize("path", [
    "/api/runs?last=0", "/api/runs?last=x", "/api/runs?last=-1", "/api/runs?last=99999999999", "/api/runs?last=%D9%A1",
    "/api/runs?lats=1", "/api/runs?store=nowhere", "/api/runs?store=..%2f..", "/api/history", "/api/history?name=",
    "/api/history?name=nothing", "/api/history?name=clean%00", "/api/history?name=clean&store=x", "/api/history?a=b",
    "/api/runs?app=" + "a" * 3000, "/api", "/api/", "/api/runs/", "/api/run/", "/api/run", "/api/diff/a", "/page.html",
    "/static/x", "/..", "/%2e%2e/", "/api/../api/runs", "/api/run//" + FIRST, "/.git/config", "/api/diff/a/b/c",
])  # fmt: skip
def test_addresses_that_give_nothing(page: LocalPage, path: str) -> None:
    refused = page.get(path)
    assert refused.status in (400, 404)
    assert list(refused.json) == ["error"]
    assert refused.json["error"].count("\n") == 0


def test_every_answer_stays_here(page: LocalPage) -> None:
    paths = ("/", "/api/runs", f"/api/run/{FIRST}", "/api/run/x", "/x", "/api/../x", f"/api/checks/{FIRST}")
    answers = [page.get(path) for path in paths] + [page.get("/", method="POST"), page.get("/", Host="evil.example")]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert not any(name.startswith("access-control") for name in answer.headers)
        assert "server" not in answer.headers


# --------------------------------------------------------------------------- names of hosts and stores


def test_every_address_of_the_machine_only_where_it_listens_at_all() -> None:
    everywhere, one = guarding.names("0.0.0.0", 80), guarding.names("192.0.2.7", 8765)
    assert everywhere.have("192.0.2.7") and everywhere.have("192.0.2.7:80") and everywhere.have("[2001:db8::1]")
    assert everywhere.have(socket.gethostname())
    assert not everywhere.have("evil.example") and not everywhere.have("192.0.2.7:81")
    assert one.have("192.0.2.7:8765") and one.have("localhost:8765")
    assert not one.have("192.0.2.8:8765") and not one.have("192.0.2.7")


def test_short_names_of_stores() -> None:
    def names(*paths: str) -> list[str]:
        return short_names([Path(path) for path in paths])

    assert names("/a/lineage") == ["lineage"]
    assert names("/a/one", "/a/two") == ["one", "two"]
    assert names("/before/lineage", "/after/lineage") == ["before", "after"]
    assert names("/x/a/s", "/y/a/s", "/y/b/s") != []
    assert len(set(names("/x/a/s", "/y/a/s", "/y/b/s"))) == 3
    assert names("/a/my store: one", "/a/é") == ["my-store-one", "a"]


# --------------------------------------------------------------------------- how it begins and ends


def test_it_ends_well_and_says_nothing_of_what_was_asked(work: Path) -> None:
    with local_page("--store", "before/lineage", folder=work) as page:
        page.get("/api/run/sup3rsecret?token=sup3rsecret")
        page.get("/%00")
        page.raw(b"\x16\x03\x01\x02\x00no http at all\r\n\r\n")
        page.leave(b"GET / HTTP/1.1\r\nHost: x")
        page.leave(f"GET /api/run/{FIRST} HTTP/1.1\r\nHost: localhost:{page.port}\r\n\r\n".encode())
        assert page.interrupt() == (0, "", "")


def test_it_listens_on_loopback_only(page: LocalPage) -> None:
    if not Path("/proc/net/tcp").exists():
        pytest.skip("what listens is read from /proc")
    inodes = {
        os.readlink(link).removeprefix("socket:[").removesuffix("]")
        for link in Path(f"/proc/{page.process.pid}/fd").iterdir()
        if os.readlink(link).startswith("socket:")
    }
    lines = [line.split() for name in ("tcp", "tcp6") for line in Path("/proc/net", name).read_text().splitlines()[1:]]
    listening = [line[1] for line in lines if line[3] == "0A" and line[9] in inodes]
    assert listening == [f"0100007F:{page.port:04X}"]


def test_localhost_is_the_address_that_browsers_reach(work: Path) -> None:
    with local_page("--store", "before/lineage", "--host", "localhost", folder=work) as page:
        assert page.address == f"http://127.0.0.1:{page.port}/"
        assert page.get("/api/runs", Host=f"localhost:{page.port}").status == 200
        assert page.interrupt()[2] == ""


def test_the_other_loopback(work: Path) -> None:
    if not socket.has_ipv6 or not Path("/proc/net/if_inet6").exists():
        pytest.skip("this machine has no IPv6")
    with local_page("--store", "before/lineage", "--host", "::1", folder=work) as page:
        assert page.address == f"http://[::1]:{page.port}/"
        with urllib.request.urlopen(f"{page.address}api/runs") as answer:
            assert FIRST.encode() in answer.read()
        assert page.interrupt()[2] == ""


def test_whoever_opens_it_to_others_is_told(work: Path) -> None:
    with local_page("--store", "before/lineage", "--host", "0.0.0.0", folder=work) as page:
        assert page.address == f"http://127.0.0.1:{page.port}/"
        assert page.get("/api/runs").status == 200
        assert page.get("/api/runs", Host=f"evil.example:{page.port}").status == 403
        status, _, said = page.interrupt()
        assert (status, said.count("\n")) == (0, 1)
        assert "0.0.0.0" in said


def refused_at_once(*words: str, folder: Path) -> str:
    done = subprocess.run([*COMMAND, *words], cwd=folder, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, ""), done
    assert done.stderr.startswith("spark-lineage: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_bad_input_is_one_sentence(page: LocalPage, work: Path) -> None:
    here = ("--store", "before/lineage")
    assert "is in use" in refused_at_once(*here, "--port", str(page.port), folder=work)
    assert "--host" in refused_at_once(*here, "--host", "no.such.host.invalid", "--port", "0", folder=work)
    assert "--host" in refused_at_once(*here, "--host", "192.0.2.1", "--port", "0", folder=work)
    assert "nowhere" in refused_at_once("--store", "nowhere", "--port", "0", folder=work)
    assert "secret.json" in refused_at_once("--store", "secret.json", "--port", "0", folder=work)
    assert "65536" in refused_at_once(*here, "--port", "65536", folder=work)
    assert "lineage" in refused_at_once("--port", "0", folder=work)  # none is configured, and ./lineage is not there


def test_without_its_libraries_it_says_how_to_get_them(work: Path) -> None:
    script = (
        "import sys\nsys.modules['uvicorn'] = sys.modules['starlette'] = None\n"
        "from spark_lineage.cli import main\nmain(['ui', '--store', 'before/lineage'])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=work, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        "spark-lineage: the page needs starlette and uvicorn: pip install 'spark-lineage-agent[ui]'\n"
    )  # fmt: skip


def test_nothing_is_written_and_a_store_that_only_reads_is_enough(work: Path, tmp_path: Path) -> None:
    record(tmp_path / "lineage", FIRST, shop(run=FIRST))
    record(tmp_path / "lineage", LATER, shop(run=LATER, salt=7), later=60)
    before = contents(tmp_path)
    for path in sorted(tmp_path.rglob("*"), reverse=True):
        path.chmod(0o555 if path.is_dir() else 0o444)
    try:
        with local_page("--store", "lineage", folder=tmp_path) as page:
            for path in ("/", "/api/runs", f"/api/run/{FIRST}", f"/api/diff/{FIRST}/{LATER}", f"/api/checks/{LATER}"):
                assert page.get(path).status == 200, path
            assert page.get("/api/history?name=clean").status == 200
            assert page.interrupt()[0] == 0
    finally:
        for path in tmp_path.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
    assert contents(tmp_path) == before


def test_a_store_that_is_empty_is_shown_as_such(tmp_path: Path) -> None:
    (tmp_path / "lineage").mkdir()
    with local_page("--store", "lineage", folder=tmp_path) as page:
        found = page.get("/api/runs").json
        assert (found["runs"], len(found["refused"])) == ([], 1)
        record(tmp_path / "lineage", FIRST, shop(run=FIRST))
        assert len(page.get("/api/runs").json["runs"]) == 1
