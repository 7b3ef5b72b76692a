"""Intake, reading, first step: the bytes of a delivery become grids; what they are is told by their content, not their name."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import PurePath

from tasks.intake.grid import FileRefusedError, Grid, Limits, OpenedFile
from tasks.intake.read_fallback import read_with_xlrd
from tasks.intake.read_findings import file_finding
from tasks.intake.read_html import read_html
from tasks.intake.read_ods import read_ods
from tasks.intake.read_package import read_package
from tasks.intake.read_spreadsheetml import read_spreadsheetml
from tasks.intake.read_text import read_text
from tasks.intake.read_xls import read_compound

_WORKBOOK_SUFFIXES = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".et", ".ett", ".xlt", ".xltx", ".xltm"})
_MAGIC = (
    (b"%PDF", "PDF 文档"),
    (b"\x89PNG", "图片"),
    (b"\xff\xd8\xff", "图片"),
    (b"GIF8", "图片"),
    (b"Rar!", "压缩包"),
    (b"7z\xbc\xaf", "压缩包"),
    (b"\x1f\x8b", "压缩包"),
    (b"{\\rtf", "RTF 文档"),
    (b"ID;P", "SYLK 文件"),
    (b"MIME-Version:", "单个网页文件（mht）"),
    (b"\x00\x00\x02\x00", "Lotus 或 Quattro Pro 文件"),
    (b"\x00\x00\x1a\x00", "Lotus 或 Quattro Pro 文件"),
)
_TNEF = b"\x78\x9f\x3e\x22"
"""What Outlook packs attachments into when it sends its own rich text."""
_OLD_BINARY = (
    (b"\x09\x00", "Excel 2.x"),
    (b"\x09\x02", "Excel 3.0"),
    (b"\x09\x04", "Excel 4.0"),
    (b"\x09\x08", "Excel 5.0/95"),
)
"""The first record of a workbook from before workbooks were compound files: its number, then the length 4 to 16."""

_HTML = re.compile(
    r"\s*(<\?xml[^>]*>\s*)?(<!--.*?-->\s*)*<(!doctype\s+html|html|head|meta|table|body|style|div|center|h\d|p|title)\b",
    re.IGNORECASE | re.DOTALL,
)
_XML = re.compile(r"\s*<(\?xml|[\w.-]+:?[\w.-]*[\s>])")
_FLAT_ODS = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_SPREADSHEETML = "urn:schemas-microsoft-com:office:spreadsheet"
_HEAD = 4096


def read_grids(content: bytes, file_name: str, limits: Limits) -> OpenedFile:
    """Every sheet of a workbook, or the one table of a text file, and what to say of the way it was saved.

    Args:
        content: the bytes as received.
        file_name: their name; it only tells a text file from a text wearing a workbook's name.
        limits: sizes beyond which nothing is opened.

    Raises:
        FileRefusedError: the file cannot be read; the finding says why.
    """
    if len(content) > limits.file_bytes:
        size, limit = f"{len(content) / 2**20:.0f} MB", f"{limits.file_bytes // 2**20} MB"
        raise FileRefusedError(file_finding("file.too_large", found=size, reason=size, limit=limit))
    if not content.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"):
        raise FileRefusedError(file_finding("file.empty", found=f"{len(content)} 字节"))
    if content.startswith(b"PK"):
        return read_package(content, limits)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        return read_compound(content, limits)
    return _read_unpacked(content, file_name, limits)


def _read_unpacked(content: bytes, file_name: str, limits: Limits) -> OpenedFile:
    if content.startswith(_TNEF):
        raise FileRefusedError(file_finding("file.winmail", found="winmail.dat"))
    for magic, kind in _MAGIC:
        if content.startswith(magic):
            raise _not_a_workbook(kind)
    for magic, kind in _OLD_BINARY:
        if content.startswith(magic) and 4 <= content[2] <= 16 and content[3] == 0:
            return _also_saying(read_with_xlrd(content, limits), "file.old_format", kind)
    if file_name.casefold().endswith(".eml"):
        raise _not_a_workbook("邮件")
    head = _text_head(content)
    if _HTML.match(head):
        return _also_saying(read_html(content, limits), "file.saved_as_html", "网页")
    if _XML.match(head):
        return _read_xml(content, head, limits)
    return _read_plain(content, file_name, limits)


def _read_xml(content: bytes, head: str, limits: Limits) -> OpenedFile:
    if _FLAT_ODS in head:
        return _also_saying(read_ods(io.BytesIO(content), limits), "file.saved_as_xml", "XML")
    if _SPREADSHEETML not in head:
        raise _not_a_workbook("XML 文件")
    return _also_saying(read_spreadsheetml(content, limits), "file.saved_as_xml", "XML")


def _read_plain(content: bytes, file_name: str, limits: Limits) -> OpenedFile:
    grid = read_text(content, limits)
    if PurePath(file_name).suffix.lower() not in _WORKBOOK_SUFFIXES:
        return OpenedFile((grid,))
    if not _is_table(grid):
        raise _not_a_workbook("改了扩展名的文本文件")
    return _also_saying(OpenedFile((grid,)), "file.saved_as_text", "文本")


def _is_table(grid: Grid) -> bool:
    return sum(sum(cell != "" for cell in row) > 1 for row in grid.rows) > 1


def _also_saying(opened: OpenedFile, rule_id: str, kind: str) -> OpenedFile:
    return replace(opened, findings=(*opened.findings, file_finding(rule_id, found=kind, kind=kind)))


def _not_a_workbook(kind: str) -> FileRefusedError:
    return FileRefusedError(file_finding("file.not_a_workbook", found=kind, kind=kind))


def _text_head(content: bytes) -> str:
    """The beginning as text: enough to know a mark-up language by."""
    head = content[:_HEAD]
    encoding = "utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "latin-1"
    return head.removeprefix(b"\xef\xbb\xbf").decode(encoding, "replace")
