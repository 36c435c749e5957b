"""Whether the files of a git work tree are those of its commit. ``git`` itself is asked, in a process of its own.

A tracked file that differs from what is staged makes the tree dirty, and so does anything staged that the commit has
not got. Files that git does not track do not count.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from dataclasses import replace

from spark_lineage.model import PythonGap, RepositorySeen

SECONDS = 5.0  # the longest time that git may take
STATUS = ("status", "--porcelain=v2", "--branch", "--untracked-files=no", "--ignore-submodules=dirty")
# Looking must not run what the repository's configuration names, reach a network, or write anything.
SETTINGS = ("core.fsmonitor=false", f"core.hooksPath={os.devnull}", "protocol.allow=never")
ENVIRONMENT = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
_COMMIT_LINE = "# branch.oid "


class NotKnown(Exception):
    """Git could not say it. The text is the reason, without a full stop."""


def compared(seen: RepositorySeen, seconds: float = SECONDS) -> RepositorySeen | PythonGap:
    """``seen`` with its ``dirty`` filled in, or the gap that says why that is not known.

    It takes as long as git does, up to ``seconds``, so it is not to be called on the program's thread.
    """
    try:
        return replace(seen, dirty=is_dirty(seen.root, seen.commit, seconds))
    except NotKnown as reason:
        return PythonGap("git", f"{reason}: whether files differ from those of the commit is not known")


def is_dirty(root: str, commit: str, seconds: float = SECONDS) -> bool:
    """Whether the work tree in the folder ``root`` differs from ``commit`` (hex digits), which is checked out there.

    Raises :class:`NotKnown`: git is missing, failed, was too slow, or stands at another commit.
    """
    shown = _status(root, seconds).splitlines()
    # The line is also the proof that git ran: a program that waits for any child takes its exit status from us.
    if f"{_COMMIT_LINE}{commit}" not in shown:
        raise NotKnown("git stands at another commit by now")
    return any(not line.startswith("#") for line in shown)


def _status(root: str, seconds: float) -> str:
    git = shutil.which("git")
    if git is None:
        raise NotKnown("git is not installed")
    if signal.getsignal(signal.SIGCHLD) not in (signal.SIG_DFL, None):
        raise NotKnown("the program handles the ends of child processes itself, and git would be one")
    settings = [word for setting in SETTINGS for word in ("-c", setting)]
    try:
        done = subprocess.run(
            [git, *settings, "-C", root, *STATUS], env=_environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=seconds, check=True,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise NotKnown(f"git took longer than {seconds:g} s") from None
    except subprocess.CalledProcessError as failed:
        raise NotKnown(f"git failed with exit status {failed.returncode}") from None
    except OSError as error:
        raise NotKnown(f"git could not be started: {error.strerror or error}") from None
    return done.stdout.decode("utf-8", "replace")


def _environment() -> dict[str, str]:
    """That of the program, without what may lead git to another repository or make it write a trace."""
    return {key: value for key, value in os.environ.items() if not key.startswith("GIT_")} | ENVIRONMENT
