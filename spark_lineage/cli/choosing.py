"""The options by which commands choose a store and runs of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import click

from spark_lineage.config import did_you_mean

if TYPE_CHECKING:
    from spark_lineage.store import Store, Summary

store_option = click.option("--store", metavar="PATH", help="The store to read; as configured if not given.")
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON document with a stable shape.")


def run_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--app`` and ``--label``."""
    for option in (
        click.option("--label", metavar="LABEL", help="Only runs with this label: key=value, or the value alone."),
        click.option("--app", metavar="NAME", help="Only runs of this application."),
    ):
        command = option(command)
    return command


def opened(store: str | None) -> Store:
    """Raises ConfigError."""
    from spark_lineage.config import resolve
    from spark_lineage.store import Store

    return Store(store if store is not None else resolve().store)


def every_run(store: Store) -> list[Summary]:
    """All runs of a store, oldest first. Raises StoreError if there is none."""
    from spark_lineage.store.errors import StoreError
    from spark_lineage.store.runs import no_runs

    runs = store.runs()
    if not runs:
        raise StoreError(no_runs(store.path))
    return runs


def chosen(runs: Sequence[Summary], app: str | None, label: str | None) -> list[Summary]:
    """Those that are asked for; those that cannot be read are among them. Raises StoreError if there is no other."""
    from spark_lineage.store.errors import StoreError
    from spark_lineage.store.runs import has_label

    found = [run for run in runs if run.why or ((app in (None, run.app)) and (label is None or has_label(run, label)))]
    if all(run.why for run in found) and (app is not None or label is not None):
        raise StoreError(_none(runs, app, label))
    return found


def _none(runs: Sequence[Summary], app: str | None, label: str | None) -> str:
    apps = sorted({run.app for run in runs if not run.why})
    if app is not None and app not in apps:
        return f"no run of an application {app}{did_you_mean(app, apps)}"
    labels = sorted({f"{name}={value}" for run in runs for name, value in run.labels.items()})
    return f"no run with the label {label}{did_you_mean(label or '', labels)}"
