"""Object storage by ``obstore``: S3 and what speaks as it does, Azure, Google.

Credentials come from the environment's own chains: variables, web identity, containers, the metadata of the machine;
the profiles of AWS where boto3 is installed. Nothing of them is kept, and no text of a server goes into a sentence,
since servers repeat in their answers what they were asked with.
"""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

from spark_lineage.config.addresses import Address
from spark_lineage.store.places.objects import Entry, Unreachable, asked, missing

CONNECT, REQUEST, RETRY = 5, 60, 20  # seconds
RETRIES = 3
IN_ENVIRONMENT = (
    "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_SKIP_SIGNATURE",
)  # fmt: skip


def _unreachable(name: str, error: Exception) -> Unreachable:
    from obstore import exceptions

    if isinstance(error, (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError)):
        return Unreachable(f"the store {name} refuses what this process may do there: look at its credentials", True)
    if isinstance(error, (exceptions.NotFoundError, FileNotFoundError)):
        return Unreachable(f"the store {name} is not there: make the bucket or container first", True)
    status = re.search(r"\b(?:status(?: code)?:? |HTTP )?([45]\d\d)\b(?= [A-Z])", str(error))
    said = f"its server says {status.group(1)}" if status else "no answer"
    if "credential" in str(error).lower() or "metadata" in str(error).lower():
        said = "no credentials for it were found in the environment"
    return Unreachable(f"the store {name} cannot be reached: {said}")


_asked = asked(_unreachable)  # what obstore raises for one thing differs between its versions


class Cloud:
    """See ``Objects``."""

    def __init__(self, address: Address) -> None:
        if (sentence := missing(address)) is not None:
            raise Unreachable(sentence, True)
        self._text = address.text
        self._store = self._opened(address)

    def __str__(self) -> str:
        return self._text

    @_asked
    def _opened(self, address: Address) -> Any:
        from obstore.store import from_url

        options: dict[str, Any] = {
            "client_options": {
                "connect_timeout": timedelta(seconds=CONNECT), "timeout": timedelta(seconds=REQUEST),
                "allow_http": is_plain_http(os.environ),
            },
            "retry_config": {"max_retries": RETRIES, "retry_timeout": timedelta(seconds=RETRY)},
        }  # fmt: skip
        provider = _of_profiles() if address.scheme == "s3" else None
        if provider is not None:
            options["credential_provider"] = provider
        return from_url(address.text, **options)

    @_asked
    def entries(self, prefix: str) -> list[Entry]:
        import obstore

        return [
            _entry(found) for chunk in obstore.list(self._store, prefix or None, chunk_size=1000) for found in chunk
        ]

    @_asked
    def folders(self, prefix: str) -> list[str]:
        import obstore

        found = obstore.list_with_delimiter(self._store, prefix.rstrip("/"))
        return sorted(name.rstrip("/").rpartition("/")[2] for name in found["common_prefixes"])

    @_asked
    def get(self, name: str, begin: int = 0) -> bytes | None:
        import obstore

        try:
            if begin:
                got = obstore.get(self._store, name, options={"range": {"offset": begin}})
            else:
                got = obstore.get(self._store, name)
            return bytes(got.bytes())
        except _missing():
            return None

    @_asked
    def put(self, name: str, content: bytes | Path) -> str:
        import obstore

        return str(obstore.put(self._store, name, content)["e_tag"])

    @_asked
    def put_new(self, name: str, content: bytes) -> bool:
        import obstore
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        try:
            obstore.put(self._store, name, content, mode="create")
        except (AlreadyExistsError, PreconditionError):
            return False
        return True

    @_asked
    def delete(self, names: Iterable[str]) -> None:
        import obstore

        for name in names:
            try:
                obstore.delete(self._store, name)
            except _missing():
                continue


def _missing() -> tuple[type[Exception], ...]:
    """What is raised for an object that is not there: Python's own error, or obstore's, by its version."""
    from obstore.exceptions import NotFoundError

    return (FileNotFoundError, NotFoundError)


def is_plain_http(environ: Any) -> bool:
    """Whether the environment names an endpoint without TLS: one that was named so is meant so."""
    names = (
        "AWS_ENDPOINT_URL_S3",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT",
        "AZURE_STORAGE_ENDPOINT",
        "AZURE_ENDPOINT",
        "STORAGE_EMULATOR_HOST",
    )
    return any(environ.get(name, "").startswith("http://") for name in names) or any(
        environ.get(name, "").lower() == "true" for name in ("AWS_ALLOW_HTTP", "AZURE_STORAGE_USE_EMULATOR")
    )


def _of_profiles() -> Any:
    """Where no variable has credentials of AWS, those of its profiles; None without boto3, which reads them."""
    if any(os.environ.get(name) for name in IN_ENVIRONMENT) or importlib.util.find_spec("boto3") is None:
        return None
    from obstore.auth.boto3 import Boto3CredentialProvider

    return Boto3CredentialProvider()


def _entry(found: Any) -> Entry:
    return Entry(found["path"], found["size"], str(found["e_tag"]), found["last_modified"].timestamp())
