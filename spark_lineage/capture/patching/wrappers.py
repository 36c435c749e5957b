"""Wrappers around pyspark's methods.

Each calls the original exactly once, outside our ``try``. Whatever else it evaluates stands inside a guard
(``tests/unit/test_guarded.py`` holds that). On an error our own frame is taken off the traceback, so that it reads as
in a plain run.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from spark_lineage.capture.following.spark_classes import connect_dataframe_class, dataframe_class, rdd_classes
from spark_lineage.capture.operations.methods import (
    Method,
    connect_methods,
    delta_methods,
    function_makers,
    methods,
    ml_methods,
    remote_ml_methods,
)
from spark_lineage.capture.recorder import Recorder
from spark_lineage.guard import leave
from spark_lineage.patches import Patch, around


def patches(recorder: Recorder) -> list[Patch]:
    """One patch per method of pyspark that is looked at."""
    table = [around(method.owner, method.name, _around(method, recorder)) for method in methods()]
    frame = dataframe_class()
    table += [around(owner, name, _on_function(recorder)) for owner, name in function_makers()]
    for owner in (frame, *rdd_classes()):
        table.append(around(owner, "__init__", _on_creation(recorder, owner is not frame)))
    table.append(_batches(recorder))
    return table


def ml_patches(recorder: Recorder) -> list[Patch]:
    """The patches of ``pyspark.ml``, which the program has imported."""
    return [around(method.owner, method.name, _around(method, recorder)) for method in ml_methods()]


def remote_ml_patches(recorder: Recorder) -> list[Patch]:
    """The patches of ``pyspark.ml.connect.readwrite``, which the program has imported."""
    return [around(method.owner, method.name, _around(method, recorder)) for method in remote_ml_methods()]


def delta_patches(recorder: Recorder) -> list[Patch]:
    """The patches of ``delta.tables``, which the program has imported."""
    return [around(method.owner, method.name, _around(method, recorder)) for method in delta_methods()]


def connect_patches(recorder: Recorder) -> list[Patch]:
    """The patches of the client of Spark Connect, which the program has imported."""
    from pyspark.sql.connect import expressions, plan
    from pyspark.sql.connect.client import SparkConnectClient

    table = [around(method.owner, method.name, _around(method, recorder)) for method in connect_methods()]
    table.append(around(connect_dataframe_class(), "__init__", _on_creation(recorder, False)))
    for name in ("_execute", "_execute_and_fetch_as_iterator"):  # what all of its requests to run something go through
        table.append(around(SparkConnectClient, name, _on_request(recorder)))
    for owner in (expressions.PythonUDF, getattr(plan, "PythonUDTF", None)):  # 3.5 brought table functions
        if owner is not None:
            table.append(around(owner, "to_plan", _on_function_sent(recorder)))
    return table


def _on_request(recorder: Recorder) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    guard, sends = recorder.guard, recorder.sends

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def execute(self: Any, req: Any, *args: Any, **kwargs: Any) -> Any:
            guard("requests", sends, req)
            try:
                return original(self, req, *args, **kwargs)
            except BaseException as error:
                leave(error)
                raise

        return execute

    return make


def _on_function_sent(recorder: Recorder) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Wraps the method in which the client pickles a user's function, once per request that has it."""
    guard, function_sent = recorder.guard, recorder.function_sent

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def to_plan(self: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                message = original(self, *args, **kwargs)
            except BaseException as error:
                leave(error)
                raise
            guard("functions", function_sent, self, message)
            return message

        return to_plan

    return make


def _batches(recorder: Recorder) -> Patch:
    """The patch of ``foreachBatch(f)``: what ``f`` is called with holds rows of the stream's DataFrame."""
    from pyspark.sql.streaming.readwriter import DataStreamWriter

    from_caller, will_be_called = recorder.guard.from_caller, recorder.made_elsewhere.will_be_called

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def foreachBatch(self: Any, func: Any, *args: Any, **kwargs: Any) -> Any:
            from_caller("streaming", will_be_called, self, func)
            try:
                return original(self, func, *args, **kwargs)
            except BaseException as error:
                leave(error)
                raise

        return foreachBatch

    return around(DataStreamWriter, "foreachBatch", make)


def _around(method: Method, recorder: Recorder) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    begin, end, fail = recorder.begin, recorder.end, recorder.fail
    off, caught, from_caller = recorder.guard.off, recorder.guard.caught, recorder.guard.from_caller
    getframe = sys._getframe

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def observed(*args: Any, **kwargs: Any) -> Any:
            running = None
            try:  # not through guard(): this is on the path of every operation, twice
                if "operations" not in off:
                    running = begin(method, args, kwargs, getframe().f_back)
            except BaseException as fault:
                caught("operations", fault)
            try:
                result = original(*args, **kwargs)
            except BaseException as error:
                leave(error)
                if running is not None:
                    from_caller("operations", fail, running, error)
                raise
            if running is not None:
                try:
                    end(running, result, args, kwargs)
                except BaseException as fault:
                    caught("operations", fault)
            return result

        return observed

    return make


def _on_creation(recorder: Recorder, is_rdd: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    off, caught, getframe, thread = recorder.guard.off, recorder.guard.caught, sys._getframe, recorder.thread
    appeared = recorder.rdd_appeared if is_rdd else recorder.frame_appeared

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def __init__(*args: Any, **kwargs: Any) -> None:
            try:
                original(*args, **kwargs)
            except BaseException as error:
                leave(error)
                raise
            try:  # not through guard(): most DataFrames are made inside an operation
                if "creation" not in off and (is_rdd or thread.active is None or thread.active.method.opens):
                    appeared(args[0], getframe().f_back)
            except BaseException as fault:
                caught("creation", fault)

        return __init__

    return make


def _on_function(recorder: Recorder) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Wraps the method in which pyspark pickles a user's function for the JVM, once per UDF."""
    guard, function_made = recorder.guard, recorder.function_made

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def create(self: Any, func: Any, *args: Any, **kwargs: Any) -> Any:
            try:
                udf = original(self, func, *args, **kwargs)
            except BaseException as error:
                leave(error)
                raise
            guard("functions", function_made, udf, func)
            return udf

        return create

    return make
