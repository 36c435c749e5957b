"""Delivers journals to the configured sinks: in the background of a program, or for ``spark-lineage send``.

The journal is the queue, so nothing is lost: what was not acknowledged is sent by the next process. Per sink one
thread sends one event after the other, runs oldest first, events of a run in the order of its journal (the receiver
keeps what came last). The program never waits for it but in :meth:`Sender.drain`, which is bounded.

* An event that the receiver refuses for good is set aside with the reason, and the rest goes on.
* Anything else that goes wrong is tried again, with growing pauses; a breaker gives a dead receiver up for a while.
* An event that makes the receiver fail again and again, while it takes the next one, is set aside too.
"""

from __future__ import annotations

import _thread
import json
import math
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from spark_lineage.guard import logger
from spark_lineage.sinks import cursors, poison
from spark_lineage.sinks.breaker import Breaker
from spark_lineage.sinks.cursors import Cursor, Place, SetAside
from spark_lineage.sinks.transports import Answer, Sink, TransportError, Verdict, configured, sinks

SUSPECT = 5  # attempts that reached the receiver, after which the event itself may be what it fails on
OTHERS = 0.3  # seconds between two looks at runs that another process is sending
HEADROOM = 1.25  # an attempt is begun only if the last ones would have fitted in the time that is left
SEND = "`spark-lineage send` sends what is left"
Told = Callable[["Delivery"], None]


# --------------------------------------------------------------------------- what is left


@dataclass(frozen=True)
class Left:
    """What one sink has not got. ``set_aside``: events that it refused for good, in this process."""

    sink: str
    title: str
    delivered: int
    events: int
    runs: int
    set_aside: int
    why: str | None


@dataclass(frozen=True)
class Remaining:
    """What is still to be sent."""

    sinks: tuple[Left, ...] = ()

    @property
    def events(self) -> int:
        return sum(each.events for each in self.sinks)

    def sentences(self) -> list[str]:
        """For people: what is still to be sent, where to, and why; nothing if all is well."""
        told = []
        for each in self.sinks:
            because = f" ({each.why})" if each.why else ""
            if each.events:
                told.append(f"{_count(each.events)} still to be sent to {each.title}{because}; {SEND}")
            if each.set_aside:
                told.append(f"{_count(each.set_aside)} set aside, refused by {each.title}; see `spark-lineage status`")
        return told


def _count(events: int) -> str:
    return "1 event is" if events == 1 else f"{events} events are"


# --------------------------------------------------------------------------- one sink


@dataclass(frozen=True)
class _Failed:
    """An event that could not be sent now, and what the receiver said to it."""

    place: Place
    cursor: Cursor
    line: bytes
    event: dict[str, Any]
    answer: Answer


class Delivery:
    """Brings one sink up to date. One thread at a time calls :meth:`once`; others may read the counts.

    ``only_due``: only runs that a sender has taken on for this sink; otherwise all runs of the store.
    """

    def __init__(self, store: Path, sink: Sink, only_due: bool = True, told: Told | None = None) -> None:
        self.store, self.sink = store, sink
        self.breaker = Breaker()
        self.delivered = self.refused = 0
        self.deadline = math.inf  # on the monotonic clock
        self.stopped = False
        self.busy = False  # the last pass met a run that another process sends
        self.out_of_time = False
        self.asked: float | None = None
        self._only_due = only_due
        self._told = told or (lambda delivery: None)
        self._lately: deque[float] = deque(maxlen=5)  # seconds that the last events took
        self._doubt: _Failed | None = None  # at the end of a journal: the next run's events tell more

    def due(self) -> list[Place]:
        places = (Place(folder, self.sink.key) for folder in cursors.runs(self.store))
        return [each for each in places if (not self._only_due or each.is_due()) and each.has_more()]

    def once(self) -> bool:
        """One pass over the store, until all is sent or the sink fails. True if all that is ours to send is sent."""
        self._new_pass()
        if self.breaker.closed_for_good:
            return False
        for place in self.due():
            with place.locked() as ours:
                done = self._run(place) if ours else True
                self.busy = self.busy or not ours
            if not done:
                return False
        if self._doubt is not None:
            self._fail(self._doubt.answer)
            return False
        return True

    def _new_pass(self) -> None:
        self.busy, self.out_of_time, self._doubt = False, False, None

    def _run(self, place: Place) -> bool:
        """False if the sink failed, or no time is left."""
        cursor = replace(place.load(), title=self.sink.title)
        lines = cursors.tail(place.journal, cursor.offset)
        for line in lines:
            if self.stopped:
                return False
            moved = self._one(place, cursor, line, lines)
            if moved is None:
                # In doubt about the last event of a journal, the next run is tried; otherwise the sink has failed.
                return self._doubt is not None and self._doubt.place is place
            cursor = moved
            place.save(cursor)
            self._told(self)
        return True

    def _one(self, place: Place, cursor: Cursor, line: bytes, following: Iterable[bytes]) -> Cursor | None:
        """The cursor behind this event; None if it must be tried again."""
        event = _parsed(line)
        if event is None:
            return self._put_aside(place, cursor, line, {}, "it is no JSON object")
        if (why := poison.never(event)) is not None:
            return self._put_aside(place, cursor, line, event, why)
        if not self.sink.wants(event):
            return cursor.past(len(line), filtered=1)
        answer = self._attempt(event, line)
        if answer is None:
            return None
        if answer.verdict is Verdict.TAKEN:
            self._resolve()
            return self._got(cursor, line)
        if answer.verdict is Verdict.REFUSED:
            self._resolve()
            return self._put_aside(place, cursor, line, event, answer.why)
        if answer.verdict is Verdict.CLOSED:
            self.breaker.refuse(answer.why)
            return None
        return self._later(_Failed(place, cursor, line, event, answer), following)

    def _attempt(self, event: dict[str, Any], line: bytes) -> Answer | None:
        """None if there is no time for it."""
        left = self.deadline - time.monotonic()
        if left <= max(self._lately, default=0.0) * HEADROOM + 0.02:
            self.out_of_time = True
            return None
        begun = time.monotonic()
        answer = self.sink.emit(event, len(line), left)
        if answer.verdict is Verdict.TAKEN:
            self._lately.append(time.monotonic() - begun)
            self.breaker.took()
        elif answer.verdict is Verdict.REFUSED:
            self.breaker.took()  # it works: the event was at fault
        return answer

    def _got(self, cursor: Cursor, line: bytes) -> Cursor:
        self.delivered += 1
        return cursor.past(len(line), delivered=1)

    def _put_aside(self, place: Place, cursor: Cursor, line: bytes, event: dict[str, Any], why: str) -> Cursor:
        self.refused += 1
        run, job = event.get("run") or {}, event.get("job") or {}
        place.set_aside(
            SetAside(
                cursor.number, str(run.get("runId", "")), str(event.get("eventType", "")), str(job.get("name", "")),
                why, time.time(),
            )
        )  # fmt: skip
        logger.warning("spark-lineage.set-aside: %s refused event %d: %s", self.sink.title, cursor.number, why)
        return cursor.past(len(line), set_aside=1)

    # -- failures

    def _later(self, failed: _Failed, following: Iterable[bytes]) -> Cursor | None:
        answer, cursor = failed.answer, failed.cursor
        if answer.status is not None and answer.status >= 500 and (why := poison.hard_to_take(failed.event)):
            self.breaker.took()
            return self._put_aside(failed.place, cursor, failed.line, failed.event, f"{answer.why}; {why}")
        self._doubt = None  # another run's event fails as well: it is the receiver
        cursor = replace(cursor, tries=cursor.tries + (1 if answer.reached else 0))
        failed.place.save(cursor)
        if cursor.tries >= SUSPECT:
            return self._suspect(replace(failed, cursor=cursor), following)
        self._fail(answer)
        return None

    def _suspect(self, failed: _Failed, following: Iterable[bytes]) -> Cursor | None:
        """Is it the event or the receiver? The next event tells: it is tried right after this one has failed."""
        after = next(iter(following), None)
        if after is None:
            self._doubt = failed
            return None
        successor = _parsed(after)
        second = self._attempt(successor, after) if successor is not None else None
        if second is None or second.verdict in (Verdict.LATER, Verdict.CLOSED):
            self._fail(failed.answer)
            return None
        cursor = self._blame(failed)
        failed.place.save(cursor)
        if second.verdict is Verdict.TAKEN:
            return self._got(cursor, after)
        return self._put_aside(failed.place, cursor, after, successor or {}, second.why)

    def _blame(self, failed: _Failed) -> Cursor:
        why = f"{failed.answer.why}, {failed.cursor.tries} times, while the receiver took the next event"
        return self._put_aside(failed.place, failed.cursor, failed.line, failed.event, why)

    def _resolve(self) -> None:
        """The receiver works: the event in doubt was at fault."""
        doubt, self._doubt = self._doubt, None
        if doubt is None:
            return
        with doubt.place.locked() as ours:
            if ours and doubt.place.load().offset == doubt.cursor.offset:
                doubt.place.save(self._blame(doubt))

    def _fail(self, answer: Answer) -> None:
        self.asked = answer.again_after
        self.breaker.failed(answer.why, answer.reached, answer.status is not None)

    def left(self) -> Left:
        counts = [each.left() for each in self.due()]
        return Left(
            self.sink.key, self.sink.title, self.delivered, sum(counts), sum(1 for each in counts if each),
            self.refused, self._why(),
        )  # fmt: skip

    def _why(self) -> str | None:
        if self.breaker.why is not None:
            return self.breaker.why
        if self.out_of_time:
            return "no time was left"
        return "another process is sending them" if self.busy else None


def _parsed(line: bytes) -> dict[str, Any] | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


# --------------------------------------------------------------------------- in the background


def begin(store: Path, run: Path) -> Sender | None:
    """Begins to send this run; None, and nothing at all happens, where no OpenLineage transport is configured."""
    if not configured():
        return None
    sender = Sender(store).start()
    sender.take_on(run)
    return sender


class Sender:
    """Sends in daemon threads from :meth:`start` on; never raises, never blocks but in :meth:`drain`.

    ``only_due``: only runs given to :meth:`take_on`, in this process or an earlier one. ``patience``: seconds for
    which a receiver that fails is tried again before :meth:`drain` takes it to be down; with 0, until the breaker
    opens. ``others``: seconds to wait for runs that another process is sending. ``make`` gives the sinks, and is
    called in the background: it brings in the OpenLineage client.
    """

    def __init__(
        self,
        store: Path,
        only_due: bool = True,
        patience: float = 0.0,
        others: float = 0.0,
        make: Callable[[], Sequence[Sink]] = sinks,
        told: Told | None = None,
    ) -> None:
        self.store = Path(store)
        self.deliveries: tuple[Delivery, ...] = ()
        self.problem: str | None = None
        self._only_due, self._patience, self._others, self._make, self._told = only_due, patience, others, make, told
        self._turn = threading.Condition()
        self._folders: list[Path] = []
        self._wanted = 0  # counts the calls of ``wake``
        self._ready = self._ended = self._late = False
        self._settled: dict[str, int] = {}  # sink -> the wake after which it had nothing (more) to do
        self._since: dict[str, float] = {}  # sink -> when it last got somewhere

    def start(self) -> Sender:
        try:
            # Not threading.Thread: a program that counts or lists its threads must not find one of ours.
            _thread.start_new_thread(self._begin, ())
        except RuntimeError:
            self._late = True  # Python 3.12 starts no thread any more when it is on its way out: drain() sends
        return self

    def take_on(self, run: Path) -> None:
        """This run is to be sent to every sink, now and whenever its journal has grown (call :meth:`wake` then)."""
        try:
            cursors.mark(run)
        except OSError as error:
            logger.warning("spark-lineage.not-sent: %s takes no mark", run, exc_info=error)
            return
        with self._turn:
            self._folders.append(run)
            self._mark_due()
            self._wake()

    def wake(self) -> None:
        """The journal of a run has grown."""
        with self._turn:
            self._wake()

    def settled(self) -> bool:
        """Whether every sink has got all there was at the last wake, or has been given up for now."""
        with self._turn:
            return self._is_settled()

    def drain(self, timeout: float) -> Remaining:
        """Waits until all is sent, at most ``timeout`` seconds, and ends the sender; says what is left."""
        deadline = time.monotonic() + timeout
        with self._turn:
            for each in self.deliveries:
                each.deadline = deadline
            self._deadline = deadline
        if self._late:
            self._begin()
        with self._turn:
            self._turn.wait_for(self._is_settled, 0 if self._late else timeout)
            self._ended = True
            for each in self.deliveries:
                each.stopped = True
            self._turn.notify_all()
        return self.remaining()

    def remaining(self) -> Remaining:
        with self._turn:  # ready and marked are one change
            ready = self._ready and self.problem is None
        if ready:
            return Remaining(tuple(each.left() for each in self.deliveries))
        # Which sinks there are is not known: all that was meant for them is left.
        marked = [run for run in cursors.runs(self.store) if cursors.is_marked(run)]
        events = sum(Place(run, "").left() for run in marked)
        why = self.problem or "there was no time to set it up"
        return Remaining((Left("", "the configured transport", 0, events, len(marked), 0, why),))

    # -- threads

    _deadline = math.inf

    def _begin(self) -> None:
        try:
            found = tuple(self._make())
        except TransportError as error:
            self._give_up(str(error))
            return
        except Exception as error:  # a thread of ours must not end in a traceback on the program's stderr
            self._give_up(f"{type(error).__name__}: {error}")
            return
        with self._turn:
            self.deliveries = tuple(Delivery(self.store, sink, self._only_due, self._told) for sink in found)
            for each in self.deliveries:
                each.deadline = self._deadline
            self._ready = True
            self._mark_due()
            self._turn.notify_all()
        for each in self.deliveries[1:] if not self._late else ():
            _thread.start_new_thread(self._deliver, (each,))
        for each in self.deliveries if self._late else self.deliveries[:1]:
            self._deliver(each)

    def _give_up(self, problem: str) -> None:
        logger.warning("spark-lineage.not-sent: %s", problem)
        with self._turn:
            self.problem, self._ready = problem, True
            self._turn.notify_all()

    def _deliver(self, delivery: Delivery) -> None:
        try:
            self._loop(delivery)
        except Exception as error:
            logger.warning("spark-lineage.not-sent: the sender for %s failed", delivery.sink.title, exc_info=error)
            delivery.breaker.refuse(f"{type(error).__name__}: {error}")
            self._settle(delivery, self._wanted)
        finally:
            delivery.sink.close()

    def _loop(self, delivery: Delivery) -> None:
        begun = self._since[delivery.sink.key] = time.monotonic()
        while not self._ended:
            with self._turn:
                wanted = self._wanted
            before = delivery.delivered + delivery.refused
            done = delivery.once()
            if delivery.delivered + delivery.refused > before:
                self._since[delivery.sink.key] = time.monotonic()
            if done and delivery.busy and time.monotonic() - begun < self._others:
                self._wait(wanted, OTHERS)
                continue
            if done or delivery.breaker.closed_for_good or delivery.out_of_time:
                self._settle(delivery, wanted)
                if self._late:
                    return
                self._wait(wanted, None)
                continue
            patient = time.monotonic() - self._since[delivery.sink.key] < self._patience
            if delivery.breaker.open and not patient:
                self._settle(delivery, wanted)
                if self._late:
                    return
            left = max(0.0, delivery.deadline - time.monotonic())
            self._wait(wanted, min(left, delivery.breaker.pause(delivery.asked)))

    def _settle(self, delivery: Delivery, wanted: int) -> None:
        with self._turn:
            self._settled[delivery.sink.key] = wanted
            self._turn.notify_all()

    def _wait(self, wanted: int, seconds: float | None) -> None:
        """Until the pause is over, or there is more to send than at the wake ``wanted``."""
        with self._turn:
            self._turn.wait_for(lambda: self._ended or self._wanted > wanted, seconds)

    # -- with the lock held

    def _wake(self) -> None:
        self._wanted += 1
        self._turn.notify_all()

    def _mark_due(self) -> None:
        if not self._ready or self.problem is not None:
            return
        for run in self._folders:
            for each in self.deliveries:
                Place(run, each.sink.key).begin(each.sink.title)
            cursors.unmark(run)
        self._folders.clear()

    def _is_settled(self) -> bool:
        if not self._ready:
            return False
        return all(self._settled.get(each.sink.key, -1) >= self._wanted for each in self.deliveries)
