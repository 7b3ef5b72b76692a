"""Intake, reading: a cheap look at the XML of a sheet for what calamine would hide (far corners, errors, lost values)."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from tasks.intake.grid import FileRefusedError, Limits
from tasks.intake.read_findings import file_finding

_CHUNK = 4 * 2**20
_OVERLAP = 64
_FAR = re.compile(rb'r="(?:[A-Z]{3}|[A-Z]{1,2}\d{6})')
_TAIL = 65536
_FAR_VALUE = re.compile(rb'r="([A-Z]{3}(?=\d)|[A-Z]{1,3}(?=\d{7}))(\d{1,10})"[^>]*[^/]>(?!</)')
_CELL = re.compile(rb'r="[A-Z]{1,3}(\d{1,7})"[^>]*[^/]>')
_TWO_LETTERS = re.compile(rb'r="([A-Z]{2})\d')
_LETTERS = re.compile(rb'r="([A-Z])\d')
_ERROR_OR_FAR = re.compile(rb'="(?:[A-Z]{3}|[A-Z]{1,2}\d{6}|e")')
_FORMULA = re.compile(rb"<f[ >/]")
_CELL_END = re.compile(rb"</(?:\w+:)?c>")
_ERROR = re.compile(rb"""<(?:\w+:)?c\s(?=[^>]*\bt="e")[^>]*?\br="([A-Z]{1,3})(\d{1,7})\"""")
_VALUELESS = re.compile(
    rb'<(?:\w+:)?c\s[^>]*?\br="([A-Z]{1,3})(\d{1,7})"[^>]*>'
    rb"<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)\s*(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v></(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)


@dataclass(frozen=True, slots=True)
class SheetMeasure:
    """What a first pass over a sheet's XML found."""

    may_hold_false_blanks: bool


def measure_sheet(package: zipfile.ZipFile, part: str, limits: Limits) -> SheetMeasure:
    """Look through one sheet part in pieces.

    Raises:
        FileRefusedError: a far cell would blow the sheet up to more cells than `limits` allows.
        zipfile.BadZipFile: the part is damaged.
    """
    may_hold_false_blanks = False
    last_row, last_column = 1, 1
    for piece in _pieces(package, part):
        # One pass finds a first sign of either; what it is a sign of is only looked into when there is one.
        if _ERROR_OR_FAR.search(piece):
            may_hold_false_blanks = may_hold_false_blanks or b't="e"' in piece
            row, column = _corner(piece) if _FAR.search(piece) else (1, 1)
            last_row, last_column = max(last_row, row), max(last_column, column)
        may_hold_false_blanks = may_hold_false_blanks or _has_formula(piece)
    if last_row * last_column > limits.cells:
        found = f"{last_row} 行 × {last_column} 列"
        raise FileRefusedError(file_finding("file.far_cell", found=found, rows=last_row, columns=last_column))
    return SheetMeasure(may_hold_false_blanks)


def find_marks(package: zipfile.ZipFile, part: str) -> dict[tuple[int, int], str]:
    """Cells of one sheet that decode as blank and are none: (row, column) from 1 → problem."""
    marks: dict[tuple[int, int], str] = {}
    for piece in _whole_cells(package, part):
        for problem, pattern in (("error_cell", _ERROR), ("formula_without_value", _VALUELESS)):
            for letters, row in pattern.findall(piece):
                marks[int(row), _column_number(letters)] = problem
    return marks


def _has_formula(piece: bytes) -> bool:
    # A pattern that allows for a namespace prefix costs four times as much, and hardly any writer uses one.
    return _FORMULA.search(piece) is not None or (b"<x:" in piece[:4096] and b"<x:f" in piece)


def _corner(piece: bytes) -> tuple[int, int]:
    """The farthest row and column of a piece that hold a value; cells with a format alone take no room."""
    far = [(_column_number(letters), int(row)) for letters, row in _FAR_VALUE.findall(piece)]
    last = _CELL.findall(piece[-_TAIL:])
    columns = [
        _column_number(letters) for letters in set(_TWO_LETTERS.findall(piece)) or set(_LETTERS.findall(piece[:_TAIL]))
    ]
    rows = [int(row) for row in last[-1:]]
    return max([row for _, row in far] + rows, default=1), max([column for column, _ in far] + columns, default=1)


def _pieces(package: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    # An overlap keeps an attribute cut by a piece's edge whole in the next one.
    with package.open(part) as stream:
        tail = b""
        while chunk := stream.read(_CHUNK):
            yield tail + chunk
            tail = chunk[-_OVERLAP:]


def _whole_cells(package: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    with package.open(part) as stream:
        rest = b""
        while chunk := stream.read(_CHUNK):
            rest += chunk
            cut = max((match.end() for match in _CELL_END.finditer(rest, max(0, len(rest) - 65536))), default=0)
            yield rest[:cut]
            rest = rest[cut:]
        yield rest


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - ord("A") + 1
    return number
