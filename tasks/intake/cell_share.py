"""Intake, conforming: cells as shares (0-1): 95%, 95 and 0.95, where a bare number is judged by its whole column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum

from schemas.cells import ConformedCell
from tasks.intake.cell_number import ParsedNumber, parse_number
from tasks.intake.cell_text import error_in, is_nothing, raw_text
from tasks.intake.grid import Cell

_PERCENT_OF = re.compile(r"百分之(.+)")


class _Scale(Enum):
    FRACTION = "all bare numbers lie between 0 and 1"
    PERCENT = "none of them is between 0 and 1"
    MIXED = "both kinds stand in one column"


def read_share_cells(cells: Sequence[Cell], unit: str | None) -> list[ConformedCell]:
    """The distinct cells of one column as shares.

    Args:
        cells: distinct cells; the whole column, since one number alone does not tell 1 % from 100 %.
        unit: "%" where the header says so.
    """
    parsed = [_parsed(cell) for cell in cells]
    bare = [abs(p.value) for p in parsed if isinstance(p, ParsedNumber) and p.unit != "%"]
    has_percent = any(isinstance(p, ParsedNumber) and p.unit == "%" for p in parsed)
    scale = _scale(bare, has_percent)
    return [_share(raw_text(cell), p, scale) for cell, p in zip(cells, parsed, strict=True)]


def _scale(bare: Sequence[float], has_percent: bool) -> _Scale:
    below = [value for value in bare if 0 < value <= 1]
    above = [value for value in bare if value > 1]
    if not above:
        return _Scale.MIXED if has_percent and 1.0 in below and len(set(below)) == 1 else _Scale.FRACTION
    # 1.0115 among 0.9s is a share over the whole, not 1 %.
    if below and max(above) < 2:
        return _Scale.FRACTION
    return _Scale.MIXED if below else _Scale.PERCENT


def _parsed(cell: Cell) -> ParsedNumber | str | None:
    raw = raw_text(cell)
    if is_nothing(raw):
        return None
    if error_in(raw):
        return "error_cell"
    text = _PERCENT_OF.sub(r"\1%", raw.strip())
    parsed = parse_number(text) if isinstance(cell, (str, int, float)) and not isinstance(cell, bool) else "bad_share"
    if isinstance(parsed, str):
        return "bad_share"
    return parsed if parsed.unit in ("", "%") else "wrong_unit"


def _share(raw: str, parsed: ParsedNumber | str | None, scale: _Scale) -> ConformedCell:
    if parsed is None:
        return ConformedCell(raw)
    if isinstance(parsed, str):
        return ConformedCell(raw, problem=parsed)
    value = parsed.value
    if parsed.unit == "%" or scale is _Scale.PERCENT or (scale is _Scale.MIXED and abs(value) > 1):
        value = value / 100
    elif scale is _Scale.MIXED and value == 1:
        # Among 95s, a 1 may be one percent or the whole.
        return ConformedCell(raw, problem="ambiguous")
    return ConformedCell(raw, round(value, 6), is_approximate=parsed.is_approximate)
