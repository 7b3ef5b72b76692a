"""Intake, reading, first step: the bytes of a delivery become grids; what they are is told by their content, not their name."""

from __future__ import annotations

import re
from pathlib import PurePath

from schemas.values import Finding
from tasks.intake.grid import FileRefusedError, Grid, Limits
from tasks.intake.read_findings import file_finding
from tasks.intake.read_package import read_package
from tasks.intake.read_text import read_text
from tasks.intake.read_xls import read_compound

_WORKBOOK_SUFFIXES = frozenset({".xlsx", ".xlsm", ".xls", ".xlsb", ".ods", ".et", ".xlt", ".xltx"})
_MAGIC = (
    (b"%PDF", "PDF 文档"),
    (b"\x89PNG", "图片"),
    (b"\xff\xd8\xff", "图片"),
    (b"GIF8", "图片"),
    (b"Rar!", "压缩包"),
    (b"7z\xbc\xaf", "压缩包"),
    (b"\x1f\x8b", "压缩包"),
    (b"\x09\x00\x04\x00", "1995 年以前的 Excel 文件"),
    (b"\x09\x02\x06\x00", "1995 年以前的 Excel 文件"),
    (b"\x09\x04\x06\x00", "1995 年以前的 Excel 文件"),
)
_HTML = re.compile(rb"\s*<(!doctype html|html|head|meta|table|body|style)", re.IGNORECASE)
_XML = re.compile(rb"\s*<\?xml")


def read_grids(content: bytes, file_name: str, limits: Limits) -> tuple[Grid, ...]:
    """Every sheet of a workbook, or the one table of a text file.

    Args:
        content: the bytes as received.
        file_name: their name; it only decides between a text file and a text wearing a workbook's name.
        limits: sizes beyond which nothing is opened.

    Raises:
        FileRefusedError: the file cannot be read; the finding says why.
    """
    if len(content) > limits.file_bytes:
        megabytes = len(content) / 2**20
        raise FileRefusedError(_too_large(f"{megabytes:.0f} MB", limits.file_bytes))
    if not content.strip(b" \t\r\n\x00\xef\xbb\xbf\xff\xfe"):
        raise FileRefusedError(file_finding("file.empty", found=f"{len(content)} 字节"))
    if content.startswith(b"PK"):
        return read_package(content, limits)
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        return read_compound(content, limits)
    kind = _foreign_kind(content, file_name)
    if kind:
        raise FileRefusedError(file_finding("file.not_a_workbook", found=kind, kind=kind))
    return (read_text(content),)


def _too_large(size: str, limit_bytes: int) -> Finding:
    return file_finding("file.too_large", found=size, reason=size, limit=f"{limit_bytes // 2**20} MB")


def _foreign_kind(content: bytes, file_name: str) -> str | None:
    for magic, kind in _MAGIC:
        if content.startswith(magic):
            return kind
    head = content[:2048].removeprefix(b"\xef\xbb\xbf")
    if _HTML.match(head):
        return "网页文件"
    if _XML.match(head):
        return "XML 文件"
    if PurePath(file_name).suffix.lower() in _WORKBOOK_SUFFIXES:
        return "改了扩展名的文本文件"
    return None
