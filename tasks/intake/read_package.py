"""Intake, reading: zip packages (xlsx, xlsb, ods): guarded before calamine opens them, and scanned for false blanks."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping

from tasks.intake.grid import FileRefusedError, Grid, Limits
from tasks.intake.read_calamine import Marks, decode_workbook
from tasks.intake.read_fallback import read_with_openpyxl
from tasks.intake.read_findings import file_finding
from tasks.intake.read_sheet_xml import find_marks, measure_sheet

_SHEET_PART = re.compile(r"xl/worksheets/[^/]+\.xml$")
_FOREIGN = (("word/", "Word 文档"), ("ppt/", "演示文稿"))
_SHEET_TAG = re.compile(rb"<(?:\w+:)?sheet\s[^>]*>")
_RELATION_TAG = re.compile(rb"<(?:\w+:)?Relationship\s[^>]*>")
_DATE_1904 = re.compile(rb'date1904="(?:1|true|on)"')


def read_package(content: bytes, limits: Limits) -> tuple[Grid, ...]:
    """The sheets of an xlsx, xlsb or ods file.

    Raises:
        FileRefusedError: damaged, encrypted, too large when unpacked, or not a workbook at all.
    """
    try:
        package = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise FileRefusedError(file_finding("file.unreadable", found="", reason="压缩结构不完整")) from error
    with package:
        # Some writers separate folders with backslashes.
        names = {name.replace("\\", "/"): name for name in package.namelist()}
        _refuse_foreign(package, names)
        _refuse_large(package, limits)
        if "xl/workbook.xml" not in names:
            return decode_workbook(content, lambda _position, _name: {})
        return _read_xlsx(content, package, names, limits)


def _read_xlsx(content: bytes, package: zipfile.ZipFile, names: Mapping[str, str], limits: Limits) -> tuple[Grid, ...]:
    try:
        parts = [name for plain, name in names.items() if _SHEET_PART.match(plain)]
        suspect = frozenset(part for part in parts if measure_sheet(package, part, limits).may_hold_false_blanks)
        workbook = package.read(names["xl/workbook.xml"])
        part_of = _sheet_parts(package, names, workbook) if suspect else {}
    except (zipfile.BadZipFile, KeyError, OSError, EOFError, RuntimeError, ValueError) as error:
        raise FileRefusedError(file_finding("file.unreadable", found="", reason="工作表数据不完整")) from error

    def marks_of(position: int, _name: str) -> Marks:
        part = part_of.get(position)
        return find_marks(package, part) if part in suspect and part is not None else {}

    try:
        return decode_workbook(content, marks_of, is_1904=_DATE_1904.search(workbook) is not None)
    except FileRefusedError as refusal:
        if refusal.finding.rule_id != "file.unreadable":
            raise
        # calamine gives up on error values newer than itself (#SPILL!); openpyxl is slow, but reads them.
        return read_with_openpyxl(content, marks_of, refusal)


def _refuse_foreign(package: zipfile.ZipFile, names: Mapping[str, str]) -> None:
    for folder, kind in _FOREIGN:
        if any(name.startswith(folder) for name in names):
            raise FileRefusedError(file_finding("file.not_a_workbook", found=kind, kind=kind))
    if any(info.flag_bits & 1 for info in package.infolist()):
        raise FileRefusedError(file_finding("file.encrypted"))
    if "META-INF/manifest.xml" in names and b"encryption-data" in package.read(names["META-INF/manifest.xml"])[: 2**20]:
        raise FileRefusedError(file_finding("file.encrypted"))
    if not names.keys() & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}:
        raise FileRefusedError(file_finding("file.not_a_workbook", found="压缩包", kind="压缩包"))


def _refuse_large(package: zipfile.ZipFile, limits: Limits) -> None:
    # Parts that lie about their size are refused by the readers themselves, so the declared sizes are a sound guard.
    unpacked = sum(info.file_size for info in package.infolist())
    if unpacked > limits.unpacked_bytes:
        size = f"解压后 {unpacked / 2**20:.0f} MB"
        limit = f"{limits.unpacked_bytes // 2**20} MB"
        raise FileRefusedError(file_finding("file.too_large", found=size, reason=size, limit=limit))


def _sheet_parts(package: zipfile.ZipFile, names: Mapping[str, str], workbook: bytes) -> dict[int, str]:
    """Position of a sheet in the workbook → its part in the package."""
    relations = package.read(names["xl/_rels/workbook.xml.rels"])
    targets = {_attribute(tag, "Id"): _attribute(tag, "Target") for tag in _RELATION_TAG.findall(relations)}
    ids = [_attribute(tag, r"\w+:id") for tag in _SHEET_TAG.findall(workbook)]
    return {position: names.get(_part_name(targets.get(sheet_id, "")), "") for position, sheet_id in enumerate(ids)}


def _attribute(tag: bytes, name: str) -> str:
    match = re.search(rf"""\s{name}\s*=\s*["']([^"']*)""".encode(), tag)
    return match.group(1).decode("utf-8", "replace") if match else ""


def _part_name(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else f"xl/{target.removeprefix('./')}"
