"""Signs with a private key, and makes pairs of keys. Whether a signature holds: ``store.signatures``."""

from __future__ import annotations

import base64
import contextlib
import os
from pathlib import Path
from typing import Any

from spark_lineage.store.signatures import ALGORITHM, PublicKey, SignatureError, key_in, refuse_without_library

PUBLIC = ".pub"  # what the name of the file with the public key ends with
OWNER_ONLY, FOR_ALL = 0o600, 0o644


class Signer:
    """Holds a private key in memory. Made by :func:`load`."""

    def __init__(self, key: Any) -> None:
        self._key = key
        self.public = _public(key)

    def sign(self, statement: bytes) -> dict[str, str]:
        """The signature as it stands in events and files."""
        value = base64.b64encode(self._key.sign(statement)).decode("ascii")
        return {"algorithm": ALGORITHM, "publicKey": self.public.text, "value": value}


def load(path: str | Path) -> Signer:
    """The private key in a file (PEM, PKCS#8, without a passphrase). Raises :class:`SignatureError`."""
    refuse_without_library("signing")
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    def parsed(text: bytes) -> object:
        try:
            return serialization.load_pem_private_key(text, password=None)
        except TypeError:
            raise SignatureError(f"the key {path} has a passphrase, which nobody could type when a run ends") from None

    return Signer(key_in(path, parsed, Ed25519PrivateKey, "private key"))


def optional(path: str | None) -> Signer | None:
    """As :func:`load`; None where no key is configured."""
    return load(path) if path is not None else None


def make_pair(path: Path) -> tuple[Path, PublicKey]:
    """Writes a new pair: the private key to ``path``, for its owner only, the public one beside it (``.pub``).

    Gives the file and the key of the public one. Raises :class:`SignatureError` if one of the files is there already.
    """
    refuse_without_library("making keys")
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key, beside = Ed25519PrivateKey.generate(), path.with_name(path.name + PUBLIC)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )  # fmt: skip
    if beside.exists() or beside.is_symlink():
        raise SignatureError(f"{beside} is there already: name another file, or remove the pair")
    _create(path, private, OWNER_ONLY)
    try:
        _create(beside, public, FOR_ALL)
    except SignatureError:
        path.unlink()  # a private key whose public one nobody has is of no use
        raise
    return beside, _public(key)


def _create(path: Path, content: bytes, mode: int) -> None:
    """Never over a file that is there: the runs that it signed could not be signed with it any more."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise SignatureError(f"{path} is there already: name another file, or remove the pair") from None
    except (OSError, ValueError) as error:
        raise SignatureError(f"{path} cannot be written: {getattr(error, 'strerror', None) or error}") from error
    try:
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(file.fileno(), mode)  # whatever the umask says
            file.write(content)
    except OSError as error:
        with contextlib.suppress(OSError):
            path.unlink()
        raise SignatureError(f"{path} cannot be written: {error.strerror or error}") from error


def _public(key: Any) -> PublicKey:
    from cryptography.hazmat.primitives import serialization

    raw = key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return PublicKey(raw)
