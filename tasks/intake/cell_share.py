"""Intake, conforming: cells as shares (0-1): 95%, 95 and 0.95, where a bare number is judged by its whole column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from schemas.cells import ConformedCell
from tasks.intake.cell_number_text import ParsedNumber, parse_number
from tasks.intake.cell_text import error_in, is_nothing, raw_text
from tasks.intake.grid import Cell

_PERCENT_OF = re.compile(r"百分之(.+)")
_PER_MILLE_OF = re.compile(r"千分之(.+)")
_TENTHS = re.compile(r"(?P<whole>[一二三四五六七八九1-9])成(?P<part>[一二三四五六七八九1-9])")
_TIMES = {"‰": 0.1, "成": 10.0}
"""Other measures of a share, in percents."""
_WHOLE, _CERTAIN = 2.0, 10.0
"""1.0115 is a little over the whole; from 2 on a bare number counts percents, from 10 on whatever else the column holds."""
_NEAR = (0.5, 1.5)
"""0.95 among 95s is 95 %: times a hundred it lies near the others. 0.01 among them could be either."""


@dataclass(frozen=True, slots=True)
class _Scale:
    """What the column as a whole says of its bare numbers.

    Attributes:
        percents: the bare numbers that can only be percents, 2 and more.
        has_fraction: some bare numbers lie between 0 and 1.
        has_whole: some are exactly 1.
        written: what carries its own sign of percent.
    """

    percents: tuple[float, ...]
    has_fraction: bool
    has_whole: bool
    written: tuple[float, ...]


def read_share_cells(cells: Sequence[Cell], unit: str | None) -> list[ConformedCell]:
    """The distinct cells of one column as shares.

    Args:
        cells: distinct cells; the whole column, since one number alone does not tell 1 % from 100 %.
        unit: "%" where the header says so.
    """
    parsed = [_parsed(cell) for cell in cells]
    scale = _scale([p for p in parsed if isinstance(p, ParsedNumber)])
    return [_share(raw_text(cell), p, scale) for cell, p in zip(cells, parsed, strict=True)]


def _scale(numbers: Sequence[ParsedNumber]) -> _Scale:
    bare = [abs(p.value) for p in numbers if p.unit == ""]
    return _Scale(
        percents=tuple(value for value in bare if value >= _WHOLE),
        has_fraction=any(0 < value < 1 for value in bare),
        has_whole=1 in bare,
        written=tuple(abs(p.value) for p in numbers if p.unit == "%"),
    )


def _parsed(cell: Cell) -> ParsedNumber | str | None:
    raw = raw_text(cell)
    if is_nothing(raw):
        return None
    if error_in(raw):
        return "error_cell"
    text = _PER_MILLE_OF.sub(r"\1‰", _PERCENT_OF.sub(r"\1%", raw.strip()))
    text = _TENTHS.sub(
        lambda tenths: f"{tenths['whole']}{'.' if tenths['whole'].isascii() else '点'}{tenths['part']}成", text
    )
    parsed = parse_number(text) if isinstance(cell, (str, int, float)) and not isinstance(cell, bool) else "bad_share"
    if isinstance(parsed, str):
        return parsed if parsed == "number_range" else "bad_share"
    if parsed.unit in _TIMES:
        return replace(parsed, value=parsed.value * _TIMES[parsed.unit], unit="%")
    return parsed if parsed.unit in ("", "%") else "wrong_unit"


def _share(raw: str, parsed: ParsedNumber | str | None, scale: _Scale) -> ConformedCell:
    if parsed is None:
        return ConformedCell(raw)
    if isinstance(parsed, str):
        return ConformedCell(raw, problem=parsed)
    is_percent = parsed.unit == "%" or _counts_percents(abs(parsed.value), scale)
    if is_percent is None:
        return ConformedCell(raw, problem="ambiguous")
    value = parsed.value / 100 if is_percent else parsed.value
    return ConformedCell(raw, round(value, 6), is_approximate=parsed.is_approximate)


def _counts_percents(value: float, scale: _Scale) -> bool | None:
    """Whether a bare number counts percents, or None where the column does not tell."""
    if value >= _WHOLE:
        # Among 0.9s a 2.5 may be a share of two and a half; a 95 may not.
        is_share_too = scale.has_fraction and max(scale.percents) < _CERTAIN
        return None if is_share_too else True
    if value > 1:
        return None if scale.percents or not (scale.has_fraction or scale.has_whole) else False
    if value == 1:
        # Among 95s it may be one percent or the whole.
        return None if scale.percents or (scale.written and not scale.has_fraction) else False
    if value == 0 or not scale.percents:
        return False
    known = (*scale.percents, *scale.written)
    return False if _NEAR[0] * min(known) <= 100 * value <= _NEAR[1] * max(known) else None
