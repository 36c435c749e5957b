"""What the run of programs over Spark Connect has shown, against the record of classic sessions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.compat import comparing
from tests.compat.programs import as_plain
from tests.connect import otherwise

# What has to be as in a classic session, by the kind of server. Sampled rows stay with the server.
COMPARED = {"ours": ("steps", "facts", "plan hashes", "definitions", "events", "gaps"), "plain": ("steps", "events")}
WORD = {"ours": "our jar", "plain": "none"}
KIND = {"ours": "with our jar", "plain": "without"}


@dataclass
class Told:
    kind: str
    programs: list[str] = field(default_factory=list)  # compared
    refused: dict[str, str] = field(default_factory=dict)  # by Connect itself: how the plain program ends there
    not_as_plain: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)  # rules, by events
    values: dict[str, int] = field(default_factory=dict)
    known: dict[str, list[str]] = field(default_factory=dict)  # reason -> differences
    different: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not (self.not_as_plain or self.broken or self.different)


def of_kind(kind: str, folder: Path, home: Path, names: Sequence[str]) -> Told:
    told = Told(kind)
    for name in names:
        ran = json.loads((folder / name / "ran.json").read_text())
        classic = json.loads((home / name / "ran.json").read_text())
        if not as_plain(ran["plain"], ran["observed"]):
            told.not_as_plain.append(f"{name}: {ran['observed']}, plain {ran['plain']}"[:1500])
        if ran["plain"]["error"] != classic["plain"]["error"]:
            told.refused[name] = ran["plain"]["error"] or "it ends otherwise"
            continue
        told.programs.append(name)
        for breach in comparing.breaches(folder / name / "lineage"):
            if otherwise.why(kind, name, "rules", breach) is None:
                told.broken.append(f"{name}: {breach}")
        _compare(told, name, comparing.read(folder, name), comparing.read(home, name))
    return told


def _compare(told: Told, name: str, ours: Mapping[str, Any], home: Mapping[str, Any]) -> None:
    for what in COMPARED[told.kind]:
        told.values[what] = told.values.get(what, 0) + comparing.values(home[what])
        for difference in comparing.differences(ours[what], home[what]):
            why = otherwise.why(told.kind, name, what, difference)
            if why is None:
                told.different.append(f"{what} of {name}: {difference}")
            else:
                told.known.setdefault(why, []).append(f"{what} of {name}: {difference}")
    if told.kind == "plain":
        told.different += [f"facts of {name}: {each}" for each in _not_marked(ours["facts"], home["facts"])]


def _not_marked(ours: Mapping[str, Any], home: Mapping[str, Any]) -> Iterator[str]:
    """Facts that the classic record has and ours has not, without a word about it; and facts that are others."""
    for name, mine in sorted(ours.items()):
        theirs = home.get(name, mine)
        if mine["kind"] != theirs["kind"]:
            yield f"{name}: is a {mine['kind']}, at home {theirs['kind']}"
        if mine["complete"] or mine["rows"] is not None:
            if (mine["rows"], mine["fingerprint"]) != (theirs["rows"], theirs["fingerprint"]):
                yield f"{name}: {mine['rows']} rows, at home {theirs['rows']}"
        elif mine["reason"] is None:
            yield f"{name}: has no rows, and no reason"


def text(told: Told) -> str:
    lines = [f"== {told.kind}: {len(told.programs)} programs compared, {len(told.refused)} refused by Spark Connect"]
    lines += [f"REFUSED {name}: {why}" for name, why in told.refused.items()]
    lines += [f"NOT AS PLAIN {each}" for each in told.not_as_plain]
    lines += [f"BROKEN RULE {each}" for each in told.broken]
    lines.append(", ".join(f"{number} values of {what}" for what, number in told.values.items()))
    lines += [f"known, {len(differences)} times: {why}" for why, differences in told.known.items()]
    lines += [f"   DIFFERENT {each}" for each in told.different]
    return "\n".join(lines)


def document(told: Sequence[Told]) -> str:
    """What docs/connect.md says of the runs."""
    rows = [
        f"| {KIND[each.kind]} | {len(each.programs)} | {len(each.not_as_plain)} | "
        f"{', '.join(f'{number:,} of {what}' for what, number in each.values.items())} | "
        f"{sum(map(len, each.known.values()))} | {len(each.different) + len(each.broken)} |"
        for each in told
    ]
    lines = [
        f"{len({name for each in told for name in (*each.programs, *each.refused)})} programs of `tests/programs` were "
        "run plain and observed, in `flow` mode, with Spark 4.2 at both ends, and their records compared with those of "
        "a classic session.",
        "",
        "| server | compared | not as plain | values compared | otherwise, as below | not explained |",
        "|---|---|---|---|---|---|",
        *rows,
        "",
        "Where no fact is there, a reason or a gap stands at the dataset. What is otherwise:",
        "",
    ]
    for why in dict.fromkeys(why for each in told for why in each.known):
        servers = [f"{len(each.known[why])} with {WORD[each.kind]}" for each in told if why in each.known]
        lines.append(f"- {why} ({', '.join(servers)})")
    refused = {name: why for each in told for name, why in each.refused.items()}
    lines += ["", "Not compared, since the plain program ends otherwise over Spark Connect:", ""]
    lines += [f"- `{name}`: {_first(why)}" for name, why in refused.items()]
    return "\n".join(lines) + "\n"


def _first(why: str) -> str:
    """The first sentence of an error."""
    return why.split("\n")[0].split(". ")[0].strip(".")
