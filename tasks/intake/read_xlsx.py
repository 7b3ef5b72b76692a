"""Intake, reading: xlsx: calamine decodes it; what it hides is told from the XML; what it refuses is mended or read slowly."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from functools import cached_property
from html import unescape
from typing import TypeAlias

from tasks.intake.grid import FileRefusedError, Limits, OpenedFile
from tasks.intake.read_calamine import decode_workbook
from tasks.intake.read_fallback import read_with_openpyxl
from tasks.intake.read_findings import file_finding
from tasks.intake.read_parts import DAMAGE, Parts, easy_package
from tasks.intake.read_relations import attribute, part_name, relation_targets
from tasks.intake.read_sheet_xml import find_extras, measure_sheet
from tasks.intake.read_sheets import NOTHING_MORE, SheetExtras, refuse_many_sheets
from tasks.intake.read_xml import check_xml

Extras: TypeAlias = Mapping[int, SheetExtras]
"""Position of a sheet (from 0) → what calamine does not tell of it, where there is anything to tell."""

_SHEET_PART = re.compile(r"xl/(?:work|macro)sheets/[^/]+\.xml$")
_TABLE_PART = re.compile(r"xl/tables/[^/]+\.xml$")
_SHEET_TAG = re.compile(rb"<(?:\w+:)?sheet\s[^>]*>")
_DATE_1904 = re.compile(rb"""date1904\s*=\s*["'](?:1|true|on)["']""")
_FORMAT = re.compile(rb"<(?:\w+:)?xf[\s>/]")
_FEW_STYLES = 2**20
"""A part of styles up to this many bytes holds fewer than any limit worth setting."""

_NEW_ERROR = re.compile(rb"(<(?:\w+:)?v>)#(?!NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A<)[A-Z_/0-9]+[!?]?(</(?:\w+:)?v>)")
_HEAD = 2**16
"""Bytes of a part that hold its document type, if it has one."""

_UTF_16 = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<")
_SWITCHING = re.compile(rb"""<\?xml[^>]*encoding=["']UTF-16BE["'](?=\x00)""", re.IGNORECASE)
_DOCTYPE = re.compile(r"<!DOCTYPE[^\[>]*(\[.*?\]\s*)?>", re.DOTALL)
_ENCODING = re.compile(r"""(<\?xml[^>]*?)\s+encoding\s*=\s*["'][^"']*["']""")


def read_xlsx(content: bytes, package: zipfile.ZipFile, names: Mapping[str, str], limits: Limits) -> OpenedFile:
    """The sheets of an xlsx file; `names` gives the real name of a part by its plain one.

    Raises:
        FileRefusedError: no reader can make sense of it, or it spreads beyond `limits`.
        KeyError, zipfile.BadZipFile, OSError: a part is missing or damaged.
    """
    try:
        return _Package(package, names, limits).decoded(content)
    except FileRefusedError as refusal:
        if refusal.finding.rule_id != "file.unreadable":
            raise
        return _read_mended(package, names, limits, refusal)


def _read_mended(
    package: zipfile.ZipFile, names: Mapping[str, str], limits: Limits, refusal: FileRefusedError
) -> OpenedFile:
    """Once more, with what calamine cannot read written so that it can; then with the slow reader."""
    mended = _mended(package, names, limits)
    with zipfile.ZipFile(io.BytesIO(mended)) as again:
        plain = _Package(again, {name: name for name in again.namelist()}, limits)
        try:
            return plain.decoded(mended)
        except FileRefusedError as refused_again:
            if refused_again.finding.rule_id != "file.unreadable":
                raise
        return read_with_openpyxl(mended, plain.extras(), refusal)


class _Package:
    """An xlsx package and what is looked up in it before and beside decoding."""

    def __init__(self, package: zipfile.ZipFile, names: Mapping[str, str], limits: Limits) -> None:
        self.parts, self.names, self.limits = Parts(package), names, limits
        self.workbook = self.parts.read(names["xl/workbook.xml"])

    def decoded(self, content: bytes) -> OpenedFile:
        """What calamine makes of the package, guarded."""
        self._refuse_crowds()
        self._refuse_odd_heads()
        extras = self.extras()
        opened = self._decoded_fast(extras) or self._decoded_as_sent(content, extras)
        self._refuse_hollow(frozenset(opened.empty_sheets))
        return opened

    def _decoded_fast(self, extras: Extras) -> OpenedFile | None:
        """From the parts already unpacked; None where that gives nothing, for whatever reason, or does not pay."""
        if not self.parts.is_small:
            return None
        try:
            return self._decoded_as_sent(easy_package(self.parts, self.names, _SHEET_PART, self.limits), extras)
        except (FileRefusedError, *DAMAGE):
            return None

    def _decoded_as_sent(self, content: bytes, extras: Extras) -> OpenedFile:
        is_1904 = _DATE_1904.search(self.workbook) is not None
        return decode_workbook(content, lambda at, _name: extras.get(at, NOTHING_MORE), is_1904, self.limits)

    def extras(self) -> Extras:
        """What is to be told beside the cells, sheet by sheet."""
        parts = [name for plain, name in self.names.items() if _SHEET_PART.match(plain)]
        telling = frozenset(part for part in parts if measure_sheet(self.parts, part, self.limits).has_more_to_tell)
        if not telling:
            return {}
        found = {
            position: find_extras(self.parts, part, self.limits, self._filters_a_table)
            for position, part in self._sheet_parts.items()
            if part in telling
        }
        if telling - set(self._sheet_parts.values()):
            reason = "工作表之间的关系不完整"  # which sheet its errors or lost values stand in cannot be told
            raise FileRefusedError(file_finding("file.unreadable", found=reason, reason=reason))
        return found

    def _refuse_odd_heads(self) -> None:
        """UTF-16 is for `_mended`; of both it and entities, calamine makes blanks without a word."""
        for plain, name in self.names.items():
            if _SHEET_PART.match(plain) or plain.lower() == "xl/sharedstrings.xml":
                with self.parts.open(name) as stream:
                    head = stream.read(_HEAD)
                if head.startswith(_UTF_16):
                    raise FileRefusedError(file_finding("file.unreadable", found="UTF-16", reason="文字编码不常见"))
                if b"<!DOCTYPE" in head:
                    self._check(name)

    def _refuse_hollow(self, empty: frozenset[str]) -> None:
        """Of a part that nests without end or breaks off, calamine makes an empty sheet, without a word."""
        for position, tag in enumerate(_SHEET_TAG.findall(self.workbook) if empty else ()):
            if unescape(attribute(tag, "name")) in empty and self._sheet_parts[position]:
                self._check(self._sheet_parts[position])

    def _check(self, part: str) -> None:
        with self.parts.open(part) as stream:
            check_xml(stream, self.limits)

    def _refuse_crowds(self) -> None:
        refuse_many_sheets(len(_SHEET_TAG.findall(self.workbook)), self.limits)
        part = self.names.get("xl/styles.xml")
        if part is None or self.parts.size(part) < _FEW_STYLES:
            return
        count = 0
        with self.parts.open(part) as stream:
            while piece := stream.read(_FEW_STYLES):
                count += len(_FORMAT.findall(piece))
        if count > self.limits.styles:
            reason = f"{count} 种单元格格式"
            limit = f"{self.limits.styles} 种单元格格式"
            raise FileRefusedError(file_finding("file.too_large", found=reason, reason=reason, limit=limit))

    @cached_property
    def _sheet_parts(self) -> dict[int, str]:
        relations = self.names.get("xl/_rels/workbook.xml.rels")
        targets = relation_targets(self.parts.read(relations)) if relations else {}
        ids = [attribute(tag, r"\w+:id") for tag in _SHEET_TAG.findall(self.workbook)]
        return {at: self.names.get(part_name(targets.get(one, "")), "") for at, one in enumerate(ids)}

    @cached_property
    def _filters_a_table(self) -> bool:
        tables = (name for plain, name in self.names.items() if _TABLE_PART.match(plain))
        return any(b"filterColumn" in self.parts.read(name) for name in tables)


def _mended(package: zipfile.ZipFile, names: Mapping[str, str], limits: Limits) -> bytes:
    """The package with UTF-16 parts in UTF-8 and error values newer than calamine replaced (they are marked all the same).

    Every part that is XML is looked through on the way: what follows may be a parser that does not look out for itself.
    """
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for plain, name in names.items():
            part = package.read(name)
            if plain.lower().endswith((".xml", ".rels", ".vml")):
                part = _as_utf_8(part)
                if not part.lstrip(b" \t\r\n\xef\xbb\xbf").startswith(b"<"):
                    continue  # no XML at all, whatever its name: nothing of a workbook
                check_xml(io.BytesIO(part), limits)
            target.writestr(plain, _NEW_ERROR.sub(rb"\1#N/A\2", part) if _SHEET_PART.match(plain) else part)
    return written.getvalue()


def _as_utf_8(part: bytes) -> bytes:
    """The part in UTF-8, without a document type: whatever it declares is dropped, and nothing it points at is followed."""
    split = _SWITCHING.match(part)
    if split:  # the declaration in plain letters, the rest in the encoding it names
        return _DOCTYPE.sub("", part[split.end() :].decode("utf-16-be"), count=1).lstrip(" ?>\n\r").encode()
    if not part.startswith(_UTF_16):
        return part
    is_marked = part.startswith(_UTF_16[:2])
    text = part.decode("utf-16" if is_marked else "utf-16-le" if part.startswith(b"<") else "utf-16-be")
    return _ENCODING.sub(r"\1", text, count=1).encode()
