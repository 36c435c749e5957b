"""Wrappers around pyspark's methods.

Each calls the original exactly once, outside our ``try``; faults of ours go to the guard. On an error our own frame
is taken off the traceback, so that it reads as in a plain run.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from spark_lineage.capture.operations.methods import (
    Method,
    dataframe_class,
    delta_methods,
    function_makers,
    methods,
    ml_methods,
    rdd_classes,
)
from spark_lineage.capture.patching.table import Patch, without_this_frame
from spark_lineage.capture.recorder import Recorder


def patches(recorder: Recorder) -> list[Patch]:
    """One patch per method of pyspark that is looked at."""
    table = [Patch(method.owner, method.name, _around(method, recorder)) for method in methods()]
    frame = dataframe_class()
    table += [Patch(owner, name, _on_function(recorder)) for owner, name in function_makers()]
    for owner in (frame, *rdd_classes()):
        table.append(Patch(owner, "__init__", _on_creation(recorder, owner is not frame)))
    table.append(_batches(recorder))
    return table


def ml_patches(recorder: Recorder) -> list[Patch]:
    """Of ``pyspark.ml``, once the program has imported it."""
    return [Patch(method.owner, method.name, _around(method, recorder)) for method in ml_methods()]


def delta_patches(recorder: Recorder) -> list[Patch]:
    """Of ``delta.tables``, once the program has imported it."""
    return [Patch(method.owner, method.name, _around(method, recorder)) for method in delta_methods()]


def _batches(recorder: Recorder) -> Patch:
    """``foreachBatch(f)``: what ``f`` will be called with are rows of the stream's DataFrame."""
    from pyspark.sql.streaming.readwriter import DataStreamWriter

    guard = recorder.guard

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def foreachBatch(self: Any, func: Any, *args: Any, **kwargs: Any) -> Any:
            guard("streaming", recorder.unseen.will_be_called, func, vars(self).get("_df"), sys._getframe(1))
            try:
                return original(self, func, *args, **kwargs)
            except BaseException as error:
                without_this_frame(error)
                raise

        return foreachBatch

    return Patch(DataStreamWriter, "foreachBatch", make)


def _around(method: Method, recorder: Recorder) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    guard, begin, end, fail = recorder.guard, recorder.begin, recorder.end, recorder.fail
    off, getframe = guard.off, sys._getframe

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def observed(*args: Any, **kwargs: Any) -> Any:
            try:  # not through guard(): this is on the path of every operation, twice
                running = begin(method, args, kwargs, getframe(1)) if "operations" not in off else None
            except Exception as fault:
                running = None
                guard.caught("operations", fault)
            try:
                result = original(*args, **kwargs)
            except BaseException as error:
                without_this_frame(error)
                if running is not None:
                    guard("errors", fail, running, error, getframe(1))
                raise
            if running is not None:
                try:
                    end(running, result, args, kwargs)
                except Exception as fault:
                    guard.caught("operations", fault)
            return result

        return observed

    return make


def _on_creation(recorder: Recorder, is_rdd: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    guard, getframe, thread = recorder.guard, sys._getframe, recorder.thread
    appeared = recorder.rdd_appeared if is_rdd else recorder.frame_appeared

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def __init__(*args: Any, **kwargs: Any) -> None:
            try:
                original(*args, **kwargs)
            except BaseException as error:
                without_this_frame(error)
                raise
            if is_rdd or thread.active is None or thread.active.method.opens:
                guard("creation", appeared, args[0], getframe(1))

        return __init__

    return make


def _on_function(recorder: Recorder) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Where pyspark pickles a user's function for the JVM: once per UDF."""
    guard, made = recorder.guard, recorder.function_made

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def create(self: Any, func: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                udf = original(self, func, *args, **kwargs)
            except BaseException as error:
                without_this_frame(error)
                raise
            guard("functions", made, udf, func)
            return udf

        return create

    return make
