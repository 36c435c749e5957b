"""``diff`` names the faulty step and nothing else: a share of the fault suite (the whole: ``make localisation``)."""

from __future__ import annotations

import pytest

from tests.localisation.jvm import WarmJvm
from tests.localisation.suite import CONF, Bench, judge
from tests.localisation.table import CHANGES

# Few programs, as each takes a baseline; of each the changes that differ most.
SHARE = [
    "retail/version", "retail/status", "retail/renamed-variable",
    "loans/udf", "loans/june", "loans/repartition",
    "clicks/users", "clicks/elsewhere",
    "credit/keep", "credit/mean-income", "credit/segments", "credit/sorted",
]  # fmt: skip


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    folder = tmp_path_factory.mktemp("localisation")
    with WarmJvm(folder / "jvm", CONF) as jvm:
        yield Bench(folder, jvm)


@pytest.mark.parametrize("name", SHARE)
def test_diff_names_the_faulty_step_and_nothing_else(bench, name):
    (change,) = [each for each in CHANGES if f"{each.program}/{each.name}" == name]
    a, b = bench.pair(change, "flow")
    verdict = judge(change, "flow", a, b, *bench.diff(a, b))
    assert verdict.right, (verdict.wrong, verdict.answer)


def test_each_change_has_one_place_in_its_program():
    from tests.localisation.suite import changed_sources

    assert len({(each.program, each.name) for each in CHANGES}) == len(CHANGES)
    for each in CHANGES:
        changed = changed_sources(each.program, each) != changed_sources(each.program, None)
        assert changed or each.harmless, f"{each.program}/{each.name}"
