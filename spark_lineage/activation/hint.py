"""The line that a person at a terminal gets when the observed program has ended: where the record is, and what next."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from spark_lineage.config import Config, ConfigError, resolve
from spark_lineage.config.addresses import is_elsewhere
from spark_lineage.model import Outcome
from spark_lineage.privacy.terminal import one_line

if TYPE_CHECKING:
    from spark_lineage.agent import Agent

AtEnd = Callable[["Agent | None", Outcome], None]


def hint_at_end(config: Config, then: AtEnd | None) -> AtEnd | None:
    """``then`` with the line before it. Only where the streams of the program end at a terminal: what a pipe or a file
    gets of its standard error is what the plain program writes.
    """
    if not (config.hint and _at_terminal()):
        return then
    folder, option, process = os.getcwd(), _store_option(config), os.getpid()

    def end(ended: Agent | None, outcome: Outcome) -> None:
        if ended is not None and sys.__stderr__ is not None and os.getpid() == process:  # not in a forked child
            print(one_line(_line(ended.folder, folder, option, config.store)), file=sys.__stderr__, flush=True)
        if then is not None:
            then(ended, outcome)

    return end


def _at_terminal() -> bool:
    try:
        return sys.__stderr__ is not None and sys.__stderr__.isatty()
    except ValueError:  # closed
        return False


def _store_option(config: Config) -> str:
    """What a reader that is called in this folder must be told to find the store."""
    try:
        found = resolve().store == config.store
    except ConfigError:
        found = False
    store = config.store if is_elsewhere(config.store) else _near(config.store, os.getcwd())
    return "" if found else f" --store {shlex.quote(store)}"


def _line(run: Path, folder: str, option: str, configured: str) -> str:
    if not (run / "events.jsonl").is_file():
        return f"spark-lineage: the record could not be written; {_near(str(run), folder)} has what was observed"
    store = run.parent.parent
    earlier = sum(1 for _ in (store / "runs").iterdir()) > 1
    also = f", or `spark-lineage diff{option}` for what changed since the run before" if earlier else ""
    where = configured if is_elsewhere(configured) else _near(str(store), folder)
    return f"spark-lineage: recorded in {where}; next: `spark-lineage show{option}`{also}"


def _near(path: str, folder: str) -> str:
    """As it is written in this folder, if it lies below it."""
    try:
        near = os.path.relpath(path, folder)
    except ValueError:  # another drive
        return path
    return path if near.startswith(os.pardir) else near
