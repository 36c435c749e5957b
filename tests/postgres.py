"""A PostgreSQL server of its own for a test, from the Debian package ``postgresql``."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NOT_RUN_AS = 0  # PostgreSQL refuses root, so root runs it as the user that the package brings
USER, PASSWORD, DATABASE = "ada", "Kaffee7", "shop"


@dataclass(frozen=True)
class Postgres:
    port: int

    @property
    def url(self) -> str:
        return f"jdbc:postgresql://127.0.0.1:{self.port}/{DATABASE}"

    def empty(self) -> None:
        """Removes all tables."""
        found = programs()
        assert found is not None
        where = ("--host", "127.0.0.1", "--port", self.port, "--username", USER)
        _run(
            found / "psql",
            *where,
            "--dbname",
            DATABASE,
            "--command",
            "drop schema public cascade; create schema public",
        )

    @property
    def namespace(self) -> str:
        return f"postgres://127.0.0.1:{self.port}"


def programs() -> Path | None:
    """The folder of the server's programs; None where they are not installed."""
    on_path = shutil.which("initdb")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return Path(on_path).resolve().parent if on_path else found[-1].parent if found else None


def missing() -> str | None:
    """Why no server can run here."""
    if programs() is None:
        return "PostgreSQL is not installed: apt-get install postgresql"
    if os.getuid() == NOT_RUN_AS and shutil.which("runuser") is None:
        return "PostgreSQL does not run as root, and there is no runuser"
    return None


@contextmanager
def server() -> Iterator[Postgres]:
    """An empty database with one user, on a free port of this machine, until the end of the block."""
    found = programs()
    assert found is not None
    with tempfile.TemporaryDirectory(prefix="spark-lineage-postgres-") as name:
        home = Path(name)
        if os.getuid() == NOT_RUN_AS:
            shutil.chown(home, "postgres", "postgres")
        (secret := home / "password").write_text(PASSWORD)
        secret.chmod(0o644)
        words = ["--username", USER, "--pwfile", str(secret), "--auth", "scram-sha-256", "--no-sync"]
        _run(found / "initdb", "--pgdata", home / "data", "--encoding", "UTF8", "--locale", "C.UTF-8", *words)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home} -c fsync=off"
        control = (found / "pg_ctl", "--pgdata", home / "data", "--wait", "--timeout", "120")
        _run(*control, "--log", home / "log", "-o", options, "start")
        try:
            _run(found / "createdb", "--host", "127.0.0.1", "--port", port, "--username", USER, DATABASE)
            yield Postgres(port)
        finally:
            _run(*control, "--mode", "immediate", "stop")


def _run(*words: object) -> None:
    command = [str(word) for word in words]
    env = {**os.environ, "PGPASSWORD": PASSWORD}
    if os.getuid() == NOT_RUN_AS:
        command = ["runuser", "-u", "postgres", "--", *command]
    done = subprocess.run(command, cwd="/", env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{command}: {done.stdout} {done.stderr}")
