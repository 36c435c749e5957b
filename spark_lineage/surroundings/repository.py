"""The git repository that a program stands in, read from the few small files in which git keeps it.

No process is started, so this can be asked on the program's thread before its first line runs, and where git is not
installed. What needs more than those files is asked of git (``work_tree.py``).
"""

from __future__ import annotations

import re
from pathlib import Path

from spark_lineage.model import RepositorySeen

COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?\Z")
_CREDENTIALS = re.compile(r"(://)[^/@\s]*@")


def read(file: str | Path) -> RepositorySeen | None:
    """The repository around ``file``, ``dirty`` not yet known; None if there is none, or none with a commit."""
    try:
        return _read(Path(file).resolve())
    except (OSError, UnicodeDecodeError):
        return None


def _read(file: Path) -> RepositorySeen | None:
    root = next((folder for folder in file.parents if (folder / ".git").exists()), None)
    if root is None:
        return None
    folder = _git_folder(root)
    shared = _shared_folder(folder)
    head = (folder / "HEAD").read_text(encoding="utf-8").strip()
    ref = head[len("ref: ") :] if head.startswith("ref: ") else None
    commit = _commit(folder, shared, ref) if ref is not None else head
    if commit is None or not COMMIT.match(commit):
        return None
    branch = ref[len("refs/heads/") :] if ref is not None and ref.startswith("refs/heads/") else None
    return RepositorySeen(str(root), commit, branch, _remote(shared))


def _git_folder(root: Path) -> Path:
    """In worktrees and submodules ``.git`` is a file that says where it is."""
    dot_git = root / ".git"
    if dot_git.is_dir():
        return dot_git
    return (root / dot_git.read_text(encoding="utf-8").removeprefix("gitdir:").strip()).resolve()


def _shared_folder(folder: Path) -> Path:
    common = folder / "commondir"
    return (folder / common.read_text(encoding="utf-8").strip()).resolve() if common.exists() else folder


def _commit(folder: Path, shared: Path, ref: str) -> str | None:
    for place in (folder / ref, shared / ref):
        if place.exists():
            return place.read_text(encoding="utf-8").strip()
    packed = shared / "packed-refs"
    lines = packed.read_text(encoding="utf-8").splitlines() if packed.exists() else []
    return next((line.split(" ", 1)[0] for line in lines if line.endswith(f" {ref}")), None)


def _remote(shared: Path) -> str | None:
    """The address of ``origin``, without credentials."""
    config = shared / "config"
    section = ""
    # Not configparser: it costs more than all the rest, at the start of the user's program.
    for line in config.read_text(encoding="utf-8").splitlines() if config.exists() else ():
        text = line.strip()
        if text.startswith("["):
            section = text
        elif section == '[remote "origin"]' and text.partition("=")[0].strip() == "url":
            return _CREDENTIALS.sub(r"\1", text.partition("=")[2].strip())
    return None
