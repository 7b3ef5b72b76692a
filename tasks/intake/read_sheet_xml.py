"""Intake, reading: a cheap look at the XML of a sheet for what calamine would hide (far corners, errors, lost values)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from tasks.intake.grid import Limits
from tasks.intake.read_parts import Parts
from tasks.intake.read_relations import attribute
from tasks.intake.read_sheet_walk import MOST_COLUMNS, column_number, walk_sheet
from tasks.intake.read_sheets import SheetExtras, Span, refuse_far_cells, within

_ZERO, _A = map(np.uint8, b"0A")
_QUOTED_E, _FORMULA_START, _DD = np.frombuffer(b'"e<fdd', "<u2")
_CHUNK = 4 * 2**20
_OVERLAP = 64
_FAR = re.compile(rb'r="(?:[A-Z]{3}|[A-Z]{1,2}\d{6}|[A-Z]{2}\d{5})')
_TAIL = 65536
_FAR_VALUE = re.compile(rb'r="([A-Z]{3,}|[A-Z]+(?=\d{7}))(\d+)"(?:[^>]*[^/])?>(?!</)')
_CELL = re.compile(rb'r="[A-Z]{1,3}(\d{1,7})"(?:[^>]*[^/])?>')
_TWO_LETTERS = re.compile(rb'r="([A-Z]{2})\d')
_LETTERS = re.compile(rb'r="([A-Z])\d')
_ERROR_OR_FAR = re.compile(rb'="(?:[A-Z]{3}|[A-Z]{1,2}\d{6}|[A-Z]{2}\d{5}|e")')
_FORMULA = re.compile(rb"<f[ >/]")
_PREFIX = re.compile(rb"<(\w+:)worksheet[\s>]")
_APOSTROPHES = re.compile(rb"<(?:\w+:)?(?:row|c|col)\s[^>]*='")
_PLACED = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br="')
_HIDDEN_ROW = re.compile(rb'<(?:\w+:)?row\s(?=[^>]*\bhidden="(?:1|true)")[^>]*>')
_HIDDEN_COLUMNS = re.compile(rb'<(?:\w+:)?col\s(?=[^>]*\bhidden="(?:1|true)")[^>]*>')
_CELL_END = re.compile(rb"</(?:\w+:)?c>")
_ERROR_SIGN = re.compile(rb't="e"')
_ERROR = re.compile(rb"""<(?:\w+:)?c\s(?=[^>]*\bt="e")[^>]*?\br="([A-Z]{1,3})(\d{1,7})\"""")
_VALUELESS = re.compile(
    rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*>'
    rb"<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)


@dataclass(frozen=True, slots=True)
class SheetMeasure:
    """What a first pass over a sheet's XML found: whether a second one would tell more than calamine does."""

    has_more_to_tell: bool


def measure_sheet(parts: Parts, part: str, limits: Limits) -> SheetMeasure:
    """Look through one sheet part in pieces.

    Raises:
        FileRefusedError: a far cell would blow the sheet up to more cells than `limits` allows.
        zipfile.BadZipFile: the part is damaged.
    """
    has_more, formula = False, None
    last_row, last_column = 1, 1
    for piece in _pieces(parts, part):
        if formula is None:
            formula = _formula_pattern(_prefix(piece))
        if formula is _FORMULA and _is_plain(piece):
            continue
        # One pass finds a first sign of either; what it is a sign of is only looked into when there is one.
        if _ERROR_OR_FAR.search(piece):
            has_more = has_more or b't="e"' in piece
            row, column = _corner(piece) if _FAR.search(piece) else (1, 1)
            last_row, last_column = max(last_row, row), max(last_column, column)
        if b"='" in piece and _APOSTROPHES.search(piece):
            last_row, last_column, has_more = *walk_sheet(parts, part, limits).corner, True
            break
        has_more = has_more or formula.search(piece) is not None or b'hidden="' in piece
    refuse_far_cells(last_row, last_column, limits)
    return SheetMeasure(has_more)


def _is_plain(piece: bytes) -> bool:
    """Whether a piece cannot hold a sign of anything: nearly all do not, and array by array that is told in a third of the time.

    Looked for, each somewhat widely: "e" in quotes, <f, the dd of hidden, an apostrophe, a letter before five digits, and
    three letters before a digit.
    """
    if b"'" in piece:
        return False
    # Two letters at a time, from the first and from the second on: all pairs there are.
    for offset in (0, 1):
        pairs = np.frombuffer(piece, "<u2", max(0, len(piece) - offset) // 2, offset if len(piece) > 1 else 0)
        if (pairs == _FORMULA_START).any() or (pairs == _DD).any():
            return False
        if (pairs == _QUOTED_E).any() and b'"e"' in piece:
            return False
    byte = np.frombuffer(piece, np.uint8)
    # Unsigned numbers wrap around, so that one comparison tells a range.
    is_digit, is_letter = byte - _ZERO < 10, byte - _A < 26
    two, digits = is_letter[:-1] & is_letter[1:], is_digit[:-1] & is_digit[1:]
    if (two[:-2] & is_letter[2:-1] & is_digit[3:]).any():
        return False
    return not (is_letter[:-5] & digits[1:-3] & digits[3:-1] & is_digit[5:]).any()


def find_extras(parts: Parts, part: str, limits: Limits, filters_a_table: bool) -> SheetExtras:
    """What a sheet holds beside what calamine decodes: blanks that are none, and what is hidden.

    Args:
        parts: those of the workbook.
        part: the part of the sheet.
        limits: how deep its XML may nest.
        filters_a_table: whether some table of the workbook has a filter set: its filter stands in a part of its own.
    """
    found, prefix = _Found(), None
    for piece in _whole_cells(parts, part):
        if prefix is None:
            prefix = _prefix(piece)
        if not _look(piece, prefix, found):
            return walk_sheet(parts, part, limits).extras(filters_a_table)
    is_filtered = bool(found.hidden_rows) and (found.has_filter or filters_a_table)
    columns = within(found.hidden_columns, MOST_COLUMNS)
    return SheetExtras(found.marks, (), frozenset(found.hidden_rows), columns, is_filtered)


@dataclass(slots=True)
class _Found:
    marks: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: list[int] = field(default_factory=list)
    hidden_columns: list[Span] = field(default_factory=list)
    has_filter: bool = False


def _look(piece: bytes, prefix: bytes, found: _Found) -> bool:
    """Add what a piece tells; False when a cell of interest does not say where it stands."""
    # The signs are rare and found fast; only the cell around one is then looked at.
    for problem, sign, cell in (
        ("error_cell", _ERROR_SIGN, _ERROR),
        ("formula_without_value", _formula_pattern(prefix), _VALUELESS),
    ):
        for match in sign.finditer(piece):
            start = piece.rfind(b"<", 0, match.start())
            if not _PLACED.match(piece, start):
                return False
            _mark(found, problem, cell.match(piece, start))
    if b'hidden="' in piece:
        found.hidden_rows += [int(attribute(tag, "r")) for tag in _HIDDEN_ROW.findall(piece) if attribute(tag, "r")]
        for tag in _HIDDEN_COLUMNS.findall(piece):
            found.hidden_columns.append((int(attribute(tag, "min") or 1), int(attribute(tag, "max") or 1)))
    found.has_filter = found.has_filter or b"filterColumn" in piece
    return True


def _mark(found: _Found, problem: str, cell: re.Match[bytes] | None) -> None:
    if cell is not None:
        found.marks[int(cell.group(2)), column_number(cell.group(1).decode())] = problem


def _prefix(piece: bytes) -> bytes:
    match = _PREFIX.search(piece[:_TAIL]) if b":worksheet" in piece[:_TAIL] else None
    return match.group(1) if match else b""


def _formula_pattern(prefix: bytes) -> re.Pattern[bytes]:
    # A pattern that allows for any namespace prefix costs four times as much, and hardly any writer uses one.
    return re.compile(rb"<" + prefix + rb"f[ >/]") if prefix else _FORMULA


def _corner(piece: bytes) -> tuple[int, int]:
    """The farthest row and column of a piece that hold a value; cells with a format alone take no room."""
    far = [(column_number(letters.decode()), int(row)) for letters, row in _FAR_VALUE.findall(piece)]
    last = _CELL.findall(piece[-_TAIL:])
    columns = [
        column_number(letters.decode())
        for letters in set(_TWO_LETTERS.findall(piece)) or set(_LETTERS.findall(piece[:_TAIL]))
    ]
    rows = [int(row) for row in last[-1:]]
    return max([row for _, row in far] + rows, default=1), max([column for column, _ in far] + columns, default=1)


def _pieces(parts: Parts, part: str) -> Iterator[bytes]:
    # An overlap keeps an attribute cut by a piece's edge whole in the next one.
    with parts.open(part) as stream:
        tail = b""
        while chunk := stream.read(_CHUNK):
            yield tail + chunk
            tail = chunk[-_OVERLAP:]


def _whole_cells(parts: Parts, part: str) -> Iterator[bytes]:
    with parts.open(part) as stream:
        rest = b""
        while chunk := stream.read(_CHUNK):
            rest += chunk
            cut = max((match.end() for match in _CELL_END.finditer(rest, max(0, len(rest) - 65536))), default=0)
            yield rest[:cut]
            rest = rest[cut:]
        yield rest
