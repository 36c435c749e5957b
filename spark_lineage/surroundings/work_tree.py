"""Whether the files of a git work tree are those of its commit. ``git`` itself is asked, in a process of its own.

A tracked file that differs from what is staged makes the tree dirty, and so does anything staged that the commit has
not got. Files that git does not track do not count.
"""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import time
from dataclasses import dataclass, replace
from typing import TypeAlias

from spark_lineage.model import PythonGap, RepositorySeen

Seen: TypeAlias = RepositorySeen | PythonGap

SECONDS = 5.0  # the longest time that git may take
STATUS = ("status", "--porcelain=v2", "--branch", "--untracked-files=no", "--ignore-submodules=dirty")
# Looking must not run what the repository's configuration names, reach a network, or write anything.
SETTINGS = ("core.fsmonitor=false", f"core.hooksPath={os.devnull}", "protocol.allow=never")
ENVIRONMENT = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
SHELL = "/bin/sh"
_WITH_ITS_NUMBER = """/bin/sh -c 'echo $$; exec "$@"' /bin/sh "$@\""""
_IN_BACKGROUND = f'{{ {_WITH_ITS_NUMBER}; echo "# exit $?"; }} </dev/null &'
_COMMIT_LINE = "# branch.oid "
_STATUS_LINE = "# exit "


class NotKnown(Exception):
    """Git could not say it. The text is the reason, without a full stop."""


@dataclass(frozen=True)
class Question:
    """Git has been asked; ``answer`` is the end of a pipe to read from."""

    answer: int


def compared(seen: RepositorySeen, question: Question | None = None, seconds: float = SECONDS) -> Seen:
    """``seen`` with its ``dirty`` filled in, or the gap that says why that is not known.

    It takes as long as git does, up to ``seconds``, so it is not to be called on the program's thread.
    """
    try:
        return replace(seen, dirty=_differs(question or ask(seen.root), seen.commit, seconds))
    except NotKnown as reason:
        return unknown(reason)


def unknown(reason: NotKnown) -> PythonGap:
    return PythonGap("git", f"{reason}: whether files differ from those of the commit is not known")


def is_dirty(root: str, commit: str, seconds: float = SECONDS) -> bool:
    """Whether the work tree in the folder ``root`` differs from ``commit`` (hex digits), which is checked out there.

    Raises :class:`NotKnown`: git is missing, failed, was too slow, or stands at another commit.
    """
    return _differs(ask(root), commit, seconds)


def ask(root: str) -> Question:
    """Starts git and comes back at once. Raises :class:`NotKnown`.

    Git is no child of this process when the program goes on: a program that waits for any child (``os.wait()``) must
    not meet one of ours. A shell starts git in the background, and has ended before this function returns.
    """
    git = shutil.which("git")
    if git is None:
        raise NotKnown("git is not installed")
    if signal.getsignal(signal.SIGCHLD) not in (signal.SIG_DFL, None):
        raise NotKnown("the program handles the ends of child processes itself, and git would be one")
    if os.getpid() == 1:
        raise NotKnown("this process is the first of its machine or container, so that git would be its child")
    settings = [word for setting in SETTINGS for word in ("-c", setting)]
    words = [SHELL, "-c", _IN_BACKGROUND, SHELL, git, *settings, "-C", root, *STATUS]
    answer, said = os.pipe()
    try:
        actions = [(os.POSIX_SPAWN_DUP2, said, 1), (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0)]
        os.waitpid(os.posix_spawn(SHELL, words, _environment(), file_actions=actions), 0)
    except OSError as error:
        os.close(answer)
        raise NotKnown(f"git could not be started: {error.strerror or error}") from None
    finally:
        os.close(said)
    return Question(answer)


def _differs(question: Question, commit: str, seconds: float) -> bool:
    shown = _read(question.answer, seconds).splitlines()
    process, lines, status = shown[:1], shown[1:-1], shown[-1:]
    if not process or status != [f"{_STATUS_LINE}0"]:
        raise NotKnown(f"git failed with exit status {''.join(status).removeprefix(_STATUS_LINE) or 'unknown'}")
    if f"{_COMMIT_LINE}{commit}" not in lines:
        raise NotKnown("git stands at another commit by now")
    return any(not line.startswith("#") for line in lines)


def _read(answer: int, seconds: float) -> str:
    """What git says until it has ended. What takes longer than ``seconds`` is ended."""
    until, said = time.monotonic() + seconds, b""
    try:
        while select.select([answer], [], [], max(0.0, until - time.monotonic()))[0]:
            piece = os.read(answer, 65536)
            if not piece:
                return said.decode("utf-8", "replace")
            said += piece
    finally:
        os.close(answer)
    with contextlib.suppress(ValueError, OSError):
        os.kill(int(said.partition(b"\n")[0]), signal.SIGKILL)
    raise NotKnown(f"git took longer than {seconds:g} s")


def _environment() -> dict[str, str]:
    """That of the program, without what may lead git to another repository or make it write a trace."""
    return {key: value for key, value in os.environ.items() if not key.startswith("GIT_")} | ENVIRONMENT
