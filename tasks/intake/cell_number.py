"""Intake, conforming: cells as numbers: digits of any width, separators, Chinese numerals, units, scales, approximations."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal

from schemas.cells import ConformedCell
from schemas.contract import Column, ColumnType
from schemas.units import (
    CHINESE_NUMERALS,
    SCALE_PATTERN,
    SCALES,
    YUAN,
    canonical_unit,
    chinese_number,
    is_same_unit,
)
from tasks.intake.cell_text import error_in, is_nothing, raw_text
from tasks.intake.grid import Cell

_PREFIX = r"(?P<about_before>约为|大约|约|将近|接近|近|超过|超|逾|不少于|不低于|至少|>=|≥|≧|>|<=|≤|<)?"
_SCALE = rf"(?P<scale>{SCALE_PATTERN})?"
_SUFFIX = r"(?P<about_after>左右|以上|上下|余|多|许|\+)?"
_NUMBER = re.compile(
    rf"(?:共计|合计|共|计)?{_PREFIX}[¥￥]?(?P<number>[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)"
    rf"(?P<about_inside>余|多|来|几|\+)?{_SCALE}(?P<about_scaled>余|多)?(?P<unit>m\^?2|[^\d余多]*?){_SUFFIX}"
)
_THOUSANDS = re.compile(r"(?<![\d.,])\d{1,3}(?:[,' ]\d{3})+(?![\d,])")
_CHINESE = re.compile(rf"[{CHINESE_NUMERALS}万亿]+")
_RANGE = re.compile(r"\d+(\.\d+)?[-~至到—]+\d+(\.\d+)?\D*")


@dataclass(frozen=True, slots=True)
class ParsedNumber:
    """A number as written: its value with the scale word applied, its unit (canonical or as written), how sure it is."""

    value: float
    unit: str
    is_scaled: bool
    is_approximate: bool


def read_number_cell(cell: Cell, column: Column, unit: str | None) -> ConformedCell:
    """A count, decimal or amount of money (in yuan).

    Args:
        cell: the decoded cell.
        column: count, decimal or money; its unit is what a bare number is in.
        unit: the unit in the header or above the table, when there is one; it goes before the column's.
    """
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        return _in_column(
            raw_text(cell), ParsedNumber(float(cell), "", is_scaled=False, is_approximate=False), column, unit
        )
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


def parse_number(text: str) -> ParsedNumber | str:
    """The number in a text, or the problem that keeps it from being one: not_number, or ambiguous for a range."""
    plain = unicodedata.normalize("NFKC", text).strip().lower().replace("−", "-").replace("，", ",")
    plain = _THOUSANDS.sub(lambda match: re.sub(r"[,' ]", "", match.group()), plain)
    if re.search(r"\d\s+\d", plain):
        return "ambiguous"
    plain = _arabic("".join(plain.split()))
    match = _NUMBER.fullmatch(plain)
    if match is None:
        return "ambiguous" if _RANGE.fullmatch(plain) else "not_number"
    scale = match["scale"]
    unit = match["unit"]
    return ParsedNumber(
        value=float(match["number"]) * SCALES.get(scale, 1),
        unit=canonical_unit(unit) or unit,
        is_scaled=scale is not None,
        is_approximate=any(match[name] for name in ("about_before", "about_inside", "about_scaled", "about_after")),
    )


def _arabic(text: str) -> str:
    """Chinese numerals at the head of the number in figures: 一百二十人 → 120人, 十余万 → 10余万."""
    if re.search(r"\d", text):
        return text
    return _CHINESE.sub(_in_figures, text, count=1)


def _in_figures(match: re.Match[str]) -> str:
    """三万 becomes 3万, not 30000: in a column of 万元 the difference is ten thousandfold."""
    value = chinese_number(match.group())
    if value is None:
        return match.group()
    return f"{Decimal(value) / SCALES['万']:f}万" if set("万亿") & set(match.group()) else str(value)


def _in_column(raw: str, parsed: ParsedNumber, column: Column, unit: str | None) -> ConformedCell:
    if column.type is ColumnType.MONEY:
        return _money(raw, parsed, unit if unit in YUAN else column.unit or "元")
    expected = canonical_unit(column.unit) or column.unit if column.unit else None
    written = parsed.unit or unit or ""
    if written and expected and not is_same_unit(written, expected):
        known = canonical_unit(written) is not None
        return ConformedCell(raw, problem="wrong_unit" if known else "not_number")
    if written and not expected and canonical_unit(written) is None and len(written) > 2:
        return ConformedCell(raw, problem="not_number")
    # 3.55万 is 35500.000000000004 in binary: six decimals are more than any ledger holds.
    value = round(parsed.value, 6)
    if column.type is ColumnType.COUNT:
        if not value.is_integer():
            return ConformedCell(raw, problem="not_whole")
        return ConformedCell(raw, int(value), is_approximate=parsed.is_approximate)
    return ConformedCell(raw, value, is_approximate=parsed.is_approximate)


def _money(raw: str, parsed: ParsedNumber, unit: str) -> ConformedCell:
    if parsed.unit and parsed.unit not in YUAN:
        return ConformedCell(raw, problem="wrong_unit" if canonical_unit(parsed.unit) else "not_number")
    if not parsed.unit and parsed.is_scaled:
        # "3.5万" in a column of 万元 means 3.5万元, never 3.5万 times 万元.
        unit = "元"
    worth = YUAN[parsed.unit or unit]
    return ConformedCell(raw, round(parsed.value * worth, 2), is_approximate=parsed.is_approximate)
