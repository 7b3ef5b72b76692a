"""Intake, reading: compound files: the old binary workbook (xls, WPS et), and encrypted workbooks wrapped in one."""

from __future__ import annotations

import io
import re
from dataclasses import replace

from xlrd.compdoc import CompDoc

from tasks.intake.grid import FileRefusedError, Limits, OpenedFile
from tasks.intake.read_biff import BiffWorkbook, scan_biff
from tasks.intake.read_calamine import decode_workbook
from tasks.intake.read_fallback import read_with_xlrd
from tasks.intake.read_findings import file_finding
from tasks.intake.read_package import read_package

_STREAM_NAMES = ("Workbook", "Book")
_STREAMS = tuple(name.encode("utf-16-le") for name in _STREAM_NAMES)
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_WORD = "WordDocument".encode("utf-16-le")
_MACROS = "_VBA_PROJECT".encode("utf-16-le")
# A BOOLERR record, or a FORMULA record whose cached result is an error: then a file whose records cannot be told is not trusted.
_ERROR_RECORD = re.compile(rb"\x05\x02\x08\x00|\x06\x00[^\x00].{7}\x02.{5}\xff\xff", re.DOTALL)
_BIFF_5 = b"\x09\x08"
_BUILT_IN_PASSWORD = "VelvetSweatshop"  # noqa: S105 - Excel's own, known to all: it opens such files without asking


def read_compound(content: bytes, limits: Limits) -> OpenedFile:
    """The sheets of an xls file, or of a workbook encrypted with the password Excel itself supplies.

    Raises:
        FileRefusedError: encrypted, damaged, or another kind of compound file.
    """
    if _ENCRYPTED in content:
        return read_package(_decrypted(content), limits)
    if not any(stream in content for stream in _STREAMS):
        kind = "Word 文档" if _WORD in content else "其他程序的文件"
        raise FileRefusedError(file_finding("file.not_a_workbook", found=kind, kind=kind))
    known = _scanned(content, limits)
    if known.is_encrypted:
        content = _decrypted(content)
        known = _scanned(content, limits)
    opened = _read(content, known, limits)
    if known.has_macro_sheets or _MACROS in content:
        return replace(opened, findings=(*opened.findings, file_finding("file.macros_ignored")))
    return opened


def _read(content: bytes, known: BiffWorkbook, limits: Limits) -> OpenedFile:
    if not known.is_sound:
        return read_with_xlrd(content, limits, None, known.extras)
    try:
        return decode_workbook(content, known.extras, known.is_1904, limits)
    except FileRefusedError as refusal:
        if refusal.finding.rule_id != "file.unreadable":
            raise
        # calamine knows fewer code pages than xlrd (a list saved on an old Macintosh).
        return read_with_xlrd(content, limits, refusal, known.extras)


def _scanned(content: bytes, limits: Limits) -> BiffWorkbook:
    """What the records tell. Nothing, when the stream cannot be had the plain way and nothing in it need be told."""
    stream = _workbook_stream(content)
    if stream is not None and stream.startswith(_BIFF_5):
        return scan_biff(stream, limits)
    if _ERROR_RECORD.search(content):
        raise _unreadable("含有公式错误值且无法定位")
    return BiffWorkbook()


def _workbook_stream(content: bytes) -> bytes | None:
    """The stream of the workbook; None when its sectors overlap, which calamine bears.

    Raises:
        FileRefusedError: the directory is damaged: its loops make calamine fill the memory until the process is ended.
    """
    try:
        document = CompDoc(content, logfile=io.StringIO())
    except Exception as error:  # xlrd raises whatever a damaged directory makes of it
        raise _unreadable("文件内部目录损坏") from error
    try:
        found = (document.get_named_stream(name) for name in _STREAM_NAMES)
        return next((bytes(stream) for stream in found if stream is not None), None)
    except Exception:  # as above
        return None


def _unreadable(reason: str) -> FileRefusedError:
    return FileRefusedError(file_finding("file.unreadable", found=reason, reason=reason))


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
