"""Intake, reading: slower readers for the few sound workbooks calamine cannot decode."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from datetime import datetime, time
from typing import TYPE_CHECKING

from tasks.intake.grid import Cell, FileRefusedError, Grid
from tasks.intake.read_calamine import Marks

if TYPE_CHECKING:
    import xlrd
    from openpyxl.worksheet.worksheet import Worksheet

_MACINTOSH_CHINESE = 10008


def read_with_openpyxl(
    content: bytes, marks_of: Callable[[int, str], Marks], refusal: FileRefusedError
) -> tuple[Grid, ...]:
    """The sheets of an xlsx file.

    Raises:
        FileRefusedError: `refusal`, what calamine said, when openpyxl finds no sheet either.
    """
    import openpyxl  # noqa: PLC0415 - costs a third of a second, and hardly any night needs it

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of styles and extensions, which are nothing to us
            workbook = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
        sheets = [sheet for sheet in workbook.worksheets if sheet.max_row and sheet.max_column]
        order = {sheet.title: position for position, sheet in enumerate(workbook.worksheets)}
        grids = tuple(_openpyxl_grid(sheet, marks_of(order[sheet.title], sheet.title)) for sheet in sheets)
    except Exception as error:  # a damaged file makes openpyxl raise anything; calamine's refusal already says it
        raise refusal from error
    if not grids:
        raise refusal
    return grids


def read_with_xlrd(content: bytes, refusal: FileRefusedError) -> tuple[Grid, ...]:
    """The sheets of an xls file.

    Raises:
        FileRefusedError: `refusal`, what calamine said, when xlrd cannot read it either.
    """
    import xlrd  # noqa: PLC0415 - hardly ever needed

    try:
        workbook = xlrd.open_workbook(file_contents=content, formatting_info=True, logfile=io.StringIO())
        if workbook.codepage == _MACINTOSH_CHINESE:
            workbook = xlrd.open_workbook(
                file_contents=content, formatting_info=True, logfile=io.StringIO(), encoding_override="gb18030"
            )
        grids = tuple(_xlrd_grid(workbook, sheet) for sheet in workbook.sheets() if sheet.nrows)
    except Exception as error:  # a damaged file makes xlrd raise anything; calamine's refusal already says it
        raise refusal from error
    if not grids:
        raise refusal
    return grids


def _openpyxl_grid(sheet: Worksheet, marks: Marks) -> Grid:
    rows = [[_plain(cell) for cell in row] for row in sheet.iter_rows(min_row=1, min_col=1, values_only=True)]
    merges = tuple((box.min_row, box.min_col, box.max_row, box.max_col) for box in sheet.merged_cells.ranges)
    return Grid(sheet.title, rows, merges, marks, is_hidden=sheet.sheet_state != "visible")


def _plain(value: object) -> Cell:
    if value is None:
        return ""
    if isinstance(value, datetime) and value.time() == time():
        return value.date()
    return value if isinstance(value, (str, int, float, bool, datetime, time)) else str(value)


def _xlrd_grid(workbook: xlrd.book.Book, sheet: xlrd.sheet.Sheet) -> Grid:
    rows = [[_xlrd_cell(workbook, cell) for cell in sheet.row(row)] for row in range(sheet.nrows)]
    width = max(map(len, rows))
    merges = tuple((top + 1, left + 1, bottom, right) for top, bottom, left, right in sheet.merged_cells)
    padded = [row + [""] * (width - len(row)) for row in rows]
    return Grid(sheet.name, padded, merges, is_hidden=sheet.visibility != 0)


def _xlrd_cell(workbook: xlrd.book.Book, cell: xlrd.sheet.Cell) -> Cell:
    import xlrd  # noqa: PLC0415 - the caller has it loaded

    if cell.ctype == xlrd.XL_CELL_DATE:
        return _plain(xlrd.xldate_as_datetime(float(cell.value), workbook.datemode))
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(int(cell.value), "#REF!")
    return bool(cell.value) if cell.ctype == xlrd.XL_CELL_BOOLEAN else _plain(cell.value)
