"""Intake, recognising: the texts over a table: its title, who files it and when, told from the rows of the table above."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tasks.intake.grid import Cell, Grid

_TITLE = re.compile(
    r"台账|名册|一览|汇总|统计|明细|清单|情况|调查|年度|学年|20\d\d|表$|^附[件表]|^[（(]?[一二三四五六七八九十]+[)）、.．]"
)
_HEAD_LINE = re.compile(r"^(填[报表]|上报|报送|申报|受援|帮扶|受训|学校|院校)?(单位|部门|日期|时间|学校|院校|名称)")
_FOOT_LINE = re.compile(
    r"^(填表人|填报人|制表人?|审核|复核|审批|负责|单位负责|部门负责|分管|主管|经办|联系|签字|注|备注|附注|说明|填表说明)"
)
_TALLEST = 6
"""Rows a title may take, blanks between them included."""


def first_caption_row(grid: Grid, header: int, floor: int) -> int:
    """The first row, from 1, of the texts that stand over the header row `header`; `header` itself when nothing does.

    Goes up to row `floor` at most, and stops under a record, a sum or the signatures of the table above.
    """
    top = header
    for row in range(header - 1, max(floor, header - _TALLEST) - 1, -1):
        cells = [cell for cell in grid.rows[row - 1] if not (isinstance(cell, str) and not cell.strip())]
        if not cells:
            if top != header:
                break
            continue
        if not _is_caption(cells):
            break
        top = row
    return top


def texts_between(grid: Grid, first: int, end: int) -> tuple[str, ...]:
    """The texts of rows `first` to `end` - 1, in reading order."""
    return tuple(
        cell for row in grid.rows[first - 1 : end - 1] for cell in row if isinstance(cell, str) and cell.strip()
    )


def _is_caption(cells: Sequence[Cell]) -> bool:
    texts = ["".join(cell.split()) for cell in cells if isinstance(cell, str)]
    if len(texts) < len(cells) or _FOOT_LINE.match(texts[0]):
        return False
    if len(texts) == 1:
        return _TITLE.search(texts[0]) is not None or _HEAD_LINE.match(texts[0]) is not None
    return (
        len(texts) <= 4
        and all(":" in text or "：" in text or _HEAD_LINE.match(text) for text in texts[:1])
        and any(mark in text for mark in ":：" for text in texts)
    )
