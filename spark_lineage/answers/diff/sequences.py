"""Two lists of things aligned: which of one is which of the other.

Things that are alike by a strong and unambiguous key are paired first, also where their order changed (threads).
Between those pairs the order counts: weaker keys, then the pairing of highest similarity that keeps the order. Work
is linear but for the stretches where nothing but similarity is left, and those are bounded.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")
Key = Callable[[T], "Hashable | None"]  # None: this key says nothing about the thing
Pairs = dict[int, int]

LARGEST = 40_000  # cells of the table of similarities; larger stretches are paired by keys alone


def align(
    a: Sequence[T], b: Sequence[T], strong: Sequence[Key[T]], weak: Sequence[Key[T]],
    similarity: Callable[[T, T], float], features: Callable[[T], Iterable[Hashable]] = lambda thing: (),
) -> Pairs:  # fmt: skip
    """Positions in ``a`` -> positions in ``b``. ``similarity`` of 0 or less: never the same thing.

    ``features``: what may tell things of one kind apart whose order means nothing.
    """
    if len(a) == len(b) == 1 and any(_alike(key, a[0], b[0]) for key in strong):  # most steps have one output
        return {0: 0}
    pairs: Pairs = {}
    for key in strong:
        _by_key(a, b, key, pairs)
        if len(pairs) == min(len(a), len(b)):  # nothing is left for weaker keys
            return pairs
    _by_features(a, b, features, pairs)
    for low, high, from_, to in _stretches(pairs, len(a), len(b)):
        left = [at for at in range(low, high) if at not in pairs]
        taken = set(pairs.values())
        right = [at for at in range(from_, to) if at not in taken]
        _between(a, b, left, right, weak, similarity, pairs)
    return pairs


def _alike(key: Key[T], a: T, b: T) -> bool:
    value = key(a)
    return value is not None and value == key(b)


def _by_key(a: Sequence[T], b: Sequence[T], key: Key[T], pairs: Pairs) -> None:
    """Pairs what has the same key, where both sides have as many of it."""
    taken = set(pairs.values())
    of_a = _groups(a, [at for at in range(len(a)) if at not in pairs], key)
    of_b = _groups(b, [at for at in range(len(b)) if at not in taken], key)
    for value, places in of_a.items():
        if len(places) == len(of_b.get(value, ())):
            pairs.update(zip(places, of_b[value], strict=True))


def _by_features(
    a: Sequence[T], b: Sequence[T], features: Callable[[T], Iterable[Hashable]], pairs: Pairs
) -> None:  # fmt: skip
    """Pairs what shares most features that no other has, on either side."""
    taken = set(pairs.values())
    of_a = _owners((at, features(a[at])) for at in range(len(a)) if at not in pairs)
    of_b = _owners((at, features(b[at])) for at in range(len(b)) if at not in taken)
    shared = Counter(
        (owner, other)
        for feature, owner in of_a.items()
        if owner is not None and (other := of_b.get(feature)) is not None
    )
    for (x, y), _ in sorted(shared.items(), key=lambda each: (-each[1], each[0])):
        if x not in pairs and y not in taken:
            pairs[x] = y
            taken.add(y)


def _owners(all_: Iterable[tuple[int, Iterable[Hashable]]]) -> dict[Hashable, int | None]:
    """Feature -> the only one that has it; None where several do."""
    owners: dict[Hashable, int | None] = {}
    for at, features in all_:
        for feature in features:
            owners[feature] = at if owners.get(feature, at) == at else None
    return owners


def _groups(items: Sequence[T], places: Sequence[int], key: Key[T]) -> dict[Hashable, list[int]]:
    groups: dict[Hashable, list[int]] = {}
    for at in places:
        value = key(items[at])
        if value is not None:
            groups.setdefault(value, []).append(at)
    return groups


def _stretches(pairs: Pairs, of_a: int, of_b: int) -> list[tuple[int, int, int, int]]:
    """What lies between the pairs that keep the order: (begin in a, end in a, begin in b, end in b)."""
    spine = _increasing(sorted(pairs.items()))
    edges = [(-1, -1), *spine, (of_a, of_b)]
    return [
        (low + 1, high, from_ + 1, to)
        for (low, from_), (high, to) in pairwise(edges)
        if high - low > 1 or to - from_ > 1
    ]


def _increasing(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest run of pairs, not necessarily neighbours, whose second halves rise too."""
    ends: list[int] = []  # of the shortest rise of each length: its second half
    last: list[int] = []  # ... and its index
    before: list[int] = []
    for index, (_, right) in enumerate(pairs):
        length = bisect_left(ends, right)
        before.append(last[length - 1] if length else -1)
        if length == len(ends):
            ends.append(right)
            last.append(index)
        else:
            ends[length], last[length] = right, index
    found, index = [], last[-1] if last else -1
    while index >= 0:
        found.append(pairs[index])
        index = before[index]
    return found[::-1]


def _between(
    a: Sequence[T], b: Sequence[T], left: list[int], right: list[int], weak: Sequence[Key[T]],
    similarity: Callable[[T, T], float], pairs: Pairs,
) -> None:  # fmt: skip
    if not left or not right:
        return
    for number, key in enumerate(weak):
        anchors = _unique(a, b, left, right, key)
        if not anchors:
            continue
        rest = weak[number + 1 :]
        for x, y in anchors:
            pairs[left[x]] = right[y]
        edges = [(-1, -1), *anchors, (len(left), len(right))]
        for (low, from_), (high, to) in pairwise(edges):
            _between(a, b, left[low + 1 : high], right[from_ + 1 : to], rest, similarity, pairs)
        return
    if len(left) * len(right) <= LARGEST:
        _most_similar(a, b, left, right, similarity, pairs)
    elif len(left) == len(right):
        pairs.update((x, y) for x, y in zip(left, right, strict=True) if similarity(a[x], b[y]) > 0)


def _unique(
    a: Sequence[T], b: Sequence[T], left: list[int], right: list[int], key: Key[T]
) -> list[tuple[int, int]]:  # fmt: skip
    of_a = _groups([a[at] for at in left], range(len(left)), key)
    of_b = _groups([b[at] for at in right], range(len(right)), key)
    both = [
        (places[0], of_b[value][0]) for value, places in of_a.items() if len(places) == 1 == len(of_b.get(value, ()))
    ]
    return _increasing(sorted(both))


def _most_similar(
    a: Sequence[T], b: Sequence[T], left: list[int], right: list[int], similarity: Callable[[T, T], float],
    pairs: Pairs,
) -> None:  # fmt: skip
    """The pairing in order with the highest sum of similarities (Needleman and Wunsch, gaps cost nothing)."""
    table = [[0.0] * (len(right) + 1)]
    scores = [[similarity(a[x], b[y]) for y in right] for x in left]
    for row in scores:
        above, current = table[-1], [0.0]
        for y, score in enumerate(row):
            paired = above[y] + score if score > 0 else 0.0
            current.append(max(paired, above[y + 1], current[y]))
        table.append(current)
    x, y = len(left), len(right)
    while x and y:
        score = scores[x - 1][y - 1]
        # Of equal choices the pairing wins: the first call of A is then the first of B.
        if score > 0 and table[x][y] == table[x - 1][y - 1] + score:
            x, y = x - 1, y - 1
            pairs[left[x]] = right[y]
        elif table[x][y] == table[x - 1][y]:
            x -= 1
        else:
            y -= 1
