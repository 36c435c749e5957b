"""The click half of the command line: everything but the running of programs."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from spark_lineage.config import OPTIONS, did_you_mean
from spark_lineage.model import Damaged
from spark_lineage.refusals import Refusal
from spark_lineage.version import VERSION

# Name of the command -> where it is; imported only when it is called, so that one's imports never slow another.
COMMANDS = {
    "run": "spark_lineage.cli.commands:run",
    "show": "spark_lineage.cli.show:show",
    "diff": "spark_lineage.cli.diff:diff",
    "runs": "spark_lineage.cli.runs:runs",
    "history": "spark_lineage.cli.history:history",
    "explain": "spark_lineage.cli.explain:explain",
    "check": "spark_lineage.cli.check:check",
    "send": "spark_lineage.cli.send:send",
    "status": "spark_lineage.cli.status:status",
    "verify": "spark_lineage.cli.verify:verify",
    "prune": "spark_lineage.cli.prune:prune",
    "rebuild": "spark_lineage.cli.rebuild:rebuild",
    "jar": "spark_lineage.cli.commands:jar",
    "pyfiles": "spark_lineage.cli.commands:pyfiles",
    "doctor": "spark_lineage.cli.doctor:doctor",
}


class Commands(click.Group):
    """A group whose commands are looked up in ``COMMANDS``; an unknown one is answered with the nearest known."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, attribute = place.partition(":")
        command = getattr(importlib.import_module(module), attribute)
        return command if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(f"Unknown command {args[0]}{did_you_mean(args[0], COMMANDS)}.", ctx)
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Commands raise nothing of click's: what their parts refuse is said here as bad input."""
        try:
            return super().invoke(ctx)
        except (Refusal, Damaged) as error:
            raise click.UsageError(str(error), ctx) from error


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="spark-lineage")
def spark_lineage_command() -> None:
    """Function-level lineage of unmodified PySpark programs.

    \b
    spark-lineage run job.py         run a program and record what its functions did
    spark-lineage show last          what the last run's steps took in and gave out
    spark-lineage diff               which step is the first that differs from the run before
    """


CHECKING = [
    ("--check", "End with the checks of the run: exit status 1 if one fails and the program did well."),
    ("--rules FILE", "Rules for checks (TOML or Python) in place of those that are configured."),
    ("--junit FILE", "Where --check writes its results as JUnit XML."),
]


class RunCommand(click.Command):
    """Only for ``--help``: the runner reads its command line itself (see ``spark_lineage.cli``)."""

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


@click.command()
@click.option(
    "--spark-home",
    type=click.Path(path_type=Path),
    help="The Spark to find the jar for, if not the one pyspark brings.",
)
def jar(spark_home: Path | None) -> None:
    """Print the path of the listener's jar for the Spark that is installed here.

    \b
    spark-submit --conf spark.extraListeners=io.sparklineage.LineageListener \\
        --jars "$(spark-lineage jar)" job.py
    """
    from spark_lineage.activation.jars import find_spark, jar_for
    from spark_lineage.config import resolve

    environ = {"SPARK_HOME": str(spark_home)} if spark_home else None
    click.echo(jar_for(find_spark(environ), resolve().jar))


@click.command()
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="Where to write the zip file; a cache folder if not given."
)
def pyfiles(output: Path | None) -> None:
    """Print the path of a zip file with the Python half, for drivers where nothing is installed.

    \b
    spark-submit --conf spark.extraListeners=io.sparklineage.LineageListener \\
        --jars "$(spark-lineage jar)" --py-files "$(spark-lineage pyfiles)" job.py
    """
    from spark_lineage.activation.pyfiles import build

    click.echo(build(output))


def main(words: Sequence[str]) -> int:
    """Exit status. Bad input: one sentence on standard error and 2."""
    # A large run is hundreds of thousands of small values that stay to the end: looking for cycles among them again and
    # again would take longer than reading them.
    gc.set_threshold(200_000, 20, 100)
    try:
        result = spark_lineage_command.main(list(words), prog_name="spark-lineage", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except click.NoSuchOption as error:
        known = [name for parameter in _parameters(error.ctx) for name in parameter.opts] + ["--help"]
        return _refuse(f"Unknown option {error.option_name}{did_you_mean(error.option_name, known)}.")
    except click.ClickException as error:
        return _refuse(error.format_message())
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.Abort:
        return 130
    except BrokenPipeError:  # `spark-lineage show | head`
        sys.stderr.close()
        return 0


def _parameters(context: click.Context | None) -> list[click.Parameter]:
    return list(context.command.params) if context is not None else []


def _refuse(sentence: str) -> int:
    print(f"spark-lineage: {sentence}", file=sys.stderr)
    return 2
