"""How outcomes, moments, durations and reasons are written for people, the same in every answer."""

from __future__ import annotations

from datetime import datetime, timezone

from rich.text import Text

from spark_lineage.answers.freshness import sentence
from spark_lineage.model import Dataset, Freshness, Outcome, RepositorySeen

WIDE = 100  # columns of a terminal from which on more is shown
SHORT_COMMIT = 8
STYLES = {Outcome.COMPLETE: "green", Outcome.FAIL: "bold red", Outcome.ABORT: "yellow", Outcome.RUNNING: "cyan"}
# What a word alone does not tell.
MEANING = {
    Outcome.ABORT: "The program was killed before it ended: this is what was seen up to then.",
    Outcome.RUNNING: "The program still runs: this is what has been seen so far.",
}
REASONS = {
    "never_executed": "never executed",
    "plan_mode": "plan mode",
    "limit": "stopped by a limit",
    "filter_pushed": "filter pushed below",
    "stepped_aside": "probe stepped aside",
    "served_from_cache": "served from a cache",
    "exchange_reused": "exchange reused",
    "not_measured": "not measured",
    "several_writes": "written several times",
    "fixed_plan": "plan was fixed",
    "partial": "not all rows flowed",
    "failed": "failed",
    "model": "a model",
    "streaming": "a streaming query, whose rows are not counted",
}


def reason(dataset: Dataset) -> str:
    """Why a dataset is not complete."""
    return REASONS.get(dataset.reason or "", (dataset.reason or "unknown").replace("_", " "))


def local(moment: float) -> str:
    """Seconds since 1970 as date and time where the reader is."""
    return datetime.fromtimestamp(moment, tz=timezone.utc).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def time_between(started: float, ended: float | None) -> str:
    """Empty while it has not ended."""
    return duration(ended - started) if ended is not None else ""


def duration(seconds: float) -> str:
    took = max(seconds, 0.0)
    if took < 1:
        return f"{took * 1000:.0f} ms"
    if took < 60:
        return f"{took:.1f} s"
    minutes, rest = divmod(round(took), 60)
    return f"{minutes} min {rest:02d} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def stale(run: str, freshness: Freshness | None) -> list[Text]:
    """One line if the code on disk is no longer the code that ran, else none. ``run`` begins it: ``B is``."""
    said = sentence(freshness)
    return [Text(f"{run}stale: {said}", style="yellow")] if said is not None else []


def short_commit(repository: RepositorySeen | None) -> str:
    """The beginning of the commit; ``+`` behind it where files had been changed since."""
    if repository is None:
        return ""
    return repository.commit[:SHORT_COMMIT] + ("+" if repository.dirty else "")
