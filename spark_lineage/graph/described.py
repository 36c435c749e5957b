"""Datasets of the graph: what is known of a DataFrame, a source or a sink, put together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from spark_lineage.graph import models
from spark_lineage.graph.activations import Activation, gap
from spark_lineage.graph.bare import as_stored, is_bare
from spark_lineage.graph.client_names import named_by_clients
from spark_lineage.graph.followed import lost_columns
from spark_lineage.graph.fragments import Rewriter, identity
from spark_lineage.graph.measured import Measured, Measurements, columns, not_known, unknown
from spark_lineage.graph.naming import Named, interim_namespace, place
from spark_lineage.graph.observed import Observed
from spark_lineage.graph.steps import Steps
from spark_lineage.graph.storage import Storages
from spark_lineage.graph.stored import Stored, changes_in_place, overwrites
from spark_lineage.model import ChangedRows, Dataset, DatasetKind, Fragment, Gap, Storage, fingerprints

UNKNOWN = "unknown"  # the namespace of storage behind connectors that the JVM half does not know
NOT_TOLD_APART = "two places that it reads or writes have one name here"
AS_WRITTEN = "what a path is relative to, and the catalog of a table, only the server of Spark Connect knows"
OF_A_MODEL = unknown("model", "a model has no rows that could be counted")


class Described:
    """Describes datasets; what is not known of one goes into ``gaps``."""

    def __init__(self, seen: Observed, steps: Steps, storages: Storages, rewriter: Rewriter, gaps: list[Gap]) -> None:
        self._seen = seen
        self._named_by_clients = named_by_clients(seen.executions, seen.fragments, seen.operations)
        self._namespace = interim_namespace(steps.root.name, place(seen))
        self._storages = storages
        self._rewriter = rewriter
        self._gaps = gaps
        self._measurements = Measurements(seen)

    def interim(self, df: str, activation: Activation, named: Named) -> Dataset:
        measured = self._measurements.of(df)
        fragment = self._rewriter.rewritten(df)
        for lost in self._rewriter.lost(df):
            why = f"the plan stands on {lost}, which is no dataset of this run"
            self._gaps.append(gap(activation, named.id, "lineage", why))
        unfollowed = lost_columns(fragment) if fragment is not None else None
        if unfollowed is not None:
            self._gaps.append(gap(activation, named.id, "column_lineage", unfollowed))
        engine = str(self._seen.makers[df].detail.get("engine", "spark"))
        kind, tracked = DatasetKind.INTERIM, self._seen.makers[df].detail.get("mlflow")
        if models.DETAIL in self._seen.makers[df].detail:
            kind, measured = DatasetKind.MODEL, OF_A_MODEL
        return self._dataset(
            named.id, named.name, self._namespace, kind, activation, measured, fragment,
            variable=named.variable, engine=engine, mlflow_run=tracked,
        )  # fmt: skip

    def counted(self, df: str) -> tuple[tuple[int, int], ...]:
        return self._measurements.counted(df)

    def source(self, stored: Stored) -> Dataset:
        storage = stored.storage
        measured = self._read_whole(stored)
        return self._dataset(
            stored.id, storage.name, storage.namespace, DatasetKind.SOURCE, None, measured, None, storage
        )

    def sink(self, stored: Stored, activation: Activation, written: str | None) -> Dataset:
        """``written``: the id of the interim dataset of another step that was written as it is, if one was."""
        storage = stored.storage
        mode = stored.modes[-1] if stored.modes else None
        return self._dataset(
            stored.id, storage.name, storage.namespace, DatasetKind.SINK, activation, self._written(stored),
            self._fragment(stored, written), storage, mode=mode,
            changed=stored.changed if len(stored.ops) == 1 and not stored.failed else None,
        )  # fmt: skip

    def _fragment(self, stored: Stored, written: str | None) -> Fragment | None:
        if stored.df is None:
            return None
        if written is not None:
            return identity(written, self._seen.fragments.get(stored.df))
        return self._rewriter.rewritten(stored.df)

    def _written(self, stored: Stored) -> Measured:
        """What was measured of what a step wrote to one place."""
        if stored.failed:
            return unknown("failed", "the write failed")
        if stored.storage.format == "model":
            return OF_A_MODEL
        if stored.df is None and stored.written_by_rdd:
            return unknown("not_measured", "an RDD was written, at whose rows no probe looks")
        if len(stored.ops) > 1:
            modes = ", ".join(stored.modes)
            return unknown("several_writes", f"this step wrote it {len(stored.ops)} times: {modes}")
        if changes_in_place(stored):
            return unknown("not_measured", f"{stored.modes[-1]}: {_told(stored.changed)}")
        if stored.df is None:
            return unknown("not_measured", "the DataFrame that was written was not marked")
        measured = self._measurements.of(stored.df)
        if measured.complete and stored.modes and not overwrites(stored):
            how = f"{stored.modes[-1]} of {stored.storage.part}" if stored.storage.part else stored.modes[-1]
            return _with_detail(measured, f"{how}: these are the rows that this step wrote")
        return measured

    def _read_whole(self, stored: Stored) -> Measured:
        """What a source holds is known where a DataFrame that is nothing but a read of all of it was measured."""
        reading = {
            df: [
                storage for storage, read in zip(self._seen.fragments[df].sources, reads, strict=True) if read is stored
            ]
            for df, reads in self._storages.reads.items()
            if stored in reads
        }
        read = [storage for storages in reading.values() for storage in storages]
        found: list[Measured] = []
        for df, storages in reading.items():
            fragment = self._seen.fragments[df]
            if len(storages) == 1 and storages[0].part is None and is_bare(fragment):
                measured = self._measurements.of(df)
                if measured.complete and as_stored(fragment, stored.storage):
                    found.append(measured)
                elif measured.complete:  # a projection has the rows of its source, but another content
                    found.append(replace(measured, columns=(), fingerprint=None, sample=None, differ=None))
        changed = _changed(storage for storage in read if storage.part is None)
        if found and changed:
            return unknown("not_measured", changed)
        if found:
            return _agreed(found)
        if reading and not self._measurements.ran(reading):
            return unknown("never_executed")
        parts = dict.fromkeys(storage.part for storage in read if storage.part is not None)
        if parts and len(parts) == len(dict.fromkeys(storage.part for storage in read)):
            return unknown("not_measured", f"only a part of it was read: {'; '.join(list(parts)[:5])}")
        stated = _stated(read) if changed is None else None
        return replace(unknown("not_measured", "no plain read of it was measured as a whole"), rows=stated)

    def _dataset(
        self, id_: str, name: str, namespace: str, kind: DatasetKind, activation: Activation | None, measured: Measured,
        fragment: Fragment | None, storage: Storage | None = None, variable: str | None = None, engine: str = "spark",
        mode: str | None = None, changed: ChangedRows | None = None, mlflow_run: str | None = None,
    ) -> Dataset:  # fmt: skip
        declared = fragment.columns if fragment is not None else ()
        if storage is not None and storage.columns:
            declared = tuple((column, type_, True) for column, type_ in storage.columns)
        self._note_gaps(activation, id_, measured, storage)
        return Dataset(
            id=id_, name=name, namespace=namespace, kind=kind, step=activation.node.name if activation else None,
            call=activation.call if activation else 1, variable=variable, engine=engine,
            columns=columns(declared, measured), rows=measured.rows, complete=measured.complete,
            reason=measured.reason, detail=measured.detail, pushed=measured.pushed, fingerprint=measured.fingerprint,
            sample=measured.sample, storage=storage, fragment=fragment, measurements=measured.measurements, mode=mode,
            partial=measured.partial, answers=measured.answers, changed=changed, mlflow_run=mlflow_run,
        )  # fmt: skip

    def _note_gaps(self, activation: Activation | None, id_: str, measured: Measured, storage: Storage | None) -> None:
        if measured.differ is not None:
            why = f"{measured.differ}: it is nondeterministic"
            self._gaps.append(gap(activation, id_, "measurements_differ", why))
        if storage is not None and storage.namespace == UNKNOWN:
            what, why = "connector", f"{storage.name} is a connector that is not known: {NOT_TOLD_APART}"
            if storage.name in self._named_by_clients:
                what, why = "storage", f"{storage.name} stands as the program wrote it: {AS_WRITTEN}"
            self._gaps.append(gap(activation, id_, what, why))
        if not measured.complete and measured.reason != OF_A_MODEL.reason:
            self._gaps.append(gap(activation, id_, "rows", not_known(measured)))


def _told(changed: ChangedRows | None) -> str:
    """What is known of the rows of a table that a command has changed in place."""
    counts = () if changed is None else (
        (changed.inserted, "inserted"), (changed.updated, "updated"), (changed.deleted, "deleted"),
    )  # fmt: skip
    known = ", ".join(f"{count:,} {what}" for count, what in counts if count is not None)
    return f"{known}; how many the table holds was not counted" if known else "its rows were not counted"


def _changed(reads: Iterable[Storage]) -> str | None:
    """How reads of one place as a whole did not read the same, as far as is known."""
    found = list(reads)
    versions = dict.fromkeys(storage.version for storage in found)
    if len(versions) > 1:
        return f"several versions of it were read: {', '.join(str(version) for version in versions)}"
    if len(dict.fromkeys(storage.files for storage in found if storage.files is not None)) > 1:
        return "its files changed between reads"
    return None


def _stated(reads: Iterable[Storage]) -> int | None:
    """How many rows its files state that they hold, if those who read it as a whole were told the same."""
    rows = {storage.rows for storage in reads if storage.part is None and storage.rows is not None}
    return rows.pop() if len(rows) == 1 else None


def _agreed(found: Sequence[Measured]) -> Measured:
    """One from all measurements of a source as a whole. Options of a reader can give one file other rows."""
    if len(dict.fromkeys(measured.rows for measured in found)) > 1:
        rows = ", ".join(str(rows) for rows in dict.fromkeys(measured.rows for measured in found))
        return unknown("not_measured", f"reads of it gave different numbers of rows: {rows}")
    described = [measured for measured in found if measured.columns]
    best = next((measured for measured in described if measured.fingerprint), (*described, *found)[0])
    if fingerprints.any_differ(measured.fingerprint for measured in described if measured.fingerprint):
        return replace(best, columns=(), fingerprint=None, sample=None, differ=None)
    return best


def _with_detail(measured: Measured, text: str) -> Measured:
    return replace(measured, detail=f"{measured.detail}; {text}" if measured.detail else text)
