"""Which store is read, and which of its runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from spark_lineage.answers.errors import AnswerError
from spark_lineage.config import did_you_mean, resolve
from spark_lineage.config.addresses import is_elsewhere
from spark_lineage.store import Store, Summary, places, signatures
from spark_lineage.store.runs import has_label, no_runs
from spark_lineage.store.signatures import PublicKey
from spark_lineage.store.summaries import shortest


@dataclass(frozen=True)
class Selection:
    """The runs of a store that are asked for, oldest first; those that cannot be read are among them.

    ``short_ids`` has the shortest beginning of each id that no other run of the store shares.
    """

    runs: tuple[Summary, ...]
    short_ids: dict[str, str]


def opened(path: str | Path | None) -> Store:
    """The store in a folder or at an address; the one that is configured if none is given. Raises ConfigError."""
    if path is not None and not is_elsewhere(str(path)):
        return Store(path)
    config = resolve()
    return Store(path if path is not None else config.store, config.spool)


def called(path: Path) -> str:
    """What a store is called: its folder, or its address elsewhere."""
    return places.name_of(path)


def trusted(key: str | Path | None) -> PublicKey | None:
    """The public key in a file; the one that is configured if none is named. Raises ConfigError and SignatureError."""
    path = key if key is not None else resolve().sign_public_key
    return signatures.load_public(path) if path is not None else None


def selected(store: Store, app: str | None, label: str | None) -> Selection:
    """The runs of an application and with a label, each only if it is given. Raises :class:`AnswerError` if there is
    none.
    """
    every = store.runs()
    if not every:
        raise AnswerError(no_runs(store.path))
    runs = tuple(run for run in every if run.why is not None or _is_asked_for(run, app, label))
    if all(run.why is not None for run in runs) and (app is not None or label is not None):
        raise AnswerError(_none(every, app, label))
    return Selection(runs, shortest([run.id for run in every]))


def _is_asked_for(run: Summary, app: str | None, label: str | None) -> bool:
    return app in (None, run.app) and (label is None or has_label(run, label))


def _none(runs: Sequence[Summary], app: str | None, label: str | None) -> str:
    apps = sorted({run.app for run in runs if run.why is None})
    if app is not None and app not in apps:
        return f"no run of an application {app}{did_you_mean(app, apps)}"
    labels = sorted({f"{name}={value}" for run in runs for name, value in run.labels.items()})
    return f"no run with the label {label}{did_you_mean(label or '', labels)}"
