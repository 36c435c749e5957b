"""The arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

Command = Callable[..., Any]

run_argument = click.argument("run", default="last")
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document with a stable shape.")


def store_option(purpose: str = "read") -> Callable[[Command], Command]:
    """``--store``. ``purpose`` says what the command does with the store, for ``--help``."""
    said = f"The store to {purpose}, a folder or an address; as configured if not given."
    return click.option("--store", metavar="PATH", help=said)


def runs_options(command: Command) -> Command:
    """``--app`` and ``--label``."""
    by_label = click.option(
        "--label", metavar="LABEL", help="Only runs with this label: key=value, or the value alone."
    )
    by_app = click.option("--app", metavar="NAME", help="Only runs of this application.")
    return by_app(by_label(command))
