"""What a signature says, and whether it holds. Signing itself is done by ``sinks.signing``.

Ed25519 (RFC 8032) over a text that says what is signed. A run is signed with the root hash that it would have without
the signature, since the signature stands in its last event. Beside the chain it is a file of its own, too.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spark_lineage.events.identity import PREFIX
from spark_lineage.model import SHAPE_ERRORS
from spark_lineage.refusals import Refusal
from spark_lineage.store import journal

FILE = "signature.json"
FACET = f"{PREFIX}proof"
ALGORITHM = "Ed25519"
EXTRA = "pip install 'spark-lineage-agent[sign]'"

Document = dict[str, Any]


class SignatureError(Refusal):
    """A key that cannot be used; the text is one sentence for the user."""


@dataclass(frozen=True)
class PublicKey:
    raw: bytes

    @property
    def id(self) -> str:
        """Sixteen digits by which people tell keys apart."""
        return hashlib.sha256(self.raw).hexdigest()[:16]

    @property
    def text(self) -> str:
        return base64.b64encode(self.raw).decode("ascii")


@dataclass(frozen=True)
class Signed:
    """The signature in the last event of a journal, and what it must be over."""

    statement: bytes
    signature: Mapping[str, str]


def available() -> bool:
    return importlib.util.find_spec("cryptography") is not None


def refuse_without_library(what: str) -> None:
    """Raises :class:`SignatureError`."""
    if not available():
        raise SignatureError(f"{what} needs the package cryptography: {EXTRA}")


def of_run(run: str, events: int, root: str) -> bytes:
    """What the signature of a run is over. ``root``: the chain over all events, the last one without its signature."""
    return f"spark-lineage signature of a run\n{run}\n{events}\n{root}\n".encode()


def of_files(hashes: Mapping[str, str]) -> bytes:
    """What the signature of a bundle is over: the SHA-256 of each of its files."""
    listed = "".join(f"{hash_} {name}\n" for name, hash_ in sorted(hashes.items()))
    return f"spark-lineage signature of a bundle\n{listed}".encode()


def proof(line: bytes) -> Document | None:
    """The proof facet of an event; None if it has none. Raises what damaged events raise."""
    if f'"{FACET}"'.encode() not in line:
        return None
    found = (json.loads(line)["run"].get("facets") or {}).get(FACET)
    return dict(found) if found is not None else None


def signed(lines: Sequence[bytes]) -> Signed | None:
    """The signature of a journal; None if it has none. Raises what damaged events raise."""
    facet = proof(lines[-1]) if lines else None
    if facet is None or "signature" not in facet:
        return None
    last = json.loads(lines[-1])
    signature = last["run"]["facets"][FACET].pop("signature")
    root = journal.root([*lines[:-1], journal.as_line(last)])
    return Signed(of_run(last["run"]["runId"], len(lines), root), {str(k): str(v) for k, v in signature.items()})


def key_of(signature: Mapping[str, str]) -> PublicKey:
    """The key that a signature names. Raises ValueError or KeyError for another shape."""
    raw = base64.b64decode(signature["publicKey"], validate=True)
    if signature["algorithm"] != ALGORITHM or len(raw) != 32:
        raise ValueError("it is no signature by Ed25519")
    return PublicKey(raw)


def holds(signature: Mapping[str, str], statement: bytes) -> bool | None:
    """Whether it is that of the key that it names over this text; None where the library for that is not installed."""
    if not available():
        return None
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(key_of(signature).raw)
        key.verify(base64.b64decode(signature["value"], validate=True), statement)
    except (InvalidSignature, *SHAPE_ERRORS):
        return False
    return True


def load_public(path: str | Path) -> PublicKey:
    """A public key from a file (PEM). Raises :class:`SignatureError`."""
    refuse_without_library("checking signatures")
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    def parsed(text: bytes) -> object:
        if b"PRIVATE KEY" in text:
            raise SignatureError(
                f"{path} is a private key, which stays with who signs: name the public one ({path}.pub)"
            )
        return serialization.load_pem_public_key(text)

    key = key_in(path, parsed, Ed25519PublicKey, "public key")
    return PublicKey(key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw))


def key_in(path: str | Path, parsed: Callable[[bytes], object], kind: type, title: str) -> Any:
    """The key of this kind in a file. Raises :class:`SignatureError`."""
    from cryptography.exceptions import UnsupportedAlgorithm

    try:
        text = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise SignatureError(f"the key {path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    try:
        key = parsed(text)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, kind):
        raise SignatureError(f"{path} is no {title} of Ed25519: `spark-lineage key` makes one")
    return key


def beside(folder: Path) -> Document | None:
    """The signature beside the chain; None where there is none. Raises ValueError if it is not readable as one."""
    try:
        found = json.loads((folder / FILE).read_bytes())
    except FileNotFoundError:
        return None
    if not isinstance(found, dict):
        raise ValueError("it is no JSON object")
    return found
