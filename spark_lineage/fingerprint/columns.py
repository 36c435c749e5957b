"""Spark's ``xxhash64`` of every value of an Arrow array, and the Spark name of its type."""

from __future__ import annotations

import decimal
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from spark_lineage.fingerprint.xxh64 import Hashes, hash_bytes, hash_ints, hash_longs

SEED = np.uint64(42)

# decimal256 holds 76 digits; the default context would round at 28.
_EXACT = decimal.Context(prec=100)


class Unhashable(TypeError):
    """Spark has no hash for this type (a map), or there is no Spark type for it."""


def hashes(array: pa.Array) -> Hashes:
    """``xxhash64`` of each value, seed 42; 42 where it is null. Raises :class:`Unhashable`."""
    with np.errstate(over="ignore"):
        return _chained(array, np.full(len(array), SEED, dtype=np.uint64))


def _chained(array: pa.Array, seeds: Hashes) -> Hashes:
    """The hash of each value with a seed of its own: the seed itself where the value is null."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return _chained(array.dictionary_decode(), seeds)
    if (plain := _usual_layout(kind)) is not None:
        return _chained(array.cast(plain), seeds)
    if pa.types.is_null(kind):
        return seeds
    hasher = _hasher(kind)
    valid = np.asarray(pc.is_valid(array))
    if valid.all():
        return hasher(array, seeds)
    result = seeds.copy()
    result[valid] = hasher(array.drop_null(), seeds[valid])
    return result


def _usual_layout(kind: pa.DataType) -> pa.DataType | None:
    """The type that holds the same values as Spark hands them over; None for a type that does so itself."""
    name = str(kind)
    if name.startswith("fixed_size_binary["):
        return pa.binary()
    if name.startswith(("decimal32(", "decimal64(")):
        return pa.decimal128(kind.precision, kind.scale)
    return {"string_view": pa.string(), "binary_view": pa.binary(), "date64[ms]": pa.date32()}.get(name)


def _hasher(kind: pa.DataType) -> Callable[[pa.Array, Hashes], Hashes]:
    is_a = pa.types
    if is_a.is_boolean(kind) or is_a.is_int8(kind) or is_a.is_int16(kind) or is_a.is_int32(kind):
        return lambda array, seeds: hash_ints(_plain(array.cast(pa.int32())), seeds)
    if is_a.is_uint8(kind) or is_a.is_uint16(kind):
        return lambda array, seeds: hash_ints(_plain(array.cast(pa.int32())), seeds)
    if is_a.is_date32(kind):
        return lambda array, seeds: hash_ints(_plain(array.cast(pa.int32())), seeds)
    if is_a.is_int64(kind) or is_a.is_uint32(kind):
        return lambda array, seeds: hash_longs(_plain(array.cast(pa.int64())), seeds)
    if is_a.is_timestamp(kind):
        return lambda array, seeds: hash_longs(_plain(_micros(array)), seeds)
    if is_a.is_duration(kind):
        return lambda array, seeds: hash_longs(_plain(_micros(array)), seeds)
    if is_a.is_time(kind):
        return lambda array, seeds: hash_longs(_plain(array.cast(pa.time64("ns")).cast(pa.int64())), seeds)
    if is_a.is_float32(kind) or is_a.is_float16(kind):
        return lambda array, seeds: hash_ints(_bits(_plain(array.cast(pa.float32())), np.int32), seeds)
    if is_a.is_float64(kind):
        return lambda array, seeds: hash_longs(_bits(_plain(array), np.int64), seeds)
    if is_a.is_decimal128(kind) or is_a.is_decimal256(kind):
        return _small_decimals if kind.precision <= 18 else _large_decimals
    if is_a.is_string(kind) or is_a.is_large_string(kind) or is_a.is_binary(kind) or is_a.is_large_binary(kind):
        return _strings
    if is_a.is_list(kind) or is_a.is_large_list(kind) or is_a.is_fixed_size_list(kind):
        return _lists
    if is_a.is_struct(kind):
        return _structs
    raise Unhashable(str(kind))


def _plain(array: pa.Array) -> npt.NDArray[Any]:
    return np.asarray(array.to_numpy(zero_copy_only=False))


def _micros(array: pa.Array) -> pa.Array:
    if array.type.unit == "ns":  # downwards, as Spark does, also before 1970
        return pa.array(_plain(array.cast(pa.int64())) // 1000)
    of_micros = pa.duration("us") if pa.types.is_duration(array.type) else pa.timestamp("us", array.type.tz)
    return array.cast(of_micros).cast(pa.int64())


def _bits(values: npt.NDArray[Any], integer: type[Any]) -> npt.NDArray[Any]:
    # One NaN, one zero. Adding 0.0 turns -0.0 into 0.0.
    plain = np.where(np.isnan(values), values.dtype.type("nan"), values + values.dtype.type(0.0))
    bits: npt.NDArray[Any] = plain.astype(values.dtype).view(integer).copy()
    bits[np.isnan(values)] = 0x7FC00000 if integer is np.int32 else 0x7FF8000000000000
    return bits


def _unscaled(array: pa.Array) -> list[int]:
    scale = array.type.scale
    return [int(value.as_py().scaleb(scale, _EXACT)) for value in array]


def _small_decimals(array: pa.Array, seeds: Hashes) -> Hashes:
    return hash_longs(np.array(_unscaled(array), dtype=np.int64), seeds)


def _large_decimals(array: pa.Array, seeds: Hashes) -> Hashes:
    # The fewest bytes of two's complement, as BigInteger.toByteArray.
    numbers = _unscaled(array)
    texts = [n.to_bytes((n if n >= 0 else ~n).bit_length() // 8 + 1, "big", signed=True) for n in numbers]
    return _byte_strings(texts, seeds)


def _strings(array: pa.Array, seeds: Hashes) -> Hashes:
    if len(seeds) and bool((seeds == seeds[0]).all()):  # equal values have equal hashes: hash each but once
        encoded = array.dictionary_encode()
        distinct = encoded.dictionary.cast(pa.large_binary()).to_pylist()
        unique = _byte_strings(distinct, np.full(len(distinct), seeds[0], dtype=np.uint64))
        return unique[np.asarray(encoded.indices)]
    return _byte_strings(array.cast(pa.large_binary()).to_pylist(), seeds)


def _byte_strings(texts: list[bytes], seeds: Hashes) -> Hashes:
    result = np.empty(len(texts), dtype=np.uint64)
    lengths = np.fromiter((len(text) for text in texts), dtype=np.int64, count=len(texts))
    for length in np.unique(lengths):
        at = np.flatnonzero(lengths == length)
        matrix = np.frombuffer(b"".join(texts[i] for i in at), dtype=np.uint8).reshape(len(at), int(length))
        result[at] = hash_bytes(matrix, seeds[at])
    return result


def _lists(array: pa.Array, seeds: Hashes) -> Hashes:
    result = seeds.copy()
    lengths = np.asarray(pc.list_value_length(array))
    values = array.flatten()
    if (plain := _usual_layout(values.type)) is not None:
        values = values.cast(plain)
    starts = np.concatenate(([0], np.cumsum(lengths)[:-1])) if len(lengths) else lengths
    for position in range(int(lengths.max()) if len(lengths) else 0):
        at = np.flatnonzero(lengths > position)
        elements = values.take(pa.array(starts[at] + position))
        result[at] = _chained(elements, result[at])
    if not len(values):
        _hasher_of_elements(array.type.value_type)
    return result


def _hasher_of_elements(kind: pa.DataType) -> None:
    """Raises :class:`Unhashable` for a type that has no hash, also where no value of it is there."""
    if not pa.types.is_null(kind):
        hashes(pa.array([], kind))


def _structs(array: pa.Array, seeds: Hashes) -> Hashes:
    result = seeds
    for index in range(array.type.num_fields):
        result = _chained(pc.struct_field(array, index), result)
    return result


def type_name(kind: pa.DataType) -> str:
    """The Spark type, as ``DataType.catalogString`` writes it; the Arrow name where there is none."""
    is_a = pa.types
    if is_a.is_dictionary(kind):
        return type_name(kind.value_type)
    if (plain := _usual_layout(kind)) is not None:
        return type_name(plain)
    if is_a.is_decimal(kind):
        return f"decimal({kind.precision},{kind.scale})"
    if is_a.is_timestamp(kind):
        return "timestamp" if kind.tz else "timestamp_ntz"
    if is_a.is_list(kind) or is_a.is_large_list(kind) or is_a.is_fixed_size_list(kind):
        return f"array<{type_name(kind.value_type)}>"
    if is_a.is_struct(kind):
        return "struct<" + ",".join(f"{field.name}:{type_name(field.type)}" for field in kind) + ">"
    if is_a.is_map(kind):
        return f"map<{type_name(kind.key_type)},{type_name(kind.item_type)}>"
    if is_a.is_time(kind):
        return "time(6)"
    return _NAMES.get(str(kind), str(kind))


_NAMES = {
    "bool": "boolean", "int8": "tinyint", "int16": "smallint", "int32": "int", "int64": "bigint",
    "uint8": "smallint", "uint16": "int", "uint32": "bigint",
    "halffloat": "float", "float": "float", "double": "double",
    "string": "string", "large_string": "string", "binary": "binary", "large_binary": "binary",
    "date32[day]": "date", "null": "void",
    "duration[s]": "interval day to second", "duration[ms]": "interval day to second",
    "duration[us]": "interval day to second", "duration[ns]": "interval day to second",
}  # fmt: skip
