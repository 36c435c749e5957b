"""Which steps are the cause, which only the consequence.

Datasets are looked at in the order in which data flows. Each pair of them gets a state: *same* (measured, or derived:
the same deterministic plan over inputs that are the same), *different*, or *unknown*. A pair that differs though
nothing above it does is a first divergence. What was not measured is not cleared: it is carried along as a *doubt*
until something below it is measured. Equal there, it did no harm; different there, the doubt is the cause: a changed
definition before what is not deterministic, and that before a source of which only little is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from spark_lineage.answers.diff import contents, covered, definitions, sources
from spark_lineage.answers.diff.alignment import Alignment
from spark_lineage.answers.diff.contents import Content, Measured
from spark_lineage.answers.diff.definitions import Definition
from spark_lineage.answers.diff.opening import NOTHING, Open, opened
from spark_lineage.answers.diff.pairs import Attribution, Doubts, Pair, Ref, State, together
from spark_lineage.answers.diff.regions import region
from spark_lineage.answers.diff.sides import Side, other_plan, plan_hash
from spark_lineage.answers.diff.sources import SourceEvidence
from spark_lineage.answers.diff.values import Values
from spark_lineage.graph.stored import IN_PLACE
from spark_lineage.model import Dataset, DatasetKind, Step


def attribute(a: Side, b: Side, alignment: Alignment) -> Attribution:
    """What is the same, what differs, and which differences are the causes."""
    return _Attributing(a, b, alignment).result


class _Attributing:
    def __init__(self, a: Side, b: Side, alignment: Alignment) -> None:
        self.a, self.b = a, b
        self._alignment = alignment
        self._of_b = {other: name for name, other in alignment.datasets.items()}
        self._code_changed = a.graph.steps[0].source_hash != b.graph.steps[0].source_hash
        self.values = Values(a, b, alignment)
        self.result = Attribution(plain=self.values)
        for name, other in alignment.datasets.items():
            self.result.pairs[other] = self._pair(name, other)
        self._readers: dict[str, list[tuple[str, str]]] = {}
        for pair in self.result.pairs.values():
            for _, y in pair.ends:
                self._readers.setdefault(y, []).append((pair.a.id, pair.b.id))
        for pair in self._in_order():
            self._look_at(pair)
            self.result.order.append(pair.b.id)
        self.result.covered = covered.covered(self.result.pairs, self._readers, self.result.order)
        self._judge_commands()
        self._judge_values()

    def _judge_values(self) -> None:
        """Values that a step gives and that differ though all that it takes is the same, and the record says why."""
        made_by = [self.result.pairs[ref.id].b for ref in self.result.first if ref.id in self.result.pairs]
        told = [(dataset.step, dataset.call) for dataset in made_by if dataset.step is not None]
        for given in self.values.innermost(told):
            known = self.values.causes_of(given, self._of_data)
            if known == (given.ref,) and (given.b.step, given.b.call) not in told:
                self.result.values[given.ref] = None

    def _of_data(self, step: Step) -> tuple[Ref, ...]:
        """The causes of what a step has taken."""
        states = [self.result.pairs[name].state for name in step.inputs if name in self.result.pairs]
        return tuple(dict.fromkeys(cause for state in states for cause in state.causes))

    def _judge_commands(self) -> None:
        """A command that changes a table in place is a cause if it does so in another way, over equal inputs.

        What the table holds afterwards nobody counts: only what is made from the columns that it sets can show that it
        did no harm.
        """
        for pair in self.result.pairs.values():
            state = pair.state
            redefined = pair.b.mode in IN_PLACE and pair.ref in state.doubts.changed and not state.causes
            if not redefined or state.content is not Content.UNKNOWN:
                continue
            below = self.result.covered
            if pair.b.id not in below or covered.hides(pair, self.result.pairs, self._readers, below):
                pair.state = replace(state, content=Content.DIFFERENT, evidence="derived")
                self.result.first[pair.ref] = None

    # -- what a pair stands on

    def _pair(self, name: str, other: str) -> Pair:
        a, b = self.a.datasets[name], self.b.datasets[other]
        regions = (region(self.a, a, self._alignment.datasets), region(self.b, b, self._of_b))
        ends = tuple((self._of_b[end], end) for end in regions[1].ends if self._of_b.get(end) in regions[0].ends)
        left = tuple(end for end in regions[0].ends if end not in {x for x, _ in ends})
        right = tuple(end for end in regions[1].ends if end not in {y for _, y in ends})
        return Pair(a, b, regions, ends, (left, right))

    def _in_order(self) -> Iterable[Pair]:
        """Gives every pair after those that it is made from; a circle is cut at the pair that is reached first."""
        done: set[str] = set()
        begun: set[str] = set()
        for start in self.b.datasets:
            todo = [start] if start in self.result.pairs else []
            while todo:
                name = todo[-1]
                above = [] if name in begun else [y for y in self._stands_on(name) if y not in begun]
                begun.add(name)
                if above:
                    todo.extend(above)
                    continue
                todo.pop()
                if name not in done:
                    done.add(name)
                    yield self.result.pairs[name]

    def _stands_on(self, name: str) -> list[str]:
        pair = self.result.pairs[name]
        through_a = [self._alignment.datasets[x] for x in pair.regions[0].ends if x in self._alignment.datasets]
        through_b = [y for y in pair.regions[1].ends if y in self.result.pairs]
        return list(dict.fromkeys((*through_b, *through_a, *self._values(pair))))

    def _values(self, pair: Pair) -> list[str]:
        """The pandas objects that a Spark step uses: numbers that were taken from them may stand in its plan."""
        made = definitions.made_by(self.a, pair.a), definitions.made_by(self.b, pair.b)
        of_a, of_b = pair.a.fragment, pair.b.fragment
        if made[0] is None or made[1] is None or of_a is None or of_b is None or pair.b.engine != "spark":
            return []
        if not other_plan(of_a, of_b) or made[0].step.source_hash != made[1].step.source_hash:
            return []
        used = [name for name in made[1].step.inputs if name in self.result.pairs and name != pair.b.id]
        return [name for name in used if self.b.datasets[name].engine == "pandas"]

    # -- what is known of it

    def _look_at(self, pair: Pair) -> None:
        a, b = pair.a, pair.b
        pair.measured = contents.compare(a, b, lambda column: definitions.rounds_more(a, b, column))
        if b.kind is DatasetKind.SOURCE and a.kind is DatasetKind.SOURCE:
            pair.state = self._of_source(pair)
            return
        pair.definition = definitions.compare(a, b, (self.a, self.b), pair.regions, self._other_inputs(pair))
        above = {y: self.result.pairs[y].state for y in self._stands_on(b.id)}
        pair.state = self._state(pair, pair.definition, above)

    def _other_inputs(self, pair: Pair) -> bool:
        """Whether the two are made from other datasets. One that only lies at another place is not another one."""
        left, right = pair.other_inputs
        if not left and not right:  # the same, but a join has a left and a right side
            return [self._alignment.datasets[end] for end in pair.regions[0].ends] != list(pair.regions[1].ends)
        of_a, of_b = [self.a.datasets[name] for name in left], [self.b.datasets[name] for name in right]
        if len(of_a) != len(of_b):
            return True
        return any(contents.compare(x, y).content is not Content.SAME for x, y in zip(of_a, of_b, strict=True))

    def _of_source(self, pair: Pair) -> State:
        seen = pair.measured
        evidence = sources.evidence(pair.a, pair.b)
        # What a source holds was measured as its reader read it: by other options of the reader it looks different.
        if seen.content is Content.DIFFERENT and evidence is not SourceEvidence.STRONG and self._read_alike(pair):
            self.result.sources_changed[pair.ref] = None
            return State(Content.DIFFERENT, "measured", (pair.ref,), open=_differing(seen))
        if seen.content is Content.SAME and not seen.unproven:
            return State(Content.SAME, "measured")
        if evidence is SourceEvidence.STRONG:
            return State(Content.SAME, "derived")
        doubts = Doubts(stored=(pair.ref,))
        if evidence is SourceEvidence.WEAK or seen.content is Content.SAME:
            return State(Content.SAME, "derived", doubts=doubts, open=None)
        why = f"{seen.why or 'not measured'}; nothing says that it is the same"
        return State(Content.UNKNOWN, doubts=doubts, why=why, open=None)

    def _read_alike(self, source: Pair) -> bool:
        """Whether some step reads the source by the same plan in both runs, as far as its readers are known; not in
        another time zone.
        """
        readers = [(self.a.datasets[x], self.b.datasets[y]) for x, y in self._readers.get(source.b.id, ())]
        known = [(x, y) for x, y in readers if x.fragment is not None and y.fragment is not None]
        return not known or any(plan_hash(x) == plan_hash(y) and definitions.zones(x, y) is None for x, y in known)

    def _state(self, pair: Pair, definition: Definition, inputs: dict[str, State]) -> State:
        above = list(inputs.values())
        causes = tuple(dict.fromkeys(cause for state in above for cause in state.causes))
        doubts = together(state.doubts for state in above)
        own = self._own_doubts(pair, definition, doubts)
        if pair.measured.content is Content.SAME:
            return self._same(pair, definition, inputs, causes, own)
        if pair.measured.content is Content.DIFFERENT:
            causes = causes or self._through_python(pair, definition) or self._culprits(pair, definition, doubts)
            left = self._opened(pair, definition, inputs)
            return State(Content.DIFFERENT, "measured", causes, open=_differing(pair.measured, left))
        if causes and pair.b.kind is DatasetKind.MODEL:  # nobody can compare models; this one learned something else
            return State(Content.DIFFERENT, "derived", causes, open=None)
        if causes:
            return State(Content.UNKNOWN, None, causes, own, f"{pair.measured.why}; what it is made from differs", None)
        if pair.a.reason == pair.b.reason == "never_executed" and not definition.changed:
            return State(Content.SAME, "derived", (), doubts, open=None if doubts.any else NOTHING)
        if own.any:
            unknown = any(state.content is Content.UNKNOWN for state in above) or own != doubts
            content = Content.UNKNOWN if unknown else Content.SAME
            why = f"{pair.measured.why or 'not measured'}; {_doubtful(pair, own)}" if unknown else None
            return State(content, None if unknown else "derived", (), own, why, None)
        return State(Content.SAME, "derived", (), own)

    def _own_doubts(self, pair: Pair, definition: Definition, above: Doubts) -> Doubts:
        """The first of several changed definitions in a row is the cause: the others may be changed by it."""
        name, doubts = pair.ref, above
        if definition.changed and not above.changed:
            for ref in self._of_region(pair, definition):
                doubts = doubts.also(changed=ref)
        if definition.nondeterminism:
            doubts = doubts.also(random=name)
        if definition.opaque:
            doubts = doubts.also(opaque=name)
        return doubts

    def _same(
        self, pair: Pair, definition: Definition, inputs: dict[str, State], causes: tuple[Ref, ...], own: Doubts
    ) -> State:
        """The state of a pair that was measured to be the same, in all columns or only in those that flowed."""
        seen = pair.measured
        derived = not own.any and all(state.content is Content.SAME for state in inputs.values())
        counts = pair.b.kind is not DatasetKind.SINK and not definition.opaque and not definition.changed
        if seen.bare and not derived and not counts:
            why = f"its columns did not flow, and {_doubtful(pair, own, causes)}"
            return State(Content.UNKNOWN, None, causes, own, why, None)
        kept = Doubts(ordered=own.ordered)
        if definition.changed and any(order(pair.a) != order(pair.b) for order in (_sorts, _names, _standing)):
            kept = kept.also(ordered=pair.ref)
        left = self._opened(pair, definition, inputs)
        if not left:
            return State(Content.SAME, "measured", (), kept)
        # A column that no query read in either run does not make this pair uncertain, but a pair below may show it.
        redefined = any(self._redefined(pair, definition, column) for column in left)
        if not causes and not redefined and not left & seen.unproven:
            doubts = Doubts(ordered=kept.ordered, random=own.random, opaque=own.opaque, stored=own.stored)
            above = together(state.doubts for state in inputs.values())
            return State(Content.SAME, "measured", (), replace(doubts, changed=above.changed), open=left)
        columns = ", ".join(sorted(left)[:3])
        why = f"column {columns} did not flow in both runs, and {_doubtful(pair, own, causes)}"
        return State(Content.UNKNOWN, None, causes, own, why, left)

    def _opened(self, pair: Pair, definition: Definition, inputs: dict[str, State]) -> frozenset[str]:
        candidates = pair.measured.unproven | pair.measured.unused
        if not candidates:
            return NOTHING
        above = {name: state.open for name, state in inputs.items()}
        return opened(pair.b, candidates, definition, above, lambda each: self._redefined(pair, definition, each))

    def _through_python(self, pair: Pair, definition: Definition) -> tuple[Ref, ...]:
        """The causes of what came to the step as plain values, where it does itself what it did."""
        made = definitions.made_by(self.b, pair.b)
        if definition.changed or definition.source or made is None:
            return ()
        causes = self.values.causes(made.key, self._of_data)
        if causes:
            self.result.values.update(dict.fromkeys(ref for ref in causes if ref.id not in self.result.pairs))
            return causes
        own = self.values.explained(made.key) is not None
        if own or not definition.opaque or pair.ends or any(pair.other_inputs) or definitions.reads(pair.b):
            return ()
        # Nothing that was recorded goes in: it is made of values that left an earlier dataset on a way nobody saw.
        before = [self.result.pairs[name] for name in self.result.order]
        earlier = [each for each in before if self._begins(each) < made.step.started]
        return tuple(dict.fromkeys(cause for each in earlier for cause in each.state.causes))

    def _begins(self, pair: Pair) -> float:
        made = definitions.made_by(self.b, pair.b)
        return made.step.started if made is not None else 0.0

    def _culprits(self, pair: Pair, definition: Definition, above: Doubts) -> tuple[Ref, ...]:
        """The datasets that are the cause where this pair differs and none of its inputs is known to differ."""
        own = pair.ref
        if above.changed:
            found = above.changed
        elif definition.changed:
            found = self._of_region(pair, definition)
        elif above.ordered:
            found = above.ordered
        elif above.random or definition.nondeterminism:
            found = above.random or (own,)
        elif above.stored and not (definition.opaque and self._code_changed):
            self.result.sources_changed.update(dict.fromkeys(above.stored))
            return above.stored
        else:
            # What Python did between them is not in the record: the last step whose rows came from it is the nearest.
            found = (own,) if definition.opaque else above.opaque or (own,)
        self.result.first.update(dict.fromkeys(found))
        return found

    def _of_region(self, pair: Pair, definition: Definition) -> tuple[Ref, ...]:
        """The step itself, if its own definition changed; else the steps that lie between it and its inputs."""
        if definition.region and not definition.plan and not (definition.opaque and definition.source):
            return (
                *(Ref("a", own) for own in pair.regions[0].own),
                *(Ref("b", own) for own in pair.regions[1].own),
            )
        return (pair.ref,)

    def _redefined(self, pair: Pair, definition: Definition, column: str) -> bool:
        """Whether a column is made in another way. No column is where the plans are the same."""
        if definition.zones is not None:
            return True
        if not definition.plan:
            return definition.opaque and definition.source
        if definitions.changed_functions(pair.a, pair.b) or definitions.reads(pair.a) or definitions.reads(pair.b):
            return True
        of_a, of_b = (definitions.of_column(dataset, column) for dataset in (pair.a, pair.b))
        if of_a is None or of_b is None:
            return True
        return definitions.translated(of_a.expression, self._alignment.datasets) != of_b.expression


def _differing(seen: Measured, left: frozenset[str] = NOTHING) -> Open:
    """What a pair that differs hands on to those made from it: all its rows (None), or the columns that differ."""
    if seen.rows or seen.combined:
        return None
    return left | {change.name for change in seen.columns}


def _sorts(dataset: Dataset) -> list[str]:
    operators = dataset.fragment.operators if dataset.fragment is not None else ()
    return [operator for operator in operators if operator.startswith("Sort")]


def _names(dataset: Dataset) -> list[str]:
    return [column.name for column in dataset.columns]


def _standing(dataset: Dataset) -> list[str]:
    """The order of rows and the index, which are recorded for pandas objects only."""
    covers = dataset.fragment.covers if dataset.fragment is not None else ()
    return [cover for cover in covers if cover.startswith("order@")]


def _doubtful(pair: Pair, doubts: Doubts, causes: tuple[Ref, ...] = ()) -> str:
    """The reason why what was not measured of a pair stays unknown."""
    if causes:
        return "what it is made from differs"
    if pair.ref in doubts.changed:
        return "its definition changed"
    if doubts.changed:
        return f"{doubts.changed[0].id}, which it is made from, has another definition"
    if pair.ref in doubts.random:
        return "it is not deterministic"
    if pair.ref in doubts.opaque:
        return "its rows came through Python"
    above = doubts.random or doubts.opaque or doubts.stored
    return f"it is made from {above[0].id if above else 'something'}, of which too little is known"
