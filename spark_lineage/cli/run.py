"""``spark-lineage run``, for ``--help`` only: the runner reads its command line itself (``spark_lineage.cli``)."""

from __future__ import annotations

from typing import Any

import click

from spark_lineage.config import OPTIONS

CHECKING = [
    ("--check", "End with the checks of the run: exit status 1 if one fails and the program did well."),
    ("--rules FILE", "Rules for checks (TOML or Python) in place of those that are configured."),
    ("--junit FILE", "Where --check writes its results as JUnit XML."),
    ("--report FILE", "Write the run as one file when it has ended: a page, or .md, .mmd, .dot."),
]


class RunCommand(click.Command):
    """Lists the options table, which the runner reads, too."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(f"{option.flag} {option.type}".strip(), _help(option)) for option in OPTIONS]
        with formatter.section("Options"):
            formatter.write_dl(
                [
                    *rows,
                    *CHECKING,
                    ("-m MODULE [ARGS]", "Run a module as `python -m MODULE` does."),
                    ("-h, --help", "This text."),
                ]
            )


def _help(option: Any) -> str:
    default = option.default.value if hasattr(option.default, "value") else option.default
    return f"{option.help} [{default}]" if default not in (None, {}, False) else option.help


@click.command(cls=RunCommand, options_metavar="[OPTIONS]", add_help_option=True)
@click.argument("program", nargs=-1, metavar="SCRIPT [ARGS]")
def run(program: tuple[str, ...]) -> None:
    """Run a PySpark program as `python SCRIPT [ARGS]` does, and record its lineage.

    The program prints, writes, raises and exits as it does without us.

    \b
    spark-lineage run examples/flights/job.py data out
    spark-lineage run --mode exact --label team=risk -m pipelines.daily 2026-01-31
    """
