"""From two runs to their comparison: which steps are the causes, and what there is to see of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from spark_lineage.answers.diff import called, changes, why
from spark_lineage.answers.diff.alignment import Alignment, align_runs
from spark_lineage.answers.diff.blame import attribute
from spark_lineage.answers.diff.comparison import (
    Comparison,
    Consequence,
    Divergence,
    SourceChange,
    Uncertain,
    ValueDiffers,
)
from spark_lineage.answers.diff.contents import Content, Measured
from spark_lineage.answers.diff.definitions import Definition, made_by
from spark_lineage.answers.diff.missing import Missing, missing
from spark_lineage.answers.diff.pairs import Attribution, Pair, Ref
from spark_lineage.answers.diff.places import file_name
from spark_lineage.answers.diff.rows import side_by_side
from spark_lineage.answers.diff.sides import Side, StepKey, Traits
from spark_lineage.answers.diff.states import States, after_failures
from spark_lineage.answers.diff.values import ChangedValue, Given
from spark_lineage.answers.errors import AnswerError
from spark_lineage.model import Dataset, DatasetKind, LineageGraph, Mode, Outcome, Step


def compare_runs(a: LineageGraph, b: LineageGraph, force: bool = False) -> Comparison:
    """Compares B with A. Raises :class:`AnswerError` for runs that have nothing to compare.

    ``force``: also runs that look like those of different programs.
    """
    for name, graph in (("A", a), ("B", b)):
        _refuse_without_facts(name, graph)
    sides = (Side(a), Side(b))
    alignment = align_runs(*sides)
    if not force:
        _refuse_strangers(*sides, alignment)
    attribution = attribute(*sides, alignment)
    beside = missing(*sides, alignment, attribution)
    return _Telling(sides, alignment, attribution, beside).comparison()


def _refuse_without_facts(name: str, graph: LineageGraph) -> None:
    run = graph.run
    if run.mode is Mode.PLAN:
        raise AnswerError(
            f"run {name} ({run.id}) was recorded in plan mode, which measures nothing: "
            "record it in another mode (flow, used or exact)"
        )
    if run.outcome is Outcome.RUNNING:
        raise AnswerError(f"run {name} ({run.id}) still runs: compare it when it has ended")
    if not any(dataset.step is not None or dataset.kind is DatasetKind.SOURCE for dataset in graph.datasets):
        raise AnswerError(f"run {name} ({run.id}) has no datasets to compare: it made no DataFrames that were used")


def _refuse_strangers(a: Side, b: Side, alignment: Alignment) -> None:
    """Different names alone are no reason: a copy of a program is often called otherwise."""
    programs = [file_name(side.graph.run.program) for side in (a, b)]
    if programs[0] == programs[1] or a.graph.run.app == b.graph.run.app:
        return
    made = [traits for traits in a.traits.values() if traits.outputs]
    known = [
        traits
        for traits in made
        if traits.key in alignment.steps and _akin(traits, b.traits[alignment.steps[traits.key]])
    ]
    if len(known) * 3 < len(made):
        raise AnswerError(
            f"these look like runs of different programs ({programs[0]} and {programs[1]}): {len(known)} of "
            f"{len(made)} steps have a counterpart; --force compares them all the same"
        )


def _akin(a: Traits, b: Traits) -> bool:
    same_label = a.label is not None and a.label == b.label
    return a.step.source_hash == b.step.source_hash or a.plans == b.plans or same_label


class _Telling:
    """Says in terms of steps what is known of datasets."""

    def __init__(
        self, sides: tuple[Side, Side], alignment: Alignment, attribution: Attribution, beside: Missing
    ) -> None:
        self._a, self._b = sides
        self._alignment = alignment
        self._attribution = attribution
        self._beside = beside
        self._steps_of_b = {other: key for key, other in alignment.steps.items()}

    def comparison(self) -> Comparison:
        pairs = self._attribution.pairs
        known = [(pair, pair.state) for pair in pairs.values()]
        divergences, sources = tuple(self._divergences()), tuple(self._sources_changed())
        sides = (self._a, self._b)
        states = States(sides, self._alignment, self._attribution, self._beside, divergences, sources)
        datasets = states.datasets()
        return Comparison(
            a=self._a.graph,
            b=self._b.graph,
            first_divergences=divergences,
            diverged=tuple(self._diverged()),
            sources_changed=sources,
            only_in_a=tuple(self._beside.only_in_a),
            only_in_b=tuple(self._beside.only_in_b),
            uncertain=tuple(self._uncertain()),
            values=tuple(self._values()),
            measured=sum(s.content is Content.SAME and s.evidence == "measured" for _, s in known),
            derived=sum(s.content is Content.SAME and s.evidence == "derived" for _, s in known),
            within_tolerance=tuple(
                (pair.b.id, pair.measured.close)
                for pair, state in known
                if pair.measured.close and state.content is Content.SAME
            ),
            datasets=datasets,
            steps=states.steps(datasets),
        )

    # -- causes

    def _divergences(self) -> Iterable[Divergence]:
        found = [self._divergence(ref) for ref in self._attribution.first]
        found += [self._failure(run, key) for run, key in self._beside.failed_first]
        found += [self._of_values(given) for given in self._given() if given.ref in self._attribution.values]
        return sorted(found, key=lambda each: (each.step.started, each.step.step) if each.step_b else (0.0, ""))

    def _divergence(self, ref: Ref) -> Divergence:
        pair = self._attribution.pairs.get(ref.id) if ref.run == "b" else None
        if pair is None:
            return self._only_one(ref)
        step_a, step_b = self._step(self._a, pair.a), self._step(self._b, pair.b)
        definition = pair.definition
        assert definition is not None, "sources are no divergences of a step"
        functions = called.changed((self._a.graph, self._b.graph), (step_a, step_b), (pair.a, pair.b))
        deterministic = self._deterministic(pair, definition) if not functions else self._with_other_code(definition)
        counterparts = self._alignment.datasets
        # The same plan by the same source has other text where a seed is drawn: that is no other definition.
        redefined = definition.plan or definition.source
        columns = (*pair.measured.columns, *(changes.of_columns(pair.a, pair.b, counterparts) if redefined else ()))
        changed = [change.name for change in columns]
        return Divergence(
            step=step_b, step_a=step_a, step_b=step_b, a=pair.a, b=pair.b,
            why=why.of_pair(
                pair, step_b, self._inputs(pair), counterparts, functions, deterministic, self._taken(step_b)
            ),
            inputs_equal=self._inputs_equal(pair),
            inputs_evidence=self._evidence(pair),
            source_changed=definition.source,
            plan_changed=definition.plan or definition.inputs or bool(definition.region),
            deterministic=deterministic,
            measured=pair.measured,
            columns=columns,
            source_diff=(*changes.of_source(step_a, step_b), *(line for each in functions for line in each.diff)),
            plan_diff=tuple(changes.of_plan(pair.a, pair.b, counterparts)) if redefined else (),
            rows=side_by_side(pair.a, pair.b, changed),
        )  # fmt: skip

    def _only_one(self, ref: Ref) -> Divergence:
        side = self._a if ref.run == "a" else self._b
        dataset = side.datasets[ref.id]
        step = self._step(side, dataset)
        a, b = (dataset, None) if ref.run == "a" else (None, dataset)
        return Divergence(
            step=step, step_a=step if a else None, step_b=step if b else None, a=a, b=b,
            why=why.of_one(ref.run, dataset, step), inputs_equal=True, inputs_evidence="derived",
            source_changed=True, plan_changed=True, deterministic=None, measured=Measured(Content.UNKNOWN),
            columns=(), source_diff=(), plan_diff=(), rows=None,
        )  # fmt: skip

    def _given(self) -> list[Given]:
        plain = self._attribution.plain
        return list(plain.given.values()) if plain is not None else []

    def _of_values(self, given: Given) -> Divergence:
        """Plain values that a step gives are others, though all that it takes is the same."""
        a, b = given.a, given.b
        functions = called.changed((self._a.graph, self._b.graph), (a, b), ())
        return Divergence(
            step=b, step_a=a, step_b=b, a=None, b=None, why=why.of_values(given), inputs_equal=True,
            inputs_evidence="derived", source_changed=a.source_hash != b.source_hash, plan_changed=False,
            deterministic=None, measured=Measured(Content.DIFFERENT), columns=(),
            source_diff=(*changes.of_source(a, b), *(line for each in functions for line in each.diff)), plan_diff=(),
            rows=None,
        )  # fmt: skip

    def _values(self) -> Iterable[ValueDiffers]:
        for given in self._given():
            for value in given.values:
                first = given.ref in self._attribution.values
                yield ValueDiffers(given.b.step, given.b.call, value.b.name, value.a.text, value.b.text, first)

    def _taken(self, step: Step) -> list[ChangedValue]:
        plain = self._attribution.plain
        return plain.taken((step.step, step.call)) if plain is not None else []

    def _failure(self, run: str, key: StepKey) -> Divergence:
        other = (self._alignment.steps if run == "a" else self._steps_of_b).get(key)
        keys = (key, other) if run == "a" else (other, key)
        step_a = self._a.traits[keys[0]].step if keys[0] is not None else None
        step_b = self._b.traits[keys[1]].step if keys[1] is not None else None
        step = step_b or step_a
        assert step is not None, "one of the two failed"
        changed = step_a is not None and step_b is not None and step_a.source_hash != step_b.source_hash
        return Divergence(
            step=step, step_a=step_a, step_b=step_b, a=self._output(self._a, step_a), b=self._output(self._b, step_b),
            why=why.of_failure(run, step_a, step_b), inputs_equal=True, inputs_evidence="derived",
            source_changed=changed, plan_changed=False, deterministic=None, measured=Measured(Content.UNKNOWN),
            columns=(), source_diff=tuple(changes.of_source(step_a, step_b)) if step_a and step_b else (),
            plan_diff=(), rows=None,
        )  # fmt: skip

    @staticmethod
    def _output(side: Side, step: Step | None) -> Dataset | None:
        return side.datasets.get(step.outputs[0]) if step is not None and step.outputs else None

    def _step(self, side: Side, dataset: Dataset) -> Step:
        traits = made_by(side, dataset)
        return traits.step if traits is not None else side.graph.steps[0]

    @staticmethod
    def _with_other_code(definition: Definition) -> bool | None:
        return True if definition.changed and not (definition.nondeterminism or definition.opaque) else None

    def _deterministic(self, pair: Pair, definition: Definition) -> bool | None:
        if definition.changed:
            return None if definition.nondeterminism or definition.opaque else True
        if definition.source:  # code that the plan does not show may be why
            return None
        if pair.measured.content is not Content.DIFFERENT:
            return False if definition.nondeterminism else None
        if definition.opaque and not definition.nondeterminism:
            return None
        return False

    def _inputs(self, pair: Pair) -> tuple[list[str], list[str]]:
        """The names of the inputs that only A has, and of those that only B has."""
        if pair.definition is None or not pair.definition.inputs:
            return [], []
        return list(pair.other_inputs[0]), list(pair.other_inputs[1])

    def _inputs_equal(self, pair: Pair) -> bool:
        return all(self._attribution.pairs[y].state.content is Content.SAME for _, y in pair.ends)

    def _evidence(self, pair: Pair) -> str:
        known = [self._attribution.pairs[y].state.evidence for _, y in pair.ends]
        return "measured" if known and all(evidence == "measured" for evidence in known) else "derived"

    # -- consequences

    def _diverged(self) -> list[Consequence]:
        """Each dataset once, with all its causes."""
        found: dict[tuple[str, str], Consequence] = {}
        for consequence in self._consequences():
            key = (consequence.step, consequence.dataset)
            before = found[key].caused_by if key in found else ()
            found[key] = replace(consequence, caused_by=tuple(dict.fromkeys((*before, *consequence.caused_by))))
        return list(found.values())

    def _consequences(self) -> Iterable[Consequence]:
        for pair in self._attribution.pairs.values():
            state = pair.state
            if state.content is Content.DIFFERENT and pair.ref not in self._attribution.first:
                if pair.ref in self._attribution.sources_changed:
                    continue
                yield Consequence(pair.b.step or "", pair.b.id, self._named(state.causes))
        for (run, key), causes in self._beside.failed_after.items():
            side = self._a if run == "a" else self._b
            step = side.traits[key].step
            yield Consequence(step.step, step.outputs[0] if step.outputs else "", self._named(causes))
        failed = [self._side(run).traits[key].step.step for run, key in self._beside.failed_first]
        failed += [name for causes in self._beside.failed_after.values() for name in self._named(causes)]
        for ref, causes in self._beside.orphans_after.items():
            dataset = self._side(ref.run).datasets[ref.id]
            yield Consequence(dataset.step or "", dataset.id, self._named(causes) or tuple(dict.fromkeys(failed)))

    def _side(self, run: str) -> Side:
        return self._a if run == "a" else self._b

    def _named(self, causes: Iterable[Ref]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(map(self._step_of, causes)))

    def _step_of(self, ref: Ref) -> str:
        """The name of its step; of a step that gives other values its own."""
        dataset = self._side(ref.run).datasets.get(ref.id)
        return (dataset.step if dataset is not None else None) or ref.id

    def _sources_changed(self) -> Iterable[SourceChange]:
        for ref in self._attribution.sources_changed:
            pair = self._attribution.pairs[ref.id]
            yield SourceChange(pair.a, pair.b, why.of_source(pair))

    # -- what is not known

    def _uncertain(self) -> Iterable[Uncertain]:
        told = after_failures(self._beside, {"a": self._a, "b": self._b}, self._alignment)
        causes = {**self._attribution.first, **self._attribution.sources_changed}
        for name, pair in self._attribution.pairs.items():
            told_already = pair.ref in causes or name in told
            if pair.state.content is Content.UNKNOWN and name not in self._attribution.covered and not told_already:
                changed = pair.definition is not None and (pair.definition.changed or pair.definition.source)
                yield Uncertain(name, pair.state.why or pair.measured.why or "not measured", changed)
