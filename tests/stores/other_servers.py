"""Azurite, one that speaks as Google does, and HDFS: each fetched and started only for slow tests that ask for it."""

from __future__ import annotations

import base64
import email.utils
import hashlib
import hmac
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from tests.stores.google_xml import Front
from tests.stores.servers import ROOT, STARTS, Server, fetched, free_port

SERVERS = ROOT / ".tools" / "servers"
AZURITE = "azurite@3.37.0"
HADOOP = "3.4.2"
FAKE_GCS = "github.com/fsouza/fake-gcs-server@v1.56.1"
# The account that every Azurite has, as its documentation prints it: no secret.
ACCOUNT = "devstoreaccount1"
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


class Azure(Server):
    """Azurite, with one container."""

    def __init__(self, folder: Path) -> None:
        sys.path.insert(0, str(ROOT / "project"))
        import page

        node = page._found_node() or page._fetched_node()
        place = SERVERS / "azurite"
        if not (place / "node_modules" / "azurite").is_dir():
            place.mkdir(parents=True, exist_ok=True)
            environment = {**os.environ, "PATH": f"{node.folder}{os.pathsep}{os.environ.get('PATH', '')}"}
            command = [*node.npm, "install", "--no-audit", "--no-fund", "--prefix", str(place), AZURITE]
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
        port = free_port()
        main = place / "node_modules" / "azurite" / "dist" / "src" / "blob" / "main.js"
        command = [str(node.folder / "node"), str(main), "--blobPort", str(port), "--location", str(folder)]
        super().__init__([*command, "--skipApiVersionCheck", "--silent"], folder, port)
        self.wait()
        self._make_container("lineage")

    def store(self, port: int | None = None) -> str:
        return f"abfss://lineage@{ACCOUNT}.dfs.core.windows.net"

    def environ(self, port: int | None = None) -> dict[str, str]:
        url = f"http://127.0.0.1:{port or self.port}"
        return {"AZURE_STORAGE_USE_EMULATOR": "true", "AZURITE_BLOB_STORAGE_URL": url}

    def _make_container(self, name: str) -> None:
        date = email.utils.formatdate(usegmt=True)
        headers = f"x-ms-date:{date}\nx-ms-version:2021-08-06\n"
        resource = f"/{ACCOUNT}/{ACCOUNT}/{name}\nrestype:container"
        text = "PUT\n\n\n\n\n\n\n\n\n\n\n\n" + headers + resource
        key = base64.b64decode(ACCOUNT_KEY)
        signature = base64.b64encode(hmac.new(key, text.encode(), hashlib.sha256).digest()).decode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/{ACCOUNT}/{name}?restype=container", method="PUT",
            headers={"x-ms-date": date, "x-ms-version": "2021-08-06", "Content-Length": "0",
                     "Authorization": f"SharedKey {ACCOUNT}:{signature}"},
        )  # fmt: skip
        urllib.request.urlopen(request).close()


class Google(Server):
    """fake-gcs-server, with one bucket; built from its Go modules, where there is Go."""

    def __init__(self, folder: Path) -> None:
        program = SERVERS / "gcs" / "fake-gcs-server"
        if not program.exists():
            if (go := shutil.which("go")) is None:
                pytest.skip("there is no Go on this machine")
            environment = {**os.environ, "GOBIN": str(program.parent)}
            subprocess.run([go, "install", FAKE_GCS], check=True, env=environment)
        (folder / "files" / "lineage").mkdir(parents=True)
        port = free_port()
        self.front = Front(port)
        words = ["-scheme", "http", "-host", "127.0.0.1", "-port", str(port), "-backend", "memory"]
        words += ["-data", str(folder / "files"), "-public-host", f"127.0.0.1:{self.front.port}"]
        super().__init__([str(program), *words], folder, port)
        self.wait()
        self.port = self.front.port

    def store(self, port: int | None = None) -> str:
        return "gs://lineage"

    def environ(self, port: int | None = None) -> dict[str, str]:
        """So the libraries of object stores are told of another server and that it asks for no login."""
        url = f"http://127.0.0.1:{port or self.port}"
        account = {"gcs_base_url": url, "disable_oauth": True}
        account |= {"client_email": "", "private_key": "", "private_key_id": ""}
        (file := self.folder / f"account-{port or self.port}.json").write_text(json.dumps(account))
        return {"GOOGLE_SERVICE_ACCOUNT": str(file), "STORAGE_EMULATOR_HOST": url}

    def stop(self) -> None:
        self.front.close()
        super().stop()


class HadoopFiles(Server):
    """A name node and a data node of Hadoop itself."""

    def __init__(self, folder: Path) -> None:
        jars = [fetched(f"org.apache.hadoop:{name}:{HADOOP}") for name in ("hadoop-client-minicluster",)]
        port = free_port()
        path = os.pathsep.join(f"{jar}/*" for jar in jars)
        command = ["java", "-Xmx768m", "-XX:+UseSerialGC", "-cp", path, "org.apache.hadoop.test.MiniDFSClusterManager"]
        up = folder / "up.xml"  # written once the data node has come up, too
        command += ["-format", "-nnport", str(port), "-datanodes", "1", "-writeConfig", str(up)]
        super().__init__(command, folder, port)
        until = time.monotonic() + STARTS * 2
        while not up.exists():
            assert self._process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until, (folder / "log").read_text()[-3000:]
            time.sleep(0.1)

    def store(self, port: int | None = None) -> str:
        """``port``: of what stands before the name node; the data node is asked where the name node says it is."""
        return f"hdfs://127.0.0.1:{port or self.port}/lineage"

    def environ(self, port: int | None = None) -> dict[str, str]:
        return {}
