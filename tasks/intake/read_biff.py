"""Intake, reading: a look at the records of an old binary workbook for what calamine does not tell: errors, lost values, hiding."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

from tasks.intake.grid import Limits
from tasks.intake.read_sheets import SheetExtras, Span, refuse_far_cells, refuse_many_sheets, within

Record: TypeAlias = tuple[int, int, int]
"""Number of the record, where its content starts, and its length in bytes."""

_BOF, _EOF, _FILE_PASS, _DATE_MODE, _BOUND_SHEET = 0x809, 0x0A, 0x2F, 0x22, 0x85
_FORMULA, _STRING, _BOOL_OR_ERROR, _ROW, _COLUMNS, _FILTERED = 0x06, 0x207, 0x205, 0x208, 0x7D, 0x9B
_MUL_RK, _DIMENSIONS = 0xBD, 0x200
_MOST_ROWS, _MOST_COLUMNS = 65_536, 256
_CELLS = frozenset({_FORMULA, _BOOL_OR_ERROR, _MUL_RK, 0xFD, 0x203, 0x27E, 0x204, 0xD6})
_WANTED = _CELLS | {_STRING, _ROW, _COLUMNS, _FILTERED, _DIMENSIONS}
_MACRO_SHEET = 1
_CALCULATE_ON_LOAD = 0x02
_HEAD = struct.Struct("<HH")
_PAIR = struct.Struct("<HH")
_SHORT = struct.Struct("<H")
_EXTENT = struct.Struct("<4xI2xH")


@dataclass(frozen=True, slots=True)
class BiffWorkbook:
    """What the records tell; `sheets` in the order of the workbook, all kinds of sheets.

    Not sound: a sheet claims to be larger than any can be, and calamine would make room for that.
    """

    is_encrypted: bool = False
    is_1904: bool = False
    has_macro_sheets: bool = False
    is_sound: bool = True
    sheets: tuple[SheetExtras, ...] = ()

    def extras(self, position: int, _name: str) -> SheetExtras:
        """What is known of the sheet at a position, counted from 0."""
        return self.sheets[position] if position < len(self.sheets) else SheetExtras()


def scan_biff(stream: bytes, limits: Limits) -> BiffWorkbook:
    """Look through the workbook stream of BIFF 5 or 8.

    Raises:
        FileRefusedError: more sheets or farther cells than `limits` allow.
    """
    is_1904, sheets = False, []
    for kind, start, size in _records(stream, 0):
        if kind == _FILE_PASS:
            return BiffWorkbook(is_encrypted=True)
        if kind == _DATE_MODE and size >= 2:
            is_1904 = stream[start] == 1
        elif kind == _BOUND_SHEET and size >= 6:
            sheets.append((int.from_bytes(stream[start : start + 4], "little"), stream[start + 5]))
            refuse_many_sheets(len(sheets), limits)
    seen = {offset: _Sheet(stream) for offset, _ in sheets}
    extras = {offset: sheet.scan(offset, limits) for offset, sheet in seen.items()}
    has_macro_sheets = any(kind == _MACRO_SHEET for _, kind in sheets)
    is_sound = all(sheet.is_sound for sheet in seen.values())
    return BiffWorkbook(False, is_1904, has_macro_sheets, is_sound, tuple(extras[offset] for offset, _ in sheets))


def _records(stream: bytes, position: int) -> Iterator[Record]:
    """The records of one substream; those of charts within it are passed over."""
    end, depth = len(stream) - 4, 0
    while position <= end:
        kind, size = _HEAD.unpack_from(stream, position)
        position += 4
        if kind == _BOF:
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth <= 0:
                return
        elif depth == 1 and position + size <= len(stream):
            yield kind, position, size
        position += size


@dataclass(slots=True)
class _Sheet:
    stream: bytes
    marks: dict[tuple[int, int], str] = field(default_factory=dict)
    hidden_rows: list[Span] = field(default_factory=list)
    hidden_columns: list[Span] = field(default_factory=list)
    is_filtered: bool = False
    is_sound: bool = True
    last_row: int = 0
    last_column: int = 0
    formula: tuple[int, int] = (0, 0)

    def scan(self, offset: int, limits: Limits) -> SheetExtras:
        """The records of the sheet that starts at `offset`."""
        for kind, start, size in _records(self.stream, offset):
            if kind in _CELLS and size >= 6:
                self._take_cell(kind, start, size)
            elif kind in _WANTED:
                self._take(kind, start, size)
        refuse_far_cells(self.last_row, self.last_column, limits)
        return SheetExtras(
            self.marks,
            (),
            within(self.hidden_rows, self.last_row),
            within(self.hidden_columns, self.last_column),
            self.is_filtered,
        )

    def _take_cell(self, kind: int, start: int, size: int) -> None:
        row, column = _PAIR.unpack_from(self.stream, start)
        last = _SHORT.unpack_from(self.stream, start + size - 2)[0] if kind == _MUL_RK else column
        self.last_row = max(self.last_row, row + 1)
        self.last_column = max(self.last_column, last + 1)
        if kind == _FORMULA and size >= 16:
            self.formula = (row + 1, column + 1)
            problem = _problem(self.stream[start + 6 : start + 16])
            if problem:
                self.marks[self.formula] = problem
        elif kind == _BOOL_OR_ERROR and size >= 8 and self.stream[start + 7]:
            self.marks[row + 1, column + 1] = "error_cell"

    def _take(self, kind: int, start: int, size: int) -> None:
        if kind == _STRING:
            self.marks.pop(self.formula, None)
        elif kind == _FILTERED:
            self.is_filtered = True
        elif kind == _DIMENSIONS and size >= 12:
            rows, columns = _EXTENT.unpack_from(self.stream, start)
            self.is_sound = rows <= _MOST_ROWS and columns <= _MOST_COLUMNS
        elif kind == _ROW and size >= 14 and self.stream[start + 12] & 0x20:
            row = _SHORT.unpack_from(self.stream, start)[0] + 1
            self.hidden_rows.append((row, row))
        elif kind == _COLUMNS and size >= 10 and self.stream[start + 8] & 0x01:
            first, last = _PAIR.unpack_from(self.stream, start)
            self.hidden_columns.append((first + 1, last + 1))


def _problem(result: bytes) -> str | None:
    """Why the result of a formula, and the flags behind it, are no value. A text still to follow counts as missing."""
    if result[6:8] != b"\xff\xff":
        return None
    if result[0] == 2:
        return "error_cell"
    is_lost = result[0] == 0 or (result[0] == 3 and result[8] & _CALCULATE_ON_LOAD)
    return "formula_without_value" if is_lost else None
