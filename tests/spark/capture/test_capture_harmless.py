"""With capture in place pyspark looks and behaves as without it."""

from __future__ import annotations

import gc
import inspect
import io
import pickle
import re
import threading
import traceback
import weakref
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from capturing import PROGRAMS, Captured, RecordingPort, captured_lineage, expected, run_captured, run_plain
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.classic.dataframe import DataFrame as ClassicDataFrame

from spark_lineage import capture
from spark_lineage.capture.operations.methods import methods
from spark_lineage.model import CallEnded, CallSeen, Operation, OperationKind

HERE = str(Path(__file__).parent)


def test_installing_and_uninstalling_leaves_the_classes_as_they_were(spark: SparkSession) -> None:
    looked_at = list(methods())
    before = [vars(method.owner)[method.name] for method in looked_at]
    with captured_lineage(HERE):
        during = [vars(method.owner)[method.name] for method in looked_at]
        with captured_lineage(HERE):
            pass
        again = [vars(method.owner)[method.name] for method in looked_at]
    after = [vars(method.owner)[method.name] for method in looked_at]
    assert all(a is b for a, b in zip(before, after))
    assert all(a is not b for a, b in zip(before, during))
    assert all(a is b for a, b in zip(during, again))


def test_what_others_patched_meanwhile_stays_theirs(spark: SparkSession) -> None:
    original = ClassicDataFrame.filter
    try:
        with captured_lineage(HERE):
            ours = ClassicDataFrame.filter

            def theirs(self: Any, condition: Any) -> Any:
                return ours(self, condition)

            ClassicDataFrame.filter = theirs
        assert ClassicDataFrame.filter is theirs
    finally:
        ClassicDataFrame.filter = original


def test_signatures_names_and_documentation_are_pysparks(spark: SparkSession) -> None:
    looked_at = [method for method in methods() if inspect.isfunction(vars(method.owner)[method.name])]
    plain = {}
    for method in looked_at:
        function = vars(method.owner)[method.name]
        plain[method.label] = (
            inspect.signature(function),
            function.__doc__,
            function.__qualname__,
            function.__module__,
        )
        plain[method.label + " source"] = inspect.getsource(function)
    with captured_lineage(HERE):
        for method in looked_at:
            function = vars(method.owner)[method.name]
            found = (inspect.signature(function), function.__doc__, function.__qualname__, function.__module__)
            assert found == plain[method.label]
            assert inspect.getsource(function) == plain[method.label + " source"]
        assert pickle.loads(pickle.dumps(ClassicDataFrame.filter)) is ClassicDataFrame.filter


def test_objects_carry_no_trace_of_ours(spark: SparkSession) -> None:
    def attributes() -> list[set[str]]:
        df = spark.range(3).filter("id > 1")
        grouped = df.groupBy("id")
        return [set(vars(each)) for each in (df, grouped, df.write, spark.read, df.rdd, df.toPandas())]

    plain = attributes()
    with captured_lineage(HERE):
        assert attributes() == plain


def test_dataframes_are_let_go(spark: SparkSession) -> None:
    with captured_lineage(HERE) as got:

        def work() -> list[weakref.ref[Any]]:
            df = spark.range(3)
            rows = df.filter("id > 0")
            return [weakref.ref(df), weakref.ref(rows), weakref.ref(rows.toPandas()), weakref.ref(rows.rdd)]

        held = work()
        gc.collect()
        assert [reference() for reference in held] == [None] * 4
        assert any(isinstance(each, CallEnded) for each in got.seen)


# --------------------------------------------------------------------------- errors


def wrong_column(spark: SparkSession) -> None:
    spark.range(3).select("nope")


def wrong_arguments(spark: SparkSession) -> None:
    spark.range(3).filter()  # type: ignore[call-arg]


def wrong_type(spark: SparkSession) -> None:
    spark.range(3).join("x", 3, how=5)  # type: ignore[arg-type]


def through_the_abstract_class(spark: SparkSession) -> None:
    DataFrame.unionByName(spark.range(3), spark.range(3).withColumnRenamed("id", "other"))


def inside_transform(spark: SparkSession) -> None:
    spark.range(3).transform(lambda df: df.transform(lambda inner: inner.select("nope")))


def inside_an_action(spark: SparkSession) -> None:
    spark.range(3).selectExpr("raise_error('wanted')").collect()


def raised_from_another(spark: SparkSession) -> None:
    try:
        spark.table("no_such_table")
    except Exception as error:
        raise RuntimeError("no table") from error


def while_handling_another(spark: SparkSession) -> None:
    try:
        spark.range(3).select("nope")
    except Exception:
        spark.range(3).select("neither")


def in_a_thread_pool(spark: SparkSession) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(wrong_column, spark).result()


def in_a_generator(spark: SparkSession) -> None:
    list(spark.range(n).select("nope") for n in (1, 2))


def from_storage(spark: SparkSession) -> None:
    spark.read.parquet("/no/such/folder")


def while_writing(spark: SparkSession) -> None:
    spark.range(3).write.mode("wrong").parquet("/tmp/never")


def while_making(spark: SparkSession) -> None:
    spark.createDataFrame([(1,), ("a",)], "a int")


def starting_a_thread_twice(spark: SparkSession) -> None:
    thread = threading.Thread(target=print, args=("",))
    thread.start()
    thread.join()
    thread.start()


ERRORS = [
    wrong_column, wrong_arguments, wrong_type, through_the_abstract_class, inside_transform, inside_an_action,
    raised_from_another, while_handling_another, in_a_thread_pool, in_a_generator, from_storage, while_writing,
    while_making, starting_a_thread_twice,
]  # fmt: skip


def traceback_of(failing: Callable[[SparkSession], None], spark: SparkSession) -> str:
    out = io.StringIO()
    try:
        failing(spark)
    except BaseException as error:
        traceback.print_exception(error, file=out)
    return out.getvalue()


@pytest.mark.parametrize("failing", ERRORS, ids=lambda function: function.__name__)
def test_tracebacks_read_as_in_a_plain_run(spark: SparkSession, failing: Callable[[SparkSession], None]) -> None:
    plain = _without_ids(traceback_of(failing, spark))
    with captured_lineage(HERE) as got:
        captured = _without_ids(traceback_of(failing, spark))
    assert captured == plain
    assert "Traceback" in plain
    assert not got.gaps


def _without_ids(text: str) -> str:
    return re.sub(r"(#|o|@|TID |stage |Task )\d+[\dL.]*|task \d+.\d+ in stage \d+.\d+", "#", text)


def test_failing_operations_are_recorded_with_the_calls_they_leave(spark: SparkSession) -> None:
    got = run_captured(PROGRAMS / "errors.py")
    failed = [operation for operation in got.of(Operation) if operation.error]
    names = _functions(got)
    assert [[names[call] for call in operation.failed_calls] for operation in failed] == [
        ["broken"],
        ["broken", "careless", "<module>"],
    ]
    assert all(operation.error.startswith("AnalysisException: [UNRESOLVED_COLUMN") for operation in failed)
    assert [names[call] for call in capture.calls_on(got.error.__traceback__)] == ["<module>", "careless", "broken"]


def _functions(got: Captured) -> dict[str, str]:
    return {call.call: call.function for call in got.of(CallSeen)}


# --------------------------------------------------------------------------- call sites, kinds


def test_spark_sees_the_users_call_sites(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    from pyspark.traceback_utils import SCCallSiteSync

    sites: list[str] = []
    original = SCCallSiteSync.__enter__
    monkeypatch.setattr(SCCallSiteSync, "__enter__", lambda self: (sites.append(self._call_site), original(self))[1])

    def work() -> list[str]:
        sites.clear()
        df = spark.range(3)
        df.collect(), df.toPandas(), df.rdd.collect(), df.rdd.map(lambda row: row).count()
        return list(sites)

    plain = work()
    with captured_lineage(HERE):
        assert work() == plain
    assert plain
    assert any(" at " + __file__ in site for site in plain)


def test_operations_have_their_kind_and_their_op_on_the_jvm(spark: SparkSession, tmp_path: Path) -> None:
    with captured_lineage(HERE) as got:
        df = spark.range(3)
        df.write.parquet(str(tmp_path / "a"))
        spark.read.parquet(str(tmp_path / "a")).first()
        df.createOrReplaceTempView("kinds_view")
        spark.sql("select 1")
        spark.sql("insert overwrite directory '%s' using parquet select * from kinds_view" % (tmp_path / "b"))
        spark.catalog.dropTempView("kinds_view")
        df.describe()
        df.rdd.count()
    kinds = [(operation.name, operation.kind, operation.op in got.port.ops) for operation in got.of(Operation)]
    assert kinds == [
        ("SparkSession.range", OperationKind.CREATE, False),
        ("DataFrameWriter.parquet", OperationKind.WRITE, True),
        ("DataFrameReader.parquet", OperationKind.READ, True),
        ("DataFrame.first", OperationKind.ACTION, True),
        ("DataFrame.createOrReplaceTempView", OperationKind.VIEW, False),
        ("SparkSession.sql", OperationKind.READ, False),
        ("SparkSession.sql", OperationKind.WRITE, True),
        ("Catalog.dropTempView", OperationKind.VIEW, False),
        ("DataFrame.describe", OperationKind.TRANSFORM, True),
        ("RDD.count", OperationKind.ACTION, True),
    ]


@pytest.mark.parametrize(
    ("entry", "program", "times"),
    [
        ("begin", "functions", 3),
        ("end", "functions", 3),
        ("fail", "errors", 2),
        ("frame_appeared", "ml", 3),
        ("rdd_appeared", "hops", 3),
        ("function_made", "udfs", 3),
    ],
)
def test_every_fault_of_ours_is_swallowed(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, entry: str, program: str, times: int
) -> None:
    """With an entry into our code raising, programs print and raise the same; after three faults a part is off."""
    path = PROGRAMS / f"{program}.py"
    plain, plain_error, _ = run_plain(path)
    entered = 0

    def broken(*args: object) -> None:
        nonlocal entered
        entered += 1
        raise AssertionError("a fault of ours")

    monkeypatch.setattr(capture.Recorder, entry, broken)
    with captured_lineage(str(path.parent), strict=False) as got:
        printed, error, _ = run_plain(path)
    assert (printed, repr(error)) == (plain, repr(plain_error))
    faults = [gap for gap in got.gaps if "a fault of ours" in gap]
    assert (entered, len(faults)) == (times, times)


def test_a_dead_jvm_half_costs_nothing_but_gaps(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*args: object) -> None:
        raise ConnectionError("gone")

    monkeypatch.setattr(RecordingPort, "mark", gone)
    monkeypatch.setattr(RecordingPort, "set_op", gone)
    path = PROGRAMS / "functions.py"
    plain, _, _ = run_plain(path)
    with captured_lineage(str(path.parent), strict=False) as got:
        printed, error, _ = run_plain(path)
    assert (printed, error) == (plain, None)
    assert any("gone" in gap for gap in got.gaps)
    assert len(got.operations()) > 5


def test_a_step_called_very_often_is_counted(spark: SparkSession, tmp_path: Path) -> None:
    program = tmp_path / "often.py"
    program.write_text("def step(df):\n    return df.filter('id > 0')\nfor _ in range(60):\n    step(base)\n")
    got = run_captured(program, calls=5, base=spark.range(3))
    assert len([call for call in _functions(got).values() if call == "step"]) == 6
    assert sum("calls of step" in gap for gap in got.gaps) == 2
    assert len([name for name in got.operations() if name == "DataFrame.filter"]) == 55  # 5 alone, 50 of the rest
    assert any("operations of step: 5 operations beyond" in gap for gap in got.gaps)


def test_a_dataframe_made_by_hand_is_found(spark: SparkSession, tmp_path: Path) -> None:
    program = tmp_path / "by_hand.py"
    program.write_text("other = type(base)(base._jdf, spark)\nlast = other.filter('id > 0')\nprint(last.count())\n")
    got = run_captured(program, base=spark.range(3), spark=spark)
    assert got.lineage() == ["last <- other", "other <- -"]


def test_programs_are_there() -> None:
    assert sum(1 for path in PROGRAMS.glob("*.py") if expected(path)) >= 18
