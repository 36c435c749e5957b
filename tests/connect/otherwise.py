"""What the record of a program over Spark Connect has otherwise than a classic session's, each with its reason."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """``servers``: with our jar (``ours``) or without (``plain``); the rest are regular expressions."""

    servers: tuple[str, ...]
    program: str
    kind: str
    pattern: str
    why: str


WITH_JAR, WITHOUT, EACH = ("ours",), ("plain",), ("ours", "plain")
NEVER_RUN = "of a DataFrame that is never run no server makes a plan: its columns are not known"
FOR_EACH_BATCH = "the function of `foreachBatch` runs in a process of the server: the gap says so"
CACHED = "a cache is filled by a plan that the server has made before it knows of marks"
KNOWN: tuple[Difference, ...] = (
    Difference(
        EACH, ".*", "rules", r"\[output-schema\] .* has no schema", "columns are not known: a gap or a reason says so"
    ),
    Difference(
        WITH_JAR,
        ".*",
        "plan hashes",
        r'.*: "plan2:\w+", at home "plan2:\w+"',
        "the server makes another plan of the same calls: rows that a program hands over are local ones with names "
        "above them, branches of unions stay as they were written, and types have other metadata",
    ),
    Difference(WITH_JAR, "capture/cache|pushdown", "facts|gaps", r"(expensive|small_cached|rows): .*", CACHED),
    Difference(WITH_JAR, "contracted", "facts|definitions|plan hashes", ".*", NEVER_RUN),
    Difference(WITH_JAR, "branches", "facts|definitions", r"(.*/)?shaken: .*", "each run adds other random numbers"),
    Difference(
        WITH_JAR, "partial|tpch", "facts|definitions|plan hashes", r"(never_executed|only_schema|table~8|.*/region).*",
        NEVER_RUN,
    ),
    Difference(
        WITH_JAR, "partial", "facts|gaps", ".*streamed_to_driver.*", "`toLocalIterator` fetches all rows over Connect"
    ),
    Difference(
        WITH_JAR, "partial", "gaps", ".*existence.*", "when `isEmpty` stops, Spark has read another number of rows"
    ),
    Difference(
        WITH_JAR, "checked/seeded", "definitions", r"union_customers: .*", "rows that a program hands over are `local`"
    ),
    Difference(
        WITH_JAR, "stranger/chains", ".*", r".*(Keep|Drop)\.transform.*",
        "`drop` of a column that is not there makes nothing: the server gives its number to what it was called on, and "
        "that is not measured under its own; the gap says so",
    ),
    Difference(
        WITHOUT,
        ".*",
        "steps|events",
        r'[^:]+: (\S+ "(out/[^"]+)", at home "HERE/\2"(; )?)+',
        "what a relative path is relative to, the server knows: it stands as the program wrote it, and a gap says so",
    ),
    Difference(
        WITHOUT,
        ".*",
        "events",
        r"COMPLETE \w+: \[0\]\[1\] \[\], at home .*",
        "the event of the run as a whole lists places by their columns, and none is known; steps name them",
    ),
    Difference(
        WITHOUT,
        "partial",
        "steps|events",
        r".*\.write_limited_above.*",
        "a writer without a path and a table (`noop`) names no place: the gap `sink` says so",
    ),
    Difference(
        EACH,
        "capture/streaming|stranger/batches",
        ".*",
        r"((COMPLETE|START) )?(streaming|batches)(\.(handle|writer|query).*)?: .*|(clean|query|writer|.*totals): .*"
        r"|(streaming|batches)\.(handle|writer|query)\S*: .*|(foreachBatch|sink): .*|rows: .*totals.*",
        FOR_EACH_BATCH,
    ),
)  # fmt: skip


def why(server: str, program: str, kind: str, difference: str) -> str | None:
    for each in KNOWN:
        if (
            server in each.servers
            and re.fullmatch(each.kind, kind)
            and re.fullmatch(each.program, program)
            and re.fullmatch(each.pattern, difference)
        ):
            return each.why
    return None
