"""Real servers that stores elsewhere are tested against, and what stands between a program and such a server."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
S3PROXY = "org.gaul:s3proxy:2.9.0"
KEY, SECRET = "AKIATESTTESTTESTTEST", "secret-of-the-test-never-to-be-seen"
STARTS = 60.0  # seconds


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
        return True
    return False


def fetched(module: str) -> Path:
    """The folder with the jars of a server, from Maven Central: fetched once for a clone."""
    command = [sys.executable, "project/jar.py", "server", ".tools/servers", module]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return ROOT / done.stdout.strip()


class Server:
    """A process that answers at a port; what it says goes to the file `log` in its folder."""

    def __init__(self, command: list[str], folder: Path, port: int, **variables: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.port = folder, port
        with (folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                command, cwd=folder, env={**os.environ, **variables}, stdout=log, stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip

    def wait(self) -> None:
        until = time.monotonic() + STARTS * 2
        while not answers(self.port):
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < until, (self.folder / "log").read_text()[-3000:]
            time.sleep(0.1)

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait()


class S3:
    """S3Proxy over a folder, with one bucket.

    Of several that put an object at once if it is not there, S3 lets one win. S3Proxy looks first and then puts, so
    that all may win: such requests come to it one at a time.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, own, self.bucket = folder, free_port(), "lineage"
        self._before = Between(own, one_at_a_time=True)
        self.port = self._before.port
        jars = fetched(S3PROXY)
        (folder / "files" / self.bucket).mkdir(parents=True)
        (folder / "s3proxy.conf").write_text(
            f"s3proxy.endpoint=http://127.0.0.1:{own}\n"
            "s3proxy.authorization=aws-v2-or-v4\n"
            f"s3proxy.identity={KEY}\ns3proxy.credential={SECRET}\n"
            # Of the request that removes several objects it does not know each header.
            "s3proxy.ignore-unknown-headers=true\n"
            "jclouds.provider=filesystem-nio2\n"
            f"jclouds.filesystem.basedir={folder / 'files'}\njclouds.identity=x\njclouds.credential=x\n"
        )
        (folder / "logback.xml").write_text('<configuration><root level="OFF"/></configuration>')
        command = ["java", "-Xmx512m", "-XX:+UseSerialGC", f"-Dlogback.configurationFile={folder / 'logback.xml'}"]
        command += ["-cp", f"{jars}/*", "org.gaul.s3proxy.Main"]
        log = (folder / "s3proxy.log").open("wb")
        self._process = subprocess.Popen(
            [*command, "--properties", str(folder / "s3proxy.conf")], stdout=log, stderr=subprocess.STDOUT
        )
        until = time.monotonic() + STARTS
        while not answers(own):
            assert self._process.poll() is None, (folder / "s3proxy.log").read_text()
            assert time.monotonic() < until
            time.sleep(0.05)

    def store(self, port: int | None = None) -> str:
        return f"s3://{self.bucket}"

    def environ(self, port: int | None = None) -> dict[str, str]:
        """``port``: that of what stands before the server."""
        return {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port or self.port}", "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": KEY, "AWS_SECRET_ACCESS_KEY": SECRET,
        }  # fmt: skip

    def stop(self) -> None:
        self._before.close()
        self._process.terminate()
        self._process.wait()


class Between:
    """Stands between a program and a server: it can be slow, silent, and down.

    ``one_at_a_time``: what puts an object if it is not there goes on when the last request of that kind is answered.
    """

    def __init__(self, port: int, one_at_a_time: bool = False) -> None:
        self._to, self._turn = port, threading.Lock() if one_at_a_time else None
        self.delay = 0.0  # seconds before each piece of an answer
        self.down = False
        self.answering = threading.Event()  # while it is not set, the server is there and says nothing
        self.answering.set()
        self.requests = self.answers = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            if self.down:
                client.close()
                continue
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        turn = _Turn(self._turn)
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._to)) as server, client:
            threading.Thread(target=self._asked, args=(client, server, turn), daemon=True).start()
            self._answer(server, client, turn)
        turn.ends()

    def _asked(self, client: socket.socket, server: socket.socket, turn: _Turn) -> None:
        with contextlib.suppress(OSError):
            self._ask(client, server, turn)

    def _ask(self, client: socket.socket, server: socket.socket, turn: _Turn) -> None:
        for piece in _pieces(client, server):
            if self.down:
                return
            self.requests += 1
            if piece.startswith(b"PUT ") and b"if-none-match" in piece.lower():
                turn.begins()
            server.sendall(piece)

    def _answer(self, server: socket.socket, client: socket.socket, turn: _Turn) -> None:
        for piece in _pieces(server, client):
            self.answering.wait()
            if self.down:
                return
            time.sleep(self.delay)
            self.answers += 1
            turn.ends()
            client.sendall(piece)

    def close(self) -> None:
        self.answering.set()
        self._listening.close()


class _Turn:
    """That of one connection, which asks one thing at a time."""

    def __init__(self, lock: threading.Lock | None) -> None:
        self._lock, self._ours = lock, False

    def begins(self) -> None:
        if self._lock is not None:
            self._lock.acquire()
            self._ours = True

    def ends(self) -> None:
        if self._lock is not None and self._ours:
            self._ours = False
            self._lock.release()


def _pieces(source: socket.socket, sink: socket.socket) -> Iterator[bytes]:
    """What arrives, until one of both ends is closed or nobody takes more of it; then both are closed."""
    try:
        while piece := source.recv(65536):
            yield piece
    except OSError:
        return
    finally:
        for end in (source, sink):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def between(port: int) -> Iterator[Between]:
    made = Between(port)
    try:
        yield made
    finally:
        made.close()


def environ(**more: str) -> dict[str, str]:
    """That of a program of these tests: no configuration of the machine reaches it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SPARK_LINEAGE__"))}
    return {**kept, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests" / "unit"))), **more}
