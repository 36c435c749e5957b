"""The one door: what can be asked of a store. A command, a page or a tool of an agent all ask here.

Every question says which runs are meant and gives one frozen answer; ``document`` in the module of the answer makes its
JSON. ``store`` is a folder; the configured store is read if it is not given. What cannot be answered raises
:class:`AnswerError` and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from spark_lineage.answers import find, freshness, stores
from spark_lineage.answers.collecting import without_collections
from spark_lineage.answers.errors import AnswerError
from spark_lineage.model import Damaged
from spark_lineage.refusals import Refusal

if TYPE_CHECKING:
    from spark_lineage.answers.bundles.exporting import Bundle
    from spark_lineage.answers.bundles.verifying import MakesReport
    from spark_lineage.answers.check.results import Report
    from spark_lineage.answers.diff.comparison import Comparison
    from spark_lineage.answers.explain import Explanation
    from spark_lineage.answers.history import History
    from spark_lineage.answers.model_made import ModelMade
    from spark_lineage.answers.page import Page, PageOfTwo
    from spark_lineage.answers.runs import RunList
    from spark_lineage.answers.seen import Seen
    from spark_lineage.answers.status import Deliveries
    from spark_lineage.answers.verify import Verified
    from spark_lineage.answers.verify_store import VerifiedStore
    from spark_lineage.model import LineageGraph
    from spark_lineage.store.summaries import Ending, Summary

Folder = str | Path | None
P = ParamSpec("P")
Answer = TypeVar("Answer")


def _question(answer: Callable[P, Answer]) -> Callable[P, Answer]:
    """What the store or the configuration refuses is an answer that is refused; nothing is collected meanwhile."""

    @wraps(answer)
    def asked(*args: P.args, **kwargs: P.kwargs) -> Answer:
        try:
            with without_collections():
                return answer(*args, **kwargs)
        except AnswerError:
            raise
        except (Refusal, Damaged) as error:
            raise AnswerError(str(error)) from error

    return asked


@_question
def show(run: str = "last", store: Folder = None, *, step: str | None = None, whole: bool = True) -> LineageGraph:
    """What the steps of a run took in and gave out; only one of them with what it encloses, if ``step`` names it.

    ``whole=False`` leaves out sampled rows and plans, which take most of the time to read.
    """
    opened = stores.opened(store)
    found = find.run(opened, run)
    graph = freshness.looked_at(opened.open(found, samples=whole, fragments=whole).graph, found.folder)
    if step is None:
        return graph
    from spark_lineage.answers import one_step

    return one_step.of_step(graph, step)


@_question
def run(name: str = "last", store: Folder = None) -> Summary:
    """The run that a name means, of which nothing more is read."""
    return find.run(stores.opened(store), name)


@_question
def count(store: Folder = None) -> int:
    """How many runs there are; none is no fault."""
    return len(stores.opened(store).runs())


@_question
def ending(run: Summary) -> Ending:
    """How a run ended, as far as it has."""
    from spark_lineage.store.summaries import ending

    if run.why is not None:
        raise AnswerError(run.why)
    return ending(run)


@_question
def explain(column: str, run: str | LineageGraph = "last", store: Folder = None) -> Explanation:
    """Where a column comes from. ``column`` is DATASET.COLUMN. ``run`` may be one that was read before."""
    from spark_lineage.answers import explain

    return explain.explain(show(run, store) if isinstance(run, str) else run, column)


@_question
def model(name: str, run: str | LineageGraph = "last", store: Folder = None) -> ModelMade | None:
    """Which rows and functions made a model; None where the name means no model."""
    from spark_lineage.answers import model_made

    return model_made.of(show(run, store) if isinstance(run, str) else run, name)


@_question
def diff(
    runs: Sequence[str] = (), store: Folder = None, *,
    baseline: str | None = None, store_b: Folder = None, force: bool = False, so_far: bool = False,
) -> Comparison:  # fmt: skip
    """Which steps are the first whose output differs though their inputs do not.

    ``runs`` are A and B; the last run and the one before if they are not given. ``baseline``: A is the latest run with
    this label. ``store_b`` is the store of B, if it is another one. ``force``: runs of different programs, too.
    ``so_far``: B may still run, as a notebook does that asks; what has not run in it by now is missing.
    """
    from spark_lineage.answers import executions
    from spark_lineage.answers.diff import compare_runs
    from spark_lineage.answers.diff.chosen import two_runs

    a, b = two_runs(stores.opened(store), stores.opened(store_b) if store_b is not None else None, runs, baseline)
    return compare_runs(a, executions.so_far(b) if so_far else b, force)


@_question
def check(
    run: str = "last", store: Folder = None, *,
    rules: str | None = None, against: str | None = None, fresh: bool = False, functions: bool = True,
) -> Report:  # fmt: skip
    """Whether the datasets of a run pass their checks.

    ``rules`` is a file in place of the rules that are configured. ``against`` is the run to compare columns with, if
    it is not the one before. ``fresh``: also whether the code on disk is still the code that ran.
    ``functions=False``: no code of the user's runs; functions of ``checks.py`` are named as not asked.
    """
    from spark_lineage.answers.check.stored import check_stored

    return check_stored(stores.opened(store), run, rules, against, fresh, functions)


@_question
def page(run: str = "last", store: Folder = None, *, samples: bool = True, source: bool = True) -> Page:
    """Everything that a page shows of a run. ``samples=False`` and ``source=False`` leave out what must not leave the
    house: sampled rows, and the text of the program.
    """
    from spark_lineage.answers.page import asking

    return asking.one(stores.opened(store), run, samples, source)


@_question
def page_of_two(
    runs: Sequence[str] = (), store: Folder = None, *,
    baseline: str | None = None, store_b: Folder = None, force: bool = False, samples: bool = True, source: bool = True,
) -> PageOfTwo:  # fmt: skip
    """Two runs laid over each other; which, is said as for :func:`diff`."""
    from spark_lineage.answers.page import asking

    other = stores.opened(store_b) if store_b is not None else None
    return asking.two(stores.opened(store), other, runs, baseline, force, samples, source)


@_question
def history(
    name: str, store: Folder = None, *, app: str | None = None, label: str | None = None, last: int = 20
) -> History:
    """A step or dataset over the newest ``last`` runs of the program that has it."""
    from spark_lineage.answers import history

    return history.of_store(stores.opened(store), name, app, label, last)


@_question
def runs(store: Folder = None, *, app: str | None = None, label: str | None = None, last: int | None = None) -> RunList:
    """The runs of a store, newest first; only the newest ``last`` if that is given."""
    from spark_lineage.answers import runs

    return runs.of_store(stores.opened(store), app, label, last)


@_question
def seen(run: str, store: Folder = None) -> Seen:
    """What tells whether the answers about a run of this store have changed. ``run`` is never looked up as a folder."""
    from spark_lineage.answers import seen

    return seen.of_run(find.listed(stores.opened(store), run))


@_question
def list_seen(store: Folder = None) -> str:
    """A tag that is equal as long as the list of the runs of this store is."""
    from spark_lineage.answers import seen

    return seen.of_list(stores.opened(store))


@_question
def status(store: Folder = None) -> Deliveries:
    """What has been delivered to which receiver, what is left, and what was set aside."""
    from spark_lineage.answers import status

    return status.of_store(stores.opened(store))


@_question
def verify(run: str = "last", store: Folder = None, *, tables: bool = True, key: Folder = None) -> Verified:
    """Whether the record of a run is as it was written. ``tables=False``: the audit tables are not looked at.

    ``key`` is a file with the public key that it must be signed with; the one that is configured if none is given.
    """
    from spark_lineage.answers import verify

    return verify.verify(find.run(stores.opened(store), run), tables, stores.trusted(key))


@_question
def bundle(run: str = "last", store: Folder = None, *, samples: bool = True) -> Bundle:
    """A run as one file for whoever judges it elsewhere. ``samples=False`` leaves sampled rows out."""
    from spark_lineage.answers.bundles import exporting

    return exporting.bundle(find.run(stores.opened(store), run), samples)


@_question
def verify_bundle(path: str | Path, makes_report: MakesReport, *, key: Folder = None) -> Verified:
    """Whether a bundle is as it was exported, and its record as it was written. ``key``: as for :func:`verify`.

    ``makes_report`` makes the report of a page, to compare it.
    """
    from spark_lineage.answers.bundles import verifying

    return verifying.verify_bundle(Path(path), makes_report, stores.trusted(key))


@_question
def verify_store(
    store: Folder = None, *, tables: bool = True, key: Folder = None, roots: Sequence[str] = ()
) -> VerifiedStore:
    """Whether all runs of a store are as they were written, and none has vanished.

    ``roots`` are root hashes that were kept elsewhere: the store must still have these runs.
    """
    from spark_lineage.answers import verify_store

    return verify_store.verify_store(stores.opened(store), tables, stores.trusted(key), roots)
