"""Intake, reading: calamine decodes a workbook by its bytes; its ways of failing become one finding."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator

from python_calamine import (
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetMetadata,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from schemas.values import Finding
from tasks.intake.grid import Box, Cell, FileRefusedError, Grid, Limits, OpenedFile
from tasks.intake.read_findings import file_finding
from tasks.intake.read_sheets import Marks, SheetExtras, opened_file, refuse_many_sheets


def decode_workbook(
    content: bytes, extras_of: Callable[[int, str], SheetExtras], is_1904: bool = False, limits: Limits | None = None
) -> OpenedFile:
    """The worksheets, in workbook order.

    Args:
        content: the bytes of the workbook.
        extras_of: what calamine does not tell of a sheet, by its position (0-based, among all sheets) and name.
        is_1904: whether plain numbers that stand for dates count from 1904.
        limits: how many sheets there may be.

    Raises:
        FileRefusedError: calamine cannot read it.
    """
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        refuse_many_sheets(len(workbook.sheets_metadata), limits or Limits())
        sheets = [(one.name, _grid(workbook, at, one, extras_of, is_1904)) for at, one in _worksheets(workbook)]
    except PasswordError as error:
        raise FileRefusedError(file_finding("file.encrypted")) from error
    except FileRefusedError:
        raise
    except BaseException as error:
        # pyo3's PanicException is a BaseException without a public name; a damaged file must stay one finding.
        if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
            raise
        raise FileRefusedError(_finding_for(error)) from error
    return opened_file(sheets)


def _finding_for(error: BaseException) -> Finding:
    if "password" in str(error).lower() or "encrypt" in str(error).lower():
        return file_finding("file.encrypted")
    return file_finding("file.unreadable", found=type(error).__name__, reason="表格结构不完整")


def _worksheets(workbook: CalamineWorkbook) -> Iterator[tuple[int, SheetMetadata]]:
    return ((at, one) for at, one in enumerate(workbook.sheets_metadata) if one.typ is SheetTypeEnum.WorkSheet)


def _grid(
    workbook: CalamineWorkbook,
    position: int,
    metadata: SheetMetadata,
    extras_of: Callable[[int, str], SheetExtras],
    is_1904: bool,
) -> Grid | None:
    sheet = workbook.get_sheet_by_index(position)
    extras = extras_of(position, metadata.name)
    if sheet.start is None and not extras.marks:
        return None
    rows = sheet.to_python(skip_empty_area=False) if sheet.start is not None else []
    return Grid(
        sheet=metadata.name,
        rows=_reaching(rows, extras.marks),
        merges=extras.merges or _merges(sheet),
        marks=extras.marks,
        is_1904=is_1904,
        is_hidden=metadata.visible is not SheetVisibleEnum.Visible,
        hidden_rows=extras.hidden_rows,
        hidden_columns=extras.hidden_columns,
        is_filtered=extras.is_filtered,
    )


def _reaching(rows: list[list[Cell]], marks: Marks) -> list[list[Cell]]:
    """The rows, made to reach the marks: a sheet may end with cells that calamine takes for blanks."""
    height = max((row for row, _ in marks), default=0)
    width = max((column for _, column in marks), default=0)
    has = len(rows[0]) if rows else 0
    if height <= len(rows) and width <= has:
        return rows
    wider: list[list[Cell]] = [[*row, *([""] * (width - has))] for row in rows]
    return wider + [[""] * max(width, has) for _ in range(height - len(rows))]


def _merges(sheet: CalamineSheet) -> tuple[Box, ...] | None:
    ranges = sheet.merged_cell_ranges
    if ranges is None:
        return None
    return tuple((top + 1, left + 1, bottom + 1, right + 1) for (top, left), (bottom, right) in ranges)
