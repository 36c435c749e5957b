"""What is observed of sessions of Spark Connect, from the client's side.

The client numbers each plan that it makes, and the number stands in every request. So a DataFrame at a boundary is
marked by remembering its number; nothing is asked of the server. What a request says besides goes with it as one tag,
which a server with our jar reads (``PlanIds`` in Scala): which operation of the program sends it, and which of its
relations are marked. Without our jar the server keeps a tag as any other.
"""

from __future__ import annotations

import base64
import hashlib
import json
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

from spark_lineage.capture.deferred import Emit
from spark_lineage.capture.following.identities import Identities
from spark_lineage.capture.following.latest import Latest
from spark_lineage.capture.following.tracked import TrackedObjects
from spark_lineage.capture.operations.boundaries import JvmPort, Question
from spark_lineage.capture.operations.operation import RunningOperation
from spark_lineage.capture.remote import relations
from spark_lineage.model import Execution, Fragment, Outcome, PythonGap, Storage

Value = TypeVar("Value")

TAG = "spark-lineage."
CLIENT = "Spark Connect: "  # begins what is said of an execution that only the client has seen
MOST_DESCRIBED = 10_000
ON_THE_SERVER = "Spark Connect runs the function in a process of the server: what it makes of a batch is not seen"


class RemoteMark(NamedTuple):
    """A DataFrame that is marked. ``why`` as in :class:`JvmPort`."""

    id: str
    inputs: tuple[str, ...]
    why: str
    questions: tuple[Question, ...] = ()


class Sent(NamedTuple):
    """A request of an operation, as far as it is kept until the operation has ended."""

    sources: tuple[Storage, ...]
    sinks: tuple[tuple[Storage, str, str | None], ...]


class Found(NamedTuple):
    """A mark that a request needs. ``relation`` is None for what stands in a view that the request names."""

    plan_id: int
    mark: RemoteMark
    relation: Any = None


class ByPlan(Generic[Value]):
    """Values by the client's numbers of plans. A value lives as long as its plan does."""

    def __init__(self) -> None:
        self._plans: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()
        self._values: Identities = Identities()

    def put(self, plan: Any, value: Value) -> None:
        self._plans[plan._plan_id] = plan
        self._values.put(plan, value)

    def drop(self, plan_id: int | None) -> None:
        if plan_id is not None:
            self._plans.pop(plan_id, None)

    def get(self, plan_id: int | None) -> Value | None:
        plan = self._plans.get(plan_id) if plan_id is not None else None
        return self._values.get(plan) if plan is not None else None


class _FunctionsSent(threading.local):
    """Hashes of the functions in the request that this thread is making, by digests of the bytes that are sent."""

    def __init__(self) -> None:
        self.made: dict[str, str] = {}

    def taken(self) -> dict[str, str]:
        made, self.made = self.made, {}
        return made


class Sessions:
    """Implements :class:`JvmPort` for all sessions: what is of a classic session is handed on to ``jvm``.

    ``heard()`` tells whether the JVM half in the server is heard by this program, which has started it. ``run`` is the
    id of the run, by which a server that is not heard tells what it has seen for it; ``mode`` is that of the run.
    """

    def __init__(
        self, known: TrackedObjects, jvm: JvmPort, emit: Emit, heard: Callable[[], bool], run: str, mode: str
    ) -> None:  # fmt: skip
        self._known, self._jvm, self._emit, self._heard = known, jvm, emit, heard
        self._run, self._mode = run, mode
        self._marks: ByPlan[RemoteMark] = ByPlan()
        self._views: ByPlan[list[Found]] = ByPlan()  # what is marked in a DataFrame that is a view
        self._readers: ByPlan[list[Any]] = ByPlan()  # a DataFrame that names views -> the plans of these
        self._asked: dict[str, tuple[Question, ...]] = {}
        self._described: Latest[str, bool] = Latest(MOST_DESCRIBED)
        self._functions: Identities = Identities()  # the client's object for a function -> the hash of its code
        self._code = _FunctionsSent()
        self.unheard = False  # something was asked of a server that is not heard
        self.guessed = False  # paths were named as files, which only a server can know

    # -- as JvmPort has it

    def mark(self, df: Any, df_id: str, inputs: Sequence[str], why: str) -> None:
        plan = self._plan(df)
        if plan is None:
            self._jvm.mark(df, df_id, inputs, why)
        else:
            self._marks.put(plan, RemoteMark(df_id, tuple(inputs), why, self._asked.pop(df_id, ())))

    def ask(self, df_id: str, questions: Sequence[Question]) -> None:
        if self._known.remote:
            self._asked[df_id] = tuple(questions)
        self._jvm.ask(df_id, questions)

    def read(self, df: Any, df_id: str) -> None:
        plan = self._plan(df)
        if plan is None:
            self._jvm.read(df, df_id)
            return
        if type(plan).__name__ in ("Read", "DataSource"):  # whose message is made of what the program has named
            mark = RemoteMark(df_id, (), "read")
            self._marks.put(plan, mark)
            # It may never be run; what the server says of it takes the place of this.
            self._describe(plan.plan(vars(vars(df)["_session"]).get("_client")), mark)

    def same(self, df: Any, df_id: str) -> None:
        if self._plan(df) is None:
            self._jvm.same(df, df_id)

    def place(self, path: str) -> tuple[str, str, str] | None:
        found = self._jvm.place(path)
        if found is not None or not self._known.remote:
            return found
        self.guessed = True
        storage = relations.stored(path, None)
        return storage.namespace, storage.name, storage.part or ""

    def set_op(self, op_id: str | None) -> None:
        self._jvm.set_op(op_id)

    def function(self, udf: Any, code: str) -> None:
        self._jvm.function(udf, code)

    def _plan(self, df: Any) -> Any:
        """The client's plan of a DataFrame; None for one of a classic session."""
        if isinstance(df, self._known.remote):
            return vars(df)["_plan"]
        return df if self._known.remote and self._known.plans.get(df) is not None else None

    # -- requests

    def sends(self, running: RunningOperation | None, request: Any) -> None:
        """The program is about to send ``request``, an ``ExecutePlanRequest``, in an operation or outside of any."""
        message = relations.top(request.plan)
        if message is None:
            return
        if relations.calls_for_each_batch(message):
            self._emit(PythonGap("foreachBatch", ON_THE_SERVER))
        found = self._marked(message, running)
        heard, code = self._heard(), self._code.taken()
        if running is not None or found or code:
            op = running.id if running is not None else ""
            request.tags.append(TAG + _encoded(op, found, code, "" if heard else self._run, self._mode))
        for plan_id, mark, relation in found:
            if mark.why == "read":  # said once
                self._marks.drop(plan_id)
            elif not heard and relation is not None and self._described.get(mark.id) is None:
                self._describe(relation, mark)
        if heard:
            return
        self.unheard = True
        if running is not None:
            running.sent = (*running.sent, _sent(message, found))

    def _marked(self, message: Any, running: RunningOperation | None) -> list[Found]:
        found: dict[str, Found] = {}
        named = (
            [plan for _, df in running.inputs if (plan := self._plan(df)) is not None] if running is not None else []
        )
        for relation in relations.every(message):
            plan_id = relations.plan_id(relation)
            if plan_id is not None and (mark := self._marks.get(plan_id)) is not None:
                found.setdefault(mark.id, Found(plan_id, mark, relation))
            named += self._readers.get(plan_id) or ()
        if relations.kind_of(message) == "create_dataframe_view" and running is not None:
            for plan in named:
                self._views.put(plan, [each._replace(relation=None) for each in found.values()])
        for plan in named:
            for each in self._views.get(plan._plan_id) or ():
                found.setdefault(each.mark.id, each)
            if (mark := self._marks.get(plan._plan_id)) is not None:
                found.setdefault(mark.id, Found(plan._plan_id, mark))
        return list(found.values())

    def reads_views(self, df: Any, running: RunningOperation) -> None:
        """``df`` names views; the requests that run it do not say which plans those are."""
        plan, views = self._plan(df), [self._plan(each) for _, each in running.inputs if each is not None]
        if plan is not None:
            self._readers.put(plan, [view for view in views if view is not None])

    def ended(self, running: RunningOperation, ended: float, error: str | None) -> None:
        """An operation that has sent requests has ended: nobody else tells what they wrote."""
        for sent in running.sent:
            self._emit(
                partial(
                    Execution, None, running.id, f"{CLIENT}{running.method.label}", running.started, ended,
                    Outcome.COMPLETE if error is None else Outcome.FAIL, error, (), {}, sent.sources, sent.sinks,
                )
            )  # fmt: skip

    def function_sent(self, function: Any, code: Callable[[], str], message: Any) -> None:
        """The client has made ``message`` of a Python function; ``code()`` gives the hash of what it does."""
        known = self._functions.get(function)
        if known is None:
            known = code()
            self._functions.put(function, known)
        self._code.made[hashlib.sha256(message.command).hexdigest()[:16]] = known

    def _describe(self, relation: Any, mark: RemoteMark) -> None:
        self._described.keep(mark.id, True)
        fragment = described(relation, mark, self._marks.get)
        if self._heard():
            fragment = replace(fragment, sources=tuple(map(self._placed, fragment.sources)))
        if any(storage.namespace in ("file", relations.UNKNOWN) for storage in fragment.sources):
            self.guessed = True
        self._emit(fragment)

    def _placed(self, storage: Storage) -> Storage:
        """A path as the JVM half names it, which knows the file system."""
        if storage.table is not None or storage.namespace not in ("file", relations.UNKNOWN):
            return storage
        found = self._jvm.place(storage.name)
        return storage if found is None else replace(storage, namespace=found[0], name=found[1])


def described(relation: Any, mark: RemoteMark, mark_of: Callable[[int | None], RemoteMark | None]) -> Fragment:
    """What the client's plan says of a marked DataFrame, down to the DataFrames that it was made from."""
    operators: list[str] = []
    sources: dict[Storage, None] = {}
    opaque: dict[str, None] = {}
    waiting, inputs = [relation], set(mark.inputs)
    digest = hashlib.sha256()
    while waiting and len(operators) < relations.MOST_RELATIONS:
        each = waiting.pop()
        below = mark_of(relations.plan_id(each))
        if below is not None and below.id != mark.id and below.id in inputs:
            digest.update(b"input")
            continue
        operators.append(relations.operator(each))
        sources.update(dict.fromkeys(relations.sources(each)))
        under = relations.within(each)
        digest.update(operators[-1].encode("utf-8", "replace"))
        if not under and not relations.sources(each):
            opaque[relations.kind_of(each)] = None
        waiting += reversed(under)
    return Fragment(
        dataset=mark.id, columns=(), plan_hash=digest.hexdigest()[:16], operators=tuple(operators), plan_text="",
        deterministic=True, nondeterminism=(), inputs=mark.inputs, sources=tuple(sources), opaque=tuple(opaque),
        definitions=(), indirect=(), sample_key=(),
    )  # fmt: skip


def _sent(message: Any, found: Sequence[Found]) -> Sent:
    sources = {storage: None for relation in relations.every(message) for storage in relations.sources(relation)}
    ids = {plan_id: mark.id for plan_id, mark, _ in found}
    of = next((ids.get(relations.plan_id(each) or -1) for each in relations.within(message)), None)
    return Sent(tuple(sources), tuple((storage, mode, of) for storage, mode in relations.written(message)))


def _encoded(
    op: str, found: Sequence[Found], code: Mapping[str, str], run: str, mode: str
) -> str:  # fmt: skip
    """What a tag may hold: no commas."""
    marks = [
        {
            "plan": plan_id, "id": mark.id, "inputs": ",".join(mark.inputs), "why": mark.why,
            "ask": [{"kind": kind, "arguments": list(arguments)} for kind, arguments in mark.questions],
        }
        for plan_id, mark, _ in found
    ]  # fmt: skip
    document = {"op": op, "run": run, "mode": mode, "marks": marks, "code": dict(code)}
    text = json.dumps(document, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode("ascii").rstrip("=")
