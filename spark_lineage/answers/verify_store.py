"""``verify --store``: whether all runs of a store are as they were written, and none has vanished.

Each run names those that had ended last before it, with their root hashes. So a run that is gone, or is another one
than it was, is missed by the runs that followed it. The register of the store (``store.register``) says which runs
began and ended, and which were removed on purpose.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from spark_lineage.answers.documents import Document
from spark_lineage.answers.errors import AnswerError
from spark_lineage.answers.verify import NOT_ENDED, Verified, verify
from spark_lineage.answers.verify import document as run_document
from spark_lineage.refusals import Refusal
from spark_lineage.sinks.audit_compared import runs_in
from spark_lineage.sinks.delta import DeltaAudit
from spark_lineage.store import Store, Summary, journal, register, signatures
from spark_lineage.store.register import Entry, Kind
from spark_lineage.store.runs import no_runs
from spark_lineage.store.signatures import PublicKey


@dataclass(frozen=True)
class VerifiedStore:
    """``runs`` oldest first. ``findings`` are sentences about what is not as it was written, the first one first.

    ``open_`` are runs that have not ended, or were killed and not sealed. ``removed`` were removed on purpose. ``last``
    are the runs that ended last with their root hashes: who keeps them elsewhere can tell later whether they are there.
    """

    store: str
    runs: tuple[Verified, ...]
    findings: tuple[str, ...]
    open_: tuple[str, ...]
    removed: tuple[str, ...]
    last: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]

    @property
    def intact(self) -> bool:
        return not self.findings


def document(answer: VerifiedStore) -> Document:
    """The ``--json`` shape."""
    return {
        "store": answer.store,
        "intact": answer.intact,
        "why": answer.findings[0] if answer.findings else None,
        "findings": list(answer.findings),
        "runs": [run_document(run) for run in answer.runs],
        "not_ended": list(answer.open_),
        "removed": list(answer.removed),
        "last": [{"run": run, "root_hash": root} for run, root in answer.last],
        "remarks": list(answer.remarks),
    }


def verify_store(
    store: Store, with_tables: bool = True, trusted: PublicKey | None = None, roots: Sequence[str] = ()
) -> VerifiedStore:
    """``trusted``: each run must be signed by this key, or be followed by one that is. ``roots`` must be there.

    Raises :class:`AnswerError` where there is no run at all.
    """
    store.fetch()
    try:
        entries, unreadable = register.read(store.path)  # before the runs: one that begins meanwhile is not missed
    except OSError as error:
        raise AnswerError(f"the register of {store.name} cannot be read ({error.strerror or error})") from error
    runs = store.runs()
    if not runs and not entries:
        raise AnswerError(no_runs(store.path))
    found = _Found(runs, {run.id: _verified(run, with_tables) for run in runs}, entries, trusted)
    findings = [*found.of_runs(), *found.of_ends(), *found.of_signatures(), *found.of_roots(roots)]
    if with_tables:
        findings += _of_tables(DeltaAudit(store.path / "audit"), found.verified)
    return VerifiedStore(
        store.name, tuple(found.verified.values()), tuple(dict.fromkeys(findings)), found.open_, found.gone,
        found.last(), (*found.remarks(), *_of_register(unreadable)),
    )  # fmt: skip


def _verified(run: Summary, with_tables: bool) -> Verified:
    try:
        return verify(run, with_tables)
    except Refusal as refusal:
        return Verified(run.id, 0, str(refusal))


class _Found:
    """All that is known of a store, to be held against each other."""

    def __init__(
        self, runs: Sequence[Summary], verified: Mapping[str, Verified], entries: Sequence[Entry],
        trusted: PublicKey | None,
    ) -> None:  # fmt: skip
        self.verified, self._trusted = verified, trusted
        self._removals = {entry.run: entry for entry in entries if entry.kind is Kind.REMOVED}
        self._ends = {entry.run: entry for entry in entries if entry.kind is Kind.ENDED}
        self._begun = [entry.run for entry in entries if entry.kind is not Kind.REMOVED]
        self._empty = {run.id for run in runs if run.empty}
        # That of a run whose samples or tables are other ones is the chain's, which is read again.
        self._roots = {run.id: verified[run.id].root or _root(run) for run in runs}
        self.open_ = tuple(
            run.run for run in verified.values() if self._is_open(run) and run.run not in self._ends
        )  # fmt: skip
        self.gone = tuple(run for run in self._removals if run not in verified)

    def _is_open(self, run: Verified) -> bool:
        return run.why == NOT_ENDED or run.run in self._empty

    def of_runs(self) -> Iterator[str]:
        """Each run, and those that it names; also those that a run named which was removed since."""
        for run in self.verified.values():
            if run.why is not None and run.run not in self.open_ and not self._ends_as_entered(run):
                yield f"{run.run}: {run.why}"
            for before, root in run.previous or ():
                yield from self._named(before, root, f"run {run.run}, which ended after it, names it")
        for removal in self._removals.values():
            for before, root in removal.names:
                yield from self._named(before, root, f"run {removal.run}, which was removed later, named it")

    def _ends_as_entered(self, run: Verified) -> bool:
        """Killed when all was written and nothing but the write-ahead file was still to be removed."""
        end = self._ends.get(run.run)
        return self._is_open(run) and end is not None and end.root == self._roots.get(run.run) is not None

    def of_ends(self) -> Iterator[str]:
        """The runs in the register."""
        for run in dict.fromkeys(self._begun):
            end = self._ends.get(run)
            yield from self._named(run, end.root if end is not None else None, "the register of the store has it")

    def _named(self, run: str, root: str | None, by: str) -> Iterator[str]:
        """``root``: the root hash that the run must have; None: any."""
        if run in self.verified:
            now = self._roots.get(run)
            if root is not None and now != root and (now is not None or self.verified[run].why is None):
                yield f"{run} is not the run that was there: its root hash is another one than {by} with"
            return
        removal = self._removals.get(run)
        if removal is None:
            yield f"{run} has vanished: {by}"
        elif (why := self._is_no_removal(removal, root)) is not None:
            yield f"{run} is not there, and its removal is not proven: {why}"

    def _is_no_removal(self, removal: Entry, root: str | None) -> str | None:
        if root is not None and removal.root is not None and removal.root != root:
            return "what was removed had another root hash"
        if removal.signature is not None and signatures.holds(removal.signature, removal.statement) is False:
            return "the signature of the removal does not fit"
        if self._trusted is not None and not _is_by(removal, self._trusted):
            return f"it is not signed by key {self._trusted.id}"
        return None

    def of_signatures(self) -> Iterator[str]:
        """Runs that neither the key that is trusted has signed, nor a run that followed them and has its signature."""
        if self._trusted is None:
            return
        covered = self._covered(self._trusted)
        for run in self.verified.values():
            if run.run in covered or run.run in self.open_ or run.why is not None:
                continue
            if run.signature is None:
                yield f"{run.run}: it is not signed, nor does a run follow it that key {self._trusted.id} has signed"
            else:
                yield f"{run.run}: it is signed by key {run.signature.key.id}, and should be by key {self._trusted.id}"

    def _covered(self, key: PublicKey) -> set[str]:
        """The runs that are signed by a key, and those that they cover, also through runs that were removed since.

        A run that another key has signed is not covered.
        """
        waiting = [run.run for run in self.verified.values() if run.signature is not None and run.signature.is_by(key)]
        waiting += [run for run, removal in self._removals.items() if _is_by(removal, key)]
        covered: set[str] = set()
        while waiting:
            name = waiting.pop()
            run, removal = self.verified.get(name), self._removals.get(name)
            if name in covered or (run is not None and run.signature is not None and not run.signature.is_by(key)):
                continue
            covered.add(name)
            before = run.previous or () if run is not None else removal.names if removal is not None else ()
            waiting += [run for run, root in before if self._root_of(run) == root]
        return covered

    def _root_of(self, run: str) -> str | None:
        removal = self._removals.get(run)
        return self._roots.get(run) or (removal.root if removal is not None else None)

    def of_roots(self, roots: Iterable[str]) -> Iterator[str]:
        known = {*self._roots.values(), *(entry.root for entry in self._removals.values())}
        for root in roots:
            if root not in known:
                yield f"no run has the root hash {root} any more, and none that had it was removed"

    def last(self) -> tuple[tuple[str, str], ...]:
        named = {root for run in self.verified.values() for _, root in run.previous or ()}
        ended = {run.run: self._roots[run.run] for run in self.verified.values() if run.why is None}
        return tuple((run, root) for run, root in ended.items() if root is not None and root not in named)

    def remarks(self) -> Iterator[str]:
        earlier = [run for run in self.verified.values() if run.why is None and run.previous is None]
        if earlier:
            yield f"{_runs(earlier)} of an earlier version: what vanishes of those is not missed"
        unknown = [run for run in self.verified.values() if run.previous is not None and run.run not in self._ends]
        if unknown:
            yield f"{_runs(unknown)} not in the register of the store: copied from another one, or the register was cut"
        if self.open_:
            yield f"{_runs(self.open_)} not ended, or killed and not sealed: `send` and `rebuild` seal those"
        if self.gone:
            yield f"{_runs(self.gone)} removed by `prune`"
        unsigned = [run for run in self.verified.values() if run.why is None and run.signature is None]
        if unsigned and self._trusted is None:
            yield f"{_runs(unsigned)} not signed: who rewrites all of them together is not found"


def _root(run: Summary) -> str | None:
    try:
        return journal.verify(run.folder).root
    except OSError:
        return None


def _is_by(removal: Entry, key: PublicKey) -> bool:
    signature = removal.signature
    if signature is None or signatures.holds(signature, removal.statement) is not True:
        return False
    return signatures.key_of(signature) == key


def _of_tables(audit: DeltaAudit, verified: Mapping[str, Verified]) -> Iterator[str]:
    try:
        for name, runs in runs_in(audit).items():
            for run in sorted(runs - set(verified)):
                yield f"the table `{name}` has rows of run {run}, which is not in the store"
    except Exception as error:  # what Arrow and Delta raise for a damaged file has no common class
        yield f"the audit tables cannot be read ({type(error).__name__})"


def _of_register(unreadable: Sequence[int]) -> Iterator[str]:
    if unreadable:
        yield f"line {unreadable[0]} of {register.NAME} cannot be read"


def _runs(runs: Sequence[object]) -> str:
    return "1 run is" if len(runs) == 1 else f"{len(runs)} runs are"
