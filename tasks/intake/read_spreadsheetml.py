"""Intake, reading: “XML 表格 2003” (SpreadsheetML), which office systems write and name .xls."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time

from tasks.intake.grid import Cell, FileRefusedError, Grid, Limits, OpenedFile
from tasks.intake.read_findings import file_finding
from tasks.intake.read_sheets import GridBuilder, opened_file, refuse_many_sheets
from tasks.intake.read_xml import parse_xml

_SPACES = {
    "urn:schemas-microsoft-com:office:spreadsheet": "",
    "urn:schemas-microsoft-com:office:excel": "x:",
}
_TIME_ALONE = datetime(1899, 12, 31)  # noqa: DTZ001 - cells know no time zone
_FAR = 10**8
"""Beyond any sheet: an index that is no number of a row or column counts as this far, and is refused."""


def read_spreadsheetml(content: bytes, limits: Limits) -> OpenedFile:
    """The sheets of a workbook in one XML document.

    Raises:
        FileRefusedError: no sound XML, another kind of XML, or cells beyond `limits`.
    """
    listener = _Document(limits)
    parse_xml(io.BytesIO(content), listener, limits)
    if not listener.is_workbook:
        raise FileRefusedError(file_finding("file.not_a_workbook", found="XML 文件", kind="XML 文件"))
    return opened_file(listener.sheets)


@dataclass(slots=True)
class _Document:
    """Hears a document and builds its sheets."""

    limits: Limits
    sheets: list[tuple[str, Grid | None]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    is_workbook: bool = False
    is_1904: bool = False
    is_hidden: bool = False
    sheet: str = ""
    builder: GridBuilder | None = None
    row: int = 0
    column: int = 0
    next_row: int = 1
    next_column: int = 1
    cell: Mapping[str, str] | None = None
    kind: str | None = None
    texts: list[str] = field(default_factory=list)
    option: str = ""

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        name = self._plain(tag)
        self.option = name
        if name in _STARTS:
            _STARTS[name](self, {self._plain(key): value for key, value in attributes.items()})

    def end(self, tag: str) -> None:
        """An element ends."""
        name = self._plain(tag)
        self.option = ""
        if name == "Data":
            self._end_data()
        elif name == "Cell":
            self._end_cell()
        elif name == "Worksheet" and self.builder is not None:
            self.sheets.append((self.sheet, self.builder.grid(self.sheet, self.is_1904, self.is_hidden)))
            self.builder = None

    def data(self, text: str) -> None:
        """Text within an element, perhaps a part of it only."""
        if self.kind is not None:
            self.texts.append(text)
        elif self.option == "x:Visible":
            self.is_hidden = text.strip() in ("SheetHidden", "SheetVeryHidden")

    def start_workbook(self, _attributes: Mapping[str, str]) -> None:
        self.is_workbook = True

    def start_1904(self, _attributes: Mapping[str, str]) -> None:
        self.is_1904 = True

    def start_filter(self, _attributes: Mapping[str, str]) -> None:
        if self.builder is not None:
            self.builder.is_filtered = True

    def start_sheet(self, attributes: Mapping[str, str]) -> None:
        refuse_many_sheets(len(self.sheets) + 1, self.limits)
        self.sheet, self.builder, self.is_hidden = attributes.get("Name", ""), GridBuilder(self.limits), False

    def start_table(self, _attributes: Mapping[str, str]) -> None:
        self.next_row = self.next_column = 1

    def start_column(self, attributes: Mapping[str, str]) -> None:
        first = _number(attributes, "Index", self.next_column)
        last = first + _number(attributes, "Span", 0)
        self.next_column = last + 1
        if self.builder is not None and attributes.get("Hidden") == "1":
            self.builder.hidden_columns.append((first, last))

    def start_row(self, attributes: Mapping[str, str]) -> None:
        self.row = _number(attributes, "Index", self.next_row)
        last = self.row + _number(attributes, "Span", 0)
        self.next_row, self.next_column = last + 1, 1
        if self.builder is not None and attributes.get("Hidden") == "1":
            self.builder.hidden_rows.append((self.row, last))

    def start_cell(self, attributes: Mapping[str, str]) -> None:
        self.column = _number(attributes, "Index", self.next_column)
        self.cell = attributes
        across, down = _number(attributes, "MergeAcross", 0), _number(attributes, "MergeDown", 0)
        self.next_column = self.column + across + 1
        if self.builder is not None and (across or down):
            self.builder.merges.append((self.row, self.column, self.row + down, self.column + across))

    def start_data(self, attributes: Mapping[str, str]) -> None:
        if self.cell is not None:
            self.kind, self.texts = attributes.get("Type", "String"), []

    def _end_data(self) -> None:
        kind, text = self.kind, "".join(self.texts)
        self.kind = None
        if self.builder is None or kind is None:
            return
        if kind == "Error":
            self.builder.put(self.row, self.column, "", "error_cell")
        elif text:
            self.builder.put(self.row, self.column, _value(kind, text))
        self.cell = {}

    def _end_cell(self) -> None:
        if self.builder is not None and self.cell and "Formula" in self.cell:
            self.builder.put(self.row, self.column, "", "formula_without_value")
        self.cell = None

    def _plain(self, tag: str) -> str:
        known = self.names.get(tag)
        if known is None:
            space, _, name = tag.removeprefix("{").rpartition("}")
            known = _SPACES[space] + name if space in _SPACES else tag
            self.names[tag] = known
        return known


_STARTS = {
    "Workbook": _Document.start_workbook,
    "x:Date1904": _Document.start_1904,
    "x:FilterColumn": _Document.start_filter,
    "Worksheet": _Document.start_sheet,
    "Table": _Document.start_table,
    "Column": _Document.start_column,
    "Row": _Document.start_row,
    "Cell": _Document.start_cell,
    "Data": _Document.start_data,
}


def _number(attributes: Mapping[str, str], name: str, otherwise: int) -> int:
    text = attributes.get(name)
    if text is None:
        return otherwise
    return int(text) if text.isdecimal() and len(text) < 9 else _FAR


def _value(kind: str, text: str) -> Cell:
    try:
        if kind == "Number":
            return float(text)
        if kind == "DateTime":
            return _moment(datetime.fromisoformat(text))
    except ValueError:
        return text
    return text.strip() == "1" if kind == "Boolean" else text


def _moment(moment: datetime) -> datetime | time:
    return moment.time() if moment.date() == _TIME_ALONE.date() else moment
