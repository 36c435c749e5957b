"""Texts of the program that are recorded: without credentials, and not longer than they need be."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ERROR_LIMIT = 2000  # characters of an error's text


def error_text(error: BaseException) -> str:
    """``ValueError: text``, at most ``ERROR_LIMIT`` characters. The JVM is not asked."""
    described = vars(error).get("_desc")  # pyspark's errors from the JVM; their __str__ calls it
    text = described if isinstance(described, str) else str(error)
    return f"{type(error).__name__}: {text}"[:ERROR_LIMIT]


def first_text(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> str | None:
    """The first argument of a method, after its object, that is a text."""
    return next((value for value in (*args[1:], *kwargs.values()) if isinstance(value, str)), None)
