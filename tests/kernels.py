"""Real kernels of IPython for tests: each is a process of its own that runs the cells that a test gives it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.manager import KernelManager

from spark_lineage import store
from spark_lineage.api.runs import Run

SECONDS = 300  # that a cell may take on a machine that is busy
LOAD = "%load_ext spark_lineage"


@dataclass
class Ran:
    """What one cell has given: its number, what it printed and displayed, and how it failed."""

    number: int | None
    out: str = ""
    err: str = ""
    shown: list[Mapping[str, Any]] = field(default_factory=list)  # by MIME type
    error: tuple[str, str] | None = None
    traceback: str = ""

    @property
    def text(self) -> str:
        return str(self.shown[-1]["text/plain"])

    @property
    def html(self) -> str:
        return str(self.shown[-1]["text/html"])


class Kernel:
    """A kernel that runs in ``folder``."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.folder = folder
        self.manager = KernelManager(kernel_name="python3")
        given = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "SPARK_LINEAGE__STRICT": "false", **env}
        self.manager.start_kernel(cwd=str(folder), env=given)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=SECONDS)

    def run(self, code: str, id: str | None = None) -> Ran:
        """Runs one cell; ``id`` is that of the cell in its notebook, as JupyterLab tells it."""
        content = {
            "code": code, "silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False,
            "stop_on_error": True,
        }  # fmt: skip
        metadata = {"cellId": id} if id is not None else {}
        message = self.client.session.msg("execute_request", content, metadata=metadata)
        self.client.shell_channel.send(message)
        ran = Ran(None)
        while True:
            heard = self.client.get_iopub_msg(timeout=SECONDS)
            if heard["parent_header"].get("msg_id") != message["header"]["msg_id"]:
                continue
            if self._take(ran, heard["msg_type"], heard["content"]):
                break
        self.client.get_shell_msg(timeout=SECONDS)
        return ran

    def _take(self, ran: Ran, kind: str, content: Mapping[str, Any]) -> bool:
        """Whether the cell has ended."""
        if kind == "stream" and content["name"] == "stdout":
            ran.out += content["text"]
        elif kind == "stream":
            ran.err += content["text"]
        elif kind in ("execute_result", "display_data"):
            ran.shown.append(content["data"])
        elif kind == "error":
            ran.error = (content["ename"], content["evalue"])
            ran.traceback = "\n".join(content["traceback"])
        elif kind == "execute_input":
            ran.number = content["execution_count"]
        return kind == "status" and content["execution_state"] == "idle"

    def end(self, now: bool = False) -> None:
        """Shuts it down as Jupyter does, or kills it."""
        self.client.stop_channels()
        self.manager.shutdown_wait_time = 60  # a machine that is busy
        self.manager.shutdown_kernel(now=now)

    def recorded(self) -> Run:
        """The last run of the store beside it."""
        return store(self.folder / "lineage").run("last")


@contextmanager
def kernel(folder: Path, **env: str) -> Iterator[Kernel]:
    """A kernel that is shut down at the end."""
    started = Kernel(folder, env)
    try:
        yield started
    finally:
        if started.manager.has_kernel:
            started.end(now=True)


def notebook(cells: list[str]) -> Any:
    """A notebook of these cells."""
    import nbformat

    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in cells])
    made.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return made


def outputs(made: Any) -> list[Any]:
    """What the cells of a notebook have given, without what names a moment or an object of the machine's."""
    return [json.loads(json.dumps([cell.execution_count, cell.outputs])) for cell in made.cells]
