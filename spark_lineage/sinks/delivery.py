"""Brings one receiver up to date with the journals of a store, event by event.

Runs go oldest first, events of a run in the order of its journal (the receiver keeps what came last).

* An event that the receiver refuses for good is set aside with the reason, and the rest goes on.
* Anything else that goes wrong is tried again, with growing pauses; a breaker gives a dead receiver up for a while.
* An event that makes the receiver fail again and again, while it takes the next one, is set aside too.
"""

from __future__ import annotations

import json
import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Union

from spark_lineage.guard import logger
from spark_lineage.sinks import cursors, poison
from spark_lineage.sinks.breaker import Breaker
from spark_lineage.sinks.cursors import Cursor, ReceiverFiles, SetAside
from spark_lineage.sinks.remaining import Left
from spark_lineage.sinks.responses import Response, ResponseKind
from spark_lineage.sinks.transports import Receiver

SUSPECT = 5  # attempts that reached the receiver, after which the event itself may be what it fails on
AHEAD = 3  # events behind it that tell whether it is
HEADROOM = 1.25  # an attempt is begun only if the last ones would have fitted in the time that is left
# Seconds that must be left for the first event to a receiver of which nothing is known, and for the next four. One that
# is cut off in the middle may keep the event all the same, and would get it a second time.
UNKNOWN, HARDLY_KNOWN = 2.5, 1.0
Told = Callable[["Delivery"], None]
_Passed = tuple[bytes, dict[str, Any], Union[str, None]]  # line, event, why it was not taken: None if it is filtered


@dataclass(frozen=True)
class _Failed:
    """An event that could not be sent now, and what the receiver said to it."""

    files: ReceiverFiles
    cursor: Cursor
    line: bytes
    event: dict[str, Any]
    response: Response


class Delivery:
    """Brings one receiver up to date. One thread at a time calls :meth:`once`; others may read the counts.

    ``only_due``: only runs that a sender has taken on for this receiver; otherwise all runs of the store.
    """

    def __init__(self, store: Path, receiver: Receiver, only_due: bool = True, told: Told | None = None) -> None:
        self.store, self.receiver = store, receiver
        self.breaker = Breaker()
        self.delivered = self.refused = 0
        self.deadline = math.inf  # on the monotonic clock
        self.stopped = False
        self.busy = False  # the last pass met a run that another process sends
        self.out_of_time = False
        self.asked: float | None = None
        self.at_work = False  # a pass goes on: an event may have been sent, and not yet been noted as delivered
        self._under_way = False
        self._only_due = only_due
        self._told = told or (lambda delivery: None)
        self._lately: deque[float] = deque(maxlen=5)  # seconds that the last events took
        self._strange = True  # whether no earlier process has told how long this receiver takes
        self._doubt: _Failed | None = None  # at the end of a journal: the next run's events tell more

    def due(self) -> list[ReceiverFiles]:
        every = (ReceiverFiles(folder, self.receiver.key) for folder in cursors.runs(self.store))
        return [files for files in every if (not self._only_due or files.is_due()) and files.has_more()]

    def once(self) -> bool:
        """Goes over the store once, until all is sent or the receiver fails; True if nothing is left for us to send."""
        self.at_work = True
        try:
            return self._pass()
        finally:
            self.at_work = False

    def _pass(self) -> bool:
        self._new_pass()
        if self.breaker.closed_for_good:
            return False
        for files in self.due():
            with files.locked() as ours:
                done = self._run(files) if ours else True
                self.busy = self.busy or not ours
            if not done:
                return False
        if self._doubt is not None:
            self._fail(self._doubt.response)
            return False
        return True

    def _new_pass(self) -> None:
        self.busy, self.out_of_time, self._doubt = False, False, None

    def _run(self, files: ReceiverFiles) -> bool:
        """Sends what one run has for the receiver; False if the receiver failed, or no time is left."""
        cursor = replace(files.load(), title=self.receiver.title)
        lines = cursors.tail(files.journal, cursor.offset)
        for line in lines:
            if self.stopped:
                return False
            moved = self._one(files, cursor, line, lines)
            if moved is None:
                # In doubt about the last event of a journal the next run is tried; otherwise the receiver has failed.
                return self._doubt is not None and self._doubt.files is files
            cursor = moved
            files.save(cursor)
            self._told(self)
        return True

    def _one(self, files: ReceiverFiles, cursor: Cursor, line: bytes, following: Iterable[bytes]) -> Cursor | None:
        """Sends one event. Gives the cursor behind it; None if it must be tried again."""
        event = _parsed(line)
        if event is None:
            return self._put_aside(files, cursor, line, {}, "it is no JSON object")
        if (why := poison.never(event)) is not None:
            return self._put_aside(files, cursor, line, event, why)
        if not self.receiver.wants(event):
            return cursor.past(len(line), filtered=1)
        response = self._attempt(event, line)
        if response is None:
            return None
        if response.kind is ResponseKind.TAKEN:
            self._resolve()
            return self._got(cursor, line)
        if response.kind is ResponseKind.REFUSED:
            self._resolve()
            return self._put_aside(files, cursor, line, event, response.why)
        if response.kind is ResponseKind.CLOSED:
            self.breaker.refuse(response.why)
            return None
        return self._later(_Failed(files, cursor, line, event, response), following)

    def _attempt(self, event: dict[str, Any], line: bytes) -> Response | None:
        """Tries once to send the event; None if there is no time for it."""
        left = self.deadline - time.monotonic()
        if left <= self._needed():
            self.out_of_time = True
            return None
        begun = time.monotonic()
        self._under_way = True
        response = self.receiver.emit(event, len(line), left)
        self._under_way = False
        if response.kind is ResponseKind.TAKEN:
            self._lately.append(time.monotonic() - begun)
            self.breaker.took()
        elif response.kind is ResponseKind.REFUSED:
            self.breaker.took()  # it works: the event was at fault
        return response

    def _needed(self) -> float:
        """Seconds that must be left for an attempt, going by the last events of this process or of an earlier one."""
        if math.isinf(self.deadline):
            return 0.0
        if not self._lately and (earlier := cursors.pace(self.store, self.receiver.key)) is not None:
            self._lately.append(earlier)
            self._strange = False
        if not self._lately:
            return UNKNOWN
        pace = max(self._lately)
        needed = pace * HEADROOM + min(pace, 1.0) / 2 + 0.02
        few = self._strange and len(self._lately) < (self._lately.maxlen or 0)
        return max(needed, HARDLY_KNOWN) if few else needed

    def _got(self, cursor: Cursor, line: bytes) -> Cursor:
        self.delivered += 1
        return replace(cursor.past(len(line), delivered=1), seconds=max(self._lately, default=0.0))

    def _put_aside(self, files: ReceiverFiles, cursor: Cursor, line: bytes, event: dict[str, Any], why: str) -> Cursor:
        self.refused += 1
        run, job = event.get("run") or {}, event.get("job") or {}
        files.set_aside(
            SetAside(
                cursor.number, str(run.get("runId", "")), str(event.get("eventType", "")), str(job.get("name", "")),
                why, time.time(),
            )
        )  # fmt: skip
        logger.warning("spark-lineage.set-aside: %s refused event %d: %s", self.receiver.title, cursor.number, why)
        return cursor.past(len(line), set_aside=1)

    # -- failures

    def _later(self, failed: _Failed, following: Iterable[bytes]) -> Cursor | None:
        response, cursor = failed.response, failed.cursor
        if response.status is not None and response.status >= 500 and (why := poison.hard_to_take(failed.event)):
            self.breaker.took()
            return self._put_aside(failed.files, cursor, failed.line, failed.event, f"{response.why}; {why}")
        self._doubt = None  # another run's event fails as well: it is the receiver
        cursor = replace(cursor, tries=cursor.tries + (1 if response.reached else 0))
        failed.files.save(cursor)
        if cursor.tries >= SUSPECT:
            return self._suspect(replace(failed, cursor=cursor), following)
        self._fail(response)
        return None

    def _suspect(self, failed: _Failed, following: Iterable[bytes]) -> Cursor | None:
        """Finds out whether the event or the receiver is at fault, by sending the next ones right after this one."""
        behind: list[
            tuple[bytes, dict[str, Any], str | None]
        ] = []  # line, event, why it was not taken: None if filtered
        tried, most = 0, AHEAD if self.breaker.took_some else 1
        for line in following:
            if self.stopped:
                break
            event = _parsed(line) or {}
            why = poison.never(event)
            if why is not None or not self.receiver.wants(event):
                behind.append((line, event, why))
                continue
            tried += 1
            response = self._attempt(event, line)
            if response is None or response.kind is ResponseKind.CLOSED:
                break
            if response.kind is not ResponseKind.LATER:
                return self._past_all(failed, behind, line, event, response)
            behind.append((line, event, f"{response.why}, right after an event of which that is known"))
            if tried == most:
                break
        if tried:
            self._fail(failed.response)
            self.breaker.open = True  # not only one event of several: it is the receiver
        else:
            self._doubt = failed
        return None

    def _past_all(
        self, failed: _Failed, behind: Iterable[_Passed], line: bytes, event: dict[str, Any], response: Response
    ) -> Cursor:
        """The cursor behind the event that the receiver has dealt with.

        What it failed on before is sent once more, since it may have come back only just now, and is set aside then.
        """
        files = failed.files
        again = self._again(failed.event, failed.line, event)
        cursor = self._got(failed.cursor, failed.line) if again else self._blame(failed)
        for passed, its_event, why in behind:
            if why is None:
                cursor = cursor.past(len(passed), filtered=1)
            elif poison.never(its_event) is None and self._again(its_event, passed, event):
                cursor = self._got(cursor, passed)
            else:
                cursor = self._put_aside(files, cursor, passed, its_event, why)
        files.save(cursor)
        if response.kind is ResponseKind.TAKEN:
            return self._got(cursor, line)
        return self._put_aside(files, cursor, line, event, response.why)

    def _again(self, event: dict[str, Any], line: bytes, taken: Mapping[str, Any]) -> bool:
        """Whether the receiver takes the event now. Not asked of the start of a run whose end it has taken."""
        if (event.get("run") or {}).get("runId") == (taken.get("run") or {}).get("runId"):
            return False
        response = self._attempt(event, line)
        return response is not None and response.kind is ResponseKind.TAKEN

    def _blame(self, failed: _Failed) -> Cursor:
        why = f"{failed.response.why}, {failed.cursor.tries} times, while the receiver took the next event"
        return self._put_aside(failed.files, failed.cursor, failed.line, failed.event, why)

    def _resolve(self) -> None:
        """Sets the event in doubt aside: the receiver works, so the event was at fault."""
        doubt, self._doubt = self._doubt, None
        if doubt is None:
            return
        with doubt.files.locked() as ours:
            if ours and doubt.files.load().offset == doubt.cursor.offset:
                doubt.files.save(self._blame(doubt))

    def _fail(self, response: Response) -> None:
        self.asked = response.again_after
        self.breaker.failed(response.why, response.reached, response.status is not None, response.again_after)

    def left(self) -> Left:
        counts = [files.left() for files in self.due()]
        return Left(
            self.receiver.key, self.receiver.title, self.delivered, sum(counts), sum(1 for count in counts if count),
            self.refused, self._why(),
        )  # fmt: skip

    def _why(self) -> str | None:
        if self.breaker.why is not None:
            return self.breaker.why
        if self._under_way:
            return "no answer yet"
        if self.out_of_time:
            return "no time was left"
        return "another process is sending them" if self.busy else None


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None
