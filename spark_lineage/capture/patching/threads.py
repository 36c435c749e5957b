"""Patches that tell whose work a thread does: the user code that started it, or that submitted its task to a pool.

Only the position and a number are remembered. Functions and arguments go through untouched.
"""

from __future__ import annotations

import concurrent.futures.thread
import threading
import weakref
from collections.abc import Callable
from types import FrameType
from typing import Any

from spark_lineage.capture.code.frames import Frames, GivenWork
from spark_lineage.guard import Guard, leave
from spark_lineage.patches import Patch, around


def patches(frames: Frames, guard: Guard) -> list[Patch]:
    """The patches of ``threading`` and of ``concurrent.futures``; ``frames`` is told what they see."""
    items: weakref.WeakKeyDictionary[Any, GivenWork] = weakref.WeakKeyDictionary()
    work_item = concurrent.futures.thread._WorkItem
    return [
        around(threading.Thread, "start", lambda original: _start(original, frames, guard)),
        around(work_item, "__init__", lambda original: _submitted(original, frames, guard, items)),
        around(work_item, "run", lambda original: _run(original, frames, guard, items)),
    ]


def _start(original: Callable[..., Any], frames: Frames, guard: Guard) -> Callable[..., Any]:
    from_caller = guard.from_caller

    def remember(thread: threading.Thread, frame: FrameType | None) -> None:
        if (given := frames.given(frame)) is not None:
            frames.sites[thread] = given

    def start(self: threading.Thread) -> None:
        from_caller("threads", remember, self)
        try:
            original(self)
        except BaseException as error:
            leave(error)
            raise

    return start


def _submitted(
    original: Callable[..., Any], frames: Frames, guard: Guard, items: weakref.WeakKeyDictionary[Any, GivenWork]
) -> Callable[..., Any]:
    from_caller = guard.from_caller

    def remember(item: Any, frame: FrameType | None) -> None:
        if (given := frames.given(frame)) is not None:
            items[item] = given

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        from_caller("threads", remember, self)
        try:
            original(self, *args, **kwargs)
        except BaseException as error:
            leave(error)
            raise

    return __init__


def _run(
    original: Callable[..., Any], frames: Frames, guard: Guard, items: weakref.WeakKeyDictionary[Any, GivenWork]
) -> Callable[..., Any]:
    def begun(item: Any) -> None:
        frames.task.given = items.get(item)
        frames.batch.passed_over = None

    def done() -> None:
        frames.task.given = None
        frames.batch.passed_over = None

    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        guard("tasks", begun, self)
        try:
            return original(self, *args, **kwargs)
        except BaseException as error:
            leave(error)
            raise
        finally:
            guard("ended tasks", done)

    return run
