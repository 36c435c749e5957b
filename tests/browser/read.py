"""Reads the page as a person does, and compares it with the documents of the commands."""

from __future__ import annotations

from typing import Any

from tests.browsing import Shown, numbers

OUTCOMES = {"complete": "complete", "fail": "failed", "abort": "aborted", "running": "running"}
COLUMNS = """() => [...document.querySelectorAll('aside [role=table][aria-label=Columns] [role=row]')].slice(1).map(
  (row) => [...row.querySelectorAll('[role=cell]')].map((cell) => cell.innerText.trim()))"""
CHECKS = """() => [...document.querySelectorAll('aside ul.checks > li')].map(
  (each) => [each.querySelector('.verdict').innerText, each.querySelector('b').innerText])"""


def same_as_the_commands(seen: Shown, shows: dict[str, Any], checks: dict[str, Any] | None, every: int = 1) -> None:
    """``every``: only each n-th step and dataset is opened."""
    seen.tree.wait_for()
    _the_strip(seen, shows, checks)
    for dataset in shows["datasets"][::every]:
        seen.open("dataset", dataset["id"])
        seen.article("Dataset", dataset["id"]).wait_for()
        _dataset(seen, dataset)
        of_dataset = [each for each in (checks or {"results": []})["results"] if each["dataset"] == dataset["id"]]
        _checks(seen, of_dataset)
    for step in shows["steps"][::every]:
        seen.open("step", step["step"], step["call"])
        seen.article("Step", step["step"]).wait_for()
        _step(seen, step, {each["id"]: each for each in shows["datasets"]})


def _the_strip(seen: Shown, shows: dict[str, Any], checks: dict[str, Any] | None) -> None:
    run, chips = shows["run"], seen.chips()
    assert chips["run"].split(" in ")[0] == OUTCOMES[run["outcome"]]
    assert chips["mode"] == run["mode"]
    assert chips["gaps"] == (str(len(shows["gaps"])) if shows["gaps"] else "none")
    exact = sum(each["complete"] for each in shows["datasets"])
    assert numbers(chips["measured"])[:2] == [exact, len(shows["datasets"])]
    if checks is None:
        assert chips["checks"] == "not checked"
        return
    failed = sum(not each["passed"] for each in checks["results"])
    if failed:
        assert numbers(chips["checks"]) == [failed, len(checks["results"])]
    else:
        assert numbers(chips["checks"]) == ([len(checks["results"])] if checks["results"] else [])


def _dataset(seen: Shown, dataset: dict[str, Any]) -> None:
    facts = seen.facts()
    assert facts["rows"] == rows(dataset), dataset["id"]
    assert facts.get("fingerprint") == dataset["fingerprint"]
    assert facts["measured"].startswith("exact") == dataset["complete"]
    assert (dataset["reason"] or "") in facts["measured"]
    found = seen.page.evaluate(COLUMNS)
    nans = any(column["nans"] for column in dataset["columns"])
    wanted = [
        [
            column["name"], column["type"] + ("" if column["nullable"] else " not null"), number(column["nulls"]),
            *([number(column["nans"])] if nans else []), column["fingerprint"] or "–",
        ]
        for column in dataset["columns"]
    ]  # fmt: skip
    # More columns than there is room for are drawn when one scrolls to them.
    assert found == wanted[: len(found)]
    assert len(found) >= min(len(wanted), 10)


def _step(seen: Shown, step: dict[str, Any], datasets: dict[str, dict[str, Any]]) -> None:
    facts = seen.facts()
    assert facts["outcome"] == OUTCOMES[step["outcome"]]
    assert facts["step"] == step["step"]
    flow = seen.details.locator("table.flow tr").all()
    shown = [(row.locator("th").inner_text(), numbers(row.locator("td.number .rows").inner_text())) for row in flow]
    wanted = [("in", each) for each in step["inputs"]] + [("out", each) for each in step["outputs"]]
    assert shown == [(way, numbers(rows(datasets[name]))) for way, name in wanted], step["step"]
    if step["error"]:
        assert step["error"] in seen.details.inner_text()


def _checks(seen: Shown, wanted: list[dict[str, Any]]) -> None:
    told = [("passed" if each["passed"] else "failed", each["check"]) for each in wanted]
    assert sorted(map(tuple, seen.page.evaluate(CHECKS))) == sorted(told)


# --------------------------------------------------------------------------- two runs


def culprits_of(compared: dict[str, Any]) -> dict[str, Any]:
    """What `diff --json` says, as :func:`culprits` reads it."""
    first = compared["first_divergences"]
    return {
        "selected": first[0]["step"] if first else None,
        "first": sorted((each["step"], _beginning(each["why"])) for each in first),
        "uncertain": len(compared["uncertain"][:100]),
        "same": compared["same"],
    }


def culprits(seen: Shown) -> dict[str, Any]:
    """What the page says of two runs: which step it has selected when it opens, and all that it names."""
    seen.details.get_by_role("article").wait_for()
    label = seen.details.get_by_role("article").get_attribute("aria-label") or ""
    selected = label.removeprefix("Step ") if label.startswith("Step ") else None
    verdict = seen.page.locator("header .compared").get_attribute("class") or ""
    seen.open()
    seen.details.get_by_role("article", name="Run", exact=True).wait_for()
    named = seen.page.evaluate(LISTED, "First divergences")
    return {
        "selected": selected,
        "first": sorted((step, _beginning(why)) for step, why in named),
        "uncertain": len(seen.page.evaluate(LISTED, "Uncertain")),
        "same": {"same": True, "differs": False, "uncertain": None}[verdict.split()[-1]],
    }


def _beginning(text: str) -> str:
    """A long text is cut in the page, and its spaces are those of HTML."""
    return " ".join(text.split())[:200]


LISTED = """(title) => {
  const section = [...document.querySelectorAll('aside section')].find((each) =>
    each.querySelector('h3')?.innerText.startsWith(title));
  return [...(section?.querySelectorAll('ul.list > li') ?? [])].map((each) => {
    const link = each.querySelector('a');
    return [link?.title || link?.innerText || '', each.querySelector('p')?.innerText ?? ''];
  });
}"""


def rows(dataset: dict[str, Any]) -> str:
    if dataset["rows"] is not None:
        return f"{dataset['rows']:,}"
    return "?" if dataset["rows_at_least"] is None else f"≥ {dataset['rows_at_least']:,}"


def number(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"
