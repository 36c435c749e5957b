"""What each address of the local page gives: the documents of the answers, unchanged, and where each run is found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

from spark_lineage.answers import ask
from spark_lineage.answers.documents import Document
from spark_lineage.answers.errors import AnswerError
from spark_lineage.answers.stores import called
from spark_lineage.config import did_you_mean
from spark_lineage.faces.web.stores import Found, Served, Stores
from spark_lineage.version import VERSION

MOST_POINTS = 20  # runs of a history if not said otherwise


def home(stores: Stores) -> Document:
    """What the page begins with."""
    return {
        "format": 1,
        "version": VERSION,
        "made_at": datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "left_out": [],
        "kind": "ui",
        "stores": _stores(stores),
    }


def runs(stores: Stores, parameters: Mapping[str, str]) -> Document:
    """The runs of all stores, or of one, newest first. What one store refuses does not hide the others."""
    asked = _known(parameters, "app", "label", "last", "store")
    last = _count(asked.get("last"))
    among = (stores.named(asked["store"]),) if "store" in asked else stores.every
    listed: list[Document] = []
    older, refused = 0, []
    for store in among:
        try:
            found = _runs_of(store, asked, last)
        except AnswerError as error:
            refused.append(str(error))
            continue
        older += found["older"]
        listed += [
            {"address": stores.address(store, run["id"]), "store": store.name, **run} for run in found["runs"]
        ]  # fmt: skip
    listed.sort(key=lambda run: run["started_at"] or "", reverse=True)
    kept = listed[:last]
    older += len(listed) - len(kept)
    return {"stores": _stores(stores), "runs": kept, "older": older, "refused": refused}


def seen(stores: Stores) -> list[str]:
    """Tags that are equal as long as the list of runs is; that of a store that cannot be read is what it says."""
    return [_tag(store) for store in stores.every]


def _tag(store: Served) -> str:
    try:
        return ask.list_seen(store.path)
    except AnswerError:
        return "unreadable"


def _runs_of(store: Served, asked: Mapping[str, str], last: int | None) -> Document:
    from spark_lineage.answers.runs import document

    answer = ask.runs(store.path, app=asked.get("app"), label=asked.get("label"), last=last)
    return {**document(answer), "older": answer.older}


def run(found: Found) -> Document:
    """All that is known of one run."""
    from spark_lineage.answers.page import document

    return document(ask.page(found.seen.run, found.store.path))


def checks(found: Found) -> Document:
    from spark_lineage.answers.check.results import document

    return document(ask.check(found.seen.run, found.store.path))


def diff(a: Found, b: Found) -> Document:
    """Two runs, of one store or of two. ``a`` is the earlier one."""
    from spark_lineage.answers.page import document

    other = b.store.path if b.store != a.store else None
    return document(ask.page_of_two((a.seen.run, b.seen.run), a.store.path, store_b=other))


def history(stores: Stores, parameters: Mapping[str, str]) -> Document:
    from spark_lineage.answers.history import document

    asked = _known(parameters, "name", "app", "label", "last", "store")
    if not asked.get("name"):
        raise AnswerError("no step or dataset is named: add name= to the address")
    answer = ask.history(
        asked["name"], stores.named(asked.get("store")).path, app=asked.get("app"), label=asked.get("label"),
        last=_count(asked.get("last")) or MOST_POINTS,
    )  # fmt: skip
    return {**document(answer), "unreadable": list(answer.unreadable)}


def _stores(stores: Stores) -> list[dict[str, Any]]:
    return [{"name": store.name, "path": called(store.path)} for store in stores.every]


def _known(parameters: Mapping[str, str], *known: str) -> dict[str, str]:
    """Those that have a value. Raises AnswerError for one that there is not."""
    for name in parameters:
        if name not in known:
            raise AnswerError(f"there is no parameter {name}{did_you_mean(name, known)}: there are {', '.join(known)}")
    return {name: value for name, value in parameters.items() if value}


def _count(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and 0 < len(text) < 8 and int(text) > 0):
        raise AnswerError("last= is a number of runs: 1 or more")
    return int(text)
