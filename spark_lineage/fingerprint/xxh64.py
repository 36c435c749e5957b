"""XXH64 over many values at once, with a seed per value, as Spark's ``XXH64.java`` computes it.

Algorithm: Y. Collet, https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md. All arrays are ``uint64``.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

# An array of uint64. To numpy's stubs arithmetic on it is Any: a narrower name would only add casts.
Hashes: TypeAlias = Any

P1 = np.uint64(0x9E3779B185EBCA87)
P2 = np.uint64(0xC2B2AE3D27D4EB4F)
P3 = np.uint64(0x165667B19E3779F9)
P4 = np.uint64(0x85EBCA77C2B2AE63)
P5 = np.uint64(0x27D4EB2F165667C5)


def rotated(values: Hashes, bits: int) -> Hashes:
    return (values << np.uint64(bits)) | (values >> np.uint64(64 - bits))


def finished(h: Hashes) -> Hashes:
    h = (h ^ (h >> np.uint64(33))) * P2
    h = (h ^ (h >> np.uint64(29))) * P3
    return h ^ (h >> np.uint64(32))


def _four(h: Hashes, words: Hashes) -> Hashes:
    return rotated(h ^ (words * P1), 23) * P2 + P3


def _eight(h: Hashes, words: Hashes) -> Hashes:
    return rotated(h ^ (rotated(words * P2, 31) * P1), 27) * P1 + P4


def hash_ints(values: npt.NDArray[Any], seeds: Hashes) -> Hashes:
    """Hashes of 4-byte integers."""
    words = values.astype(np.int32).view(np.uint32).astype(np.uint64)
    return finished(_four(seeds + P5 + np.uint64(4), words))


def hash_longs(values: npt.NDArray[Any], seeds: Hashes) -> Hashes:
    """Hashes of 8-byte integers."""
    return finished(_eight(seeds + P5 + np.uint64(8), values.astype(np.int64).view(np.uint64)))


def hash_bytes(rows: npt.NDArray[np.uint8], seeds: Hashes) -> Hashes:
    """Hashes of byte strings of one length: a matrix with one string in each row."""
    length = rows.shape[1]
    at = 0
    if length >= 32:
        lanes = [seeds + P1 + P2, seeds + P2, seeds + np.uint64(0), seeds - P1]
        while at + 32 <= length:
            for lane in range(4):
                word = _words(rows, at + 8 * lane, np.dtype("<u8"))
                lanes[lane] = rotated(lanes[lane] + word * P2, 31) * P1
            at += 32
        h = rotated(lanes[0], 1) + rotated(lanes[1], 7) + rotated(lanes[2], 12) + rotated(lanes[3], 18)
        for lane in lanes:
            h = (h ^ (rotated(lane * P2, 31) * P1)) * P1 + P4
    else:
        h = seeds + P5
    h = h + np.uint64(length)
    while at + 8 <= length:
        h = _eight(h, _words(rows, at, np.dtype("<u8")))
        at += 8
    if at + 4 <= length:
        h = _four(h, _words(rows, at, np.dtype("<u4")))
        at += 4
    while at < length:
        h = rotated(h ^ (rows[:, at].astype(np.uint64) * P5), 11) * P1
        at += 1
    return finished(h)


def _words(rows: npt.NDArray[np.uint8], at: int, dtype: np.dtype[Any]) -> Hashes:
    block = np.ascontiguousarray(rows[:, at : at + dtype.itemsize])
    return block.view(dtype).reshape(len(rows)).astype(np.uint64)
