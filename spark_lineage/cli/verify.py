"""``spark-lineage verify``: is the record of a run, or of all runs of a store, as it was written?"""

from __future__ import annotations

import click

from spark_lineage.cli.options import json_option, run_argument

INTACT, CHANGED = 0, 1
BUNDLE = ".zip"
AS_CONFIGURED = ""  # `--store` without a path


@click.command()
@run_argument
@click.option("--all", "whole", is_flag=True, help="All runs of the store: none altered, none vanished.")
@click.option("--key", metavar="FILE", help="Public key that runs must be signed with; as configured if not given.")
@click.option(
    "--root", "roots", multiple=True, metavar="HASH",
    help="With --all: a root hash that was kept elsewhere; its run must be there, or have been removed by prune.",
)  # fmt: skip
@click.option("--no-tables", is_flag=True, help="Leave the audit tables out.")
@json_option
@click.option(
    "--store", metavar="[PATH]", is_flag=False, flag_value=AS_CONFIGURED,
    help="The store to read; as configured if not given. Without PATH, at the end: as --all.",
)  # fmt: skip
def verify(
    run: str, whole: bool, key: str | None, roots: tuple[str, ...], no_tables: bool, as_json: bool, store: str | None
) -> int:
    """Verify that the record of a run, or of all runs of a store, is as it was written.

    Recomputes the hash chain over its events, the hashes of its sampled rows as far as they are kept, and its
    signature, and compares its rows in the audit tables with those that the journal gives. With --all (or `--store`
    alone) also that no run has vanished: each run names the ones before it. Exit 0: intact; 1: changed, or something is
    missing; 2: no such run, or it cannot be read. RUN may be a file that `export` has made, on any machine.

    \b
    spark-lineage verify
    spark-lineage verify last~1 --json
    spark-lineage verify --store --key lineage.key.pub
    spark-lineage verify bundle.zip --key lineage.key.pub
    """
    if whole or store == AS_CONFIGURED:
        return _all(store or None, key, roots, not no_tables, as_json)
    if roots:
        raise click.UsageError("--root needs --all.")
    from spark_lineage.answers import ask

    if run.lower().endswith(BUNDLE):
        from spark_lineage.faces.bundles import makes_report

        answer = ask.verify_bundle(run, makes_report, key=key)
    else:
        answer = ask.verify(run, store, tables=not no_tables, key=key)
    if as_json:
        from spark_lineage.answers.verify import document
        from spark_lineage.faces.json import print_json

        print_json(document(answer))
    else:
        from spark_lineage.faces.terminal import verify as terminal
        from spark_lineage.faces.terminal.console import console

        terminal.show(answer, console())
    return INTACT if answer.intact else CHANGED


def _all(store: str | None, key: str | None, roots: tuple[str, ...], tables: bool, as_json: bool) -> int:
    from spark_lineage.answers import ask

    answer = ask.verify_store(store, tables=tables, key=key, roots=roots)
    if as_json:
        from spark_lineage.answers.verify_store import document
        from spark_lineage.faces.json import print_json

        print_json(document(answer))
    else:
        from spark_lineage.faces.terminal import verify as terminal
        from spark_lineage.faces.terminal.console import console

        terminal.show_store(answer, console())
    return INTACT if answer.intact else CHANGED
