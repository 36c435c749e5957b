"""What no plan of Spark's shows: models, and what RDDs and models read from storage and write there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

from spark_lineage.capture.deferred import Emit
from spark_lineage.capture.following.nodes import Node, frontier
from spark_lineage.capture.following.tracked import DF_IDS, TrackedObjects
from spark_lineage.capture.operations.operation import RunningOperation
from spark_lineage.model import Fragment, Marked, Storage

MAKERS = frozenset({"estimator", "model_reader", "context"})  # subjects of methods that make what no plan shows
LONGEST = 1000  # characters of what an estimator is set to
DEEPEST = 5  # estimators within estimators that are looked into
MOST_PARTS = 1000  # of a model

#: Gives the namespace, the name and the part of what lies at a path; None where no JVM half is there.
PlaceOf = Callable[[str], "tuple[str, str, str] | None"]


class WithoutPlan:
    """Tells of models and of storage that operations show, and plans do not."""

    def __init__(self, known: TrackedObjects, emit: Emit, place: PlaceOf) -> None:
        self._known = known
        self._emit = emit
        self._place = place

    def begin(self, running: RunningOperation, args: tuple[Any, ...]) -> None:
        """Notes where an operation writes, before it does so."""
        if running.method.writes is not None:
            storage = self._storage(args, running.method.writes)
            if storage is not None:
                of = (storage.namespace, storage.name, storage.part or "", storage.format or "")
                running.note("place", "\n".join(of))

    def asked_for(self, running: RunningOperation, frame: FrameType | None) -> None:
        """Notes which model the program asked for, and from where: a pipeline is loaded stage by stage."""
        while frame is not None and frame.f_globals.get("__name__", "").startswith("pyspark."):
            path = frame.f_locals.get("path") if frame.f_code.co_name == "load" else None  # pyspark's own frame
            if isinstance(path, str):
                running.note("path", path)
                running.note("loaded", _class_to_load(frame).__name__)
            frame = frame.f_back

    def made(self, running: RunningOperation, result: Any, args: tuple[Any, ...]) -> str | None:
        """The id of what an operation has made: a model that was fitted or loaded, an RDD that was read; else None."""
        subject = running.method.subject
        if subject == "estimator" and "inner" not in (running.detail or ()):
            models = [model for model in (result if isinstance(result, list) else [result]) if model is not None]
            return self._model(running, models, f"{_described(args[0], 0)}.fit", ()) if models else None
        if subject == "model_reader" and _is_model(result):
            path = (running.detail or {}).get("path")
            storage = self._storage((None, path) if path else args, "model")
            kind = (running.detail or {}).get("loaded") or type(result).__name__
            return self._model(running, [result], f"{kind}.load", (storage,) if storage is not None else ())
        if subject == "context" and type(result).__name__ in ("RDD", "PipelinedRDD"):
            storage = self._storage(args, running.method.name)
            return self._read(running, result, storage) if storage is not None else None
        return None

    def _model(self, running: RunningOperation, models: list[Any], how: str, sources: tuple[Storage, ...]) -> str:
        node = self._node(running)
        node.marked = True  # there is no plan that could be
        for model in models:
            for part in _parts(model):
                self._known.carry(part, (node,))
        running.note("model", type(models[0]).__name__)
        self._emit(lambda: Marked(node.id, "boundary", node.frontier))
        self._emit(lambda: _fragment(node, how[:LONGEST], sources, ()))
        return node.id

    def _read(self, running: RunningOperation, rdd: Any, storage: Storage) -> str:
        node = self._node(running)
        self._known.carry(rdd, (node,))
        running.note("rdd", "")
        self._emit(lambda: _fragment(node, running.method.label, (storage,), ("rdd",)))
        return node.id

    def _node(self, running: RunningOperation) -> Node:
        unit = running.position.unit
        return Node(f"d{next(DF_IDS)}", unit, frontier(unit, running.inputs))

    def _storage(self, args: tuple[Any, ...], format_: str) -> Storage | None:
        path = next((value for value in args[1:] if isinstance(value, str)), None)
        found = self._place(path) if path else None
        if found is None:
            return None
        namespace, name, part = found
        return Storage(namespace, name, FORMATS.get(format_, format_), part=part or None)


FORMATS = {"textFile": "text", "wholeTextFiles": "text", "sequenceFile": "sequence", "pickleFile": "pickle"}


def _class_to_load(loading: FrameType) -> type:
    """What a ``load`` of pyspark gives: that of a class, or of a reader, which knows the class by one of two names."""
    cls, reader = loading.f_locals.get("cls"), loading.f_locals.get("self")
    return cls or getattr(reader, "cls", None) or getattr(reader, "_clazz", None) or type(reader)


def _is_model(value: Any) -> bool:
    return any(base.__name__ == "Model" and base.__module__.startswith("pyspark.ml") for base in type(value).__mro__)


def _parts(model: Any) -> Iterator[Any]:
    """The model and the models that it holds, as ``stages`` and ``bestModel`` have them."""
    waiting, seen = [model], set[int]()
    while waiting and len(seen) < MOST_PARTS:
        part = waiting.pop()
        if id(part) in seen or (not type(part).__module__.startswith("pyspark.ml") and part is not model):
            continue
        seen.add(id(part))
        if part is model or _is_model(part):
            yield part
        for value in getattr(part, "__dict__", {}).values():
            waiting += value if type(value) in (list, tuple) else [value]


def _described(estimator: Any, depth: int) -> str:
    """An estimator with what it is set to, the same in every run: ``LogisticRegression(maxIter=5)``."""
    name = type(estimator).__name__
    settings = vars(estimator).get("_paramMap")
    if not isinstance(settings, dict) or depth >= DEEPEST:
        return name
    written = {str(getattr(param, "name", "")): _value(value, depth) for param, value in settings.items()}
    return f"{name}({', '.join(f'{key}={text}' for key, text in sorted(written.items()))})"


def _value(value: Any, depth: int) -> str:
    if value is None or type(value) in (bool, int, float, str):
        return repr(value)
    if type(value) in (list, tuple):
        return f"[{', '.join(_value(item, depth) for item in value[:100])}]"
    if type(value) is dict:  # a grid of parameters
        pairs = [f"{getattr(key, 'name', key)}: {_value(item, depth)}" for key, item in list(value.items())[:100]]
        return f"{{{', '.join(pairs)}}}"
    if type(value).__module__.startswith("pyspark.ml"):
        return _described(value, depth + 1)
    return type(value).__name__


def _fragment(node: Node, how: str, sources: tuple[Storage, ...], opaque: tuple[str, ...]) -> Fragment:
    digest = hashlib.sha256(how.encode("utf-8", "replace")).hexdigest()[:16]
    return Fragment(
        dataset=node.id, columns=(), plan_hash=digest, operators=(how,), plan_text="", deterministic=True,
        nondeterminism=(), inputs=node.frontier, sources=sources, opaque=opaque, definitions=(), indirect=(),
        sample_key=(),
    )  # fmt: skip
