"""Intake, reading: a look at the records of a binary xlsx (xlsb) for what calamine does not tell: errors, hiding, far cells."""

from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from tasks.intake.grid import Box, Limits, OpenedFile
from tasks.intake.read_calamine import decode_workbook
from tasks.intake.read_relations import part_name, relation_targets
from tasks.intake.read_sheets import SheetExtras, Span, refuse_far_cells, refuse_many_sheets, within

Record: TypeAlias = tuple[int, int, int]
"""Number of the record, where its content starts, and its length in bytes."""

_ROW, _ERROR, _TEXT_FORMULA, _ERROR_FORMULA, _LAST_CELL = 0, 3, 8, 11, 11
_COLUMNS, _WORKBOOK_FLAGS, _SHEET, _FILTER, _MERGE = 60, 153, 156, 163, 176
_LONG = struct.Struct("<I")
_FOUR = struct.Struct("<IIII")


def read_xlsb(content: bytes, package: zipfile.ZipFile, names: Mapping[str, str], limits: Limits) -> OpenedFile:
    """The sheets of an xlsb file; `names` gives the real name of a part by its plain one.

    Raises:
        FileRefusedError: calamine cannot read it, or it spreads beyond `limits`.
        KeyError: a part the workbook names is missing.
    """
    is_1904, relation_ids = _workbook(package.read(names["xl/workbook.bin"]))
    refuse_many_sheets(len(relation_ids), limits)
    targets = relation_targets(package.read(names["xl/_rels/workbook.bin.rels"]))
    parts = [names.get(part_name(targets.get(one, ""))) for one in relation_ids]
    known = {part: _Sheet().scan(package.read(part), limits) for part in parts if part and part.endswith(".bin")}

    def extras_of(position: int, _name: str) -> SheetExtras:
        part = parts[position] if position < len(parts) else None
        return known.get(part or "", SheetExtras())

    return decode_workbook(content, extras_of, is_1904, limits)


def _workbook(part: bytes) -> tuple[bool, list[str]]:
    """Whether dates count from 1904, and the relation of each sheet."""
    is_1904, relations = False, []
    for kind, start, size in _records(part):
        if kind == _WORKBOOK_FLAGS and size:
            is_1904 = bool(part[start] & 1)
        elif kind == _SHEET and size >= 12:
            (length,) = _LONG.unpack_from(part, start + 8)
            relations.append(part[start + 12 : start + min(12 + 2 * length, size)].decode("utf-16-le", "replace"))
    return is_1904, relations


def _records(part: bytes) -> Iterator[Record]:
    position, end = 0, len(part)
    while position < end:
        kind, position = _variable(part, position, 2)
        size, position = _variable(part, position, 4)
        if position + size > end:
            return
        yield kind, position, size
        position += size


def _variable(part: bytes, position: int, most: int) -> tuple[int, int]:
    """A number in seven bits a byte, and the position behind it."""
    number = 0
    for index, byte in enumerate(part[position : position + most]):
        number |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return number, position + index + 1
    return number, position + most


@dataclass(slots=True)
class _Sheet:
    marks: dict[tuple[int, int], str] = field(default_factory=dict)
    merges: list[Box] = field(default_factory=list)
    hidden_rows: list[Span] = field(default_factory=list)
    hidden_columns: list[Span] = field(default_factory=list)
    is_filtered: bool = False
    row: int = 0
    last_row: int = 0
    last_column: int = 0

    def scan(self, part: bytes, limits: Limits) -> SheetExtras:
        """The records of one sheet part."""
        for kind, start, size in _records(part):
            if 0 < kind <= _LAST_CELL and size >= 8:
                self._take_cell(kind, part, start, size)
            elif kind == _ROW and size >= 12:
                self._take_row(part, start)
            elif size >= 16 and kind in (_COLUMNS, _MERGE):
                self._take_range(kind, part, start)
            elif kind == _FILTER:
                self.is_filtered = True
        refuse_far_cells(self.last_row, self.last_column, limits)
        return SheetExtras(
            self.marks,
            tuple(self.merges),
            within(self.hidden_rows, self.last_row),
            within(self.hidden_columns, self.last_column),
            self.is_filtered,
        )

    def _take_row(self, part: bytes, start: int) -> None:
        self.row = _LONG.unpack_from(part, start)[0] + 1
        if part[start + 11] & 0x10:
            self.hidden_rows.append((self.row, self.row))

    def _take_cell(self, kind: int, part: bytes, start: int, size: int) -> None:
        if kind == 1:  # a format alone
            return
        column = _LONG.unpack_from(part, start)[0] + 1
        self.last_row, self.last_column = max(self.last_row, self.row), max(self.last_column, column)
        if kind in (_ERROR, _ERROR_FORMULA):
            self.marks[self.row, column] = "error_cell"
        elif kind == _TEXT_FORMULA and size >= 14 and _is_lost(part[start + 8 : start + 14]):
            self.marks[self.row, column] = "formula_without_value"

    def _take_range(self, kind: int, part: bytes, start: int) -> None:
        first, last, left, right = _FOUR.unpack_from(part, start)
        if kind == _MERGE:
            self.merges.append((first + 1, left + 1, last + 1, right + 1))
        elif part[start + 16 : start + 17] and part[start + 16] & 0x01:
            self.hidden_columns.append((first + 1, last + 1))


def _is_lost(result: bytes) -> bool:
    """Whether a formula's result is an empty text still to be calculated when the file is opened: it never was."""
    return _LONG.unpack_from(result)[0] == 0 and bool(result[4] & 0x02)
