"""The report of one run: verdict, failed checks, steps, gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from spark_lineage.answers.freshness import sentence
from spark_lineage.answers.headlines import headline
from spark_lineage.answers.page import Page, PageOfTwo, RunPart
from spark_lineage.answers.show import ShownStep, gaps_beside_the_table, rows_at_least, rows_gained, shown_steps
from spark_lineage.faces.markdown import of_two
from spark_lineage.faces.markdown.fitting import Section, fitted
from spark_lineage.faces.markdown.text import code, header, plain, row
from spark_lineage.faces.terminal.wording import MEANING, reason, short_commit, time_between
from spark_lineage.model import CheckResult, CheckStatus, Dataset, DatasetKind, Outcome

MARK = "<!-- spark-lineage report -->"
MOST = 8_000  # bytes, where not everything is asked for
MOST_LABELS = 6
MOST_REASONS = 4
NAMED = 3  # datasets of a cell
DEEPEST = 8  # levels that are indented
STEPS = header(["step", "inputs → outputs", "rows", "change", "time"], [False, False, True, True, True])
CHECKS = header(["check", "step", "found", "expected"], [False] * 4)


def markdown(page: Page | PageOfTwo, full: bool = False) -> str:
    """At most 8 kB; without that limit if ``full``."""
    sections = list(_of_run(page.run) if isinstance(page, Page) else _of_two(page, full))
    return fitted(sections, None if full else MOST)


def _of_run(part: RunPart) -> Iterator[Section]:
    run = part.graph.run
    title = f"## {code(run.app, 80)}: {run.outcome.value}"
    yield Section((MARK, title, "", *verdict(part), ""), (), "line")
    yield from _checks(part, "")
    yield _steps(part)
    yield from _gaps(part, "")


def _of_two(page: PageOfTwo, full: bool) -> Iterator[Section]:
    yield Section((MARK, *of_two.title(page)), (), "line")
    yield from of_two.sections(page, full)
    for name, part in (("A", page.a), ("B", page.b)):
        yield Section((f"### {name}: {code(part.graph.run.app, 80)}", "", *verdict(part), ""), (), "line")
    yield from _checks(page.b, " of B")
    yield from _gaps(page.b, " of B")


# --------------------------------------------------------------------------- verdict


def verdict(part: RunPart) -> Iterator[str]:
    """A line of a list for each thing that one must know of a run before one reads on."""
    run = part.graph.run
    if run.outcome in MEANING:
        yield f"- {MEANING[run.outcome]}"
    if run.error:
        yield f"- error: {code(headline(run.error))}"
    if (stale := sentence(part.graph.freshness)) is not None:
        yield f"- stale: {plain(stale, 300)}"
    yield f"- checks: {_checked(part)}"
    yield f"- measured: {_measured(part)}"
    gaps = len(gaps_beside_the_table(part.graph))
    yield f"- not observed: {f'{gaps:,} gaps' if gaps != 1 else '1 gap'}"
    verified = part.verified
    proof = f"intact, {verified.events:,} events, root hash {code(verified.root)}" if verified.root else None
    yield f"- record: {proof or plain(verified.why or 'intact')}"
    spark = f", Spark {plain(run.spark.spark_version, 20)}" if run.spark else ""
    took = f", {time_between(run.started, run.ended)}" if run.ended is not None else ""
    yield f"- run {code(run.id)}, {run.mode.value} mode{spark}{took}"
    commit = f"commit {code(short_commit(run.repository))}, " if run.repository is not None else ""
    hashed = f"program hash {code(part.program_hash[:23])}" if part.program_hash is not None else "program not hashed"
    yield f"- {commit}{hashed}"
    labels = [code(f"{name}={value}", 60) for name, value in list(run.labels.items())[:MOST_LABELS]]
    if labels:
        yield f"- labels: {', '.join(labels)}{' …' if len(run.labels) > MOST_LABELS else ''}"


def _checked(part: RunPart) -> str:
    if part.report is None:
        return f"none ({plain(part.refused or '')})"
    counts = {status: len(part.report.of(status)) for status in CheckStatus}
    said = ", ".join(f"{count:,} {status.value}" for status, count in counts.items() if count) or "nothing to check"
    return f"**{said}**" if counts[CheckStatus.FAILED] else said


def _measured(part: RunPart) -> str:
    """How many datasets are exact, and why the others are not."""
    made = [each for each in part.graph.datasets if each.kind is not DatasetKind.MODEL]
    exact = sum(each.complete for each in made)
    whys = Counter(reason(each) for each in made if not each.complete).most_common()
    said = ", ".join(f"{count:,} {plain(why, 60)}" for why, count in whys[:MOST_REASONS])
    more = " …" if len(whys) > MOST_REASONS else ""
    return f"{exact:,} of {len(made):,} datasets exact" + (f"; the others: {said}{more}" if whys else "")


# --------------------------------------------------------------------------- sections


def _checks(part: RunPart, of: str) -> Iterator[Section]:
    failed = part.report.of(CheckStatus.FAILED) if part.report is not None else ()
    if failed:
        head = (f"### Failed checks{of}", "", *CHECKS)
        yield Section(head, tuple((_check(result),) for result in failed), "failed check", ("",))


def _check(result: CheckResult) -> str:
    name = f"{result.check}({result.column})" if result.column and not result.rule else result.check
    where = f" {plain(result.where.rpartition('/')[2], 80)}" if result.where else ""
    call = f" #{result.call}" if result.call > 1 else ""
    return row([code(name), f"{code(result.step)}{call}{where}", plain(result.actual), plain(result.expected)])


def _steps(part: RunPart) -> Section:
    entries = tuple(tuple(_rows(step)) for step in shown_steps(part.graph))
    return Section(("### Steps", "", *STEPS), entries, "step", ("",))


def _rows(shown: ShownStep) -> Iterator[str]:
    """One line per output, as ``show`` prints them."""
    step = shown.step
    mark = "" if step.outcome is Outcome.COMPLETE else f"**{step.outcome.value}** "
    name = "&nbsp;&nbsp;" * min(shown.depth, DEEPEST) + mark + code(shown.label, 80)
    name += f" #{step.call}" if step.call > 1 else ""
    for number, output in enumerate(shown.outputs or [None]):
        first = number == 0
        inputs = f"{_names(shown.inputs)} " if first and shown.inputs else ""
        flow = f"{inputs}→ {code(_short(output), 80)}" if output is not None else inputs.strip()
        error = f" {code(headline(shown.error))}" if first and shown.error else ""
        numbers = [_count(output), _change(output, shown.inputs)] if output is not None else ["", ""]
        took = time_between(step.started, step.ended) if first else ""
        yield row([name if first else "", f"{flow}{error}".strip(), *numbers, took])


def _names(datasets: Sequence[Dataset]) -> str:
    names = ", ".join(code(_short(dataset), 80) for dataset in datasets[:NAMED])
    return names + (f" and {len(datasets) - NAMED} more" if len(datasets) > NAMED else "")


def _short(dataset: Dataset) -> str:
    """Interim datasets by id; storage by the end of its path."""
    return dataset.id if dataset.kind is DatasetKind.INTERIM else dataset.id.rstrip("/").rpartition("/")[2]


def _count(output: Dataset) -> str:
    if output.rows is not None:
        return f"{output.rows:,}"
    seen = rows_at_least(output)
    known = f"≥ {seen:,}" if seen is not None else "?"
    return "" if output.kind is DatasetKind.MODEL else f"{known} ({plain(reason(output), 40)})"


def _change(output: Dataset, inputs: Sequence[Dataset]) -> str:
    gained = rows_gained(output, inputs)
    return "" if gained is None else "=" if gained == 0 else f"{gained:+,}"


def _gaps(part: RunPart, of: str) -> Iterator[Section]:
    """The same of several steps and datasets is said once."""
    about: dict[tuple[str, str], dict[str, None]] = {}
    for gap in gaps_beside_the_table(part.graph):
        about.setdefault((gap.what, gap.why), {}).update(dict.fromkeys(filter(None, [gap.dataset or gap.step])))
    if about:
        entries = tuple((_gap(what, why, list(names)),) for (what, why), names in about.items())
        yield Section((f"### Not observed{of}", ""), entries, "gap", ("",))


def _gap(what: str, why: str, names: list[str]) -> str:
    more = f" and {len(names) - NAMED:,} more" if len(names) > NAMED else ""
    where = f"{', '.join(code(name, 80) for name in names[:NAMED])}{more}: " if names else ""
    return f"- {where}{plain(what, 60)}: {plain(why)}"
