"""Whether a call was left by an exception that its caller caught.

No hook of Python tells this on all versions, but the moment at which the frame is freed does. A frame that returns is
freed while its caller stands at the call. A frame that an exception has left is held by the traceback, so it is freed
when the handler drops the exception: at ``POP_EXCEPT``, or two instructions later where ``except E as e`` unbinds ``e``
(looked at on Python 3.10 to 3.13). If the program keeps the exception (``last = e``), the call ends as if it had
returned.
"""

from __future__ import annotations

import dis
from collections import deque
from collections.abc import Iterator
from types import CodeType, FrameType, TracebackType


def dropping(code: CodeType) -> frozenset[int]:
    """The values of ``f_lasti`` at which a handler of this code drops the exception that it caught."""
    found: list[int] = []
    before: deque[str] = deque(maxlen=2)
    for instruction in dis.get_instructions(code):
        name = instruction.opname
        if name == "POP_EXCEPT" or (name.startswith("STORE_") and before and before[0] == "POP_EXCEPT"):
            found.append(instruction.offset)
        before.append(name)
    return frozenset(found)


def frames_left(error: BaseException) -> Iterator[tuple[FrameType, BaseException]]:
    """The frames that ``error``, or an exception that it was raised from, has left, with the exception that left them.

    The frame that catches ``error`` is not among them.
    """
    chained: BaseException | None = error
    for _ in range(8):  # a chain can be a circle
        if chained is None:
            return
        inner: TracebackType | None = chained.__traceback__
        while inner is not None and inner.tb_next is not None:
            inner = inner.tb_next
            yield inner.tb_frame, chained
        chained = chained.__cause__ or chained.__context__
