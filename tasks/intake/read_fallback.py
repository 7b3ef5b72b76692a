"""Intake, reading: slower readers for the few sound workbooks calamine cannot decode."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, time
from typing import TYPE_CHECKING, Literal

from tasks.intake.grid import Cell, FileRefusedError, Grid, Limits, OpenedFile
from tasks.intake.read_findings import file_finding
from tasks.intake.read_sheets import (
    NOTHING_MORE,
    SheetExtras,
    opened_file,
    refuse_far_cells,
    refuse_many_sheets,
)

if TYPE_CHECKING:
    import xlrd
    from openpyxl.worksheet.worksheet import Worksheet

_MACINTOSH_CHINESE = 10008


def read_with_openpyxl(content: bytes, extras: Mapping[int, SheetExtras], refusal: FileRefusedError) -> OpenedFile:
    """The sheets of an xlsx file whose parts were all found to be harmless XML.

    Args:
        content: the bytes of the workbook.
        extras: what is known of its sheets by their position among all sheets, from 0.
        refusal: what calamine said.

    Raises:
        FileRefusedError: `refusal`, when openpyxl finds no sheet either.
    """
    import openpyxl  # noqa: PLC0415 - costs a third of a second, and hardly any night needs it

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of styles and extensions, which are nothing to us
            workbook = openpyxl.load_workbook(io.BytesIO(content), data_only=True)
        order = {name: position for position, name in enumerate(workbook.sheetnames)}
        sheets = [(one.title, _openpyxl_grid(one, extras.get(order[one.title]))) for one in workbook.worksheets]
    except Exception as error:  # a damaged file makes openpyxl raise anything; calamine's refusal already says it
        raise refusal from error
    if not sheets:
        raise refusal
    return opened_file(sheets)


def read_with_xlrd(
    content: bytes,
    limits: Limits,
    refusal: FileRefusedError | None = None,
    extras_of: Callable[[int, str], SheetExtras] | None = None,
) -> OpenedFile:
    """The sheets of an xls file.

    Args:
        content: the bytes of the workbook; BIFF 2 to 8.
        limits: sizes beyond which it is not spread out.
        refusal: what calamine said.
        extras_of: what is known of a sheet by its position and name.

    Raises:
        FileRefusedError: `refusal`, when xlrd cannot read it either, or the sheets are too many or too wide.
    """
    try:
        workbook = _xlrd_book(content, None)
        if workbook.codepage == _MACINTOSH_CHINESE:
            workbook = _xlrd_book(content, "gb18030")
        refuse_many_sheets(workbook.nsheets, limits)
        sheets = [(one.name, _xlrd_grid(workbook, one, limits)) for one in workbook.sheets()]
    except FileRefusedError:
        raise
    except Exception as error:  # a damaged file makes xlrd raise anything; calamine's refusal already says it
        is_locked = "encrypted" in str(error).lower()
        raise (FileRefusedError(file_finding("file.encrypted")) if is_locked else _shut(refusal)) from error
    if not sheets:
        raise _shut(refusal)
    if extras_of is None:
        return opened_file(sheets)
    return opened_file((name, _with(grid, extras_of(at, name))) for at, (name, grid) in enumerate(sheets))


def _shut(refusal: FileRefusedError | None) -> FileRefusedError:
    return refusal or FileRefusedError(file_finding("file.unreadable", found="", reason="表格结构不完整"))


def _xlrd_book(content: bytes, encoding: str | None) -> xlrd.book.Book:
    import xlrd  # noqa: PLC0415 - the caller has it loaded

    # Ragged: rows are as long as they are filled, so that a far cell does not fill the memory before it is seen.
    return xlrd.open_workbook(
        file_contents=content,
        formatting_info=True,
        ragged_rows=True,
        logfile=io.StringIO(),
        encoding_override=encoding,
    )


def _openpyxl_grid(sheet: Worksheet, extras: SheetExtras | None) -> Grid | None:
    rows = [[_plain(cell) for cell in row] for row in sheet.iter_rows(min_row=1, min_col=1, values_only=True)]
    if not any(cell != "" for row in rows for cell in row) and not (extras and extras.marks):
        return None
    merges = tuple((box.min_row, box.min_col, box.max_row, box.max_col) for box in sheet.merged_cells.ranges)
    return _with(Grid(sheet.title, rows, merges, is_hidden=sheet.sheet_state != "visible"), extras or NOTHING_MORE)


def _with(grid: Grid | None, extras: SheetExtras) -> Grid | None:
    if grid is None:
        return None
    return replace(
        grid,
        marks=extras.marks,
        hidden_rows=extras.hidden_rows,
        hidden_columns=extras.hidden_columns,
        is_filtered=extras.is_filtered,
    )


def _plain(value: object) -> Cell:
    if value is None:
        return ""
    if isinstance(value, datetime) and value.time() == time():
        return value.date()
    return value if isinstance(value, (str, int, float, bool, datetime, time)) else str(value)


def _xlrd_grid(workbook: xlrd.book.Book, sheet: xlrd.sheet.Sheet, limits: Limits) -> Grid | None:
    width = max((sheet.row_len(row) for row in range(sheet.nrows)), default=0)
    refuse_far_cells(sheet.nrows, width, limits)
    rows = [[_xlrd_cell(workbook, cell) for cell in sheet.row(row)] for row in range(sheet.nrows)]
    if not any(cell != "" for row in rows for cell in row):
        return None
    merges = tuple((top + 1, left + 1, bottom, right) for top, bottom, left, right in sheet.merged_cells)
    padded = [row + [""] * (width - len(row)) for row in rows]
    is_1904 = workbook.datemode == 1
    return Grid(sheet.name, padded, merges, is_1904=is_1904, is_hidden=sheet.visibility != 0)


def _xlrd_cell(workbook: xlrd.book.Book, cell: xlrd.sheet.Cell) -> Cell:
    import xlrd  # noqa: PLC0415 - the caller has it loaded

    if cell.ctype == xlrd.XL_CELL_DATE:
        return _xlrd_moment(float(cell.value), workbook.datemode)
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(int(cell.value), "#REF!")
    return bool(cell.value) if cell.ctype == xlrd.XL_CELL_BOOLEAN else _plain(cell.value)


def _xlrd_moment(number: float, mode: Literal[0, 1]) -> Cell:
    """A date or a time of day; a number no calendar holds stays one, as in any other program."""
    import xlrd  # noqa: PLC0415 - the caller has it loaded

    try:
        moment = xlrd.xldate_as_datetime(number, mode)
    except (ValueError, OverflowError, xlrd.XLDateError):
        return number
    return moment.time() if 0 < number < 1 else _plain(moment)
