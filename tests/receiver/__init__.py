"""A strict OpenLineage receiver: answers as Marquez does and says what Marquez would take but break on.

By hand: ``python -m tests.receiver --port 5000`` (``--help`` lists how it can misbehave). In tests::

    with Receiver() as receiver:
        program({"OPENLINEAGE_URL": receiver.url})
    receiver.check()  # AssertionError that lists every broken rule
"""

from __future__ import annotations

from tests.receiver.answers import Answer
from tests.receiver.book import Book, Breach, Received
from tests.receiver.replay import Picture, replay
from tests.receiver.rough import Breaks, Drips, Floods, NeverAnswers, Says
from tests.receiver.server import BlackHole, DieAfter, Failing, Healthy, Misbehaviour, Receiver, Refusing, Slow
from tests.receiver.spec import Specification

__all__ = [
    "Answer",
    "BlackHole",
    "Book",
    "Breach",
    "Breaks",
    "DieAfter",
    "Drips",
    "Failing",
    "Floods",
    "Healthy",
    "Misbehaviour",
    "NeverAnswers",
    "Picture",
    "Received",
    "Receiver",
    "Refusing",
    "Says",
    "Slow",
    "Specification",
    "replay",
]
