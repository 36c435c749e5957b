"""A store as a whole: no run vanishes unseen, and who rewrites events and chain together is found by the signature."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from observing import shop

from spark_lineage.answers import ask
from spark_lineage.answers.errors import AnswerError
from spark_lineage.answers.verify_store import document
from spark_lineage.cli.commands import main
from spark_lineage.events import build, samples
from spark_lineage.graph import assemble
from spark_lineage.sinks import sealing, signing
from spark_lineage.sinks.delta import DeltaAudit
from spark_lineage.sinks.journal import Journal, seal
from spark_lineage.sinks.sealing import Sealing
from spark_lineage.store import journal, register, signatures
from spark_lineage.store.wal import PROCESS, WriteAhead

ROOT = Path(__file__).parents[2]


def run_id(number: int) -> str:
    return f"0197a1b2-0000-7000-8000-{number:012d}"


def record(store: Path, number: int, signer: signing.Signer | None = None, tables: bool = False) -> Path:
    """A run as the end of a program writes it."""
    graph = assemble(shop(run=run_id(number)))
    folder = store / "runs" / run_id(number)
    folder.mkdir(parents=True)
    register.began(store, run_id(number))
    Journal(folder, fsync=False).write(build(graph), samples(graph), Sealing(store, run_id(number), signer))
    if tables:
        DeltaAudit(store / "audit").append(folder)
    return folder


@pytest.fixture
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The private key; the public one stands beside it."""
    path = tmp_path_factory.mktemp("keys") / "a.key"
    signing.make_pair(path)
    return path


def public(key: Path) -> Path:
    return key.with_name(key.name + ".pub")


def findings(store: Path, **options: Any) -> list[str]:
    return list(ask.verify_store(store, tables=False, **options).findings)


def events(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / journal.EVENTS).read_bytes().splitlines()]


def forge(folder: Path, change: Callable[[list[dict[str, Any]]], Any]) -> str:
    """Rewrites events and chain together, as somebody does who has read how they are made; gives the new root hash."""
    documents = events(folder)
    change(documents)
    lines = [journal.as_line(each) for each in documents]
    (folder / journal.EVENTS).write_bytes(b"".join(line + b"\n" for line in lines))
    (folder / journal.CHAIN).write_bytes(b"".join(line + b"\n" for line in journal.links(journal.GENESIS, 0, lines)))
    assert journal.verify(folder).intact
    return journal.root(lines)


def other_rows(documents: list[dict[str, Any]]) -> None:
    text = json.dumps(documents)
    assert '"rowCount": 80' in text
    documents[:] = json.loads(text.replace('"rowCount": 80', '"rowCount": 81'))


# --------------------------------------------------------------------------- what runs name


def test_each_run_names_the_one_before(tmp_path: Path) -> None:
    roots = []
    for number in range(3):
        folder = record(tmp_path, number)
        roots.append(journal.verify(folder).root)
        facet = events(folder)[-1]["run"]["facets"][signatures.FACET]
        assert [each["root"] for each in facet["previous"]] == roots[-2:-1]
    found = ask.verify_store(tmp_path)
    assert (found.intact, len(found.runs), found.last) == (True, 3, ((run_id(2), roots[2]),))
    assert document(found)["runs"][2]["previous"] == [{"run": run_id(1), "root_hash": roots[1]}]


def test_runs_that_end_at_once_are_both_named_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record(tmp_path, 0)
    monkeypatch.setattr(sealing, "LONGEST_WAIT", 0.0)
    with register.locked(tmp_path, 0.0):  # another one ends just now, and takes its time
        one = record(tmp_path, 1)
    document = events(one)
    assert [each["run"] for each in document[-1]["run"]["facets"][signatures.FACET]["previous"]] == [run_id(0)]
    register_text = (tmp_path / register.NAME).read_text()
    (tmp_path / register.NAME).write_text("".join(register_text.splitlines(keepends=True)[:-2]))
    two = record(tmp_path, 2)  # has not seen that run 1 ended
    with (tmp_path / register.NAME).open("a") as file:
        file.write("".join(register_text.splitlines(keepends=True)[-2:]))
    three = record(tmp_path, 3)
    named = {each["run"] for each in events(three)[-1]["run"]["facets"][signatures.FACET]["previous"]}
    assert named == {run_id(1), run_id(2)}
    assert findings(tmp_path) == []
    shutil.rmtree(one)
    assert findings(tmp_path)[0] == f"{run_id(1)} has vanished: run {run_id(3)}, which ended after it, names it"
    assert two.exists()


WRITER = """
import sys
from pathlib import Path
sys.path[:0] = [sys.argv[1], sys.argv[1] + "/tests/unit"]
from test_proof import record
sys.stdin.readline()
for number in sys.argv[3:]:
    record(Path(sys.argv[2]), int(number))
"""


def test_drivers_that_end_at_once_make_one_chain(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir()
    words = [[str(10 * writer + number) for number in range(5)] for writer in range(3)]
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(ROOT), str(tmp_path), *each], stdin=subprocess.PIPE)
        for each in words
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write(b"\n")
        writer.stdin.close()
    assert [writer.wait(120) for writer in writers] == [0, 0, 0]
    found = ask.verify_store(tmp_path, tables=False)
    assert (found.findings, len(found.runs), len(found.last)) == ((), 15, 1)
    assert sorted(len(run.previous or ()) for run in found.runs) == [0] + 14 * [1]


# --------------------------------------------------------------------------- what vanishes


@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("register_too", [False, True])
def test_a_run_that_was_taken_out_is_named(tmp_path: Path, number: int, register_too: bool) -> None:
    for each in range(3):
        record(tmp_path, each)
    shutil.rmtree(tmp_path / "runs" / run_id(number))
    if register_too:
        lines = (tmp_path / register.NAME).read_text().splitlines(keepends=True)
        (tmp_path / register.NAME).write_text("".join(line for line in lines if run_id(number) not in line))
    says = f"{run_id(number)} has vanished: run {run_id(number + 1)}, which ended after it, names it"
    assert findings(tmp_path)[0] == says
    assert main(["verify", "--all", "--store", str(tmp_path), "--no-tables"]) == 1


def test_the_run_that_ended_last_is_missed_by_the_register_or_by_who_kept_its_root(tmp_path: Path) -> None:
    record(tmp_path, 0)
    record(tmp_path, 1)
    ((_, root),) = ask.verify_store(tmp_path, tables=False).last
    assert findings(tmp_path, roots=[root]) == []
    shutil.rmtree(tmp_path / "runs" / run_id(1))
    assert findings(tmp_path) == [f"{run_id(1)} has vanished: the register of the store has it"]
    lines = (tmp_path / register.NAME).read_text().splitlines(keepends=True)
    (tmp_path / register.NAME).write_text("".join(lines[:2]))
    assert findings(tmp_path) == [], "what nobody names any more is missed by nobody: docs/proof.md says so"
    assert root in findings(tmp_path, roots=[root])[0]


def test_a_run_that_was_killed_and_taken_out_is_missed(tmp_path: Path) -> None:
    record(tmp_path, 0)
    register.began(tmp_path, run_id(1))
    assert findings(tmp_path) == [f"{run_id(1)} has vanished: the register of the store has it"]


def test_rows_of_a_run_that_is_not_there_are_named(tmp_path: Path) -> None:
    record(tmp_path, 0, tables=True)
    record(tmp_path, 1, tables=True)
    assert ask.verify_store(tmp_path).intact
    shutil.rmtree(tmp_path / "runs" / run_id(1))
    (tmp_path / register.NAME).unlink()
    assert f"has rows of run {run_id(1)}, which is not in the store" in ask.verify_store(tmp_path).findings[0]


# --------------------------------------------------------------------------- what is removed as documented


def prune(store: Path, *words: str) -> int:
    return main(["prune", "--keep", "90d", "--vacuum", "0", "--store", str(store), *words])


def test_what_prune_removes_is_not_missed(tmp_path: Path) -> None:
    record(tmp_path, 0, tables=True)
    record(tmp_path, 1, tables=True)
    assert prune(tmp_path) == 0
    folder = record(tmp_path, 2, tables=True)
    assert [each["run"] for each in events(folder)[-1]["run"]["facets"][signatures.FACET]["previous"]] == [run_id(1)]
    found = ask.verify_store(tmp_path)
    assert (found.findings, found.removed) == ((), (run_id(0), run_id(1)))
    assert any("2 runs are removed by `prune`" in remark for remark in found.remarks)


def test_who_was_named_by_a_run_that_was_removed_is_still_missed(tmp_path: Path) -> None:
    for number in range(3):
        record(tmp_path, number)
    store = ask.stores.opened(tmp_path)
    from spark_lineage.sinks import retention

    retention.carry_out(store, retention.Plan(runs=(store.resolve(run_id(1)),)), None, "tested")
    assert findings(tmp_path) == []
    shutil.rmtree(tmp_path / "runs" / run_id(0))
    assert findings(tmp_path)[0].endswith(f"run {run_id(1)}, which was removed later, named it")


def test_a_removal_that_is_not_signed_does_not_count_where_a_key_is_named(
    tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    signer = signing.load(key)
    for number in range(2):
        record(tmp_path, number, signer)
    shutil.rmtree(tmp_path / "runs" / run_id(0))
    forged = register.Entry(register.Kind.REMOVED, run_id(0), None, at="2026-01-01T00:00:00Z", why="older than 90d")
    register.removed(tmp_path, forged)
    assert findings(tmp_path) == []
    assert "its removal is not proven: it is not signed by key" in findings(tmp_path, key=public(key))[0]
    other = signing.load(key).sign(b"something else")
    (tmp_path / register.NAME).write_text((tmp_path / register.NAME).read_text().replace(
        '"why":"older than 90d"', f'"why":"older than 90d","signature":{json.dumps(other)}'
    ))  # fmt: skip
    assert "the signature of the removal does not fit" in findings(tmp_path)[0]
    monkeypatch.setenv("SPARK_LINEAGE__SIGN__KEY", str(key))
    record(tmp_path, 2, signer)
    assert prune(tmp_path) == 0
    record(tmp_path, 3, signer)
    assert len(findings(tmp_path, key=public(key))) == 1, "of the forged one only"


def test_prune_removes_nothing_where_it_cannot_sign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = record(tmp_path, 0)
    monkeypatch.setenv("SPARK_LINEAGE__SIGN__KEY", str(tmp_path / "none"))
    assert prune(tmp_path) == 2
    assert "none cannot be read: No such file" in capsys.readouterr().err
    assert folder.exists()


# --------------------------------------------------------------------------- signatures


def test_the_signature_stands_in_three_places(tmp_path: Path, key: Path) -> None:
    folder = record(tmp_path, 0, signing.load(key), tables=True)
    signature = events(folder)[-1]["run"]["facets"][signatures.FACET]["signature"]
    assert json.loads((folder / signatures.FILE).read_text()) == signature
    from spark_lineage.sinks.delta import read_tables

    (row,) = read_tables(tmp_path / "audit", ["runs"])["runs"].to_pylist()
    assert (row["signature"], row["signed_by"]) == (signature["value"], signature["publicKey"])
    assert row["root_hash"] == journal.verify(folder).root
    assert main(["verify", run_id(0), "--store", str(tmp_path), "--key", str(public(key))]) == 0


def test_it_is_over_the_root_hash_that_the_run_has_without_it(tmp_path: Path, key: Path) -> None:
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    folder = record(tmp_path, 0, signing.load(key))
    *others, last = events(folder)
    signature = last["run"]["facets"][signatures.FACET].pop("signature")
    root = journal.root([journal.as_line(event) for event in (*others, last)])
    import base64

    load_pem_public_key(public(key).read_bytes()).verify(  # type: ignore[union-attr, call-arg]
        base64.b64decode(signature["value"]), f"spark-lineage signature of a run\n{run_id(0)}\n12\n{root}\n".encode()
    )


def test_who_rewrites_events_and_chain_together_is_found_by_the_signature(tmp_path: Path, key: Path) -> None:
    folder = record(tmp_path, 0, signing.load(key))
    forge(folder, other_rows)
    why = ask.verify(run_id(0), tmp_path, tables=False).why
    assert why is not None
    assert "does not fit: its events are not those that were signed" in why


def strip(documents: list[dict[str, Any]]) -> None:
    other_rows(documents)
    del documents[-1]["run"]["facets"][signatures.FACET]["signature"]


def test_who_takes_the_signature_out_is_found_by_the_key_that_is_named(tmp_path: Path, key: Path) -> None:
    folder = record(tmp_path, 0, signing.load(key))
    forge(folder, strip)
    assert "its last event has none" in str(ask.verify(run_id(0), tmp_path, tables=False).why)
    (folder / signatures.FILE).unlink()
    assert ask.verify(run_id(0), tmp_path, tables=False).intact
    assert "it is not signed" in str(ask.verify(run_id(0), tmp_path, tables=False, key=public(key)).why)
    assert "it is not signed" in str(findings(tmp_path, key=public(key)))


def test_who_signs_with_a_key_of_his_own_is_found_by_the_key_that_is_named(tmp_path: Path, key: Path) -> None:
    other = key.with_name("b.key")
    signing.make_pair(other)
    record(tmp_path, 0, signing.load(other))
    assert ask.verify(run_id(0), tmp_path, tables=False).intact
    assert "and should be by key" in str(ask.verify(run_id(0), tmp_path, tables=False, key=public(key)).why)
    assert "and should be by key" in findings(tmp_path, key=public(key))[0]


def test_a_signed_run_covers_those_before_it(tmp_path: Path, key: Path) -> None:
    record(tmp_path, 0)
    record(tmp_path, 1)
    assert len(findings(tmp_path, key=public(key))) == 2
    record(tmp_path, 2, signing.load(key))
    assert findings(tmp_path, key=public(key)) == []
    record(tmp_path, 3)
    assert [finding[:36] for finding in findings(tmp_path, key=public(key))] == [run_id(3)]


def test_without_signatures_an_earlier_run_that_was_forged_is_another_one_than_the_next_names(tmp_path: Path) -> None:
    folder = record(tmp_path, 0)
    record(tmp_path, 1)
    forge(folder, other_rows)
    assert ask.verify(run_id(0), tmp_path, tables=False).intact
    assert f"another one than run {run_id(1)}, which ended after it, names it with" in findings(tmp_path)[0]


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_a_signature_beside_the_chain_that_is_another_one_is_named(tmp_path: Path, key: Path, text: str) -> None:
    folder = record(tmp_path, 0, signing.load(key))
    (folder / signatures.FILE).write_text(text)
    why = str(ask.verify(run_id(0), tmp_path, tables=False).why)
    assert "signature" in why
    (folder / signatures.FILE).unlink()
    assert ask.verify(run_id(0), tmp_path, tables=False).intact, "the last event has it"


@pytest.mark.bad_events
@pytest.mark.parametrize("signature", [{}, "x", {"algorithm": "none", "publicKey": "", "value": ""}])
def test_a_signature_of_another_shape_is_no_signature(tmp_path: Path, signature: Any) -> None:
    folder = record(tmp_path, 0)

    def change(documents: list[dict[str, Any]]) -> None:
        documents[-1]["run"]["facets"][signatures.FACET]["signature"] = signature

    forge(folder, change)
    found = ask.verify(run_id(0), tmp_path, tables=False)
    assert not found.intact
    assert "signature" in str(found.why)


def test_without_the_library_that_it_was_not_checked_is_said(
    tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record(tmp_path, 0, signing.load(key))
    monkeypatch.setattr(signatures, "available", lambda: False)
    found = ask.verify(run_id(0), tmp_path, tables=False)
    assert found.intact
    assert "was not checked: that needs the package cryptography" in found.remarks[0]
    for words in (["verify", "--key", str(public(key)), "--store", str(tmp_path)], ["key", str(tmp_path / "k")]):
        assert main(words) == 2
        assert "needs the package cryptography: pip install" in capsys.readouterr().err


# --------------------------------------------------------------------------- keys


def test_the_private_key_is_its_owners_and_never_replaced(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = tmp_path / "my.key"
    assert main(["key", str(key)]) == 0
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    before = key.read_bytes()
    assert main(["key", str(key)]) == 2
    assert "is there already" in capsys.readouterr().err
    public(key).unlink()
    assert main(["key", str(key)]) == 2
    assert key.read_bytes() == before
    assert not public(key).exists()
    assert main(["key", str(tmp_path / "no" / "my.key")]) == 2
    assert "cannot be written: No such file" in capsys.readouterr().err


def _pem(kind: str) -> bytes:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    key: Any = ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else ed25519.Ed25519PrivateKey.generate()
    locked = kind == "passphrase"
    return bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"x") if locked else serialization.NoEncryption(),
    ))  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "says"),
    [("none", "cannot be read: No such file"), ("text", "is no private key of Ed25519"),
     ("ec", "is no private key of Ed25519"), ("passphrase", "has a passphrase"), ("folder", "cannot be read")],
)  # fmt: skip
def test_a_key_that_cannot_be_used_is_one_sentence(tmp_path: Path, kind: str, says: str) -> None:
    path = tmp_path / "a.key"
    if kind == "folder":
        path.mkdir()
    elif kind != "none":
        path.write_bytes(b"nothing" if kind == "text" else _pem(kind))
    with pytest.raises(signatures.SignatureError, match=says):
        signing.load(path)


def test_a_private_key_in_the_place_of_a_public_one_is_refused(tmp_path: Path, key: Path) -> None:
    record(tmp_path, 0)
    with pytest.raises(AnswerError, match="is a private key, which stays with who signs"):
        ask.verify(run_id(0), tmp_path, key=key)
    with pytest.raises(AnswerError, match="cannot be read"):
        ask.verify(run_id(0), tmp_path, key=tmp_path / "none")
    (tmp_path / "x").write_text("x")
    with pytest.raises(AnswerError, match="is no public key of Ed25519"):
        ask.verify(run_id(0), tmp_path, key=tmp_path / "x")


# --------------------------------------------------------------------------- killed, earlier, damaged


def killed(store: Path, number: int) -> Path:
    folder = store / "runs" / run_id(number)
    register.began(store, run_id(number))
    ahead = WriteAhead(folder)
    ahead.append(shop(run=run_id(number))[:-3])
    ahead.close()
    process = json.loads((folder / PROCESS).read_text())
    (folder / PROCESS).write_text(json.dumps({**process, "started": "1"}))
    return folder


def test_a_killed_run_joins_the_chain_when_it_is_sealed(tmp_path: Path, key: Path) -> None:
    record(tmp_path, 0)
    folder = killed(tmp_path, 1)
    record(tmp_path, 2)
    found = ask.verify_store(tmp_path, tables=False)
    assert (found.findings, found.open_) == ((), (run_id(1),))
    assert seal(folder, signing.load(key))
    found = ask.verify_store(tmp_path, tables=False, key=public(key))
    assert (found.findings, found.open_, found.last[0][0]) == ((), (), run_id(1))
    facet = events(folder)[-1]["run"]["facets"][signatures.FACET]
    assert [each["run"] for each in facet["previous"]] == [run_id(2)]


def test_a_run_that_was_sealed_is_not_made_a_killed_one(tmp_path: Path) -> None:
    record(tmp_path, 0)
    record(tmp_path, 1)
    shutil.rmtree(tmp_path / "runs" / run_id(1))
    lines = (tmp_path / register.NAME).read_text()
    killed(tmp_path, 1)
    (tmp_path / register.NAME).write_text(lines)
    assert findings(tmp_path) != []


def test_a_kill_between_the_journal_and_the_register_is_mended_by_sealing(tmp_path: Path, key: Path) -> None:
    folder = killed(tmp_path, 0)
    ahead = {name: (folder / name).read_bytes() for name in ("observations.jsonl", PROCESS)}
    assert seal(folder, signing.load(key))
    whole = (tmp_path / register.NAME).read_bytes()
    for name, content in ahead.items():
        (folder / name).write_bytes(content)
    assert findings(tmp_path) == [], "all was written, and only the write-ahead file is still there"
    (folder / signatures.FILE).unlink()
    (tmp_path / register.NAME).write_bytes(whole.splitlines(keepends=True)[0])
    assert not seal(folder)
    assert (tmp_path / register.NAME).read_bytes() == whole
    assert (folder / signatures.FILE).exists()
    assert ask.verify(run_id(0), tmp_path, tables=False, key=public(key)).intact


def test_runs_of_an_earlier_version_stay_readable_and_are_said_to_be_outside(tmp_path: Path) -> None:
    graph = assemble(shop(run=run_id(0)))
    Journal(tmp_path / "runs" / run_id(0), fsync=False).write(build(graph), samples(graph))
    record(tmp_path, 1)
    found = ask.verify_store(tmp_path, tables=False)
    assert found.intact
    assert "1 run is of an earlier version: what vanishes of those is not missed" in found.remarks
    alone = ask.verify(run_id(0), tmp_path, tables=False)
    assert alone.intact
    assert "earlier version" in alone.remarks[0]


def test_a_register_that_cannot_be_read_costs_no_record(tmp_path: Path) -> None:
    (tmp_path / register.NAME).mkdir()
    folder = tmp_path / "runs" / run_id(0)
    graph = assemble(shop(run=run_id(0)))
    Journal(folder, fsync=False).write(build(graph), samples(graph), Sealing(tmp_path, run_id(0)))
    found = ask.verify(run_id(0), tmp_path, tables=False)
    assert found.intact
    assert "the register of the store could not be read (IsADirectoryError)" in found.remarks
    with pytest.raises(AnswerError, match="the register of .* cannot be read"):
        ask.verify_store(tmp_path)


def test_damaged_lines_of_the_register_are_said_and_cost_nothing(tmp_path: Path) -> None:
    record(tmp_path, 0)
    with (tmp_path / register.NAME).open("ab") as file:
        file.write(b'{"ended": 7}\n[]\n{"ended": "x", "ro')
    record(tmp_path, 1)
    found = ask.verify_store(tmp_path, tables=False)
    assert found.intact
    assert f"line 3 of {register.NAME} cannot be read" in found.remarks
    assert found.runs[1].previous == ((run_id(0), found.runs[0].root),)


def test_where_nothing_is_there_is_nothing_to_verify(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", "--all", "--store", str(tmp_path)]) == 2
    assert "no runs in" in capsys.readouterr().err
    assert main(["verify", "--root", "x", "--store", str(tmp_path)]) == 2
    assert "--root needs --all" in capsys.readouterr().err


def test_the_option_store_without_a_path_means_the_whole_store_that_is_configured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record(tmp_path, 0)
    monkeypatch.setenv("SPARK_LINEAGE__STORE", str(tmp_path))
    assert main(["verify", "--no-tables", "--json", "--store"]) == 0
    assert [run["run"] for run in json.loads(capsys.readouterr().out)["runs"]] == [run_id(0)]
