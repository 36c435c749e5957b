"""``spark-lineage check``: do the interim datasets of a run pass their checks?"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from spark_lineage.answers.check.rules import Rules
    from spark_lineage.model import LineageGraph
    from spark_lineage.store import Store


@click.command()
@click.argument("run", default="last")
@click.option("--json", "as_json", is_flag=True, help="One JSON document with a stable shape.")
@click.option("--store", metavar="PATH", help="The store to read; as configured if not given.")
@click.option("--junit", metavar="FILE", help="Write the results as JUnit XML, too.")
@click.option("--rules", metavar="FILE", help="Rules (TOML or Python) in place of those that are configured.")
@click.option("--against", metavar="RUN", help="The run to compare columns with, if not the one before.")
def check(
    run: str, as_json: bool, store: str | None, junit: str | None, rules: str | None, against: str | None
) -> None:
    """Check what the functions of a run did: joins that multiply or lose rows, values lost in casts, and more.

    RUN is a run id or the beginning of one, `last`, `last~1`, or a label. Exit status: 0 passed, 1 a check failed,
    2 could not check. What the record cannot tell neither passes nor fails.

    \b
    spark-lineage check
    spark-lineage check last --json --junit checks.xml
    """
    from spark_lineage.answers.check.checking import check as checked
    from spark_lineage.answers.check.earlier import earlier
    from spark_lineage.answers.check.results import document
    from spark_lineage.answers.check.rules import RuleError
    from spark_lineage.config import ConfigError, resolve
    from spark_lineage.model import Mode
    from spark_lineage.store import Store, StoreError

    try:
        stored = Store(store if store is not None else resolve().store)
        found = stored.resolve(run)
        graph = stored.open(found).graph
        if graph.run.mode is Mode.PLAN:
            raise click.UsageError(
                f"Run {found.id} was recorded in plan mode: no rows were measured, nothing to check."
            )
        last = _other(stored, against, found.app) if against is not None else None
        before = earlier(stored, found.app, found.started, found.id)
        report = checked(graph, before, last, _rules(graph.run.program, rules))
        if report.problems:
            raise click.UsageError(report.problems[0])
        if junit is not None:
            from spark_lineage.faces.junit import write

            write(report, junit)
    except (ConfigError, StoreError, RuleError) as error:
        raise click.UsageError(str(error)) from None
    except OSError as error:
        raise click.UsageError(f"{junit} cannot be written: {error.strerror or error}.") from None
    if as_json:
        json.dump(document(report), sys.stdout, indent=1)
        sys.stdout.write("\n")
    else:
        from rich.console import Console

        from spark_lineage.faces.terminal.check import show

        show(report, Console(highlight=False))
    sys.exit(0 if report.passed else 1)


def _other(store: Store, name: str, app: str) -> LineageGraph:
    found = store.open(name).graph
    if found.run.app != app:
        raise click.UsageError(f"{name} is a run of {found.run.app}, not of {app}: their columns cannot be compared.")
    return found


def _rules(program: str, only: str | None) -> Rules:
    """Those beside the program and in this folder. The program may stand elsewhere than where it was recorded."""
    from spark_lineage.answers.check.rules import load
    from spark_lineage.config import resolve

    folders = [Path.cwd(), *([Path(program).resolve().parent] if Path(program).is_file() else [])]
    return load(folders, only, resolve(folders=folders).checks_file)
