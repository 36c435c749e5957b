"""The patches by which models are seen that are fitted outside of Spark, and the runs of MLflow that log them.

A class of scikit-learn's kind has methods of its own, so each is looked at when it is made (``__init_subclass__``) and
those that were there before at once. Classes of the program itself are left alone: they may be pickled by value, and
what they fit is seen all the same.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from types import FunctionType, ModuleType
from typing import Any

from spark_lineage.capture.code import loaded_sources
from spark_lineage.capture.code.ownership import UserCode
from spark_lineage.capture.following.fitted_models import FittedModels
from spark_lineage.capture.following.mlflow_runs import MlflowRuns
from spark_lineage.guard import Guard, leave
from spark_lineage.model.libraries import ESTIMATORS
from spark_lineage.patches import Patch, Patches, around

FITS = ("fit", "partial_fit", "fit_transform", "fit_predict")
USES = (
    "predict", "predict_proba", "predict_log_proba", "decision_function", "transform", "inverse_transform",
    "score_samples", "score",
)  # fmt: skip
_IMPORTS = re.compile(rb"^\s*(?:import|from)\s+(?:%b)\b" % "|".join(ESTIMATORS).encode(), re.MULTILINE)


def named(user_code: UserCode) -> bool:
    """Whether the source of the program that is loaded imports scikit-learn or its like: libraries do, too."""
    return loaded_sources.say(_IMPORTS, user_code)


class EstimatorPatches:
    """Those of all classes of estimators, also of those that are made later. ``install`` once, ``uninstall`` twice."""

    def __init__(self, models: FittedModels, guard: Guard) -> None:
        self._models, self._guard = models, guard
        self._tables: list[Patches] = []
        self.on = False  # what others have put over ours stays there when ours is taken out

    def install(self) -> None:
        self.on = True
        module = sys.modules["sklearn.base"]
        base = module.BaseEstimator
        owner = next(each for each in base.__mro__ if "__init_subclass__" in vars(each))
        self._place([around(owner, "__init_subclass__", self._on_class)])
        own = [each for each in vars(module).values() if isinstance(each, type) and each.__module__ == module.__name__]
        for kind in dict.fromkeys([*own, *_below(base)]):
            self._look(kind)

    def uninstall(self) -> None:
        self.on = False
        while self._tables:
            self._tables.pop().uninstall()

    def _place(self, table: list[Patch]) -> None:
        patches = Patches(table)
        patches.install()
        self._tables.append(patches)

    def _look(self, kind: type) -> None:
        if kind.__module__.partition(".")[0] in ESTIMATORS:
            own = vars(kind)
            found = [name for name in (*FITS, *USES) if isinstance(own.get(name), FunctionType)]
            if found:
                self._place([around(kind, name, self._on_method(name, name in FITS)) for name in found])

    def _on_class(self, original: Callable[..., Any]) -> Callable[..., Any]:
        guard, look = self._guard, self._look

        def __init_subclass__(cls: Any, *args: Any, **kwargs: Any) -> None:
            try:
                original(cls, *args, **kwargs)
            except BaseException as error:
                leave(error)
                raise
            guard("models", look, cls)

        return __init_subclass__

    def _on_method(self, name: str, makes: bool) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        begin, end, failed = self._models.begin, self._models.end, self._models.failed
        guard, off, caught, getframe = self._guard, self._guard.off, self._guard.caught, sys._getframe
        patches = self

        def make(original: Callable[..., Any]) -> Callable[..., Any]:
            def observed(*args: Any, **kwargs: Any) -> Any:
                running = None
                try:
                    if "models" not in off and patches.on:
                        running = begin(args[0], name, makes, getframe().f_back)
                except BaseException as fault:
                    caught("models", fault)
                try:
                    result = original(*args, **kwargs)
                except BaseException as error:
                    leave(error)
                    if running is not None:
                        guard("models", failed, running)
                    raise
                if running is not None:
                    guard("models", end, running)
                return result

            return observed

        return make


def _below(kind: type) -> Iterator[type]:
    found: list[type] = kind.__subclasses__()
    for each in found:
        yield each
        yield from _below(each)


def mlflow_patches(runs: MlflowRuns, guard: Guard, module: ModuleType) -> list[Patch]:
    """The patch of ``mlflow.start_run``, which MLflow's automatic logging calls, too."""
    begun = runs.begun

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def start_run(*args: Any, **kwargs: Any) -> Any:
            try:
                run = original(*args, **kwargs)
            except BaseException as error:
                leave(error)
                raise
            guard("mlflow", begun, run)
            return run

        return start_run

    places = [module, sys.modules.get("mlflow.tracking.fluent")]  # a module of the program may be called so
    return [around(place, "start_run", make) for place in places if place is not None and "start_run" in vars(place)]
