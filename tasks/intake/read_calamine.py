"""Intake, reading: calamine decodes a workbook by its bytes; its ways of failing become one finding."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping

from python_calamine import CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

from schemas.values import Finding
from tasks.intake.grid import Box, FileRefusedError, Grid
from tasks.intake.read_findings import file_finding

Marks = Mapping[tuple[int, int], str]


def decode_workbook(content: bytes, marks_of: Callable[[int, str], Marks], is_1904: bool = False) -> tuple[Grid, ...]:
    """Every worksheet with at least one cell, in workbook order.

    Args:
        content: the bytes of the workbook.
        marks_of: gives the marks of a sheet by its position (0-based, among all sheets) and name.
        is_1904: whether plain numbers that stand for dates count from 1904.

    Raises:
        FileRefusedError: calamine cannot read it.
    """
    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        return tuple(_grids(workbook, marks_of, is_1904))
    except PasswordError as error:
        raise FileRefusedError(file_finding("file.encrypted")) from error
    except FileRefusedError:
        raise
    except BaseException as error:
        # pyo3's PanicException is a BaseException without a public name; a damaged file must stay one finding.
        if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
            raise
        raise FileRefusedError(_finding_for(error)) from error


def _finding_for(error: BaseException) -> Finding:
    if "password" in str(error).lower() or "encrypt" in str(error).lower():
        return file_finding("file.encrypted")
    return file_finding("file.unreadable", found=type(error).__name__, reason="表格结构不完整")


def _grids(workbook: CalamineWorkbook, marks_of: Callable[[int, str], Marks], is_1904: bool) -> Iterator[Grid]:
    for position, metadata in enumerate(workbook.sheets_metadata):
        if metadata.typ is not SheetTypeEnum.WorkSheet:
            continue
        sheet = workbook.get_sheet_by_index(position)
        if sheet.start is None:
            continue
        yield Grid(
            sheet=metadata.name,
            rows=sheet.to_python(skip_empty_area=False),
            merges=_merges(sheet),
            marks=marks_of(position, metadata.name),
            is_1904=is_1904,
            is_hidden=metadata.visible is not SheetVisibleEnum.Visible,
        )


def _merges(sheet: CalamineSheet) -> tuple[Box, ...] | None:
    ranges = sheet.merged_cell_ranges
    if ranges is None:
        return None
    return tuple((top + 1, left + 1, bottom + 1, right + 1) for (top, left), (bottom, right) in ranges)
