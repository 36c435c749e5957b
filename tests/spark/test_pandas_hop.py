"""Faults in what pandas does between ``toPandas`` and ``createDataFrame``: ``diff`` names the step that holds each.

The programs run plain and observed in one Spark session; what they print has to be the same, warnings included.
Of each program a few changes run always, the others where ``slow`` tests run.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from program_runs import PROGRAMS, WarmJvms, environment, run

from spark_lineage.answers.diff import Comparison, compare_runs
from spark_lineage.store import Store

FOLDER = PROGRAMS / "pandas_hop"
BASE = "base"
pytestmark = [pytest.mark.wide, pytest.mark.timeout(1200)]  # the first test waits for the runs of all
SHARE = 2  # of each program's changes so many run always

# program -> (what is changed, into what, the step that has to be named; None: it changes nothing)
CHANGES = {
    "flat": [
        ('"year"] == 2024', '"year"] == 2023', "rates~2"),
        ('orders["amount"] > 0', 'orders["amount"] > 40', "orders~2"),
        ("/ 1.19", "/ 1.07", "orders_net"),
        ('== "xx"', '== "it"', "orders_loc"),
        ('fillna("de")', 'fillna("fr")', "orders_country"),
        ('["customer", "amount"])', '["customer", "id"])', "orders~4"),
        ('keep="last"', 'keep="first"', "orders~5"),
        ('how="left"', 'how="inner"', "orders~6"),
        ('columns=["year"]', 'columns=["year", "rate"]', "drop_orders"),
        ('"source", "shop"', '"source", "web"', "insert_orders"),
        ("median()", "mean()", "orders_above"),
        ('aggfunc="sum"', 'aggfunc="max"', "table"),
        ('"below", "above"]', '"above", "below"]', "table_columns"),
        (' + table["above"]', ' - table["above"]', "totals"),
        ("rank()", "rank(ascending=False)", "totals_rank"),
        ("/ 1.19", "/ 1.19  # without tax", None),
    ],
    "functions": [
        ('["id"] + 100', '["id"] + 99', "main.load"),
        ('["price"].mean()', '["price"].median()', "main.prepare.fill"),
        ("< 100 + limit", "< 90 + limit", "main.prepare.keep"),
        ("nlargest(2", "nlargest(3", "main.best"),
        ("(-values)", "(-2 * values)", "main.scored.squash"),
        ("- 5)", "- 6)", "main.scored"),
        ("> 0.9", "> 0.5", "main.labelled"),
        ("part / part.sum()", "part / part.max()", "main.by_kind.widen.share"),
        ('("score", "mean")', '("score", "median")', "main.by_kind.agg_wide"),
        ('"label").size()', '"kind").size().rename_axis("label")', "main.counts"),
        ("ignore_index=True)", "ignore_index=True).iloc[1:]", "main.both"),
        ("    out = frame.copy()\n    out[", "    out = frame.copy()\n\n    out[", None),
    ],
    "classes": [
        ('filter("id > 2")', 'filter("id > 1")', "Report.run.Report.read"),
        ('["sales"] > 1', '["sales"] > 2', "Report.run.Report.clean"),
        ("ignore_index=True", 'ignore_index=True).drop_duplicates("id"', "Report.run.Report.joined"),
        ("dt.month", "dt.day", "Report.run.Report.monthly"),
        ("sum(axis=1)", "max(axis=1)", "Report.run.table_total"),
        ("ascending=False", "ascending=True", "Report.run.Report.rank"),
        ("> 300", "> 400", "final"),
    ],
    "series": [
        ("quantile(0.9)", "quantile(0.5)", "capped"),
        ("/ weights.max()", "/ weights.mean()", "ratio"),
        ("clip(upper=cap)", "clip(upper=cap + 1)", "capped"),
        ("id % 9", "id % 8", "names"),
        ("* 37 % 41", "* 37 % 43", "things"),
        ("[1, 2, 3]", "[1, 2]", "mask"),
        ("id < 40", "id < 30", "rows"),
        ('"weight": "mean"', '"weight": "max"', "sums"),
        ("share > 0.5", "share > 0.9", "sums~2"),
        ("frame = frame.copy()", "frame = frame.copy(deep=True)", None),
    ],
    "churn": [
        ("i % 9)", "i % 7)", "main.fetch"),
        ('F.sum("usage")', 'F.max("usage")', "main.fetch"),
        ('["usage"] < 0, "usage"] = 0', '["usage"] < 0, "usage"] = 50', "main.apply_all.Clean.transform"),
        ('method="dense"', 'method="min"', "main.apply_all.Rank.transform"),
        ('aggfunc="sum"', 'aggfunc="count"', "main.wide"),
        ("x - x.mean()) ** 2", "x - x.max()) ** 2", "main.trend"),
        ('how="inner")', 'how="inner").head(30)', "main.joined"),
        ("(-100, 0, 1, 100)", "(-100, 0, 2, 100)", "main.bucket"),
        ("* 1.1", "* 1.2", "main.joined_fee"),
        ('fee=("fee", "mean")', 'fee=("fee", "max")', "main.by_city"),
        ("def bucket(frame", "# Three of them.\ndef bucket(frame", None),
    ],
    "parts": [
        ("i * 3 % 17", "i * 3 % 19", "createOrReplaceTempView_t"),
        ("v > 1", "v > 2", "pdf"),
        ('["v"].describe', '["id"].describe', "stats"),
        ('+ stats["std"]', '+ 0.5 * stats["std"]', "limits"),
        ('on="g")', 'on="id")', "pdf~2"),
        ('"v <= limit"', '"v < limit - 1"', "pdf~3"),
        ('sort_values("v")', 'sort_values("id")', "part"),
        ('["v"].cumsum()', '["v"].cummax()', "part_cum"),
        ("pd.concat(parts)", "pd.concat(parts[:3])", "pdf~4"),
        ('transform("sum")', 'transform("max")', "pdf_share"),
        ("nlargest(5)", "nlargest(9)", "top"),
        (">= threshold", "> threshold", "big"),
        ('{"v": "value"}', '{"v": "value", "limit": "most"}', "rename_big"),
        ('(3, "d")', '(3, "e")', "lookup"),
        ('"value", "share"]', '"value", "cum"]', "melted"),
        ("melted.dropna()", "melted.dropna().iloc[1:]", "melted~2"),
        ('F.sum("amount")', 'F.max("amount")', "res"),
        ('("amount") < threshold', '("amount") <= threshold', "rest"),
    ],
    "arrow": [
        ("/ 3.0D", "/ 4.0D", "run.items"),
        ("4;0,5;y", "4;0,7;y", "run.read_codes"),
        ('== "y"]', '!= "x"]', "run.read_codes"),
        ('how="left", on="code"', 'how="inner", on="code"', "run.apply.join"),
        ("fillna(1)", "fillna(0)", "run.apply.frame_value"),
        ('["one", "two"]', '["one", "one"]', "run.Basket.add_flag"),
        ("LIMIT = 3", "LIMIT = 5", "run.Basket.valuable"),
        ("digits=1", "digits=0", "run.Basket.rounded"),
        ("< row.value", "> row.value", "run.ranks"),
        ("grouped.min(), grouped.max()", "grouped.min(), grouped.mean()", "run.spread"),
        ('summary["high"] - ', 'summary["high"] + ', "run.summary_width"),
        ('"best").rename_axis("code").reset_index()', '"best").rename_axis("code").reset_index().head(3)', "run.ranks"),
        ('"flag"]].drop_duplicates()', '"flag"]]', "run.both"),
    ],
}


@pytest.fixture(scope="module")
def recorded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, warm_jvms: WarmJvms) -> Path:
    """A store for each variant that a test looks at, and what each printed."""
    folder = tmp_path_factory.mktemp("hop")
    params = [each.callspec.params for each in request.session.items if getattr(each, "module", None) is request.module]
    wanted = {(each["program"], each["number"]) for each in params if "number" in each}
    variants = [path for program in CHANGES for path in _variants(folder, program, wanted)]
    script = Path(__file__).with_name("together.py")
    command = [sys.executable, str(script), "flow", str(folder), *map(str, variants)]
    run(command, folder, environment(folder, {}, ours=True), jvm=warm_jvms.observing, timeout=900).succeeded()
    return folder


def _variants(folder: Path, program: str, wanted: set[tuple[str, int]]) -> list[Path]:
    text = (FOLDER / f"{program}.py").read_text()
    texts = {BASE: text}
    for number, (old, new, _) in enumerate(CHANGES[program]):
        assert text.count(old) == 1, (program, old, text.count(old))
        if (program, number) in wanted:
            texts[str(number)] = text.replace(old, new)
    paths = []
    for name, each in texts.items():
        paths.append(folder / f"{program}__{name}.py")
        paths[-1].write_text(each)
    return paths


def _told(folder: Path, program: str, name: str) -> dict[str, dict[str, str]]:
    told: dict[str, dict[str, str]] = json.loads((folder / f"{program}__{name}.json").read_text())
    return told


def _compared(folder: Path, program: str, name: str) -> Comparison:
    a, b = (Store(folder / f"{program}__{each}").open("last").graph for each in (BASE, name))
    return compare_runs(a, b)


def _always(program: str) -> range:
    """Numbers of the changes of a program that run always: evenly spread, the last one among them."""
    whole = range(len(CHANGES[program]))
    return whole[:: -(len(whole) // SHARE)]


CASES = [
    pytest.param(
        program,
        number,
        id=f"{program}-{number}-{CHANGES[program][number][2]}",
        marks=() if number in _always(program) else pytest.mark.slow,
    )
    for program in CHANGES
    for number in range(len(CHANGES[program]))
]


@pytest.mark.parametrize(("program", "number"), CASES)
def test_the_faulty_step_is_named(recorded: Path, program: str, number: int) -> None:
    _went_well(recorded, program, str(number))
    step = CHANGES[program][number][2]
    base, changed = (_told(recorded, program, name)["observed"] for name in (BASE, str(number)))
    assert (base["stdout"] == changed["stdout"]) is (step is None), "the change has to show"
    found = _compared(recorded, program, str(number))
    named = {each.step.step.partition(".")[2] for each in found.first_divergences}
    assert named == ({step} if step is not None else set()), [each.why for each in found.first_divergences]
    assert not found.sources_changed
    assert found.same is (step is None)


@pytest.mark.parametrize("program", CHANGES)
def test_the_program_does_what_it_does_alone(recorded: Path, program: str) -> None:
    told = _told(recorded, program, BASE)
    assert told["observed"] == told["plain"]
    _went_well(recorded, program, BASE)


def _went_well(recorded: Path, program: str, name: str) -> None:
    assert _told(recorded, program, name)["observed"]["error"] is None
    log = [path.read_text() for path in (recorded / f"{program}__{name}" / "runs").glob("*/agent.log")]
    assert not "".join(log)
