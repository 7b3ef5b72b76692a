"""Intake, conforming: cells as numbers: digits of any width, separators, Chinese numerals, units, scales, approximations."""

from __future__ import annotations

import math

from schemas.cells import ConformedCell
from schemas.contract import Column, ColumnType
from schemas.units import YUAN, canonical_unit, is_same_unit, split_unit
from tasks.intake.cell_number_text import ParsedNumber, parse_number
from tasks.intake.cell_text import error_in, is_nothing, raw_text
from tasks.intake.grid import Cell

_NAMELESS = 2
"""Characters of an unknown measure word that may stand behind a number in a column without a unit (3 副, 2 批次)."""


def read_number_cell(cell: Cell, column: Column, unit: str | None) -> ConformedCell:
    """A count, decimal or amount of money (in yuan).

    Args:
        cell: the decoded cell.
        column: count, decimal or money; its unit is what a bare number is in.
        unit: the unit in the header or above the table, when there is one; it goes before the column's.
    """
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return _in_column(raw_text(cell), ParsedNumber(_as_float(cell)), column, unit)
    raw = raw_text(cell)
    if not isinstance(cell, str):
        return ConformedCell(raw, problem="not_number")
    if is_nothing(raw) or raw.strip() == "000":
        return ConformedCell(raw)
    if error_in(raw):
        return ConformedCell(raw, problem="error_cell")
    parsed = parse_number(raw)
    if isinstance(parsed, str):
        return ConformedCell(raw, problem=parsed)
    return _in_column(raw, parsed, column, unit)


def _as_float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        # A whole number of hundreds of digits, which openpyxl reads exactly: beyond every bound all the same.
        return math.inf if number > 0 else -math.inf


def _in_column(raw: str, parsed: ParsedNumber, column: Column, unit: str | None) -> ConformedCell:
    if column.type is ColumnType.MONEY:
        return _money(raw, parsed, unit if unit in YUAN else column.unit or "元")
    expected = canonical_unit(column.unit) or column.unit if column.unit else None
    scale, base = split_unit(unit)
    written = parsed.unit or ("元" if parsed.has_yuan_sign else base)
    if written and expected and not is_same_unit(written, expected):
        known = canonical_unit(written) is not None
        return ConformedCell(raw, problem="wrong_unit" if known else "not_number")
    if written and not expected and canonical_unit(written) is None and len(written) > _NAMELESS:
        return ConformedCell(raw, problem="not_number")
    # 3.55万 is 35500.000000000004 in binary: six decimals are more than any ledger holds.
    value = round(parsed.value * (1 if parsed.unit or parsed.is_scaled else scale), 6)
    if column.type is ColumnType.COUNT:
        if not value.is_integer():
            return ConformedCell(raw, problem="not_whole")
        return ConformedCell(raw, int(value), is_approximate=parsed.is_approximate)
    return ConformedCell(raw, value, is_approximate=parsed.is_approximate)


def _money(raw: str, parsed: ParsedNumber, unit: str) -> ConformedCell:
    if parsed.unit and parsed.unit not in YUAN:
        return ConformedCell(raw, problem="wrong_unit" if canonical_unit(parsed.unit) else "not_number")
    if parsed.has_yuan_sign and not parsed.unit and not parsed.is_scaled and unit != "元":
        # ¥35,000 in a column of 万元 is 35,000 yuan by its sign and ten thousand times as much by its column.
        return ConformedCell(raw, problem="ambiguous")
    if not parsed.unit and parsed.is_scaled:
        # "3.5万" in a column of 万元 means 3.5万元, never 3.5万 times 万元.
        unit = "元"
    worth = YUAN[parsed.unit or unit]
    return ConformedCell(raw, round(parsed.value * worth, 2), is_approximate=parsed.is_approximate)
