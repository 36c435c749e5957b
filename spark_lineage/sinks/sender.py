"""Delivers journals to the configured receivers: in the background of a program, or for ``spark-lineage send``.

The journal is the queue, so nothing is lost: what was not acknowledged is sent by the next process. Per receiver one
thread sends one event after the other (``delivery``). The program never waits for it but in :meth:`Sender.drain`,
which is bounded.
"""

from __future__ import annotations

import _thread
import contextlib
import math
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from spark_lineage.guard import logger, silently
from spark_lineage.sinks import cursors
from spark_lineage.sinks.configuration import configured
from spark_lineage.sinks.cursors import ReceiverFiles
from spark_lineage.sinks.delivery import Delivery, Told
from spark_lineage.sinks.remaining import Left, Remaining
from spark_lineage.sinks.transports import Receiver, TransportError, receivers

SOON = 0.2  # seconds at least between two attempts
OTHERS = 0.3  # seconds between two looks at runs that another process is sending


def begin(store: Path, run: Path, deadline: float = math.inf, others: float = 0.0) -> Sender | None:
    """Begins to send this run; None, and nothing at all happens, where no OpenLineage transport is configured.

    ``deadline``: when the process will end at the latest, on the monotonic clock. ``others``: as of :class:`Sender`.
    """
    if not configured():
        return None
    sender = Sender(store, deadline=deadline, others=others).start()
    sender.take_on(run)
    return sender


class Sender:
    """Sends in daemon threads from :meth:`start` on; never raises, never blocks but in :meth:`drain`.

    ``only_due``: only runs given to :meth:`take_on`, in this process or an earlier one. ``patience``: seconds for
    which a receiver that fails is tried again before :meth:`drain` takes it to be down; with 0, until the breaker
    opens. ``others``: seconds to wait for runs that another process is sending. ``make`` gives the receivers, and is
    called in the background: it brings in the OpenLineage client. ``deadline``, on the monotonic clock: no attempt is
    begun that would not have been answered by then; :meth:`drain` sets it anew.
    """

    def __init__(
        self,
        store: Path,
        only_due: bool = True,
        patience: float = 0.0,
        others: float = 0.0,
        make: Callable[[], Sequence[Receiver]] = receivers,
        told: Told | None = None,
        deadline: float = math.inf,
    ) -> None:
        self.store = Path(store)
        self.deliveries: tuple[Delivery, ...] = ()
        self.problem: str | None = None
        self._only_due, self._patience, self._others, self._make, self._told = only_due, patience, others, make, told
        self._deadline = deadline
        self._turn = threading.Condition()
        self._folders: list[Path] = []
        self._wanted = 0  # counts the calls of ``wake``
        self._ready = self._ended = self._late = False
        self._settled: dict[str, int] = {}  # receiver -> the wake after which it had nothing (more) to do
        self._since: dict[str, float] = {}  # receiver -> when it last got somewhere

    def start(self) -> Sender:
        try:
            # Not threading.Thread: a program that counts or lists its threads must not find one of ours.
            _thread.start_new_thread(silently, (self._begin,))
        except RuntimeError:
            self._late = True  # Python 3.12 starts no thread any more when it is on its way out: drain() sends
        return self

    def take_on(self, run: Path) -> None:
        """Has this run sent to every receiver, now and whenever its journal has grown (call :meth:`wake` then)."""
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
        """Says that the journal of a run has grown."""
        with self._turn:
            self._wake()

    def settled(self) -> bool:
        """Whether every receiver has got all there was at the last wake, or has been given up for now."""
        with self._turn:
            return self._is_settled()

    def drain(self, timeout: float) -> Remaining:
        """Waits until all is sent, at most ``timeout`` seconds, and ends the sender; says what is left."""
        deadline = time.monotonic() + timeout
        with self._turn:
            for delivery in self.deliveries:
                delivery.deadline = deadline
            self._deadline = deadline
        if self._late:
            self._begin()
        with self._turn:
            self._turn.wait_for(self._is_settled, 0 if self._late else timeout)
            self._ended = True
            for delivery in self.deliveries:
                delivery.stopped = True
            self._turn.notify_all()
        return self.remaining()

    def stop(self, seconds: float) -> None:
        """Begins nothing any more, and waits for the requests that are under way."""
        with self._turn:
            self._ended = True
            for delivery in self.deliveries:
                delivery.stopped = True
            self._turn.notify_all()
        until = time.monotonic() + seconds
        while any(delivery.at_work for delivery in self.deliveries) and time.monotonic() < until:
            time.sleep(SOON / 10)

    def remaining(self) -> Remaining:
        with self._turn:  # ready and marked are one change
            ready = self._ready and self.problem is None
        if ready:
            return Remaining(tuple(delivery.left() for delivery in self.deliveries))
        # Which receivers there are is not known: all that was meant for them is left.
        marked = [run for run in cursors.runs(self.store) if cursors.is_marked(run)]
        events = sum(ReceiverFiles(run, "").left() for run in marked)
        why = self.problem or "there was no time to set it up"
        return Remaining((Left("", "the configured transport", 0, events, len(marked), 0, why),))

    # -- threads

    def _begin(self) -> None:
        try:
            self._make_deliveries()
        except TransportError as error:
            self._give_up(str(error))
        except BaseException as error:  # a thread of ours must not end in a traceback on the program's stderr
            self._give_up(f"{type(error).__name__}: {error}")

    def _make_deliveries(self) -> None:
        found = tuple(self._make())
        with self._turn:
            self.deliveries = tuple(Delivery(self.store, receiver, self._only_due, self._told) for receiver in found)
            for delivery in self.deliveries:
                delivery.deadline = self._deadline
            self._ready = True
            self._mark_due()
            self._turn.notify_all()
        for delivery in self.deliveries[1:] if not self._late else ():
            _thread.start_new_thread(silently, (self._deliver, delivery))
        for delivery in self.deliveries if self._late else self.deliveries[:1]:
            self._deliver(delivery)

    def _give_up(self, problem: str) -> None:
        logger.warning("spark-lineage.not-sent: %s", problem)
        with self._turn:
            self.problem, self._ready = problem, True
            self._turn.notify_all()

    def _deliver(self, delivery: Delivery) -> None:
        try:
            with contextlib.closing(delivery.receiver):
                self._loop(delivery)
        except BaseException as error:
            logger.warning("spark-lineage.not-sent: the sender for %s failed", delivery.receiver.title, exc_info=error)
            delivery.breaker.refuse(f"{type(error).__name__}: {error}")
            self._settle(delivery, self._wanted)

    def _loop(self, delivery: Delivery) -> None:
        begun = self._since[delivery.receiver.key] = time.monotonic()
        while not self._ended:
            with self._turn:
                wanted = self._wanted
            before = delivery.delivered + delivery.refused
            done = delivery.once()
            if delivery.delivered + delivery.refused > before:
                self._since[delivery.receiver.key] = time.monotonic()
            if done and delivery.busy and time.monotonic() - begun < self._others:
                self._wait(wanted, OTHERS)
                continue
            if done or delivery.breaker.closed_for_good or delivery.out_of_time:
                self._settle(delivery, wanted)
                if self._late:
                    return
                self._wait(wanted, None)
                continue
            patient = self._since[delivery.receiver.key] + self._patience - time.monotonic()
            if delivery.breaker.open and patient <= 0:
                self._settle(delivery, wanted)
                if self._late:
                    return
            left = max(0.0, delivery.deadline - time.monotonic())
            pause = delivery.breaker.pause(delivery.asked)
            # Whoever waits for us is not kept longer than agreed by a receiver that asks for a longer pause.
            self._wait(wanted, min(left, pause, max(patient, SOON) if patient > 0 else pause))

    def _settle(self, delivery: Delivery, wanted: int) -> None:
        with self._turn:
            self._settled[delivery.receiver.key] = wanted
            self._turn.notify_all()

    def _wait(self, wanted: int, seconds: float | None) -> None:
        """Waits until the pause is over, or there is more to send than at the wake ``wanted``."""
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
            for delivery in self.deliveries:
                ReceiverFiles(run, delivery.receiver.key).begin(delivery.receiver.title)
            cursors.unmark(run)
        self._folders.clear()

    def _is_settled(self) -> bool:
        if not self._ready:
            return False
        return all(self._settled.get(delivery.receiver.key, -1) >= self._wanted for delivery in self.deliveries)
