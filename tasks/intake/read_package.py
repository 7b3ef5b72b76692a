"""Intake, reading: zip packages (xlsx, xlsb, ods): guarded before anything opens them, then read by their own readers."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace

from schemas.values import Finding
from tasks.intake.grid import FileRefusedError, Limits, OpenedFile
from tasks.intake.read_findings import file_finding
from tasks.intake.read_ods import read_ods
from tasks.intake.read_parts import DAMAGE
from tasks.intake.read_xlsb import read_xlsb
from tasks.intake.read_xlsx import read_xlsx

_FOREIGN = (("word/", "Word 文档"), ("ppt/", "演示文稿"))
_MACROS = ("xl/vbaproject.bin", "xl/macrosheets/", "basic/", "scripts/")
_LINKS = "xl/externallinks/"


def read_package(content: bytes, limits: Limits) -> OpenedFile:
    """The sheets of an xlsx, xlsb or ods file.

    Raises:
        FileRefusedError: damaged, encrypted, too large when unpacked, or not a workbook at all.
    """
    try:
        package = zipfile.ZipFile(io.BytesIO(content))
    except DAMAGE as error:
        raise FileRefusedError(file_finding("file.unreadable", found="", reason="压缩结构不完整")) from error
    with package:
        # Some writers separate folders with backslashes.
        names = {name.replace("\\", "/"): name for name in package.namelist()}
        try:
            _refuse_foreign(package, names)
            _refuse_large(package, limits)
            opened = _read(content, package, names, limits)
        except DAMAGE as error:
            raise FileRefusedError(file_finding("file.unreadable", found="", reason="工作表数据不完整")) from error
    return replace(opened, findings=(*opened.findings, *_left_out(names)))


def _read(content: bytes, package: zipfile.ZipFile, names: Mapping[str, str], limits: Limits) -> OpenedFile:
    if "xl/workbook.xml" in names:
        return read_xlsx(content, package, names, limits)
    if "xl/workbook.bin" in names:
        return read_xlsb(content, package, names, limits)
    with package.open(names["content.xml"]) as stream:
        return read_ods(stream, limits)


def _left_out(names: Mapping[str, str]) -> Iterator[Finding]:
    """What the package holds and nobody here touches."""
    parts = [name.lower() for name in names if not name.endswith("/")]
    if any(part.startswith(_MACROS) for part in parts):
        yield file_finding("file.macros_ignored")
    if any(part.startswith(_LINKS) for part in parts):
        yield file_finding("file.links_ignored")


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
