"""The group of all commands: finds the one that is called, and says in one sentence what was refused."""

from __future__ import annotations

import gc
import importlib
import inspect
from collections.abc import Sequence
from typing import Any

import click

from spark_lineage.cli.output import unbreakable
from spark_lineage.cli.telling import tell
from spark_lineage.config import did_you_mean
from spark_lineage.model import Damaged
from spark_lineage.refusals import Refusal
from spark_lineage.version import VERSION

# Name of the command -> where it is; imported only when it is called, so that one's imports never slow another.
COMMANDS = {
    "run": "spark_lineage.cli.run:run",
    "show": "spark_lineage.cli.show:show",
    "diff": "spark_lineage.cli.diff:diff",
    "runs": "spark_lineage.cli.runs:runs",
    "history": "spark_lineage.cli.history:history",
    "explain": "spark_lineage.cli.explain:explain",
    "check": "spark_lineage.cli.check:check",
    "report": "spark_lineage.cli.report:report",
    "ui": "spark_lineage.cli.ui:ui",
    "send": "spark_lineage.cli.send:send",
    "status": "spark_lineage.cli.status:status",
    "verify": "spark_lineage.cli.verify:verify",
    "export": "spark_lineage.cli.export:export",
    "key": "spark_lineage.cli.key:key",
    "prune": "spark_lineage.cli.prune:prune",
    "rebuild": "spark_lineage.cli.rebuild:rebuild",
    "mcp": "spark_lineage.cli.mcp:mcp",
    "agent-guide": "spark_lineage.cli.agent_guide:agent_guide",
    "jar": "spark_lineage.cli.jar:jar",
    "pyfiles": "spark_lineage.cli.pyfiles:pyfiles",
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

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Whole sentences: click cuts what does not fit into one line."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, _summary(command)) for name, command in commands if command is not None])

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


def _summary(command: click.Command) -> str:
    """The first paragraph of its help."""
    return " ".join(inspect.cleandoc(command.help or "").partition("\n\n")[0].split())


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="spark-lineage")
def spark_lineage_command() -> None:
    """Function-level lineage of unmodified PySpark programs.

    \b
    spark-lineage run job.py         run a program and record what its functions did
    spark-lineage show last          what the last run's steps took in and gave out
    spark-lineage diff               which step is the first that differs from the run before
    """


def main(words: Sequence[str]) -> int:
    """Exit status: that of the command, also where nobody reads its answer to the end. Bad input, and an answer that
    cannot be written: one sentence on standard error and 2.
    """
    with unbreakable() as output:
        status = _status(words)
        for stream in output:
            stream.flush()
            if stream.failed is not None:
                return _refuse(f"the answer could not be written: {stream.failed}")
        return status


def _status(words: Sequence[str]) -> int:
    # A large run is hundreds of thousands of small values that stay to the end: looking for cycles among them again and
    # again would take longer than reading them.
    gc.set_threshold(200_000, 20, 100)
    try:
        result = spark_lineage_command.main(list(words) or ["--help"], prog_name="spark-lineage", standalone_mode=False)
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


def _parameters(context: click.Context | None) -> list[click.Parameter]:
    return list(context.command.params) if context is not None else []


def _refuse(sentence: str) -> int:
    tell(sentence)
    return 2
