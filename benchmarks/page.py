"""What the page costs: runs of 300, 2,000 and 10,000 steps as reports in headless Chromium, and a long list of runs.

    python benchmarks/page.py [--steps 300 2000 10000] [--rounds 3] [--runs 1000]

The runs are made up and written through the real event building and journal: functions that call 24 others each, one
dataset of 8 columns a call, every seventh reads one more source. `report` runs as its users run it. Then the file is
opened: "tree" is the time from the beginning until the tree of steps has been drawn and answers, "selection" that from
the click on a step until the details show it and the browser has drawn them, "search" that until a step is found by its
name; behind each stands the processor time of the page's own thread, which what else the machine does changes less. The
list is that of `spark-lineage ui` over a store of many runs. Medians over the rounds.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import events  # noqa: E402  the path has to be set first
from spark_lineage import model  # noqa: E402
from spark_lineage.events import build, samples  # noqa: E402
from spark_lineage.sinks.journal import Journal  # noqa: E402
from tests import browsing  # noqa: E402
from tests.local_page import local_page  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession

COLUMNS = 8
CALLS = 24  # of each function that calls others
GOALS = {"tree": 2.0, "selection": 0.2, "list": 1.0}  # seconds, for 2,000 steps and for 1,000 runs


@dataclass(frozen=True)
class Took:
    """Seconds, and of the page's own thread processor seconds."""

    wall: float
    cpu: float


@dataclass(frozen=True)
class Round:
    report: float  # seconds
    tree: Took
    selection: Took
    search: Took


# --------------------------------------------------------------------------- made-up runs


def made_up(steps: int) -> model.LineageGraph:
    """``steps`` are the calls that make datasets; those of the functions around them come on top."""
    graph = events.made_up(steps, COLUMNS)
    top, *calls = graph.steps
    groups = [_group(number, calls[number * CALLS :][:CALLS]) for number in range(-(-len(calls) // CALLS))]
    inner = [replace(call, parent=(groups[at // CALLS].step, 1)) for at, call in enumerate(calls)]
    return replace(graph, steps=(top, *groups, *inner))


def _group(number: int, calls: list[model.Step]) -> model.Step:
    return replace(
        calls[0], step=f"orders.stage_{number}", function=f"stage_{number}", inputs=(), outputs=(), executions=(),
        ended=calls[-1].ended, variable=None, parent=("orders", 1),
    )  # fmt: skip


def record(store: Path, graph: model.LineageGraph) -> None:
    Journal(store / "runs" / graph.run.id, fsync=False).write(build(graph), samples(graph))


# --------------------------------------------------------------------------- measuring


def report(store: Path, path: Path) -> float:
    """Seconds that the command takes, with the start of the interpreter."""
    path.unlink(missing_ok=True)
    begun = time.perf_counter()
    command = [sys.executable, "-m", "spark_lineage", "report", "--store", str(store), "-o", str(path)]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - begun


def look(running: Browser, path: Path, seconds: float, steps: int) -> Round:
    with browsing.shown(running, "about:blank", viewport={"width": 1600, "height": 1000}) as shown:
        shown.home = path.as_uri()
        thread = shown.page.context.new_cdp_session(shown.page)
        thread.send("Performance.enable", {"timeDomain": "threadTicks"})

        def timed(what: Callable[[], None]) -> Took:
            before, begun = worked(thread), time.perf_counter()
            what()
            return Took(time.perf_counter() - begun, worked(thread) - before)

        def open_it() -> None:
            shown.page.goto(path.as_uri())
            shown.tree.get_by_role("treeitem").first.wait_for()
            shown.drawn()

        tree = timed(open_it)
        items = shown.tree.get_by_role("treeitem")
        steps_shown = [items.nth(at).get_attribute("data-step") or "" for at in (2, 5, 8)]
        selections = [timed(lambda step=step: select(shown, step)) for step in steps_shown]
        searched = timed(lambda: search(shown, f"step_{steps // 2}"))
    return Round(seconds, tree, middle(selections), searched)


def worked(thread: CDPSession) -> float:
    """Processor seconds that the page's thread has spent in tasks so far."""
    metrics = thread.send("Performance.getMetrics")["metrics"]
    return next(float(each["value"]) for each in metrics if each["name"] == "TaskDuration")


def middle(took: Sequence[Took]) -> Took:
    return Took(statistics.median(each.wall for each in took), statistics.median(each.cpu for each in took))


def select(shown: browsing.Shown, step: str) -> None:
    shown.item(step).click()
    shown.article("Step", step.rpartition("~")[0]).wait_for()
    shown.drawn()


def search(shown: browsing.Shown, name: str) -> None:
    shown.search.fill(name)
    shown.tree.get_by_role("treeitem").filter(has_text=name).first.wait_for()
    shown.drawn()


def of_steps(running: Browser, steps: int, rounds: int) -> str:
    with tempfile.TemporaryDirectory() as folder:
        store, path = Path(folder, "lineage"), Path(folder, "report.html")
        record(store, made_up(steps))
        took = [look(running, path, report(store, path), steps) for _ in range(rounds)]
        size = path.stat().st_size / 1e6
    tree, selection, searched = (
        middle([getattr(each, name) for each in took]) for name in ("tree", "selection", "search")
    )
    return (
        f"| {steps:,} | {statistics.median(each.report for each in took):.1f} | {size:.1f} "
        f"| {tree.wall:.2f} ({tree.cpu:.2f}) | {selection.wall * 1000:.0f} ({selection.cpu * 1000:.0f}) "
        f"| {searched.wall * 1000:.0f} ({searched.cpu * 1000:.0f}) |"
    )


def of_list(runs: int, rounds: int) -> str:
    """The list of a store, asked of the server; each run has five steps."""
    with tempfile.TemporaryDirectory() as folder:
        graph = events.made_up(5, COLUMNS)
        for number in range(runs):
            later = graph.run.started + 60 * number
            run = replace(graph.run, id=f"019b7700-0000-7000-8000-{number:012x}", started=later, ended=later + 6)
            record(Path(folder, "lineage"), replace(graph, run=run))
        with local_page("--store", "lineage", folder=Path(folder)) as served:
            took = []
            for _ in range(rounds + 1):
                begun = time.perf_counter()
                with urllib.request.urlopen(f"{served.address}api/runs") as answer:
                    size = len(answer.read())
                took.append(time.perf_counter() - begun)
    again = statistics.median(took[1:])
    return f"{runs:,} runs listed: {again:.2f} s ({size / 1e6:.1f} MB), the first time {took[0]:.2f} s"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, nargs="*", default=[300, 2000, 10_000])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runs", type=int, default=1000)
    chosen = parser.parse_args()
    missing = browsing.why_not()
    if missing is not None and chosen.steps:
        sys.exit(missing)
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, load {os.getloadavg()[0]:.1f} when it began")
    if chosen.steps:
        print("| steps | `report`, s | file, MB | tree, s | selection, ms | search, ms |")
        print("|---|---|---|---|---|---|")
        with browsing.browser() as running:
            for steps in chosen.steps:
                print(of_steps(running, steps, chosen.rounds), flush=True)
    if chosen.runs:
        print(of_list(chosen.runs, chosen.rounds))


if __name__ == "__main__":
    main()
