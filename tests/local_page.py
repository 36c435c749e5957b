"""``spark-lineage ui`` as a process of its own, and requests to it as any program may send them."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, "-m", "spark_lineage", "ui"]


@dataclass(frozen=True)
class Answered:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class LocalPage:
    address: str  # http://127.0.0.1:PORT/
    process: subprocess.Popen[str]

    @property
    def port(self) -> int:
        return int(self.address.rstrip("/").rpartition(":")[2])

    def get(self, path: str, method: str = "GET", **headers: str) -> Answered:
        """``path`` goes as it is. Underscores of names of headers stand for dashes."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.putrequest(method, path, skip_host="Host" in named, skip_accept_encoding=True)
        for name, value in named.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        found = Answered(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        connection.close()
        return found

    def raw(self, request: bytes) -> bytes:
        """All that is answered to these bytes, up to the end of the connection."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as sent:
            sent.sendall(request)
            return b"".join(iter(lambda: sent.recv(65536), b""))

    def leave(self, request: bytes) -> None:
        """Sends these bytes and waits for no answer."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as sent:
            sent.sendall(request)

    def interrupt(self) -> tuple[int, str, str]:
        """Ctrl-C: exit status, the rest of standard output, and standard error."""
        self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=30)
        return self.process.returncode, out, err


@contextmanager
def local_page(*words: str, folder: Path, env: Mapping[str, str] | None = None) -> Iterator[LocalPage]:
    """Any free port, unless the words say otherwise. ``folder`` is where it is started."""
    port = [] if "--port" in words else ["--port", "0"]
    process = subprocess.Popen(
        [*COMMAND, *words, *port], cwd=folder, text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=env,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line.startswith("http://"):
            raise AssertionError(f"no address: {line}{process.communicate(timeout=30)}")
        yield LocalPage(line.split()[0], process)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
