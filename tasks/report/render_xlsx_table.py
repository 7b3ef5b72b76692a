"""Render the report as xlsx, its tables: numbers stay numbers, rates and totals stay formulas, words stay words."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_rowcol_to_cell
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from tasks.report.model import Cell, Ratio, Table, Total
from tasks.report.model_grid import Placed, placed_cells
from tasks.report.render_style import ACCENT, BAND_FILL, HEAD_FILL, TONES

_POINTS_PER_LINE = 14.5
_FONT = {"font_name": "宋体", "font_size": 10.5}
_BOX: dict[str, object] = {"border": 1, "border_color": "#B8C2CE", "valign": "vcenter", "text_wrap": True}


@dataclass
class Formats:
    """The cell formats of a workbook, each made once."""

    book: Workbook
    _made: dict[tuple[str, ...], Format] = field(default_factory=dict)

    def __post_init__(self) -> None:
        add = self.book.add_format
        self.title = add(_FONT | {"bold": True, "font_size": 13, "font_color": f"#{ACCENT}"})
        self.note = add(_FONT | {"font_size": 9, "font_color": f"#{TONES['muted']}"})
        self.link = add(_FONT | {"font_color": f"#{ACCENT}", "underline": 1})
        self.head = add(_FONT | _BOX | {"bold": True, "align": "center", "bg_color": f"#{HEAD_FILL}"})
        self.text = add(_FONT | _BOX)
        self.number = add(_FONT | _BOX | {"num_format": "#,##0.##", "align": "right"})

    def of(self, cell: Cell) -> Format:
        """The format of a body cell."""
        number_format = cell.number_format if cell.number is not None else "@"
        key = (cell.align, cell.tone, str(cell.is_bold), number_format)
        if key not in self._made:
            look = {"align": cell.align, "font_color": f"#{TONES[cell.tone]}", "num_format": number_format}
            bold = {"bold": True, "bg_color": f"#{BAND_FILL}"} if cell.is_bold else {}
            self._made[key] = self.book.add_format(_FONT | _BOX | look | bold)
        return self._made[key]


def fill_table(sheet: Worksheet, table: Table, first_row: int, formats: Formats) -> int:
    """Write header and body from `first_row` (0-based) on; gives the first row of the body."""
    widths = [min(60.0, max(8.0, width * 2.1)) for width in table.widths]
    for placed in placed_cells(table.body):
        # A number too wide for its column prints as ####; only text wraps.
        if placed.cell.number is not None and placed.cell.column_span == 1:
            widths[placed.column] = max(widths[placed.column], _width(placed.cell.text) + 1.5)
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)
    for placed in placed_cells(table.header):
        _put(sheet, placed, first_row, first_row, formats.head)
    first_body_row = first_row + len(table.header)
    for placed in placed_cells(table.body):
        _put(sheet, placed, first_body_row, first_body_row, formats.of(placed.cell))
    for row, lines in enumerate(_lines_by_row(table, widths), first_body_row):
        sheet.set_row(row, 4 + _POINTS_PER_LINE * lines)
    return first_body_row


def _lines_by_row(table: Table, widths: list[float]) -> list[int]:
    """How many lines each body row needs: no program works that out for wrapped text beside merged cells."""
    lines = [1] * len(table.body)
    for placed in placed_cells(table.body):
        if placed.cell.row_span == 1:
            room = sum(widths[placed.column : placed.column + placed.cell.column_span]) - 1
            needed = sum(max(1, math.ceil(_width(part) / room)) for part in placed.cell.text.split("\n"))
            lines[placed.row] = max(lines[placed.row], min(needed, 25))
    return lines


def _width(text: str) -> float:
    """In Excel's unit, a digit: a Chinese character takes two."""
    return sum(2.05 if ord(each) > 0x2E7F else 1.1 for each in text)


def _put(sheet: Worksheet, placed: Placed, first_row: int, first_body_row: int, look: Format) -> None:
    cell, row, column = placed.cell, placed.row + first_row, placed.column
    if cell.row_span > 1 or cell.column_span > 1:
        sheet.merge_range(row, column, row + cell.row_span - 1, column + cell.column_span - 1, "", look)
    if cell.number is None:
        sheet.write_string(row, column, cell.text, look)
    elif cell.formula is None:
        sheet.write_number(row, column, float(cell.number), look)
    else:
        sheet.write_formula(row, column, _formula(cell.formula, row, column, first_body_row), look, float(cell.number))


def _formula(formula: Ratio | Total, row: int, column: int, first_body_row: int) -> str:
    if isinstance(formula, Ratio):
        over, under = (xl_rowcol_to_cell(row, each) for each in (formula.numerator, formula.denominator))
        return f'=IF(N({under})=0,"",{over}/{under})'
    return f"=SUM({','.join(xl_rowcol_to_cell(first_body_row + each, column) for each in formula.rows)})"
