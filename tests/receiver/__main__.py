"""``python -m tests.receiver``: the strict receiver by hand. One line per event, broken rules below it."""

from __future__ import annotations

import argparse
import sys
import time

from tests.receiver import BlackHole, DieAfter, Failing, Healthy, Misbehaviour, Receiver, Slow

BEHAVIOURS = {
    "healthy": lambda _: Healthy(),
    "slow": lambda value: Slow(float(value or 2)),
    "failing": lambda value: Failing(int(value or 500)),
    "black-hole": lambda _: BlackHole(),
    "die-after": lambda value: DieAfter(int(value or 10)),
}


def behaviour(text: str) -> Misbehaviour:
    name, _, value = text.partition(":")
    if name not in BEHAVIOURS:
        raise argparse.ArgumentTypeError(f"one of {', '.join(BEHAVIOURS)}, with :VALUE where it takes one")
    return BEHAVIOURS[name](value)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.receiver", description=__doc__)
    parser.add_argument("--port", type=int, default=5000)
    parser.add_argument(
        "--behave", type=behaviour, default=Healthy(), metavar="NAME[:VALUE]", help=", ".join(BEHAVIOURS)
    )
    arguments = parser.parse_args()
    with Receiver(arguments.behave, arguments.port) as receiver:
        print(f"listening: OPENLINEAGE_URL={receiver.url}", flush=True)
        if not receiver.book.specification.complete:
            print("the OpenLineage specification is not here: events are not validated against it", flush=True)
        try:
            _follow(receiver)
        except KeyboardInterrupt:
            pass
        unfinished = receiver.book.unfinished()
        print(
            f"{len(receiver.received)} events, {len(receiver.breaches)} broken rules, {len(unfinished)} unfinished runs"
        )
        return 1 if receiver.breaches or receiver.book.refused else 0


def _follow(receiver: Receiver) -> None:
    events = breaches = refused = 0
    while True:
        time.sleep(0.2)
        received, broken, turned_away = receiver.received, receiver.breaches, list(receiver.book.refused)
        for number, each in enumerate(received[events:], events):
            job = each.event.get("job", {}).get("name", "")
            print(f"{number:5} {each.event.get('eventType', ''):9} {each.bytes:7} B  {job}", flush=True)
        for breach in broken[breaches:]:
            print(f"      ! {breach}", flush=True)
        for answer, body in turned_away[refused:]:
            print(f"      X {answer.status} {dict(answer.body)}  {body[:80]!r}", flush=True)
        events, breaches, refused = len(received), len(broken), len(turned_away)


if __name__ == "__main__":
    sys.exit(main())
