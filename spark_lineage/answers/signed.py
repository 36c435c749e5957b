"""Whether a run is signed, by whom, and whether the signature holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from spark_lineage.answers.documents import Document
from spark_lineage.model import SHAPE_ERRORS
from spark_lineage.store import signatures
from spark_lineage.store.signatures import PublicKey


@dataclass(frozen=True)
class Signature:
    """``holds``: None where it could not be checked. ``trusted``: it is by the key that was named; None if none was."""

    key: PublicKey
    holds: bool | None
    trusted: bool | None

    def is_by(self, key: PublicKey) -> bool:
        return self.holds is True and self.key == key


@dataclass(frozen=True)
class Proven:
    """What the last event says besides: ``previous`` are the runs before this one with their root hashes, None for a
    run that was recorded without. ``why`` is what is wrong, ``remarks`` what is not proven.
    """

    signature: Signature | None = None
    previous: tuple[tuple[str, str], ...] | None = None
    why: str | None = None
    remarks: tuple[str, ...] = ()


def document(signature: Signature | None) -> Document | None:
    if signature is None:
        return None
    return {
        "key": signature.key.id, "public_key": signature.key.text, "holds": signature.holds,
        "trusted": signature.trusted,
    }  # fmt: skip


def of_lines(lines: Sequence[bytes], folder: Path, trusted: PublicKey | None) -> Proven:
    """``lines``: a journal whose chain is intact. ``trusted``: it must be signed by this key."""
    try:
        proof = signatures.proof(lines[-1])
        signed = signatures.signed(lines)
        previous = tuple((str(each["run"]), str(each["root"])) for each in proof["previous"]) if proof else None
        problems = tuple(map(str, proof.get("problems", ()))) if proof else ()
        signature = _signature(signed, trusted) if signed is not None else None
        beside = signatures.beside(folder)
    except SHAPE_ERRORS as error:
        return Proven(why=f"its signature cannot be read ({error})")
    why = _why(signature, trusted, beside, signed.signature if signed is not None else None)
    return Proven(signature, previous, why, (*_remarks(signature, previous), *problems))


def _signature(signed: signatures.Signed, trusted: PublicKey | None) -> Signature:
    key = signatures.key_of(signed.signature)
    return Signature(
        key, signatures.holds(signed.signature, signed.statement), key == trusted if trusted is not None else None
    )


def _why(
    signature: Signature | None, trusted: PublicKey | None, beside: Document | None, in_event: Mapping[str, str] | None
) -> str | None:
    if signature is None:
        if beside is not None:
            return f"a signature stands in {signatures.FILE}, and its last event has none"
        return f"it is not signed, and should be by key {trusted.id}" if trusted is not None else None
    if signature.holds is False:
        return f"its signature by key {signature.key.id} does not fit: its events are not those that were signed"
    if trusted is not None and not signature.trusted:
        return f"it is signed by key {signature.key.id}, and should be by key {trusted.id}"
    if beside is not None and beside != in_event:
        return f"the signature in {signatures.FILE} is not that of its last event"
    return None


def _remarks(signature: Signature | None, previous: object) -> Iterator[str]:
    if previous is None:
        yield "it was recorded by an earlier version: its root hash covers no run before it"
    if signature is not None and signature.holds is None:
        yield f"its signature was not checked: that needs the package cryptography ({signatures.EXTRA})"
    elif signature is not None and signature.trusted is None:
        yield f"signed by key {signature.key.id}; whether that is a key to trust, --key FILE tells"
