"""The patches of one observation: which parts there are, when each is placed, and that all are undone."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterable
from functools import partial
from types import ModuleType

from spark_lineage.after_import import Finder, is_whole
from spark_lineage.capture.patching import arrow_functions, models, table_attributes, threads, wrappers
from spark_lineage.capture.recorder import Recorder
from spark_lineage.patches import Patch, Patches

MODELS = {"pandas", "sklearn.base"}  # where both are imported, models are fitted on pandas
MLFLOW = "mlflow"
ARROW_ROOMS = ("parquet", "csv", "json", "feather", "orc", "dataset", "ipc", "compute", "acero")
CONNECT = "pyspark.sql.connect.session"  # once it is there, so are the other classes of the client
REMOTE_ML = "pyspark.ml.connect.readwrite"


class Installation:
    """Patches that are in place.

    Each part is placed whole or not at all. A fault while a part is made or placed is the guard's, and the program runs
    on without that part. What the program imports itself is patched once it has done so.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._guard = recorder.guard
        self._parts: dict[str, Patches] = {}
        self._tried: set[str] = set()  # what could not be placed is not tried again
        self._installed = True
        self._place("threads", lambda: threads.patches(recorder.frames, recorder.guard))
        recorder.results.pandas_seen = self.follow_pandas
        recorder.later = (
            ("pyspark.ml.util", lambda: self._place("pyspark.ml", lambda: wrappers.ml_patches(recorder))),
            ("delta.tables", lambda: self._place("delta", lambda: wrappers.delta_patches(recorder))),
        )
        self._imported: dict[str, Callable[[], None]] = {
            "pyspark": self._follow_spark,
            CONNECT: self._follow_connect,
            REMOTE_ML: self._follow_remote_ml,
            "pandas": self._pandas_is_there,
            "polars": self._polars_is_there,
            "pyarrow": self._arrow_is_there,
            "duckdb": self._duckdb_is_there,
            **{f"pyarrow.{name}": partial(self._arrow_room_is_there, f"pyarrow.{name}") for name in ARROW_ROOMS},
            "sklearn.base": self._follow_models,
            MLFLOW: self._follow_mlflow,
        }
        self._there: set[str] = set()  # of these
        self._estimators: models.EstimatorPatches | None = None
        self._finder = Finder(tuple(self._imported), self._is_there, recorder.guard)
        for name in filter(is_whole, self._imported):
            recorder.guard("modules", self._is_there, sys.modules[name])
        sys.meta_path.insert(0, self._finder)

    def uninstall(self) -> None:
        """Takes out what is still ours; can be called twice."""
        if self._installed:
            self._installed = False
            if self._finder in sys.meta_path:
                sys.meta_path.remove(self._finder)
            if self._estimators is not None:
                self._guard("undoing patches", self._estimators.uninstall)
            for part in reversed(self._parts.values()):
                self._guard("undoing patches", part.uninstall)
            if self._recorder.pandas is not None:
                self._guard("undoing patches", self._recorder.pandas.end)
            self._guard("undoing patches", self._recorder.finish)

    def _place(self, part: str, table: Callable[[], Iterable[Patch]]) -> None:
        if self._installed and part not in self._tried:
            self._tried.add(part)
            self._guard("patching", self._place_now, part, table)

    def _place_now(self, part: str, table: Callable[[], Iterable[Patch]]) -> None:
        patches = Patches(table())
        patches.install()
        self._parts[part] = patches

    def _of_pyspark(self) -> list[Patch]:
        self._recorder.known.bind()
        return wrappers.patches(self._recorder)

    def _follow_spark(self) -> None:
        """A client of Spark Connect has no Spark, and no classes of classic sessions."""
        if _is_installed("py4j") and _has_jars():
            self._place("pyspark", self._of_pyspark)

    def _of_connect(self) -> list[Patch]:
        self._recorder.known.bind_remote()
        return wrappers.connect_patches(self._recorder)

    def _follow_connect(self) -> None:
        self._place("pyspark.connect", self._of_connect)

    def _follow_remote_ml(self) -> None:
        self._place(REMOTE_ML, lambda: wrappers.remote_ml_patches(self._recorder))

    def follow_pandas(self) -> None:
        """Follows pandas objects from here on, whether or not they meet Spark. pandas must be imported."""
        pandas = self._recorder.pandas
        if pandas is not None:
            self._place("pandas", lambda: table_attributes.patches(pandas))
            if "pandas" not in self._parts:
                pandas.end()

    def _is_there(self, module: ModuleType) -> None:
        """The program, or a library that it uses, has imported one of the modules that are waited for."""
        file = module.__dict__.get("__file__") or ""
        if not self._recorder.frames.user_code.ownership(file).owned:  # it may have one that is called so
            self._there.add(module.__name__)
            self._imported[module.__name__]()

    def _polars_is_there(self) -> None:
        """A library that tries whether there is polars is no reason for a gap."""
        recorder, polars = self._recorder, sys.modules["polars"]
        pandas = recorder.pandas
        if pandas is not None:
            self._place("polars", lambda: table_attributes.polars_patches(pandas))
        of_main = list(getattr(sys.modules.get("__main__"), "__dict__", {}).values())
        is_used = recorder.frames.import_is_the_programs() or any(value is polars for value in of_main)
        if is_used and "polars" not in self._parts:
            recorder.polars_is_used()

    def _arrow_is_there(self) -> None:
        if self._recorder.pandas is not None:
            self._recorder.pandas.begin("pyarrow")
            self._arrow_room_is_there("pyarrow")

    def _arrow_room_is_there(self, module: str) -> None:
        handed, frames = self._recorder.handed, self._recorder.frames
        if handed is not None:
            self._place(module, lambda: arrow_functions.patches(handed, frames, module))

    def _duckdb_is_there(self) -> None:
        if self._recorder.pandas is not None:
            self._recorder.pandas.begin("duckdb")

    def _pandas_is_there(self) -> None:
        self.follow_pandas()
        self._follow_models()

    def _follow_models(self) -> None:
        recorder = self._recorder
        if not self._installed or self._estimators is not None or not self._there >= MODELS:
            return
        if recorder.models is not None and models.named(recorder.frames.user_code):
            self._estimators = models.EstimatorPatches(recorder.models, recorder.guard)
            self._guard("patching", self._estimators.install)

    def _follow_mlflow(self) -> None:
        recorder = self._recorder
        self._place(MLFLOW, lambda: models.mlflow_patches(recorder.mlflow, recorder.guard, sys.modules[MLFLOW]))


def _is_installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):  # a module of that name that was made by hand
        return package in sys.modules


def _has_jars() -> bool:
    home = os.environ.get("SPARK_HOME") or os.path.dirname(sys.modules["pyspark"].__file__ or "")
    return os.path.isdir(os.path.join(home, "jars"))


def install(recorder: Recorder) -> Installation:
    """Patches what the program imports, once it does: pyspark's classic classes, and pandas.

    ``Installation.uninstall`` undoes it. It raises nothing unless the guard is strict.
    """
    return Installation(recorder)
