"""Intake, reading: compound files: the old binary workbook (xls, WPS et), and encrypted workbooks wrapped in one."""

from __future__ import annotations

import re

import xlrd

from tasks.intake.grid import FileRefusedError, Grid
from tasks.intake.read_calamine import Marks, decode_workbook
from tasks.intake.read_findings import file_finding

_STREAMS = tuple(name.encode("utf-16-le") for name in ("Workbook", "Book"))
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_WORD = "WordDocument".encode("utf-16-le")
# A BOOLERR record, or a FORMULA record whose cached result is an error: only then is the slow second look worth it.
_ERROR_RECORD = re.compile(rb"\x05\x02\x08\x00|\x06\x00[^\x00].{7}\x02.{5}\xff\xff", re.DOTALL)
_XL_ERROR = 5


def read_compound(content: bytes) -> tuple[Grid, ...]:
    """The sheets of an xls file.

    Raises:
        FileRefusedError: encrypted, damaged, or another kind of compound file.
    """
    if _ENCRYPTED in content:
        raise FileRefusedError(file_finding("file.encrypted"))
    if not any(stream in content for stream in _STREAMS):
        kind = "Word 文档" if _WORD in content else "其他程序的文件"
        raise FileRefusedError(file_finding("file.not_a_workbook", found=kind, kind=kind))
    marks = _error_marks(content) if _ERROR_RECORD.search(content) else {}
    return decode_workbook(content, lambda _position, name: marks.get(name, {}))


def _error_marks(content: bytes) -> dict[str, Marks]:
    try:
        workbook = xlrd.open_workbook(file_contents=content)
    except (
        Exception
    ) as error:  # xlrd raises whatever a damaged record makes of it; unsure blanks must not pass as blanks
        raise FileRefusedError(file_finding("file.unreadable", found="", reason="含有公式错误值且无法定位")) from error
    return {sheet.name: _sheet_marks(sheet) for sheet in workbook.sheets()}


def _sheet_marks(sheet: xlrd.sheet.Sheet) -> Marks:
    return {
        (row + 1, column + 1): "error_cell"
        for row in range(sheet.nrows)
        for column, kind in enumerate(sheet.row_types(row))
        if kind == _XL_ERROR
    }
