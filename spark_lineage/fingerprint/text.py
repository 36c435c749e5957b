"""Values as text, as Spark's ``Dataset.show`` writes them."""

from __future__ import annotations

import datetime
import decimal
import math
from typing import Any

import pyarrow as pa

MAX_LENGTH = 256


def shown(value: Any, kind: pa.DataType) -> str | None:
    """``None`` for null; else at most :data:`MAX_LENGTH` characters."""
    if value is None:
        return None
    text = _text(value, kind)
    return text if len(text) <= MAX_LENGTH else text[: MAX_LENGTH - 1] + "\u2026"


def _text(value: Any, kind: pa.DataType) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return java_float(value, single=pa.types.is_float32(kind))
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, datetime.datetime):
        text = value.strftime("%Y-%m-%d %H:%M:%S")
        return text + f".{value.microsecond:06d}".rstrip("0") if value.microsecond else text
    if isinstance(value, datetime.time):
        text = value.strftime("%H:%M:%S")
        return text + f".{value.microsecond:06d}".rstrip("0") if value.microsecond else text
    if isinstance(value, bytes):
        return "[" + " ".join(f"{byte:02X}" for byte in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(_text(value[field.name], field.type) for field in kind) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_text(item, getattr(kind, "value_type", kind)) for item in value) + "]"
    return str(value)


def java_float(value: float, single: bool = False) -> str:
    """As Java's ``Double.toString``: 1.0, 1.0E10, 1.0E-5, NaN, Infinity."""
    if math.isnan(value) or math.isinf(value):
        return "NaN" if math.isnan(value) else ("Infinity" if value > 0 else "-Infinity")
    if single:
        import numpy as np

        digits = np.format_float_scientific(np.float32(value), unique=True, trim="0")
    else:
        digits = format(decimal.Decimal(repr(value)), "E") if value else repr(value)
    if not value:
        return "-0.0" if math.copysign(1.0, value) < 0 else "0.0"
    mantissa, _, exponent = digits.upper().partition("E")
    sign, mantissa = ("-", mantissa[1:]) if mantissa.startswith("-") else ("", mantissa)
    whole, _, fraction = mantissa.partition(".")
    power = int(exponent or 0) + len(whole) - 1
    figures = (whole + fraction).rstrip("0") or "0"
    if -3 <= power < 7:
        if power < 0:
            return f"{sign}0.{'0' * (-power - 1)}{figures}"
        figures = figures.ljust(power + 2, "0")
        return f"{sign}{figures[: power + 1]}.{figures[power + 1 :]}"
    return f"{sign}{figures[0]}.{figures[1:] or '0'}E{power}"
