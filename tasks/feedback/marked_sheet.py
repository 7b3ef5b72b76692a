"""Feedback: the XML of a sheet with its wrong cells in another style; every other cell keeps its bytes."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping

from schemas.values import column_letter
from tasks.feedback.package import RELATION, NotSafeError, attributes, with_attribute, without_attribute

Cell = tuple[int, int]
"""Row and column of a cell, counted from 1."""

Restyle = Callable[[int], int]
"""From the number of a cell's style to that of its marked one."""

_DATA = re.compile(rb"<sheetData\b[^>]*?(/>|>)")
_ROW = re.compile(rb"<row\b[^>]*>")
_CELL = re.compile(rb"<c(?=[\s/>])(?:[^>]*/>|[^>]*>.*?</c>)", re.DOTALL)
_STYLED = re.compile(rb"""(<c\s(?:[^>]*?\s)?s=["'])(\d+)""")
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_COLUMN = re.compile(rb"<col\b[^>]*>")
_MERGED = re.compile(rb"""<mergeCell\b[^>]*\bref=["']([A-Z]+\d+):([A-Z]+\d+)["']""")
_AFTER_COMMENTS = re.compile(
    rb"<(?:legacyDrawingHF|drawingHF|picture|oleObjects|controls|webPublishItems|tableParts|extLst|mc:AlternateContent)\b|</worksheet>"
)


def cell_of(reference: str) -> Cell:
    """Row and column of a reference such as B3.

    Raises:
        NotSafeError: it is none.
    """
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        raise NotSafeError(f"cell {reference!r}")
    column = 0
    for letter in found.group(1):
        column = column * 26 + ord(letter) - 64
    return int(found.group(2)), column


def merged_areas(content: bytes) -> list[tuple[Cell, Cell]]:
    """First and last cell of each merged area."""
    return [(cell_of(first.decode()), cell_of(last.decode())) for first, last in _MERGED.findall(content)]


def anchor(areas: Iterable[tuple[Cell, Cell]], cell: Cell) -> Cell:
    """The cell itself, or the top left one of the merged area it is part of."""
    row, column = cell
    for first, last in areas:
        if first[0] <= row <= last[0] and first[1] <= column <= last[1]:
            return first
    return cell


def without_marks(content: bytes, ours: Iterable[int], unmarked: Restyle) -> bytes:
    """The sheet with the cells that carry one of our styles put back to the plain one."""
    numbers = {str(style).encode(): str(unmarked(style)).encode() for style in ours}
    if not numbers:
        return content
    return _STYLED.sub(lambda found: found.group(1) + numbers.get(found.group(2), found.group(2)), content)


def with_marks(content: bytes, marks: Mapping[Cell, Restyle]) -> bytes:
    """The sheet with each marked cell restyled; a marked cell that was not there is made, blank.

    Raises:
        NotSafeError: rows or cells do not say where they stand, or not in order.
    """
    data = _DATA.search(content)
    if data is None:
        raise NotSafeError("no sheetData")
    if data.group(1) == b"/>":
        opened = data.group(0)[:-2] + b"></sheetData>"
        content = content[: data.start()] + opened + content[data.end() :]
        return with_marks(content, marks)
    end = content.rfind(b"</sheetData>")
    columns = list(_column_styles(content[: data.start()]))
    rows = b"".join(_rows(content, data.end(), end, marks, columns))
    return content[: data.end()] + rows + content[end:]


def unselected(content: bytes) -> bytes:
    """The sheet not selected: two selected sheets are edited both at once."""
    return re.sub(rb"""(<sheetView\b[^>]*?)\stabSelected=["'][^"']*["']""", rb"\1", content)


def with_comments_drawn(content: bytes, relation: str) -> bytes:
    """The sheet that refers to the drawing of its comments, at the place the schema has for it."""
    start = max(content.rfind(end) for end in (b"</sheetData>", b"</conditionalFormatting>", b"</customSheetViews>"))
    found = _AFTER_COMMENTS.search(content, max(start, 0))
    if found is None:
        raise NotSafeError("no end of worksheet")
    tag = f'<legacyDrawing xmlns:r="{RELATION}" r:id="{relation}"/>'.encode()
    return content[: found.start()] + tag + content[found.start() :]


def _column_styles(head: bytes) -> Iterator[tuple[int, int, int]]:
    for tag in _COLUMN.findall(head):
        said = attributes(tag)
        if "style" in said:
            yield int(said["min"]), int(said["max"]), int(said["style"])


def _rows(
    content: bytes, start: int, end: int, marks: Mapping[Cell, Restyle], columns: list[tuple[int, int, int]]
) -> Iterator[bytes]:
    wanted: dict[int, dict[int, Restyle]] = defaultdict(dict)
    for (row, column), restyle in marks.items():
        wanted[row][column] = restyle
    waiting, last = sorted(wanted, reverse=True), 0
    for found in _ROW.finditer(content, start, end):
        number = _row_number(found.group(0), last)
        while waiting and waiting[-1] < number:
            row = waiting.pop()
            yield content[start : found.start()] + _row(f'<row r="{row}">'.encode(), b"", row, wanted[row], columns)
            start = found.start()
        if waiting and waiting[-1] == number:
            waiting.pop()
            yield content[start : found.start()]
            is_empty = found.group(0).endswith(b"/>")
            close = found.end() if is_empty else content.index(b"</row>", found.end(), end)
            opening = found.group(0)[:-2] + b">" if is_empty else found.group(0)
            yield _row(opening, content[found.end() : close], number, wanted[number], columns)
            start = close if is_empty else close + len(b"</row>")
        last = number
    yield content[start:end]
    for row in reversed(waiting):
        yield _row(f'<row r="{row}">'.encode(), b"", row, wanted[row], columns)


_NUMBER = re.compile(rb"""\sr=["'](\d+)["']""")


def _row_number(tag: bytes, last: int) -> int:
    found = _NUMBER.search(tag)
    number = int(found.group(1)) if found else 0
    if number <= last:
        raise NotSafeError("rows without a number or out of order")
    return number


def _row(
    opening: bytes, body: bytes, row: int, marks: Mapping[int, Restyle], columns: list[tuple[int, int, int]]
) -> bytes:
    said = attributes(opening)
    row_style = int(said["s"]) if "s" in said and said.get("customFormat") in {"1", "true"} else None
    waiting, pieces, start, last = sorted(marks, reverse=True), [], 0, 0

    def made(column: int) -> bytes:
        of_column = next((style for first, final, style in columns if first <= column <= final), 0)
        style = marks[column](of_column if row_style is None else row_style)
        return f'<c r="{column_letter(column)}{row}" s="{style}"/>'.encode()

    added = False
    for found in _CELL.finditer(body):
        column = _cell_column(found.group(0), row, last)
        pieces.append(body[start : found.start()])
        while waiting and waiting[-1] < column:
            pieces.append(made(waiting.pop()))
            added = True
        is_marked = bool(waiting and waiting[-1] == column)
        pieces.append(_restyled(found.group(0), marks[waiting.pop()]) if is_marked else found.group(0))
        start, last = found.end(), column
    pieces += [body[start:], *(made(column) for column in reversed(waiting))]
    return (without_attribute(opening, "spans") if added or waiting else opening) + b"".join(pieces) + b"</row>"


def _cell_column(cell: bytes, row: int, last: int) -> int:
    found_row, column = cell_of(attributes(cell[: cell.index(b">") + 1]).get("r", ""))
    if found_row != row or column <= last:
        raise NotSafeError("cells out of place")
    return column


def _restyled(cell: bytes, restyle: Restyle) -> bytes:
    head = cell[: cell.index(b">") + 1]
    return with_attribute(head, "s", restyle(int(attributes(head).get("s", 0)))) + cell[len(head) :]
