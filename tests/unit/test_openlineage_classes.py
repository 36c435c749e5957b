"""The end of a program imports no more than it needs, and leaves the client to who wants it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path


def test_the_end_of_a_program_imports_neither_the_client_nor_pandas(tmp_path: Path) -> None:
    (tmp_path / "job.py").write_text("print('done')\n")
    command = [sys.executable, "-X", "importtime", "-m", "spark_lineage", "run", "job.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "done\n"
    imported = set(re.findall(r"\| +([\w.]+)$", done.stderr, re.MULTILINE))
    assert {"spark_lineage.events.building", "deltalake", "pyarrow"} <= imported, "the record was written"
    assert not imported & {"pandas", "requests", "httpx2", "yaml", "asyncio", "openlineage.client.client"}


def test_who_imports_the_client_gets_all_of_it() -> None:
    program = (
        "from spark_lineage.events import openlineage_classes as ours\n"
        "import openlineage.client\n"
        "assert openlineage.client.OpenLineageClient and openlineage.client.facet_v2.set_producer\n"
        "from openlineage.client import event_v2\n"
        "assert event_v2 is openlineage.client.event_v2 is not ours.event_v2\n"
        "assert event_v2.RunEvent.__module__ == ours.event_v2.RunEvent.__module__\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_client_that_is_there_is_used() -> None:
    program = (
        "import openlineage.client\n"
        "from openlineage.client import event_v2, facet_v2\n"
        "from spark_lineage.events import openlineage_classes as ours\n"
        "assert ours.event_v2 is event_v2 and ours.facet_v2 is facet_v2\n"
        "assert openlineage.client.OpenLineageClient\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
