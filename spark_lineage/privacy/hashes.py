"""Hashes of the user's code, and hashes made again with the key of a store, so that nobody guesses what they cover."""

from __future__ import annotations

import hashlib
import hmac


def text_hash(text: str) -> str:
    """32 hex digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def key_id(key: bytes) -> str:
    """8 hex digits by which hashes of one key are known to be comparable; they say nothing of it."""
    return hmac.new(key, b"spark-lineage: which key", hashlib.sha256).hexdigest()[:8]


def keyed(value: str, key: bytes) -> str:
    """A hash made again with a key, and which key that was: ``1a2b3c4d:...``."""
    return f"{key_id(key)}:{rekeyed(value, key)}"


def rekeyed(value: str, key: bytes) -> str:
    """A hash made again with a key, of the same form."""
    head, colon, digits = value.rpartition(":")
    return head + colon + hmac.new(key, value.encode(), hashlib.sha256).hexdigest()[: len(digits)]
