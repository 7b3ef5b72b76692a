"""Intake, reading: OpenDocument tables (ods, and fods in one XML), whose repeats may stand for a whole sheet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import IO

from tasks.intake.grid import Cell, Grid, Limits, OpenedFile
from tasks.intake.read_sheets import GridBuilder, opened_file, refuse_many_sheets
from tasks.intake.read_xml import parse_xml

_SPACES = {
    "urn:oasis:names:tc:opendocument:xmlns:office:1.0": "office",
    "urn:oasis:names:tc:opendocument:xmlns:table:1.0": "table",
    "urn:oasis:names:tc:opendocument:xmlns:text:1.0": "text",
    "urn:oasis:names:tc:opendocument:xmlns:style:1.0": "style",
    "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0": "calcext",
}
_DURATION = re.compile(r"(-)?P(?:(\d+)D)?T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,](\d+))?S)?")
_ERROR_TEXT = re.compile(r"Err:\d{3}|#[A-Z][A-Z/0!?]*[!?]?")
_CELLS = ("table:table-cell", "table:covered-table-cell")
_BREAKS = {"text:tab": "\t", "text:line-break": "\n"}
_NUMBERS = ("float", "percentage", "currency")


def read_ods(stream: IO[bytes], limits: Limits) -> OpenedFile:
    """The sheets of a content.xml or of a flat document.

    Raises:
        FileRefusedError: no sound XML, or repeats beyond `limits`.
    """
    listener = _Document(limits)
    parse_xml(stream, listener, limits)
    return opened_file(listener.sheets)


@dataclass(slots=True)
class _Cell:
    attributes: Mapping[str, str]
    texts: list[str] = field(default_factory=list)
    is_covered: bool = False

    @property
    def text(self) -> str:
        return "".join(self.texts)


@dataclass(slots=True)
class _Document:
    """Hears a document and builds its sheets."""

    limits: Limits
    sheets: list[tuple[str, Grid | None]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    hidden_styles: set[str] = field(default_factory=set)
    style: str = ""
    is_1904: bool = False
    builder: GridBuilder | None = None
    of_table: Mapping[str, str] = field(default_factory=dict)
    tables: int = 0
    row: int = 0
    column: int = 0
    row_times: int = 1
    cell: _Cell | None = None
    foreign: int = 0
    paragraphs: int = 0
    text_depth: int = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        name = self._plain(tag)
        if self.foreign or (self.cell is not None and not name.startswith("text:")):
            self.foreign += 1
        elif self.cell is not None:
            self._start_text(name, attributes)
        elif name in _STARTS:
            _STARTS[name](self, {self._plain(key): value for key, value in attributes.items()})

    def end(self, tag: str) -> None:
        """An element ends."""
        name = self._plain(tag)
        if self.foreign:
            self.foreign -= 1
        elif self.cell is not None and name in _CELLS:
            self._end_cell(self.cell)
        elif self.cell is not None:
            self.text_depth -= 1
        elif name == "table:table-row" and self.builder is not None:
            self.builder.repeat_row(self.row, self.row_times)
            self.row += self.row_times - 1
        elif name == "table:table":
            self._end_table()

    def data(self, text: str) -> None:
        """Text within an element, perhaps a part of it only."""
        if self.cell is not None and self.text_depth and not self.foreign:
            self.cell.texts.append(text)

    def start_style(self, attributes: Mapping[str, str]) -> None:
        self.style = attributes.get("style:name", "")

    def start_table_properties(self, attributes: Mapping[str, str]) -> None:
        if attributes.get("table:display") == "false":
            self.hidden_styles.add(self.style)

    def start_null_date(self, attributes: Mapping[str, str]) -> None:
        self.is_1904 = attributes.get("table:date-value", "").startswith("1904")

    def start_table(self, attributes: Mapping[str, str]) -> None:
        self.tables += 1
        if self.tables > 1:  # a table within a table is no sheet
            return
        refuse_many_sheets(len(self.sheets) + 1, self.limits)
        self.builder, self.of_table = GridBuilder(self.limits), attributes
        self.row = self.column = 0

    def start_column(self, attributes: Mapping[str, str]) -> None:
        first, times = self.column + 1, _times(attributes, "table:number-columns-repeated")
        self.column += times
        if self.builder is not None and attributes.get("table:visibility") in ("collapse", "filter"):
            self.builder.hidden_columns.append((first, self.column))

    def start_row(self, attributes: Mapping[str, str]) -> None:
        self.row, self.column = self.row + 1, 0
        self.row_times = _times(attributes, "table:number-rows-repeated")
        visibility = attributes.get("table:visibility")
        if self.builder is not None and visibility in ("collapse", "filter"):
            self.builder.hidden_rows.append((self.row, self.row + self.row_times - 1))
            self.builder.is_filtered = self.builder.is_filtered or visibility == "filter"

    def start_cell(self, attributes: Mapping[str, str]) -> None:
        if self.builder is not None and self.tables == 1 and self.row:
            self.cell, self.paragraphs, self.text_depth = _Cell(attributes), 0, 0

    def start_covered_cell(self, attributes: Mapping[str, str]) -> None:
        self.start_cell(attributes)
        if self.cell is not None:
            self.cell.is_covered = True

    def _start_text(self, name: str, attributes: Mapping[str, str]) -> None:
        if self.cell is None:
            return
        if name == "text:p":
            self.paragraphs += 1
            self.cell.texts.append("\n" if self.paragraphs > 1 else "")
        elif name == "text:s":
            times = _times({self._plain(key): value for key, value in attributes.items()}, "text:c")
            self.cell.texts.append(" " * min(times, 1000))
        self.cell.texts.append(_BREAKS.get(name, ""))
        self.text_depth += 1

    def _end_cell(self, cell: _Cell) -> None:
        first, times = self.column + 1, _times(cell.attributes, "table:number-columns-repeated")
        self.column += times
        self.cell = None
        value, problem = ("", None) if cell.is_covered else _value(cell)
        if self.builder is None:
            return
        if value != "" or problem:
            self.builder.put(self.row, first, value, problem)
            self.builder.repeat_cell(self.row, first, times)
        columns = _times(cell.attributes, "table:number-columns-spanned")
        rows = _times(cell.attributes, "table:number-rows-spanned")
        if columns * rows > 1:
            self.builder.merges.append((self.row, first, self.row + rows - 1, first + columns - 1))

    def _end_table(self) -> None:
        self.tables -= 1
        if self.tables or self.builder is None:
            return
        is_hidden = self.of_table.get("table:style-name") in self.hidden_styles
        name = self.of_table.get("table:name", "")
        self.sheets.append((name, self.builder.grid(name, self.is_1904, is_hidden)))
        self.builder = None

    def _plain(self, tag: str) -> str:
        known = self.names.get(tag)
        if known is None:
            space, _, name = tag.removeprefix("{").rpartition("}")
            known = f"{_SPACES[space]}:{name}" if space in _SPACES else tag
            self.names[tag] = known
        return known


_STARTS = {
    "style:style": _Document.start_style,
    "style:table-properties": _Document.start_table_properties,
    "table:null-date": _Document.start_null_date,
    "table:table": _Document.start_table,
    "table:table-column": _Document.start_column,
    "table:table-row": _Document.start_row,
    "table:table-cell": _Document.start_cell,
    "table:covered-table-cell": _Document.start_covered_cell,
}


def _times(attributes: Mapping[str, str], name: str) -> int:
    text = attributes.get(name, "1")
    return max(1, int(text)) if text.isdecimal() and len(text) < 10 else 1


def _value(cell: _Cell) -> tuple[Cell, str | None]:
    """What a cell holds, and why it only seems blank."""
    attributes, text = cell.attributes, cell.text
    kind = attributes.get("office:value-type", "")
    has_formula = "table:formula" in attributes
    if attributes.get("calcext:value-type") == "error" or (has_formula and _ERROR_TEXT.fullmatch(text)):
        return "", "error_cell"
    if has_formula and not kind and not text:
        return "", "formula_without_value"
    return _typed(kind, attributes, text), None


def _typed(kind: str, attributes: Mapping[str, str], text: str) -> Cell:
    try:
        if kind in _NUMBERS:
            return float(attributes["office:value"])
        if kind == "date":
            return _moment(attributes["office:date-value"])
        if kind == "time":
            return _duration(attributes["office:time-value"])
    except (KeyError, ValueError, OverflowError):
        return text  # what is shown, when what is stored makes no sense
    if kind == "boolean":
        return attributes.get("office:boolean-value") == "true"
    return attributes.get("office:string-value", text)


def _moment(text: str) -> Cell:
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def _duration(text: str) -> Cell:
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(text)
    days, hours, minutes, seconds = (int(part or 0) for part in match.group(2, 3, 4, 5))
    microseconds = int((match.group(6) or "0")[:6].ljust(6, "0"))
    span = timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds, microseconds=microseconds)
    if match.group(1):
        return -span
    # A cell's time of day knows no zone.
    return (datetime(1900, 1, 1) + span).time() if span < timedelta(days=1) else span  # noqa: DTZ001
