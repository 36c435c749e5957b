"""Secrets of ninety forms in a program that ends well, fails or is killed: none is in its store, none on the wire."""

from __future__ import annotations

import base64
import os
import re
import signal
import stat
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from program_runs import PROGRAMS, Ran, WarmJvms, environment, run

from tests.receiver import Receiver

SECRET = re.compile(rb"PLANT\w?\d\d", re.IGNORECASE)
ENCODED = [base64.b64encode(b"user:PLANTa%dx" % number) for number in (13, 15)]
WORDS = ["PLANTa81x", "--password", "PLANTa82x", "--api-key=PLANTa83x", "--url", "jdbc:mysql://u:PLANTa84x@h/d"]
LABELS = ["--label", "password=PLANTa85x", "--label", "team=risk", "--label", "dsn=postgresql://u:PLANTa86x@h/d"]
ENDS = {"finished": 0, "failed": 1, "killed": -signal.SIGKILL}


@dataclass(frozen=True)
class Planted:
    end: str
    ran: Ran
    sent: list[bytes]


@pytest.fixture(
    scope="module",
    params=["failed", pytest.param("killed", marks=pytest.mark.wide), pytest.param("finished", marks=pytest.mark.slow)],
)
def planted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, warm_jvms: WarmJvms) -> Planted:
    """One run. The receiver takes everything, as bytes."""
    folder = tmp_path_factory.mktemp(f"planted_{request.param}")
    sent: list[bytes] = []
    with Receiver() as receiver:
        take = receiver.take

        def noting(body: bytes, key: str | None) -> object:
            sent.append(body)
            return take(body, key)

        receiver.take = noting  # type: ignore[method-assign, assignment]
        env = environment(folder, {}, ours=True) | {
            "OPENLINEAGE_URL": receiver.url, "OPENLINEAGE_API_KEY": "PLANTa87x",
            "DB_PASSWORD": "PLANTa88x", "AWS_SECRET_ACCESS_KEY": "PLANTa89x", "SPARK_LINEAGE__EXIT__WAIT": "20",
        }  # fmt: skip
        command = [sys.executable, "-m", "spark_lineage", "run", *LABELS, str(PROGRAMS / "planted.py")]
        ran = run([*command, request.param, *WORDS], folder, env, jvm=warm_jvms.observing)
    assert ran.code == ENDS[request.param], ran.stderr[-3000:]
    return Planted(request.param, ran, sent)


def files(store: Path) -> Iterator[tuple[Path, bytes]]:
    for path in sorted(store.rglob("*")):
        if path.is_file():
            yield path, path.read_bytes()
            if path.suffix == ".parquet":
                yield path, repr(pq.read_table(path).to_pylist()).encode()


def leaks(content: bytes) -> list[bytes]:
    found = [content[max(0, at.start() - 150) : at.end() + 40] for at in SECRET.finditer(content)]
    return found + [each for each in ENCODED if each in content]


def test_nothing_in_the_store(planted: Planted) -> None:
    written = list(files(planted.ran.store))
    assert len(written) >= (2 if planted.end == "killed" else 6)
    found = [f"{path.name}: {leak!r}" for path, content in written for leak in leaks(content)]
    assert not found, "\n".join(found)


def test_nothing_on_the_wire(planted: Planted) -> None:
    assert planted.end == "killed" or len(planted.sent) > 10
    assert not [leak for body in planted.sent for leak in leaks(body)]


def test_the_store_is_for_its_owner(planted: Planted) -> None:
    modes = {stat.S_IMODE(path.stat().st_mode) for path in planted.ran.store.rglob("*") if path.is_file()}
    folders = {stat.S_IMODE(path.stat().st_mode) for path in planted.ran.store.rglob("*") if path.is_dir()}
    assert (modes, folders) == ({0o600}, {0o700})


def test_what_is_no_secret_is_there(planted: Planted) -> None:
    """The test would pass with an empty store, or if whole sources were blotted out."""
    text = b"".join(content for _, content in files(planted.ran.store))
    assert all(word in text for word in (b"literals", b"secret_token", b"risk", b"withColumn"))
    program = (PROGRAMS / "planted.py").read_bytes()
    planted_here = {int(number) for number in re.findall(rb"PLANTa(\d\d)x", program, re.IGNORECASE)}
    assert len(planted_here) > 70 and os.path.basename(planted.ran.store) == "lineage"
