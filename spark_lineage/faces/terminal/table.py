"""Tables for terminals: as wide as fits, long cells folded within their column.

rich's own table measures and renders each cell as a document of its own, which takes most of a second for a thousand
steps. Here cells are short texts in at most a few styles; what is printed goes through rich's console all the same, so
that colours follow the terminal, ``NO_COLOR`` and pipes as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.console import Console
from rich.segment import Segment, Segments
from rich.style import Style

from spark_lineage.privacy.terminal import spelled

Span = tuple[str, str]  # text, style; "\n" in a text begins a new line of the cell
Cell = tuple[Span, ...]

NARROWEST = 6  # characters that a column which is folded keeps


@dataclass(frozen=True)
class Column:
    """``share`` > 0: may be folded, and gets that part of what the others leave; 0: as wide as its widest cell."""

    heading: str
    right: bool = False
    share: int = 0


def plain(text: object, style: str = "") -> Cell:
    return ((str(text), style),)


def show(
    console: Console, columns: Sequence[Column], rows: Iterable[Sequence[Cell]], gap: int = 2,
    width: int | None = None, expand: bool = False, indent: int = 0,
) -> None:  # fmt: skip
    """Prints a table that is at most ``width`` characters wide, the console's if not given.

    It is as wide as its content, or as ``width`` where ``expand`` is True. ``gap`` and ``indent`` are blanks between
    columns and before the first one.
    """
    headings = [plain(column.heading, "bold") for column in columns]
    table = [headings, *rows] if any(column.heading for column in columns) else list(rows)
    table = _spelled(table, console.encoding)
    widths = _widths(columns, table, (width or console.width) - indent, gap, expand)
    printed = [segment for row in table for segment in _row(columns, row, widths, gap, indent)]
    console.print(Segments(printed), end="", soft_wrap=True)


def _spelled(rows: list[Sequence[Cell]], encoding: str) -> list[Sequence[Cell]]:
    """The rows as they are printed: an arrow that is written in two letters takes the room of two."""
    if encoding.startswith("utf"):
        return rows
    return [[tuple((spelled(text, encoding), style) for text, style in cell) for cell in row] for row in rows]


def natural_width(columns: Sequence[Column], rows: Iterable[Sequence[Cell]], gap: int = 2) -> int:
    """Of the table if nothing of it is folded."""
    table = [[plain(column.heading) for column in columns], *rows]
    return sum(max(_width(row[at]) for row in table) for at in range(len(columns))) + gap * (len(columns) - 1)


def _widths(columns: Sequence[Column], table: list[Sequence[Cell]], width: int, gap: int, expand: bool) -> list[int]:
    natural = [max(_width(row[number]) for row in table) for number in range(len(columns))]
    foldable = [number for number, column in enumerate(columns) if column.share]
    fixed = sum(natural) - sum(natural[number] for number in foldable)
    room = width - gap * (len(columns) - 1) - fixed
    if not foldable or (not expand and sum(natural) - fixed <= room):
        return natural
    return _shared(natural, [column.share for column in columns], room, expand)


def _shared(natural: Sequence[int], shares: Sequence[int], room: int, expand: bool) -> list[int]:
    """Columns that need less than their share leave the rest to the others."""
    widths = list(natural)
    open_ = [number for number, share in enumerate(shares) if share]
    while open_:
        total = sum(shares[number] for number in open_)
        content = [number for number in open_ if natural[number] <= room * shares[number] // total]
        if expand or not content:
            for number in open_:
                widths[number] = max(NARROWEST, room * shares[number] // total)
            break
        for number in content:
            room -= natural[number]
            open_.remove(number)
    return widths


def _row(
    columns: Sequence[Column], row: Sequence[Cell], widths: Sequence[int], gap: int, indent: int
) -> Iterator[Segment]:
    folded = [_fold(cell, width) for cell, width in zip(row, widths, strict=True)]
    for number in range(max(map(len, folded))):
        blank = indent  # not printed before it is known that something follows
        for column, lines, width in zip(columns, folded, widths, strict=True):
            line = lines[number] if number < len(lines) else ()
            rest = max(width - sum(_length(text) for text, _ in line), 0)
            before, behind = (rest, 0) if column.right else (0, rest)
            blank += before
            for text, style in line:
                if text:
                    yield Segment(" " * blank)
                    yield Segment(text, _style(style))
                    blank = 0
            blank += behind + gap
        yield Segment.line()


_styles: dict[str, Style] = {}


def _style(name: str) -> Style | None:
    if not name:
        return None
    if name not in _styles:
        _styles[name] = Style.parse(name)
    return _styles[name]


def _length(text: str) -> int:
    return len(text) if text.isascii() else cell_len(text)


def _width(cell: Cell) -> int:
    if len(cell) == 1 and "\n" not in cell[0][0]:
        return _length(cell[0][0])
    return max((sum(_length(text) for text, _ in line) for line in _lines(cell)), default=0)


def _lines(cell: Cell) -> list[list[Span]]:
    lines: list[list[Span]] = [[]]
    for text, style in cell:
        for number, part in enumerate(text.split("\n")):
            if number:
                lines.append([])
            if part:
                lines[-1].append((part, style))
    return lines


def _fold(cell: Cell, width: int) -> Sequence[Sequence[Span]]:
    """The lines of a cell: broken at spaces, within a word only where it is longer than the column."""
    if len(cell) == 1 and "\n" not in cell[0][0] and _length(cell[0][0]) <= width:
        return [cell]
    return [piece for line in _lines(cell) for piece in _broken(line, width)]


def _broken(line: list[Span], width: int) -> Iterator[list[Span]]:
    if sum(_length(text) for text, _ in line) <= width:
        yield line
        return
    letters = [(letter, style) for text, style in line for letter in text]
    indent = next((at for at, (letter, _) in enumerate(letters) if letter != " "), 0)
    indent = indent if indent <= width // 2 else 0
    margin = letters[:indent]
    while letters:
        end = _end(letters, width)
        yield _joined(letters[:end])
        rest = letters[end:]
        while rest and rest[0][0] == " ":
            rest.pop(0)
        letters = margin + rest if rest else []


def _end(letters: list[Span], width: int) -> int:
    """How many letters the next line takes; at least one more than its indent, so that it ends."""
    fits = _fitting(letters, width)
    if fits == len(letters):
        return fits
    first = next((at for at, (letter, _) in enumerate(letters) if letter != " "), 0)
    spaces = [at for at in range(first + 1, fits + 1) if letters[at][0] == " "]
    if spaces:
        return spaces[-1]
    # Long names and paths: behind a joint, if that leaves no line nearly empty.
    joints = [at + 1 for at in range(first + (fits - first) // 4, fits) if letters[at][0] in "_/."]
    return joints[-1] if joints else max(fits, first + 1)


def _fitting(letters: list[Span], width: int) -> int:
    taken = 0
    for at, (letter, _) in enumerate(letters):
        taken += _length(letter)
        if taken > width:
            return at
    return len(letters)


def _joined(letters: list[Span]) -> list[Span]:
    spans: list[Span] = []
    for letter, style in letters:
        if spans and spans[-1][1] == style:
            spans[-1] = (spans[-1][0] + letter, style)
        else:
            spans.append((letter, style))
    return spans
