"""Random programs, in each measuring mode: what is marked complete is what plain Spark counts.

The same programs every time; others with ``pytest --hypothesis-seed=N`` and SPARK_LINEAGE_EXAMPLES=n for more.
"""

from __future__ import annotations

import os
from pathlib import Path

import program_runs
import pytest
import random_programs
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from program_runs import Comparison, WarmJvms

EXAMPLES = int(os.environ.get("SPARK_LINEAGE_EXAMPLES", "1"))


@pytest.mark.wide
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("number", [4, pytest.param(24, marks=pytest.mark.slow)])
@settings(
    max_examples=EXAMPLES,
    derandomize="SPARK_LINEAGE_EXAMPLES" not in os.environ,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # pipelines do not depend on each other: the failing ones are named, nothing to shrink
    suppress_health_check=list(HealthCheck),
)
@given(st.data())
def test_complete_facts_are_true(
    tmp_path_factory: pytest.TempPathFactory, data_folder: Path, warm_jvms: WarmJvms, number: int, data: st.DataObject
) -> None:
    pipelines = data.draw(random_programs.program(number))
    folder = tmp_path_factory.mktemp("random")
    program = folder / "random_program.py"
    program.write_text(random_programs.source(pipelines))
    truths = program_runs.truth(program, folder / "truth", str(data_folder), jvm=warm_jvms.plain)
    wrong: list[str] = []
    for mode in ("flow", "used", "exact"):
        ran = program_runs.observed(program, folder / mode, str(data_folder), mode=mode, jvm=warm_jvms.observing)
        ran.succeeded()
        comparison = program_runs.compare(program_runs.show(ran), truths)
        wrong += [f"{mode}: {text}" for text in comparison.wrong]
        wrong += [f"{mode}: {label} is not there" for label in comparison.missing]
        if mode != "flow":
            # An empty side of a join lets Spark drop the other side unread, whatever stands between.
            missed = unseen(comparison, pipelines)
            if len(missed) > len(comparison.checked) / 5:
                wrong += [f"{mode}: {label} is not complete: {why}" for label, why in missed.items()]
    assert wrong == [], f"{program}\n" + "\n".join(wrong)


def unseen(comparison: Comparison, pipelines: tuple[random_programs.Pipeline, ...]) -> dict[str, str]:
    """Incomplete datasets of pipelines in which nothing was limited."""
    whole = {pipeline.name for pipeline in pipelines if pipeline.whole}
    return {label: why for label, why in comparison.incomplete.items() if label.split("_")[0] in whole}
