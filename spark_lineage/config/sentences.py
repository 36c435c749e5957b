"""What the user is told of a setting that cannot be used."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from spark_lineage.refusals import Refusal


class ConfigError(Refusal, ValueError):
    """A setting that cannot be used; its text is one sentence for the user."""


def unknown(key: str, known: Mapping[str, Any] | Sequence[str], kind: str) -> ConfigError:
    return ConfigError(f"Unknown {kind} {key}{did_you_mean(key, known)}.")


def did_you_mean(word: str, known: Mapping[str, Any] | Sequence[str]) -> str:
    """``: did you mean X?``-like ending of a sentence; the nearest known word however far it is."""
    nearest = difflib.get_close_matches(word, list(known), 1, cutoff=0.0)
    return f"; the nearest known one is {nearest[0]}" if nearest else ""
