"""What the words RUN, STEP, DATASET and DATASET.COLUMN mean: the same for every reader.

A name is held against a list of rules, the strictest first, and the first rule that fits decides what it means. Where
the name fits several steps, the rules after it are still asked, because a dataset may be called so, too. Where it fits
several datasets it is refused, and the error says which names would be clear. Versions of one place are one dataset:
the last of them is meant.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from spark_lineage.answers.errors import AnswerError, still_running
from spark_lineage.graph.composition import column_names
from spark_lineage.graph.expressions import unquoted
from spark_lineage.model import Dataset, DatasetKind, LineageGraph, Step
from spark_lineage.store import Store, Summary

MOST_NAMED = 5  # candidates that an error lists
NEAREST = 3  # names that are offered for an unknown one


@dataclass(frozen=True)
class Match:
    """What a name means in one run by one of the rules.

    ``steps`` are all calls of each step that fits, or nothing where datasets fit. ``datasets`` are those that fit, or
    that the steps made; the last made comes first. ``call`` is the call that the name asks for (``clean#2``).
    """

    steps: tuple[Step, ...]
    datasets: tuple[Dataset, ...]
    call: int | None = None

    @property
    def step_names(self) -> list[str]:
        return list(dict.fromkeys(step.step for step in self.steps))


# --------------------------------------------------------------------------- RUN


def run(store: Store, name: str) -> Summary:
    """A run by ``last``, ``last~1``, its id or a unique beginning of it, its label (the latest run that has it), or
    its folder; for the folder of another store the last run of that one. Raises StoreError.
    """
    return store.find(name)


def listed(store: Store, name: str) -> Summary:
    """As :func:`run`, of this store only: for names that come from elsewhere than the user's own command line. They are
    compared with what the store has, and none is looked up as a folder. Raises StoreError.
    """
    return store.resolve(name)


# --------------------------------------------------------------------------- STEP or DATASET


def step_or_dataset(graph: LineageGraph, words: str) -> Match | None:
    """The calls of one step, or one dataset; None if the run has neither. Raises :class:`AnswerError` if the name
    fits several and none of them is clear.
    """
    unclear: Match | None = None
    for match in _matches(graph, words):
        if len(match.step_names) > 1:
            unclear = unclear or match
        elif match.steps:
            return match
        else:
            return Match((), (_only_dataset(match.datasets, words),))
    if unclear is not None:
        raise AnswerError(_several(words, unclear.step_names, "steps"))
    return None


def datasets(graph: LineageGraph, name: str) -> tuple[Dataset, ...]:
    """All datasets that fit by the first rule for datasets that any fits; the last made comes first."""
    return next((match.datasets for match in _matches(graph, name) if not match.steps), ())


def dataset(graph: LineageGraph, words: str) -> Dataset:
    """The dataset that a name means; a step stands for what it made. Raises :class:`AnswerError` if there is none, or
    if the name fits several places.
    """
    unclear: tuple[Dataset, ...] = ()
    for match in _matches(graph, words):
        if len(_places(match.datasets)) == 1:
            return match.datasets[0]
        unclear = unclear or match.datasets
    if unclear:
        raise AnswerError(_several(words, [dataset.id for dataset in reversed(unclear)], "datasets"))
    sentence = f"run {graph.run.id} has no dataset {words}{nearest(graph, words=words)}"
    raise AnswerError(still_running(sentence, graph.run))


def _only_dataset(found: Sequence[Dataset], words: str) -> Dataset:
    if len(_places(found)) > 1:
        raise AnswerError(_several(words, [dataset.id for dataset in reversed(found)], "datasets"))
    return found[0]


def _several(words: str, names: Sequence[str], what: str) -> str:
    more = f" and {len(names) - 4} more" if len(names) > 4 else ""
    return f"{words} is the name of {len(names)} {what}: write one of {', '.join(names[:4])}{more}"


def unknown(graphs: Sequence[LineageGraph], words: str) -> str:
    """The sentence for a name that none of the runs has, with the nearest names; the last graph is the newest run."""
    runs = "the last run has" if len(graphs) == 1 else f"the last {len(graphs)} runs have"
    return f"{runs} no step or dataset {words}{nearest(*graphs, words=words)}"


def nearest(*graphs: LineageGraph, words: str) -> str:
    """The end of a sentence that offers the names that come near; empty if there are none."""
    names = dict.fromkeys(
        name
        for graph in reversed(graphs)
        for name in (*(dataset.id for dataset in graph.datasets), *(step.step for step in graph.steps))
    )
    ends = {name.rpartition(".")[2]: name for name in reversed(names)}
    near = difflib.get_close_matches(words, [*names, *ends], NEAREST, cutoff=0.4)
    near = near or difflib.get_close_matches(words, list(names), 1, cutoff=0.0)
    offered = ", ".join(dict.fromkeys(ends.get(name, name) if name not in names else name for name in near))
    return f"; the nearest: {offered}" if offered else ""


# --------------------------------------------------------------------------- DATASET.COLUMN


def column(graph: LineageGraph, words: str) -> tuple[Dataset, str]:
    """The dataset and its column; names of both may have dots, and a step stands for what it made.

    Raises :class:`AnswerError` if there is no such column, or if the words fit several.
    """
    if "." not in words:
        raise AnswerError(f"{words} names no column: write DATASET.COLUMN, for example {_example(graph)}")
    without: list[tuple[Dataset, str]] = []  # datasets that fit, but have no such column
    unclear: str | None = None
    for position in [at for at, letter in enumerate(words) if letter == "."][::-1]:
        name, column_name = unquoted(words[:position]), unquoted(words[position + 1 :])
        for match in _matches(graph, name):
            having = [dataset for dataset in match.datasets if column_name in column_names(dataset)]
            places = _places(having)
            if len(places) == 1:
                return having[0], column_name
            if places and not match.steps:
                if (written := _one_sink(graph, name, column_name)) is not None:
                    return written, column_name
                raise AnswerError(unclear or _several_columns(words, places, column_name))
            unclear = unclear or (_several_columns(words, places, column_name) if places else None)
            without += [(dataset, column_name) for dataset in match.datasets if not match.steps]
    raise AnswerError(unclear or (_no_column(*without[0]) if without else _no_dataset(graph, words)))


def _one_sink(graph: LineageGraph, name: str, column_name: str) -> Dataset | None:
    """The only place of this name that the run wrote: what people mean where a variable held several datasets."""
    written = [
        dataset
        for dataset in reversed(graph.datasets)
        if dataset.kind is DatasetKind.SINK and short(dataset) == name and column_name in column_names(dataset)
    ]
    return written[0] if len(_places(written)) == 1 else None


def _several_columns(words: str, places: Sequence[Dataset], column_name: str) -> str:
    listed = ", ".join(f"{dataset.id}.{column_name}" for dataset in places[:MOST_NAMED])
    more = f" and {len(places) - MOST_NAMED} more" if len(places) > MOST_NAMED else ""
    return f"{words} may mean {len(places)} columns: write {listed}{more}"


def _no_column(dataset: Dataset, column_name: str) -> str:
    known = _nearest(column_name, column_names(dataset))
    return f"{dataset.id} has no column {column_name}{known or ': its columns were not observed'}"


def _no_dataset(graph: LineageGraph, words: str) -> str:
    name = words.rpartition(".")[0]
    known = [text for dataset in graph.datasets for text in (dataset.id, short(dataset), dataset.variable) if text]
    return f"the run has no dataset {name}{_nearest(name, known) or ': it has no datasets at all'}"


def _nearest(name: str, known: Sequence[str]) -> str:
    """A hint; empty if nothing is known."""
    names = list(dict.fromkeys(known))
    near = difflib.get_close_matches(name, names, NEAREST, cutoff=0.6)
    near = near or difflib.get_close_matches(name, names, 1, cutoff=0) or names[:1]
    if len(near) > 1:
        return f"; the nearest ones are {', '.join(near)}"
    return f"; the nearest one is {near[0]}" if near else ""


def _example(graph: LineageGraph) -> str:
    made = next((dataset for dataset in reversed(graph.datasets) if column_names(dataset)), None)
    return f"{made.id}.{column_names(made)[0]}" if made else "report.amount"


# --------------------------------------------------------------------------- the rules

DatasetRule = Callable[[Dataset, str], bool]
StepRule = Callable[[Step, str], bool]

# What names one dataset exactly comes before steps, what only describes it comes after them.
EXACT: tuple[DatasetRule, ...] = (
    lambda dataset, name: dataset.id == name,
    lambda dataset, name: dataset.name == name,
)
STEPS: tuple[StepRule, ...] = (
    lambda step, name: step.step == name,
    lambda step, name: step.step.endswith(f".{name}"),
    lambda step, name: step.function == name and step.outputs != (),
)
DESCRIBED: tuple[DatasetRule, ...] = (
    lambda dataset, name: dataset.storage is not None and dataset.storage.table == name,
    lambda dataset, name: dataset.variable == name,
    lambda dataset, name: short(dataset) == name,
    lambda dataset, name: dataset.name.endswith("/" + name.lstrip("/")),
)


def short(dataset: Dataset) -> str:
    """``flights`` for ``/data/flights.csv``; a table's own name; an interim dataset's id."""
    if dataset.storage is None:
        return dataset.id
    if dataset.storage.table:
        return dataset.storage.table.rpartition(".")[2]
    last = dataset.name.rstrip("/").rpartition("/")[2]
    return last.partition(".")[0] or last


def _matches(graph: LineageGraph, words: str) -> Iterator[Match]:
    """What each rule that fits says, the strictest rule first."""
    yield from _by_dataset(graph, words, EXACT)
    yield from _by_step(graph, *_call(words))
    yield from _by_dataset(graph, words, DESCRIBED)


def _by_dataset(graph: LineageGraph, name: str, rules: Sequence[DatasetRule]) -> Iterator[Match]:
    for fits in rules:
        found = tuple(dataset for dataset in reversed(graph.datasets) if fits(dataset, name))
        if found:
            yield Match((), found)


def _by_step(graph: LineageGraph, name: str, call: int | None) -> Iterator[Match]:
    for fits in STEPS:
        steps = tuple(step for step in graph.steps if fits(step, name))
        if steps:
            made = {output for step in steps if call in (None, step.call) for output in step.outputs}
            yield Match(steps, tuple(dataset for dataset in reversed(graph.datasets) if dataset.id in made), call)


def _call(words: str) -> tuple[str, int | None]:
    """``clean#2`` is the second call of ``clean``, as ``show`` prints it."""
    name, mark, number = words.rpartition("#")
    return (name.strip(), int(number)) if mark and number.isdecimal() and name else (words, None)


def _places(found: Sequence[Dataset]) -> list[Dataset]:
    """One dataset of each place, in the order in which they were made."""
    return list({(dataset.namespace, dataset.name): dataset for dataset in reversed(found)}.values())
