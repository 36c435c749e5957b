"""``spark-lineage check``: do the interim datasets of a run pass their checks?"""

from __future__ import annotations

import click

from spark_lineage.cli.options import json_option, run_argument, store_option

PASSED, FAILED, COULD_NOT_TELL = 0, 1, 2


@click.command()
@run_argument
@json_option
@store_option()
@click.option("--junit", metavar="FILE", help="Write the results as JUnit XML, too.")
@click.option("--rules", metavar="FILE", help="Rules (TOML or Python) in place of those that are configured.")
@click.option("--against", metavar="RUN", help="The run to compare columns with, if not the one before.")
@click.option("--fresh", is_flag=True, help="Fail if the code on disk is no longer the code that ran.")
def check(
    run: str, as_json: bool, store: str | None, junit: str | None, rules: str | None, against: str | None, fresh: bool
) -> int:
    """Check what the functions of a run did: joins that multiply or lose rows, values lost in casts, and more.

    RUN is a run id or the beginning of one, `last`, `last~1`, or a label. Exit status: 0 passed, 1 a check failed,
    2 could not check, or the run still runs. What the record cannot tell neither passes nor fails; with --fresh it must
    tell that the code is the same.

    \b
    spark-lineage check
    spark-lineage check last --json --junit checks.xml
    """
    from spark_lineage.answers import ask
    from spark_lineage.answers.check.results import Status

    report = ask.check(run, store, rules=rules, against=against, fresh=fresh)
    if junit is not None:
        from spark_lineage.faces.junit import save

        save(report, junit)
    if as_json:
        from spark_lineage.answers.check.results import document
        from spark_lineage.faces.json import print_json

        print_json(document(report))
    else:
        from spark_lineage.faces.terminal import check as terminal
        from spark_lineage.faces.terminal.console import console

        terminal.show(report, console())
    if report.of(Status.FAILED):
        return FAILED
    not_known_to_be_fresh = fresh and (report.freshness is None or report.freshness.stale is None)
    return COULD_NOT_TELL if report.running or not_known_to_be_fresh else PASSED
