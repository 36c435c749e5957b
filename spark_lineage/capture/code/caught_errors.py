"""Was a call left by an exception that its caller caught?

No hook tells on all versions of Python, but the end of the frame does. A frame that returns ends while its caller
stands at the call. One that an exception has left is held by its traceback, so it ends when the handler drops the
exception: at ``POP_EXCEPT``, or where ``except E as e`` takes ``e`` back, two instructions later (3.10 to 3.13 looked
at). What is kept longer (``last = e``) ends as if it had returned.
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
    """The frames that this exception, or those that it was raised from, have left. The catching frame is not one."""
    each: BaseException | None = error
    for _ in range(8):  # chains can be circles
        if each is None:
            return
        inner: TracebackType | None = each.__traceback__
        while inner is not None and inner.tb_next is not None:
            inner = inner.tb_next
            yield inner.tb_frame, each
        each = each.__cause__ or each.__context__
