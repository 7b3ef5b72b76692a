"""Composed ledgers as files: workbooks with merges and 1904 days, text files of several encodings and delimiters."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from random import Random

import openpyxl
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from tests.tasks.dirt_cells import Dirty, Written

ENCODINGS = ("utf-8", "utf-8-sig", "gb18030", "utf-16")


@dataclass
class DirtySheet:
    """Cells, merges (top, left, bottom, right, from 1), and the truth of the rows that are records."""

    grid: list[list[Written]] = field(default_factory=list)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    rows: dict[int, dict[str, Dirty]] = field(default_factory=dict)


def write_book(chance: Random, sheet: DirtySheet, path: Path, title: str, is_1904: bool) -> None:
    """The sheet as a workbook, texts as texts whatever they look like."""
    book = openpyxl.Workbook()
    if is_1904:
        book.epoch = CALENDAR_MAC_1904
    page = book.active
    assert page is not None
    page.title = title
    if chance.random() < 0.3:
        book.create_sheet("填表说明", 0).append(["一、本表由各部门填写，每行一条记录"])
    for number, row in enumerate(sheet.grid, 1):
        for at, cell in enumerate(row, 1):
            if cell != "":
                page.cell(number, at).value = cell
                if isinstance(cell, str):
                    page.cell(number, at).data_type = "s"
    for top, left, bottom, right in sheet.merges:
        page.merge_cells(f"{get_column_letter(left)}{top}:{get_column_letter(right)}{bottom}")
    book.save(path)


def csv_bytes(chance: Random, sheet: DirtySheet) -> bytes:
    """The sheet as a text file of a random encoding and delimiter."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=chance.choice((",", "\t", ";")), lineterminator=chance.choice(("\n", "\r\n")))
    writer.writerows([[_in_text(cell) for cell in row] for row in sheet.grid])
    encoding = chance.choice(ENCODINGS)
    shown = text.getvalue()
    return shown.encode(encoding)


def _in_text(cell: Written) -> str:
    if isinstance(cell, datetime):
        return cell.strftime("%Y/%m/%d %H:%M")
    if isinstance(cell, date):
        return cell.isoformat()
    return f"{cell:.15g}" if isinstance(cell, float) else cell


def merge_down(sheet: DirtySheet, row: int, column: int) -> None:
    """Merges a cell with the one above it, or with the merged cells above it."""
    for box in sheet.merges:
        if box[1] == box[3] == column and box[2] == row - 1 and box[0] in sheet.rows:
            sheet.merges.remove(box)
            sheet.merges.append((box[0], column, row, column))
            return
    sheet.merges.append((row - 1, column, row, column))
