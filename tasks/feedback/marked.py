"""Feedback: the partner's own workbook handed back with its wrong cells coloured and explained, and a 问题清单 in front."""

from __future__ import annotations

import logging
import warnings
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from schemas.chinese import SEVERITY_NAMES
from schemas.values import Delivery, Finding, Severity
from tasks.feedback.problem_list import (
    SEVERITY_COLOURS,
    TITLE,
    choose_listed,
    write_problem_list,
)

_log = logging.getLogger(__name__)

AUTHOR = "双高办"
MARKED_NOTE = (
    "本文件是报送文件的副本：有问题的单元格已标色并加批注，点击“单元格”一列可以跳转。请在原文件中改正后重新报送。"
)
_LIST_NOTE = "本文件只有问题清单：{reason}，不能在原表上标注。请按工作表和单元格的位置在原文件中逐条改正后重新报送。"
_LARGEST_BYTES = 4 * 2**20
_LARGEST_UNPACKED_BYTES = 80 * 2**20
"""openpyxl needs about fifty times the size of the XML; a larger workbook gets its list only."""
_PARTS_LOST = ("xl/vbaProject.bin", "xl/ctrlProps/", "xl/activeX/", "xl/slicers/", "xl/pivotTables/")


class _NotEditableError(Exception):
    """The workbook cannot be marked; the text says why, in Chinese."""


def write_marked_workbook(delivery: Delivery, findings: Sequence[Finding], to: Path) -> Path:
    """Write the marked copy of a delivered file, or its 问题清单 alone where the file cannot be edited.

    Args:
        delivery: the file; its landed copy is read, never altered.
        findings: everything to say about it.
        to: path of the xlsx to write; a file there is replaced.

    Returns:
        `to`.

    Raises:
        OSError: the landed copy cannot be read or `to` not written.
    """
    try:
        workbook = _open(delivery, findings)
    except _NotEditableError as refusal:
        workbook = Workbook()
        workbook.remove(workbook.worksheets[0])
        note = _LIST_NOTE.format(reason=refusal)
    else:
        note = MARKED_NOTE
        _clear_earlier_marks(workbook)
        _mark(workbook, findings)
    _insert_list(workbook, delivery.file_name, findings, note)
    _save(workbook, to)
    return to


def _open(delivery: Delivery, findings: Iterable[Finding]) -> Workbook:
    if any(finding.rule_id.startswith("file.") for finding in findings):
        raise _NotEditableError("原文件无法正常打开")
    _check_package(delivery.path)
    try:
        # By handle: the landed copy is named by its hash, and openpyxl refuses a path without an ending it knows.
        with delivery.path.open("rb") as package, warnings.catch_warnings():
            # What openpyxl drops (extensions, default styles) is told to nobody: this is a copy, the original stays.
            warnings.filterwarnings("ignore", category=UserWarning, module="openpyxl")
            workbook = load_workbook(package, rich_text=True)
    except Exception as error:
        # openpyxl raises whatever its parsers raise on damaged or unusual parts; the list alone still helps the clerk.
        _log.warning("%s (%s) cannot be marked: %r", delivery.file_name, delivery.sha256[:12], error)
        raise _NotEditableError("原文件的格式不规范") from error
    if not workbook.worksheets:
        raise _NotEditableError("原文件使用了“严格的 Open XML”格式")
    return workbook


def _check_package(path: Path) -> None:
    if not zipfile.is_zipfile(path):
        raise _NotEditableError("原文件不是 xlsx 格式")
    with zipfile.ZipFile(path) as package:
        entries = package.infolist()
    names = [entry.filename for entry in entries]
    if "xl/workbook.xml" not in names:
        raise _NotEditableError("原文件不是 xlsx 格式")
    if any(name.startswith(_PARTS_LOST) for name in names):
        raise _NotEditableError("原文件含有宏、控件或数据透视表")
    unpacked = sum(entry.file_size for entry in entries)
    if path.stat().st_size > _LARGEST_BYTES or unpacked > _LARGEST_UNPACKED_BYTES:
        raise _NotEditableError("原文件较大")


def _clear_earlier_marks(workbook: Workbook) -> None:
    """A marked workbook that was corrected and sent back carries our old list and marks."""
    if TITLE in workbook.sheetnames:
        workbook.remove(workbook[TITLE])
    for sheet in workbook.worksheets:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.comment is not None and cell.comment.author == AUTHOR:
                    cell.comment = None
                    cell.fill = PatternFill()


def _mark(workbook: Workbook, findings: Sequence[Finding]) -> None:
    explained = {id(finding) for finding in choose_listed(findings).shown}
    for (sheet, coordinate), group in _by_anchor(workbook, findings).items():
        cell = workbook[sheet][coordinate]
        worst = min((finding.severity for finding in group), key=list(Severity).index)
        cell.fill = PatternFill("solid", fgColor=SEVERITY_COLOURS[worst])
        told = [finding for finding in group if id(finding) in explained]
        if told:
            cell.comment = _comment(cell.comment, told)


def _by_anchor(workbook: Workbook, findings: Iterable[Finding]) -> Mapping[tuple[str, str], list[Finding]]:
    """The findings that point at one cell, by sheet and the coordinate of the cell that can carry a mark."""
    sheets = {sheet.title: sheet for sheet in workbook.worksheets}
    cells: dict[tuple[str, str], list[Finding]] = defaultdict(list)
    for finding in findings:
        place = finding.place
        if place.sheet in sheets and place.row and place.column:
            coordinate = _anchor(sheets[place.sheet], place.row, place.column).coordinate
            cells[place.sheet, coordinate].append(finding)
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


def _comment(present: Comment | None, findings: Iterable[Finding]) -> Comment:
    texts = [
        f"【{SEVERITY_NAMES[finding.severity]}】{finding.message}\n"
        f"填的是：{finding.found}\n应该是：{finding.expected}\n怎么改：{finding.fix}"
        for finding in findings
    ]
    before = [present.text] if present is not None else []
    text = "\n\n".join(dict.fromkeys([*before, *texts]))
    lines = sum(1 + len(line) // 22 for line in text.split("\n"))
    return Comment(text, AUTHOR, width=330, height=min(420, 24 + 19 * lines))


def _insert_list(workbook: Workbook, file_name: str, findings: Sequence[Finding], note: str) -> None:
    linked = [sheet.title for sheet in workbook.worksheets]
    for sheet in workbook.worksheets:
        sheet.sheet_view.tabSelected = False  # two selected sheets are edited both at once
    write_problem_list(workbook.create_sheet(TITLE, 0), file_name, findings, note, linked)
    workbook.active = 0
    for view in workbook.views:
        view.firstSheet = 0


def _save(workbook: Workbook, to: Path) -> None:
    to.parent.mkdir(parents=True, exist_ok=True)
    partial = to.with_name(f".{to.name}.part")
    try:
        workbook.save(partial)
        partial.replace(to)
    finally:
        partial.unlink(missing_ok=True)
