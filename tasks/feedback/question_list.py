"""Feedback: the part 请说明 of the sheet 问题清单: what only the partner can explain, a cell to do so, and reading it back."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias, cast

from openpyxl.cell.cell import Cell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from tasks.feedback.list_style import BOX, FADED, FONT, INK, LEFT, MIDDLE, set_text
from tasks.intake.grid import Cell as GridCell
from tasks.intake.grid import FileRefusedError, Limits
from tasks.intake.read import read_grids

AskedQuestion: TypeAlias = tuple[int, str]
"""The number of a question and its Chinese text."""

LIST_SHEET = "问题清单"
_NUMBER, _QUESTION, _ANSWER = "编号", "请说明的事项", "您的说明（请在此填写）"
_HEADERS = {_NUMBER: (1, 1), _QUESTION: (2, 6), _ANSWER: (7, 9)}
"""Header → first and last column of the sheet it spans."""

_QUESTION_CHARACTERS = 70
_HOW = (
    "请说明：下面的数字不常见，请在“您的说明”一栏写明原因，把本文件发回即可（同时改正数据也可以）。"
    "如果是填写有误，请写“填写有误”并改正数据。请不要改动“编号”。"
)
_LONGEST_ANSWER = 2000


def write_questions(sheet: Worksheet, top: int, questions: Sequence[AskedQuestion]) -> None:
    """Write the part from row `top` on: what to do, a header, and a row for each question with an empty cell to answer in."""
    _write(sheet, top, (1, 9), _HOW, bold=True, fill="F3F4F6")
    sheet.row_dimensions[top].height = 36
    for header, span in _HEADERS.items():
        _write(sheet, top + 1, span, header, bold=True, colour="FFFFFF", fill="374151", alignment=MIDDLE)
    sheet.row_dimensions[top + 1].height = 24
    for row, (number, text) in enumerate(questions, start=top + 2):
        _write(sheet, row, _HEADERS[_NUMBER], str(number), colour=FADED, alignment=MIDDLE)
        _write(sheet, row, _HEADERS[_QUESTION], text)
        _write(sheet, row, _HEADERS[_ANSWER], "", fill="FFFBEB")
        sheet.row_dimensions[row].height = min(200.0, max(36.0, 15.0 * (2 * len(text) // _QUESTION_CHARACTERS + 1) + 6))


def _write(
    sheet: Worksheet, row: int, span: tuple[int, int], text: str, *, bold: bool = False, colour: str = INK,
    fill: str | None = None, alignment: Alignment = LEFT,
) -> None:  # fmt: skip
    first, last = span
    for column in range(first, last + 1):
        sheet.cell(row, column).border = BOX
    if last > first:
        sheet.merge_cells(start_row=row, start_column=first, end_row=row, end_column=last)
    cell = cast(Cell, sheet.cell(row, first))
    cell.number_format = "@"  # whatever is typed over it stays a text
    if text:
        set_text(cell, text)
    cell.font = Font(FONT, 10, bold=bold, color=colour)
    cell.alignment = alignment
    if fill:
        cell.fill = PatternFill("solid", fgColor=fill)


def read_answers(source: Path | bytes) -> dict[int, str]:
    """What a partner wrote beside the questions of a marked workbook it sent back, by number; blank ones are left out.

    A file that is no such workbook, or cannot be opened, holds none. To be asked only of files that were read before.

    Raises:
        OSError: the file cannot be read from its disk.
    """
    content = source if isinstance(source, bytes) else source.read_bytes()
    if not _may_hold_list(content):
        return {}
    try:
        grids = read_grids(content, "", Limits()).grids
    except FileRefusedError:
        return {}
    return {number: text for grid in grids if grid.sheet == LIST_SHEET for number, text in _answers(grid.rows)}


def _may_hold_list(content: bytes) -> bool:
    """Whether a sheet of that name may be there, from the list of sheets alone: most files are spared a second reading."""
    if not content.startswith(b"PK"):
        return LIST_SHEET.encode("utf-16-le") in content
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package, package.open("xl/workbook.xml") as sheets:
            return LIST_SHEET.encode() in sheets.read(2**20)
    except KeyError:
        return True  # another format in a package
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError):
        return False  # damaged or locked


def _answers(rows: Sequence[Sequence[GridCell]]) -> Iterator[tuple[int, str]]:
    """Below the header of the part, wherever it moved to."""
    column = None
    for row in rows:
        texts = [_text(value) for value in row]
        if texts and texts[0] == _NUMBER and _ANSWER in texts:
            column = texts.index(_ANSWER)
        elif column is not None and texts[0].isdecimal() and texts[column]:
            yield int(texts[0]), texts[column][:_LONGEST_ANSWER]


def _text(value: GridCell) -> str:
    return str(int(value) if isinstance(value, float) and value.is_integer() else value).strip()
