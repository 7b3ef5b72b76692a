"""Intake, reading: web pages that office systems export and name .xls: laid out in one sheet, as Excel would open them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from tasks.intake.grid import Cell, FileRefusedError, Limits, OpenedFile
from tasks.intake.read_findings import file_finding
from tasks.intake.read_sheets import GridBuilder

_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([\w-]+)""", re.IGNORECASE)
_CHINESE = frozenset({"gb2312", "gbk", "gb_2312-80", "gb18030", "cp936", "x-gbk"})
_SILENT = frozenset({"script", "style", "title", "xml", "noscript", "template"})
_BLOCKS = frozenset({"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "caption", "center", "li", "tr", "table", "body"})
_NUMBER = re.compile(r"[-+]?[\d,]*\.?\d+")
_WIDEST, _TALLEST = 1000, 65534
"""The most columns and rows one cell may span, by the HTML standard."""


def read_html(content: bytes, limits: Limits) -> OpenedFile:
    """The tables of a page under one another in one sheet, with the text around them in rows of its own.

    Raises:
        FileRefusedError: no table of at least two columns, an unknown encoding, or spans beyond `limits`.
    """
    page = _Page(limits)
    page.feed(_decoded(content))
    page.close()
    page.end_block()
    grid = page.builder.grid(None)
    if grid is None or not page.has_table:
        raise FileRefusedError(file_finding("file.not_a_workbook", found="网页文件", kind="网页文件"))
    return OpenedFile((grid,))


def _decoded(content: bytes) -> str:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        declared = _CHARSET.search(content[:4096])
        name = declared.group(1).decode("ascii").lower() if declared else "utf-8"
        # What a page says of itself is often wrong: UTF-8 is tried first, for hardly anything else passes as such.
        encodings = ["utf-8-sig", "gb18030" if name in _CHINESE else name, "gb18030"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    reason = "网页的文字编码无法识别"
    raise FileRefusedError(file_finding("file.unreadable", found=reason, reason=reason))


@dataclass(slots=True)
class _Cell:
    row: int
    column: int
    number: str | None
    texts: list[str] = field(default_factory=list)


class _Page(HTMLParser):
    """Lays a page out. A table within a cell (pages are often laid out with tables) has rows of its own."""

    def __init__(self, limits: Limits) -> None:
        super().__init__(convert_charrefs=True)
        self.builder = GridBuilder(limits)
        self.limits = limits
        self.has_table = False
        self.row = 0
        self.depth = 0
        self.silent: str | None = None
        self.cell: _Cell | None = None
        self.block: list[str] = []
        self.taken: dict[int, int] = {}  # column → last row a cell from above reaches down to
        self.column = 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if self.silent is None and tag in _SILENT:
            self.silent = tag
        elif tag == "br":
            self._text("\n")
        elif tag == "table":
            self._end_any()
            self.depth, self.taken = self.depth + 1, {}
        elif tag == "tr" and self.depth:
            self._end_any()
            self.row, self.column = self.row + 1, 1
        elif tag in ("td", "th") and self.depth:
            self._start_cell({name: value or "" for name, value in attrs})
        elif tag in _BLOCKS:
            self.end_block()

    def handle_endtag(self, tag: str) -> None:
        if tag == self.silent:
            self.silent = None
        elif tag in ("td", "th", "tr"):
            self._end_cell()
        elif tag == "table" and self.depth:
            self._end_any()
            self.depth, self.taken = self.depth - 1, {}
            # What a cell spans below its table's last row takes no further rows.
        elif tag in _BLOCKS:
            self.end_block()

    def handle_data(self, data: str) -> None:
        if self.silent is None:
            self._text(re.sub(r"[ \t\r\n]+", " ", data))

    def end_block(self) -> None:
        """Text outside of tables ends: it is a row of its own."""
        if self.cell is not None:
            self._text("\n")
            return
        text = _plain("".join(self.block))
        self.block.clear()
        if text:
            self.row += 1
            self.builder.put(self.row, 1, text)

    def _text(self, text: str) -> None:
        (self.block if self.cell is None else self.cell.texts).append(text)

    def _start_cell(self, attributes: dict[str, str]) -> None:
        self._end_any()
        if not self.row:
            self.row = 1
        while self.taken.get(self.column, 0) >= self.row:
            self.column += 1
        first = self.column
        columns, rows = _span(attributes, "colspan", _WIDEST), _span(attributes, "rowspan", _TALLEST)
        self.column += columns
        self.taken.update(dict.fromkeys(range(first, self.column), self.row + rows - 1))
        if columns * rows > 1:
            self.builder.merges.append((self.row, first, self.row + rows - 1, self.column - 1))
        self.has_table = self.has_table or self.column > 2
        self.cell = _Cell(self.row, first, attributes.get("x:num"))

    def _end_any(self) -> None:
        self._end_cell()
        self.end_block()

    def _end_cell(self) -> None:
        cell, self.cell = self.cell, None
        text = _plain("".join(cell.texts)) if cell else ""
        if cell and text:
            self.builder.put(cell.row, cell.column, _value(text, cell.number))


def _plain(text: str) -> str:
    lines = (line.strip(" \xa0") for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def _value(text: str, number: str | None) -> Cell:
    """A number as Excel kept it beside what it shows, which may be rounded; else the text."""
    if not number or not _NUMBER.fullmatch(text):
        return text
    try:
        return float(number)
    except ValueError:
        return text


def _span(attributes: dict[str, str], name: str, most: int) -> int:
    text = attributes.get(name, "1").strip()
    return min(max(int(text), 1), most) if text.isdecimal() and len(text) < 10 else 1
