"""Feedback: how the sheet 问题清单 looks, and text in its cells that no program takes for a formula."""

from __future__ import annotations

import re

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Border, Side

FONT = "微软雅黑"
INK, FADED, LINK = "1F2937", "6B7280", "1D4ED8"
_EDGE = Side(style="thin", color="D1D5DB")
BOX = Border(left=_EDGE, right=_EDGE, top=_EDGE, bottom=_EDGE)
MIDDLE = Alignment(wrap_text=True, vertical="center", horizontal="center")
LEFT = Alignment(wrap_text=True, vertical="center", horizontal="left", indent=1)
_WOULD_BE_FORMULA = re.compile(r"^[\s]*[=+\-@]")


def set_text(cell: Cell, text: str) -> None:
    """Put text into a cell so that no program ever takes it for a formula."""
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)
    cell.data_type = "s"
    if _WOULD_BE_FORMULA.match(text):
        cell.quotePrefix = True
