"""Intake, reading: compound files: the old binary workbook (xls, WPS et), and encrypted workbooks wrapped in one."""

from __future__ import annotations

import io
import re

import xlrd

from tasks.intake.grid import FileRefusedError, Grid, Limits
from tasks.intake.read_calamine import Marks, decode_workbook
from tasks.intake.read_fallback import read_with_xlrd
from tasks.intake.read_findings import file_finding
from tasks.intake.read_package import read_package

_STREAMS = tuple(name.encode("utf-16-le") for name in ("Workbook", "Book"))
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_WORD = "WordDocument".encode("utf-16-le")
# A BOOLERR record, or a FORMULA record whose cached result is an error: only then is the slow second look worth it.
_ERROR_RECORD = re.compile(rb"\x05\x02\x08\x00|\x06\x00[^\x00].{7}\x02.{5}\xff\xff", re.DOTALL)
_FILE_PASS = re.compile(rb"(?:\x09\x08\x10\x00.{16}|\x09\x08\x08\x00.{8})\x2f\x00", re.DOTALL)
"""The record of a password, right behind the beginning of the workbook."""

_XL_ERROR = 5
_BUILT_IN_PASSWORD = "VelvetSweatshop"  # noqa: S105 - Excel's own, known to all: it opens such files without asking


def read_compound(content: bytes, limits: Limits) -> tuple[Grid, ...]:
    """The sheets of an xls file, or of a workbook encrypted with the password Excel itself supplies.

    Raises:
        FileRefusedError: encrypted, damaged, or another kind of compound file.
    """
    if _ENCRYPTED in content:
        return read_package(_decrypted(content), limits)
    if not any(stream in content for stream in _STREAMS):
        kind = "Word 文档" if _WORD in content else "其他程序的文件"
        raise FileRefusedError(file_finding("file.not_a_workbook", found=kind, kind=kind))
    if _FILE_PASS.search(content):
        content = _decrypted(content)
    marks = _error_marks(content) if _ERROR_RECORD.search(content) else {}
    try:
        return decode_workbook(content, lambda _position, name: marks.get(name, {}))
    except FileRefusedError as refusal:
        if refusal.finding.rule_id != "file.unreadable":
            raise
        # calamine knows fewer code pages than xlrd (a list saved on an old Macintosh).
        return read_with_xlrd(content, refusal)


def _decrypted(content: bytes) -> bytes:
    import msoffcrypto  # noqa: PLC0415 - few files are encrypted

    plain = io.BytesIO()
    try:
        office = msoffcrypto.OfficeFile(io.BytesIO(content))
        office.load_key(password=_BUILT_IN_PASSWORD)
        office.decrypt(plain)
    except (
        Exception
    ) as error:  # another password, or a scheme the library does not know: either way it stays shut to us
        raise FileRefusedError(file_finding("file.encrypted")) from error
    if not plain.getvalue().startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        raise FileRefusedError(file_finding("file.encrypted"))
    return plain.getvalue()


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
