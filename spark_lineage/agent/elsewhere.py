"""The record of a run whose store is elsewhere: it is made on this machine, and a process beside brings it there."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from spark_lineage.config import Config
from spark_lineage.config.addresses import address, is_elsewhere
from spark_lineage.guard import logger
from spark_lineage.privacy import keys
from spark_lineage.store import places
from spark_lineage.store.errors import StoreError

KEY_WAIT = 3.0  # seconds for the key by which all machines mask: asked for once for a store and a machine
OF_CHAINS = ("AWS_", "AZURE_", "GOOGLE_", "HADOOP_", "KRB5")  # variables that say how a store is reached


def store_folder(config: Config) -> Path:
    """The folder in which runs are recorded. Raises OSError, as everything that cannot be written does."""
    try:
        return places.folder_of(config.store, config.spool).absolute()
    except StoreError as error:
        raise OSError(str(error)) from error


class Elsewhere:
    """Of one run; nothing at all where the store is a folder of this machine."""

    def __init__(self, config: Config, run: Path) -> None:
        self.on = is_elsewhere(config.store)
        self._config, self._run = config, run
        self._roots: Sequence[str] = ()
        self._app = ""
        self._begun = False
        self._problem: str | None = None
        self._chains: dict[str, str] = {}

    def begin(self, roots: Sequence[str], app: str) -> str | None:
        """Why the run stays on this machine, if it does."""
        if not self.on:
            return None
        from spark_lineage.store.places.objects import missing

        self._roots, self._app = roots, app
        places.mark_pending(self._run)
        self._problem = missing(address(self._config.store))
        if self._problem is None and not self._spawn():
            self._problem = "no process could be started beside the program"
        return self._problem

    def _spawn(self) -> bool:
        from spark_lineage.sinks import bringing_beside

        self._chains = _chains()
        self._begun = bringing_beside.begin(self._run, self._roots, self._app, not self._config.mask_key)
        return self._begun

    def mask_key(self, store: Path) -> bytes:
        """The key of the store, which the process beside fetches. Raises what ``privacy.keys`` does."""
        until = time.monotonic() + KEY_WAIT
        while self._begun and keys.kept(store) is None and time.monotonic() < until:
            time.sleep(0.02)
        if self._begun and keys.kept(store) is None:
            logger.warning("spark-lineage.mask-key: the key of the store did not come: values are masked by another")
        return keys.of_store(store)

    def wait(self, until: float) -> str | None:
        """At most until a moment on the monotonic clock; one sentence if the run is not whole in the store by then."""
        if not self.on:
            return None
        from spark_lineage.sinks import bringing_beside

        if self._begun and bringing_beside.said(self._run) and _chains() != self._chains:
            self._spawn()  # the program has set credentials meanwhile
        why = self._problem if self._problem is not None else bringing_beside.wait(self._run, until)
        if why is None:
            return None
        return (
            f"the run is not yet in {self._config.store} ({why}); it is whole in {self._run}, "
            "and the next run or `spark-lineage send` brings it"
        )


def _chains() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(OF_CHAINS)}
