"""Brings a run to a store elsewhere while the program runs, and after: the main program of a process beside it.

The process sees by itself that the program has
ended, or was killed; then it brings the rest, for a while also where the store does not answer, and ends.
"""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

from spark_lineage.privacy.files import make_folder, write_private
from spark_lineage.sinks.bringing import Bringing, bring_deliveries, reason
from spark_lineage.sinks.bringing_beside import SAID
from spark_lineage.store import places, wal
from spark_lineage.store.places.remote import Remote
from spark_lineage.store.places.trimming import trim

EVERY = 20.0  # seconds between two times that a run which goes on is brought
POLL = 0.1  # seconds
LAST = 60.0  # seconds after the end of the program for which a store that does not answer is tried again
LONGEST_PAUSE = 10.0  # seconds
EARLIER = 10  # runs of the same application that the checks at the end may look at


def main(run: Path, app: str, own_key: bool) -> None:
    with contextlib.suppress(OSError, AttributeError):
        os.nice(5)
    place = places.place_of(run.parent.parent)
    if place is not None:
        _Bringer(run, place, app, own_key).work()


class _Bringer:
    def __init__(self, run: Path, place: Remote, app: str, own_key: bool) -> None:
        self._run, self._place, self._app = run, place, app
        self._store = run.parent.parent
        self._driver = wal.writer(run)
        self._bringing = Bringing(self._store, place)
        self._first = [self._bringing.exchange_key] if own_key else []
        self._then = [self._bring_others, self._fetch_earlier]

    def work(self) -> None:
        failed, ended = 0, None
        while True:
            over = not wal.is_alive(self._run)
            if over and ended is None:
                ended = time.monotonic()
            why = self._once()
            failed = failed + 1 if why else 0
            if over and (not places.is_pending(self._run) or time.monotonic() - (ended or 0.0) > LAST):
                self._others()
                self._bring_deliveries()
                return
            pause = min(LONGEST_PAUSE, 2.0 ** (failed - 1)) if failed else EVERY
            self._wait(pause if not over else min(pause, LONGEST_PAUSE), over)

    def _once(self) -> str | None:
        """Why something could not be brought; None if all that there is was."""
        try:
            while self._first:
                self._first[0]()
                del self._first[0]
            self._bringing.bring(self._run)
        except Exception as error:
            self._say(reason(error))
            return reason(error)
        self._say("")
        self._others()
        return None

    def _others(self) -> None:
        while self._then:
            with contextlib.suppress(Exception):  # they wait for the next run
                self._then[0]()
            del self._then[0]

    def _bring_deliveries(self) -> None:
        """The program may still send events when its run is whole: how far it came then is brought, too."""
        until = time.monotonic() + LAST
        while wal.is_there(self._driver) and time.monotonic() < until:
            time.sleep(POLL)
        with contextlib.suppress(Exception):  # they are sent once more then, and receivers know them by their run
            bring_deliveries(self._store, 0.0, self._run.name)

    def _bring_others(self) -> None:
        self._bringing.bring_waiting()
        trim(self._store)

    def _fetch_earlier(self) -> None:
        """The checks at the end of the program ask nothing of the store: what they may look at is fetched before."""
        runs = sorted(self._place.summaries(), key=lambda run: (run.started, run.id))
        same = [run.id for run in runs if run.app == self._app and run.why is None and run.id != self._run.name]
        self._place.fetch_all(same[-EARLIER:])

    def _say(self, why: str) -> None:
        with contextlib.suppress(OSError):
            make_folder(self._store / SAID)
            path = self._store / SAID / self._run.name
            if why:
                write_private(path, why.encode())
            else:
                path.unlink(missing_ok=True)

    def _wait(self, seconds: float, over: bool) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and (over or wal.is_alive(self._run)):
            time.sleep(POLL)
