"""What a page answers: one run with its checks, its proof and its columns, or two of them with their comparison."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from spark_lineage.answers.check.results import Report
from spark_lineage.answers.check.stored import check_opened
from spark_lineage.answers.diff import Comparison
from spark_lineage.answers.errors import AnswerError
from spark_lineage.answers.page.columns import DatasetDetail, details
from spark_lineage.answers.stores import trusted
from spark_lineage.answers.verify import Verified, verify
from spark_lineage.config import ConfigError
from spark_lineage.model import LineageGraph, StepKind
from spark_lineage.store import Store, Summary


@dataclass(frozen=True)
class RunPart:
    """All that is known of one run. ``report`` is None where the run cannot be checked, and ``refused`` says why.

    ``details`` has one entry for each dataset of the graph, in its order.
    """

    graph: LineageGraph
    report: Report | None
    refused: str | None
    verified: Verified
    program_hash: str | None
    details: tuple[DatasetDetail, ...]


@dataclass(frozen=True)
class Page:
    """One run. ``made`` is the moment, in seconds since the epoch; ``left_out``: "samples", "source"."""

    run: RunPart
    made: float
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class PageOfTwo:
    """Two runs laid over each other: ``a`` is the earlier one."""

    a: RunPart
    b: RunPart
    comparison: Comparison
    made: float
    left_out: tuple[str, ...] = ()


def of_run(store: Store, run: Summary, graph: LineageGraph) -> RunPart:
    """``graph`` is the run as the store has it. Raises AnswerError and StoreError for a run that cannot be read."""
    report, refused = _checked(store, run, graph)
    return RunPart(graph, report, refused, verify(run, False, trusted(None)), program_hash(graph), details(graph))


def _checked(store: Store, run: Summary, graph: LineageGraph) -> tuple[Report | None, str | None]:
    """A page of a run that ``check`` refuses says so, as the command does."""
    try:
        return check_opened(store, run, graph), None
    except (AnswerError, ConfigError) as error:
        return None, str(error)


def program_hash(graph: LineageGraph) -> str | None:
    """Of the code that ran: the module of the program, and each function that is a step or is called by one.

    SHA-256 over their names and the hashes of their normalised sources, sorted, so that neither comments nor folders
    count, nor in which order the functions ran. None where no source was read.
    """
    hashed: Mapping[tuple[str, str], None] = dict.fromkeys(
        [
            *(
                (step.function, step.source_hash)
                for step in graph.steps
                if step.source_hash is not None and step.kind in (StepKind.APPLICATION, StepKind.FUNCTION)
            ),
            *((function.name, function.source_hash) for function in graph.run.functions),
        ]
    )
    if not hashed:
        return None
    lines = sorted(f"{name} {source_hash}\n" for name, source_hash in hashed)
    return f"sha256:{hashlib.sha256(''.join(lines).encode('utf-8', 'surrogatepass')).hexdigest()}"
