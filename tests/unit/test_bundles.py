"""``export`` gives one file, and ``verify`` says of it on another machine whether it is what was recorded."""

from __future__ import annotations

import hashlib
import io
import json
import os
import stat
import subprocess
import sys
import venv
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from observing import shop

from spark_lineage.answers.bundles import opening
from spark_lineage.cli.commands import main
from spark_lineage.events import build, samples
from spark_lineage.events.samples import digest
from spark_lineage.faces import html
from spark_lineage.graph import assemble
from spark_lineage.sinks import signing
from spark_lineage.store import journal, signatures
from tests.unit.test_packaging import project
from tests.unit.test_proof import forge, other_rows, public, record, run_id

ROOT = Path(__file__).parents[2]
Parts = dict[str, bytes]

pytestmark = pytest.mark.skipif(not html.filling.TEMPLATE.exists(), reason="the page is not built: make page")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "keys" / "a.key"
    path.parent.mkdir()
    signing.make_pair(path)
    return path


@pytest.fixture
def bundle(tmp_path: Path, key: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Of a signed run."""
    record(tmp_path / "lineage", 0, signing.load(key))
    path = tmp_path / "bundle.zip"
    assert exported(tmp_path / "lineage", path) == 0
    return path


def exported(store: Path, path: Path, *words: str) -> int:
    return main(["export", run_id(0), "--store", str(store), "-o", str(path), *words])


def parts(path: Path) -> Parts:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def pack(path: Path, content: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in content.items():
            archive.writestr(name, text)


def verified(path: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    status = main(["verify", str(path), "--json", *words])
    return status, json.loads(capsys.readouterr().out)


def test_a_bundle_has_what_a_validator_needs(bundle: Path) -> None:
    found = parts(bundle)
    assert set(found) == {
        "README-spark-lineage-bundle.txt", "manifest.json", "report.html", "checks.json", "gaps.json",
        "source/001-job.py.txt", "run/events.jsonl", "run/chain.jsonl", "run/samples.jsonl", "run/signature.json",
    }  # fmt: skip
    folder = bundle.parent / "lineage" / "runs" / run_id(0)
    for name in ("events.jsonl", "chain.jsonl", "samples.jsonl", "signature.json"):
        assert found[f"run/{name}"] == (folder / name).read_bytes()
    assert b"# lines 30 to 34: main\n" in found["source/001-job.py.txt"]
    assert json.loads(found["checks.json"])["run"] == json.loads(found["gaps.json"])["run"] == run_id(0)
    assert run_id(0).encode() in found["report.html"]
    assert stat.S_IMODE(bundle.stat().st_mode) == 0o600


def test_it_is_verified_without_the_store(bundle: Path, key: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (bundle.parent / "lineage").rename(bundle.parent / "gone")
    status, said = verified(bundle, capsys)
    assert (status, said["intact"], said["events"], said["why"], said["samples"]) == (0, True, 12, None, True)
    status, said = verified(bundle, capsys, "--key", str(public(key)))
    assert (status, said["signature"]["trusted"]) == (0, True)
    assert said["remarks"] == [
        "whether a run before or after it has vanished only the store can tell: `verify --store`"
    ]


def test_a_bundle_without_samples_has_none(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = bundle.with_name("bare.zip")
    assert exported(bundle.parent / "lineage", path, "--no-samples") == 0
    assert "run/samples.jsonl" not in parts(path)
    kept = json.loads((bundle.parent / "lineage/runs" / run_id(0) / "samples.jsonl").read_text().splitlines()[0])
    assert kept["rows"][0] not in parts(path)["report.html"].decode()
    status, said = verified(path, capsys)
    assert (status, said["samples"]) == (0, False)


# --------------------------------------------------------------------------- changed


def with_manifest(found: Parts) -> Parts:
    """The manifest made to fit, as a forger makes it."""
    manifest = json.loads(found["manifest.json"])
    manifest["files"] = {
        name: hashlib.sha256(text).hexdigest() for name, text in found.items() if not name.startswith("manifest")
    }
    return {**found, "manifest.json": json.dumps(manifest).encode()}


def changed_sample(found: Parts) -> Parts:
    first, *rest = found["run/samples.jsonl"].splitlines()
    sample = json.loads(first)
    sample["rows"] = [sample["rows"][0].replace("1", "7"), *sample["rows"][1:]]
    lines = [json.dumps({**sample, "hash": digest(sample)}).encode(), *rest]
    return with_manifest({**found, "run/samples.jsonl": b"".join(line + b"\n" for line in lines)})


def replaced(name: str, old: bytes, new: bytes) -> Callable[[Parts], Parts]:
    def change(found: Parts) -> Parts:
        assert old in found[name]
        return {**found, name: found[name].replace(old, new, 1)}

    return change


def fitting(change: Callable[[Parts], Parts]) -> Callable[[Parts], Parts]:
    return lambda found: with_manifest(change(found))


CHANGED: dict[str, tuple[Callable[[Parts], Parts], str]] = {
    "an event": (fitting(replaced("run/events.jsonl", b'"rowCount":80', b'"rowCount":81')), "event 6 is not the one"),
    "a sample": (changed_sample, "the sample of clean is not the one that was written"),
    "the report": (replaced("report.html", b"80", b"81"), "report.html is not the one that was exported"),
    "the report and the manifest": (
        fitting(replaced("report.html", b"80", b"81")), "report.html is not what the events give",
    ),
    "checks and the manifest": (
        fitting(replaced("checks.json", b'"passed": true', b'"passed": false')),
        "checks.json is not what the events give",
    ),
    "gaps and the manifest": (
        fitting(replaced("gaps.json", b'"gaps": []', b'"gaps": [1]')), "gaps.json is not what the events give",
    ),
    "source and the manifest": (
        fitting(replaced("source/001-job.py.txt", b"def ", b"deg ")),
        "source/001-job.py.txt is not what the events give",
    ),
    "the words on top": (
        fitting(replaced("README-spark-lineage-bundle.txt", b"Whether", b"Trust me, and not whether")),
        "README-spark-lineage-bundle.txt is not what the events give",
    ),
    "source added": (
        lambda found: with_manifest({**found, "source/002-mine.py.txt": b"x"}),
        "source/002-mine.py.txt is not what the events give",
    ),
    "samples taken out": (
        lambda found: {name: text for name, text in found.items() if name != "run/samples.jsonl"},
        "run/samples.jsonl is missing",
    ),
    "signature of another": (
        fitting(replaced("run/signature.json", b'"value": "', b'"value": "A')), "the signature in signature.json",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGED)
def test_the_first_part_that_is_another_one_is_named(
    bundle: Path, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    change, says = CHANGED[what]
    pack(bundle, change(parts(bundle)))
    status, said = verified(bundle, capsys)
    assert (status, said["root_hash"]) == (1, None)
    assert says in said["why"], said["why"]


def test_a_bundle_of_a_forged_run_is_found_by_the_signature(
    bundle: Path, key: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Everything is made anew with our own code, from events and chain that were rewritten together."""
    store = bundle.parent / "lineage"
    folder = store / "runs" / run_id(0)
    forge(folder, other_rows)
    assert exported(store, bundle) == 2
    assert "is not exported, as it is not as it was written: its signature" in capsys.readouterr().err

    def unsigned(documents: list[dict[str, Any]]) -> None:
        documents[-1]["run"]["facets"][signatures.FACET].pop("signature")

    forge(folder, unsigned)
    (folder / signatures.FILE).unlink()
    assert exported(store, bundle) == 0
    assert verified(bundle, capsys)[0] == 0
    status, said = verified(bundle, capsys, "--key", str(public(key)))
    assert (status, "it is not signed, and should be" in said["why"]) == (1, True)


def test_a_bundle_is_signed_as_a_whole(
    bundle: Path, key: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SPARK_LINEAGE__SIGN__KEY", str(key))
    assert exported(bundle.parent / "lineage", bundle) == 0
    assert verified(bundle, capsys, "--key", str(public(key)))[0] == 0
    whole = parts(bundle)
    # A forger who says that another version made it, so that nothing is made again.
    change = fitting(replaced("report.html", b"80", b"81"))
    pack(bundle, replaced("manifest.json", b'"version": "', b'"version": "0.0.')(change(whole)))
    assert "the signature of the bundle by key" in verified(bundle, capsys)[1]["why"]
    other = key.with_name("b.key")
    signing.make_pair(other)
    monkeypatch.setenv("SPARK_LINEAGE__SIGN__KEY", str(other))
    assert exported(bundle.parent / "lineage", bundle) == 0
    assert "the bundle is signed by key" in verified(bundle, capsys, "--key", str(public(key)))[1]["why"]


def test_what_another_version_made_is_said_not_to_be_compared(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    whole = parts(bundle)
    pack(bundle, replaced("manifest.json", b'"version": "', b'"version": "0.0.')(whole))
    status, said = verified(bundle, capsys)
    assert (status, "what is made from the events was not made again" in str(said["remarks"])) == (0, True)
    template = json.loads(whole["manifest.json"])["template"].encode()
    pack(bundle, replaced("manifest.json", template, b"0" * 64)(whole))
    status, said = verified(bundle, capsys)
    assert (status, "another build of the page: it was not compared" in str(said["remarks"])) == (0, True)


# --------------------------------------------------------------------------- hostile


def archive(change: Callable[[zipfile.ZipFile], None]) -> Callable[[Parts], bytes]:
    def packed(found: Parts) -> bytes:
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
            for name, text in found.items():
                made.writestr(name, text)
            change(made)
        return file.getvalue()

    return packed


def adding(name: str, mode: int = 0) -> Callable[[Parts], bytes]:
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return archive(lambda made: made.writestr(info, b"x"))


def without(name: str) -> Callable[[Parts], bytes]:
    return lambda found: archive(lambda made: None)({each: text for each, text in found.items() if each != name})


def encrypted(found: Parts) -> bytes:
    made = bytearray(archive(lambda each: None)(found))
    at = made.index(b"PK\x01\x02")
    made[at + 8] |= 1
    return bytes(made)


def damaged(found: Parts) -> bytes:
    made = bytearray(archive(lambda each: None)(found))
    at = made.index(b"report.html") + 2000
    made[at : at + 50] = bytes(50)
    return bytes(made)


def manifest(**other: Any) -> Callable[[Parts], bytes]:
    return lambda found: archive(lambda made: None)(
        {**found, "manifest.json": json.dumps({**json.loads(found["manifest.json"]), **other}).encode()}
    )


HOSTILE: dict[str, tuple[Callable[[Parts], bytes], str]] = {
    "a way out": (adding("../../escaped"), "its part '../../escaped' is none of a bundle"),
    "a way out of the source": (adding("source/../../escaped"), "is none of a bundle"),
    "another way out": (adding("source/..\\escaped"), "is none of a bundle"),
    "an absolute path": (adding("/tmp/escaped"), "its part '/tmp/escaped' is none of a bundle"),
    "a folder": (adding("run/"), "its part 'run/' is none of a bundle"),
    "a link": (adding("source/link", stat.S_IFLNK | 0o777), "its part source/link is no file"),
    "a part twice": (adding("run/events.jsonl"), "it has run/events.jsonl twice"),
    "a bomb": (archive(lambda made: made.writestr("source/bomb", bytes(20_000_000))), "would grow to 20000000 bytes"),
    "no events": (without("run/events.jsonl"), "its part run/events.jsonl is missing"),
    "no manifest": (without("manifest.json"), "its part manifest.json is missing"),
    "a password": (encrypted, "is encrypted"),
    "packed otherwise": (
        archive(lambda made: made.writestr("source/x", b"x", zipfile.ZIP_LZMA)), "packed in a way that bundles are not",
    ),
    "broken bytes": (damaged, "is no bundle: it is no whole zip file|cannot be read"),
    "no zip": (lambda found: b"PK but nothing else", "it is no whole zip file"),
    "a run that is a path": (manifest(run="../../x"), "is the id of no run"),
    "a run that is no text": (manifest(run=[]), "is the id of no run"),
    "a newer one": (manifest(format=99), "was made by a newer version"),
    "a manifest of another shape": (manifest(files=7), "its manifest.json cannot be read"),
    "no moment": (manifest(made_at="soon"), "its manifest.json cannot be read"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_bundle_is_refused_in_one_sentence(
    bundle: Path, what: str, capsys: pytest.CaptureFixture[str]
) -> None:
    import re

    make, says = HOSTILE[what]
    bundle.write_bytes(make(parts(bundle)))
    before = sorted(bundle.parent.rglob("*"))
    capsys.readouterr()
    assert main(["verify", str(bundle)]) == 2
    out, err = capsys.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)
    assert re.search(says, err), err
    assert sorted(bundle.parent.rglob("*")) == before
    assert not (bundle.parent.parent / "escaped").exists()


def test_too_many_or_too_large_parts_are_refused(
    bundle: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(opening, "LARGEST", 1000)
    assert main(["verify", str(bundle)]) == 2
    assert "it would grow to" in capsys.readouterr().err
    monkeypatch.setattr(opening, "MOST_PARTS", 3)
    assert main(["verify", str(bundle)]) == 2
    assert "it has 10 parts" in capsys.readouterr().err


def test_bad_input_is_one_sentence(bundle: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store, mine = bundle.parent / "lineage", bundle.with_name("mine.txt")
    mine.write_text("mine")
    for words, says in (
        (["verify", "nowhere.zip"], "there is no file nowhere.zip"),
        (["export", "nobody", "--store", str(store)], "no run nobody"),
        (["export", "--store", str(store), "-o", str(mine)], "is there already and is no bundle"),
        (["export", "--store", str(store), "-o", str(mine / "x.zip")], "cannot be written: there is no folder"),
    ):
        capsys.readouterr()
        assert main(words) == 2
        err = capsys.readouterr().err
        assert says in err, err
        assert len(err.splitlines()) == 1
    assert mine.read_text() == "mine"
    assert exported(store, bundle) == 0, "one of ours is written over"


def test_a_run_that_has_not_ended_is_not_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from spark_lineage.store.wal import WriteAhead

    ahead = WriteAhead(tmp_path / "runs" / run_id(0))
    ahead.append(shop(run=run_id(0))[:5])
    ahead.close()
    assert exported(tmp_path, tmp_path / "b.zip") == 2
    assert "has not ended" in capsys.readouterr().err


def test_a_run_of_an_earlier_version_is_exported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    graph = assemble(shop(run=run_id(0)))
    journal_ = tmp_path / "runs" / run_id(0)
    from spark_lineage.sinks.journal import Journal

    Journal(journal_, fsync=False).write(build(graph), samples(graph))
    assert exported(tmp_path, tmp_path / "b.zip") == 0
    status, said = verified(tmp_path / "b.zip", capsys)
    assert (status, said["root_hash"]) == (0, journal.verify(journal_).root)


# --------------------------------------------------------------------------- on another machine

ALONE = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ("pyspark", "py4j", "pandas", "numpy", "pyarrow", "deltalake", "openlineage"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
from spark_lineage.cli import main
sys.exit(main())
"""


def test_it_is_verified_without_spark_and_what_belongs_to_it(bundle: Path, key: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    words = ["verify", str(bundle), "--key", str(public(key))]
    environ = {**os.environ, "PYTHONHASHSEED": "7", "TZ": "Asia/Tokyo", "HOME": str(elsewhere)}
    done = subprocess.run(
        [sys.executable, "-c", ALONE, *words], cwd=elsewhere, env=environ, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"{run_id(0)}: intact, 12 events\n")


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_it_is_verified_in_a_fresh_virtual_environment(bundle: Path, key: Path, tmp_path: Path) -> None:
    for name in ("jar", "page"):
        if not project(name).is_current():
            pytest.skip(f"the {name} is not built from these sources: make {name}")
    place = tmp_path / "fresh"
    venv.create(place, with_pip=True)
    python = place / "bin" / "python"
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)], cwd=ROOT,
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    wheel = next(tmp_path.glob("*.whl"))
    install = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", f"{wheel}[sign]"]
    installed = subprocess.run(install, capture_output=True, text=True, timeout=1000)
    assert installed.returncode == 0, installed.stderr
    found = subprocess.run(
        [str(python), "-c", "import importlib.util as u; print(u.find_spec('pyspark'))"], capture_output=True, text=True
    )
    assert found.stdout == "None\n"
    command = [str(place / "bin" / "spark-lineage"), "verify", str(bundle)]
    environ = {"PATH": "/usr/bin:/bin", "HOME": str(place)}
    for words, status, says in (
        ([], 0, "intact, 12 events"),
        (["--key", str(public(key))], 0, "intact, 12 events"),
    ):
        done = subprocess.run([*command, *words], cwd=place, env=environ, capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stderr) == (status, "")
        assert says in done.stdout
        assert "not compared" not in done.stdout
        assert "not checked" not in done.stdout
    pack(bundle, fitting(replaced("report.html", b"80", b"81"))(parts(bundle)))
    done = subprocess.run(command, cwd=place, env=environ, capture_output=True, text=True, timeout=60)
    assert (done.returncode, "report.html is not what the events give" in done.stdout) == (1, True)
