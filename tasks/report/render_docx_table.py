"""Render the report as docx, its tables: written as XML rows at once, since python-docx looks each cell up anew (quadratic)."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.table import CT_Row, CT_Tbl
from docx.oxml.xmlchemy import BaseOxmlElement

from tasks.report.model import Cell, Highlight, Highlights, Row, Table
from tasks.report.model_grid import Placed, placed_cells
from tasks.report.render_style import ACCENT, BAND_FILL, HEAD_FILL, TONES, without_controls

Element = BaseOxmlElement
TWIPS_PER_CM = 567
_TILES_A_ROW = 3
_SHORT = 10
_MANY_COLUMNS = 8
_BORDER = {"w:val": "single", "w:sz": "4", "w:space": "0", "w:color": "B8C2CE"}


def table_element(table: Table, width_cm: float, style_id: str) -> CT_Tbl:
    """A table as an XML element, with header rows that repeat and cells that span; `style_id` is the paragraph style of cells."""
    widths = _widths(table.widths, width_cm)
    made = _frame(widths)
    for row in _rows(table.header, widths, style_id, is_head=True):
        made.append(row)
    for row in _rows(table.body, widths, style_id, is_head=False):
        made.append(row)
    is_short = len(table.body) <= _SHORT
    _keep_with_next(made.tr_lst[: -1 if is_short else len(table.header) + 1])
    return made


def _keep_with_next(rows: list[CT_Row]) -> None:
    """Keep rows on the page of the row below: a short table stays whole, a long one never begins with its header alone."""
    for row in rows:
        for properties in row.iter(qn("w:pPr")):
            properties.insert(1, _new("w:keepNext"))


def highlights_element(highlights: Highlights, width_cm: float, style_id: str) -> CT_Tbl:
    """The key numbers as a table of three tiles a row."""
    widths = _widths((1.0,) * _TILES_A_ROW, width_cm)
    made = _frame(widths)
    for first in range(0, len(highlights.items), _TILES_A_ROW):
        row = _new("w:tr", _new("w:trPr", _new("w:cantSplit")))
        items = highlights.items[first : first + _TILES_A_ROW]
        for item, width in zip_longest(items, widths):
            row.append(_tile(item, width, style_id))
        made.append(row)
    return made


def _tile(item: Highlight | None, width: int, style_id: str) -> Element:
    """Title, number and remark below one another; sizes are half points, a long number is set smaller."""
    cell = _new("w:tc", _new("w:tcPr", _width(width), _fill(BAND_FILL)))
    if item is None:
        cell.append(_paragraph("", style_id, "left", colour=ACCENT, is_bold=False))
        return cell
    size = "32" if len(item.printed) <= 9 else "22"
    cell.append(_paragraph(item.title, style_id, "left", colour=TONES["muted"], is_bold=False))
    cell.append(_paragraph(f"{item.printed} {item.unit}", style_id, "left", colour=ACCENT, is_bold=True, size=size))
    cell.append(_paragraph(item.remark, style_id, "left", colour=TONES["muted"], is_bold=False, size="16"))
    return cell


def _widths(shares: tuple[float, ...], width_cm: float) -> list[int]:
    unit = width_cm * TWIPS_PER_CM / sum(shares)
    return [round(share * unit) for share in shares]


def _frame(widths: list[int]) -> CT_Tbl:
    """A table without rows; one of many columns is set closer."""
    padding = {"top": "60", "bottom": "60", "left": "60", "right": "60"}
    if len(widths) >= _MANY_COLUMNS:
        padding |= {"top": "20", "bottom": "20"}
    borders = _new(
        "w:tblBorders",
        *(_new(f"w:{side}", **_BORDER) for side in ("top", "left", "bottom", "right", "insideH", "insideV")),
    )
    margins = _new(
        "w:tblCellMar",
        *(_new(f"w:{side}", **{"w:w": padding[side], "w:type": "dxa"}) for side in ("top", "left", "bottom", "right")),
    )
    properties = _new(
        "w:tblPr",
        _new("w:tblW", **{"w:w": str(sum(widths)), "w:type": "dxa"}),
        _new("w:jc", **{"w:val": "center"}),
        borders,
        _new("w:tblLayout", **{"w:type": "fixed"}),
        margins,
    )
    grid = _new("w:tblGrid", *(_new("w:gridCol", **{"w:w": str(width)}) for width in widths))
    return _new("w:tbl", properties, grid)


def _rows(rows: tuple[Row, ...], widths: list[int], style_id: str, is_head: bool) -> Iterator[Element]:
    begun: dict[tuple[int, int], Placed] = {}
    for placed in placed_cells(rows):
        begun.update({(placed.row + down, placed.column): placed for down in range(placed.cell.row_span)})
    for position in range(len(rows)):
        marks = [_new("w:cantSplit")] + ([_new("w:tblHeader")] if is_head else [])
        row = _new("w:tr", _new("w:trPr", *marks))
        column = 0
        while column < len(widths):
            placed = begun[position, column]
            span = placed.cell.column_span
            row.append(_cell(placed, position, sum(widths[column : column + span]), style_id, is_head))
            column += span
        yield row


def _cell(placed: Placed, row: int, width: int, style_id: str, is_head: bool) -> Element:
    cell = placed.cell
    properties = _new("w:tcPr", _width(width))
    if cell.column_span > 1:
        properties.append(_new("w:gridSpan", **{"w:val": str(cell.column_span)}))
    if cell.row_span > 1:
        properties.append(_new("w:vMerge", **({"w:val": "restart"} if row == placed.row else {})))
    if is_head or cell.is_bold:
        properties.append(_fill(HEAD_FILL if is_head else BAND_FILL))
    properties.append(_new("w:vAlign", **{"w:val": "center"}))
    return _new("w:tc", properties, _words(cell, row == placed.row, style_id, is_head))


def _words(cell: Cell, is_first: bool, style_id: str, is_head: bool) -> Element:
    text = cell.text if is_first else ""
    align = "center" if is_head else cell.align
    return _paragraph(
        text, style_id, align, colour=TONES["plain" if is_head else cell.tone], is_bold=is_head or cell.is_bold
    )


def _paragraph(text: str, style_id: str, align: str, *, colour: str, is_bold: bool, size: str | None = None) -> Element:
    looks = [_new("w:b")] if is_bold else []
    looks.append(_new("w:color", **{"w:val": colour}))
    if size:
        looks.append(_new("w:sz", **{"w:val": size}))
    words = _new("w:t", **{"xml:space": "preserve"})
    words.text = without_controls(text)
    properties = _new("w:pPr", _new("w:pStyle", **{"w:val": style_id}), _new("w:jc", **{"w:val": align}))
    return _new("w:p", properties, _new("w:r", _new("w:rPr", *looks), words))


def _fill(colour: str) -> Element:
    return _new("w:shd", **{"w:val": "clear", "w:color": "auto", "w:fill": colour})


def _width(twips: int) -> Element:
    return _new("w:tcW", **{"w:w": str(twips), "w:type": "dxa"})


def _new(tag: str, *children: Element, **attributes: str) -> CT_Tbl:
    made = OxmlElement(tag)
    for name, value in attributes.items():
        made.set(qn(name), value)
    made.extend(children)
    return made
