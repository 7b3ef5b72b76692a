"""Feedback: the partner's own workbook handed back with its wrong cells coloured and explained, and a 问题清单 in front."""

from __future__ import annotations

import logging
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path
from typing import cast

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.workbook.child import INVALID_TITLE_REGEX
from openpyxl.worksheet.worksheet import Worksheet

from schemas.values import Delivery, Finding, Severity
from tasks.feedback.list_style import set_text
from tasks.feedback.marked_comments import AUTHOR, comment_text
from tasks.feedback.marked_package import mark_package
from tasks.feedback.problem_list import (
    SEVERITY_COLOURS,
    TITLE,
    choose_listed,
    worst,
    write_problem_list,
)
from tasks.feedback.question_list import AskedQuestion

_log = logging.getLogger(__name__)

MARKED_NOTE = (
    "本文件是报送文件的副本：有问题的单元格已标色并加批注，点击“单元格”一列可以跳转。请在原文件中改正后重新报送。"
)
_LIST_NOTE = "本文件只有问题清单：{reason}，不能在原表上标注。请按工作表和单元格的位置在原文件中逐条改正后重新报送。"
_REBUILT_NOTE = (
    "原文件不能直接编辑（旧版 xls、csv、ods 等格式或不规范的 xlsx），"
    "本文件是按原表内容重新生成的副本，只保留内容和位置，不保留格式、公式和图片：有问题的单元格已标色并加批注。"
    "请在原文件中改正后重新报送。"
)
_WITHOUT_MACROS = "原文件中的宏没有保留在本副本中。"
TEXT_SHEET = "内容"
"""Name of the one sheet a text file becomes."""

_LARGEST_UNPACKED_BYTES = 200 * 2**20
"""Parts are edited in memory, a few copies of each at a time."""
_REBUILT_BYTES = 20 * 2**20
_REBUILT_CELLS = 1_000_000


class _NotRebuiltError(Exception):
    """The file cannot be read either; the text says why, in Chinese."""


def write_marked_workbook(
    delivery: Delivery, findings: Sequence[Finding], to: Path, questions: Sequence[AskedQuestion] = ()
) -> Path:
    """Write the marked copy of a delivered file; where the file itself cannot be edited, its values in a new workbook, marked.

    A plain xlsx is edited part by part and keeps everything else it holds, byte for byte. Of a file that cannot be read at
    all only the 问题清单 is written.

    Args:
        delivery: the file; its landed copy is read, never altered.
        findings: everything to say about it.
        to: path of the xlsx to write; a file there is replaced.
        questions: what the partner is asked to explain, below the list.

    Returns:
        `to`.

    Raises:
        OSError: the landed copy cannot be read or `to` not written.
    """
    to.parent.mkdir(parents=True, exist_ok=True)
    partial = to.with_name(f".{to.name}.part")
    try:
        if not _is_package(delivery, findings) or not _edit(delivery, findings, partial, questions):
            _write_anew(delivery, findings, partial, questions)
        partial.replace(to)
    finally:
        partial.unlink(missing_ok=True)
    return to


def _is_package(delivery: Delivery, findings: Iterable[Finding]) -> bool:
    if _is_unreadable(findings) or not zipfile.is_zipfile(delivery.path):
        return False
    with zipfile.ZipFile(delivery.path) as package:
        unpacked = sum(entry.file_size for entry in package.infolist())
        return "xl/workbook.xml" in package.namelist() and unpacked <= _LARGEST_UNPACKED_BYTES


def _is_unreadable(findings: Iterable[Finding]) -> bool:
    return any(finding.rule_id.startswith("file.") and finding.severity is Severity.CRITICAL for finding in findings)


def _edit(delivery: Delivery, findings: Sequence[Finding], to: Path, questions: Sequence[AskedQuestion]) -> bool:
    """Mark the file itself; False where that is not safe."""
    with zipfile.ZipFile(delivery.path) as package:
        has_macros = "xl/vbaProject.bin" in package.namelist()
    note = MARKED_NOTE + (_WITHOUT_MACROS if has_macros else "")
    try:
        mark_package(delivery.path, delivery.file_name, findings, note, to, questions)
    except Exception as error:
        # A package may be odd or damaged in any way; its values are handed back in a new workbook then.
        _log.warning("%s (%s) is not edited: %r", delivery.file_name, delivery.sha256[:12], error)
        return False
    return True


def _write_anew(delivery: Delivery, findings: Sequence[Finding], to: Path, questions: Sequence[AskedQuestion]) -> None:
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    try:
        _rebuild(workbook, delivery, findings)
    except _NotRebuiltError as refusal:
        note = _LIST_NOTE.format(reason=refusal)
    else:
        note = _REBUILT_NOTE
        findings = [_on_copy(finding) for finding in findings]
        _mark(workbook, findings)
    _insert_list(workbook, delivery.file_name, findings, note, questions)
    workbook.save(to)


def write_list_workbook(
    delivery: Delivery, findings: Sequence[Finding], to: Path, questions: Sequence[AskedQuestion] = ()
) -> Path:
    """Write the 问题清单 alone: what is left to say of a file that took too much time or memory to mark."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    note = _LIST_NOTE.format(reason="原文件过大或过于复杂")
    _insert_list(workbook, delivery.file_name, findings, note, questions)
    to.parent.mkdir(parents=True, exist_ok=True)
    workbook.save(to)
    return to


def _rebuild(workbook: Workbook, delivery: Delivery, findings: Sequence[Finding]) -> None:
    """The values of the file, in their places; no look, no formula."""
    # Reading knows every format there is, and is needed only for the few files that cannot be edited.
    from tasks.intake.grid import FileRefusedError, Limits  # noqa: PLC0415
    from tasks.intake.read import read_grids  # noqa: PLC0415

    if _is_unreadable(findings):
        raise _NotRebuiltError("原文件无法正常打开")
    limits = Limits(file_bytes=_REBUILT_BYTES, unpacked_bytes=_LARGEST_UNPACKED_BYTES, cells=_REBUILT_CELLS)
    try:
        opened = read_grids(delivery.path.read_bytes(), delivery.file_name, limits)
    except FileRefusedError as refusal:
        raise _NotRebuiltError(f"原文件无法正常打开（{refusal.finding.message}）") from refusal
    for grid in opened.grids:
        sheet = workbook.create_sheet(_sheet_name(grid.sheet))
        for row, cells in enumerate(grid.rows, start=1):
            for column, value in enumerate(cells, start=1):
                if value != "":
                    _set(cast(Cell, sheet.cell(row, column)), value)
        for top, left, bottom, right in grid.merges or ():
            sheet.merge_cells(start_row=top, start_column=left, end_row=bottom, end_column=right)


def _on_copy(finding: Finding) -> Finding:
    """The finding with the name its sheet has in the copy; a text file has none of its own."""
    place = finding.place
    return replace(finding, place=replace(place, sheet=_sheet_name(place.sheet))) if place.row else finding


def _set(cell: Cell, value: str | float | date | time | timedelta) -> None:
    if isinstance(value, str):
        set_text(cell, value)
    else:
        cell.value = value


def _sheet_name(name: str | None) -> str:
    return INVALID_TITLE_REGEX.sub("_", name or TEXT_SHEET)[:31]


def _mark(workbook: Workbook, findings: Sequence[Finding]) -> None:
    explained = {id(finding) for finding in choose_listed(findings).shown}
    for (sheet, coordinate), group in _by_anchor(workbook, findings).items():
        cell = workbook[sheet][coordinate]
        cell.fill = PatternFill("solid", fgColor=SEVERITY_COLOURS[worst(group)])
        told = [finding for finding in group if id(finding) in explained]
        if told:
            cell.comment = _comment(told)


def _by_anchor(workbook: Workbook, findings: Iterable[Finding]) -> Mapping[tuple[str, str], list[Finding]]:
    """The findings that point at one cell, by sheet and the coordinate of the cell that can carry a mark."""
    sheets = {sheet.title: sheet for sheet in workbook.worksheets}
    cells: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        place = finding.place
        if place.sheet in sheets and place.row and place.column:
            cells[place.sheet, _anchor(sheets[place.sheet], place.row, place.column).coordinate].append(finding)
    return cells


def _anchor(sheet: Worksheet, row: int, column: int) -> Cell:
    """The cell itself, or the top left one of the merged area it is part of."""
    cell = sheet.cell(row, column)
    if not isinstance(cell, MergedCell):
        return cell
    area = next(area for area in sheet.merged_cells.ranges if cell.coordinate in area)
    anchor = sheet.cell(area.min_row, area.min_col)
    assert isinstance(anchor, Cell)  # noqa: S101 # openpyxl: the top left cell of an area is never a MergedCell
    return anchor


def _comment(findings: Iterable[Finding]) -> Comment:
    text = ILLEGAL_CHARACTERS_RE.sub("", comment_text(findings))
    lines = sum(1 + len(line) // 22 for line in text.split("\n"))
    return Comment(text, AUTHOR, width=330, height=min(420, 24 + 19 * lines))


def _insert_list(
    workbook: Workbook, file_name: str, findings: Sequence[Finding], note: str, questions: Sequence[AskedQuestion]
) -> None:
    linked = [sheet.title for sheet in workbook.worksheets]
    for sheet in workbook.worksheets:
        sheet.sheet_view.tabSelected = False  # two selected sheets are edited both at once
    write_problem_list(workbook.create_sheet(TITLE, 0), file_name, findings, note, linked, questions)
    workbook.active = 0
    for view in workbook.views:
        view.firstSheet = 0
