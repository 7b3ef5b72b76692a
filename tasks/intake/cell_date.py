"""Intake, conforming: cells as dates, months and years, in every form clerks and spreadsheet programs write them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from schemas.cells import ConformedCell
from tasks.intake.cell_date_text import (
    CHINESE_FIGURES,
    Span,
    day_span,
    month_span,
    parse_date_text,
    plain_date,
    year_problem,
)
from tasks.intake.cell_text import error_in, is_nothing, raw_text
from tasks.intake.grid import Cell

_SERIALS = (20_000, 60_000)
"""Serial numbers read as dates: 1954 to 2064. Counts that large do not stand in a date column."""

_ONGOING = frozenset(
    {"至今", "今", "现在", "在岗", "未返回", "尚未返回", "未归", "长期", "未结束", "进行中", "在校", "未结题"}
)
_PADDED = re.compile(r"\d{4}\.0\d")
_LOST_ZERO = re.compile(r"(\d{4})\.1")
_SERIAL = re.compile(r"\d{5}(\.\d+)?")
_YEAR = re.compile(r"(\d{4})(?:\.0)?年?度?|(\d{2})年度?")


def is_padded(cells: Sequence[Cell]) -> bool:
    """Whether a column writes its months with two digits (2021.03) and holds a cell to which that matters (2021.1)."""
    texts = [cell if type(cell) is str else raw_text(cell) for cell in cells if isinstance(cell, (str, float))]
    lost = [text.strip() for text in texts if ".1" in text]
    return any(map(_LOST_ZERO.fullmatch, lost)) and any(_PADDED.fullmatch(text.strip()) for text in texts)


def parse_dates(cells: Sequence[Cell], is_1904: bool) -> list[Span | str | None]:
    """Each distinct cell of one column as a span of days, None for nothing, or a problem.

    The whole column is needed for one thing: stored as a number, 2021.10 and 2021.1 are the same.

    Args:
        cells: distinct cells of the column.
        is_1904: serial numbers count from 1904 instead of 1900.
    """
    padded = is_padded(cells)
    return [parse_date(cell, is_1904, padded) for cell in cells]


def date_cell(cell: Cell, span: Span | str | None, *, takes_last: bool, is_month: bool) -> ConformedCell:
    """The value of a date or month column.

    Args:
        cell: the decoded cell.
        span: what `parse_dates` made of it.
        takes_last: of a range, an end column takes the last day, any other the first.
        is_month: the column holds months; its value is the month's first day.
    """
    raw = raw_text(cell)
    if span is None:
        return ConformedCell(raw)
    if isinstance(span, str):
        return ConformedCell(raw, problem=span)
    if takes_last and span.is_open:
        return ConformedCell(raw)
    day = span.last if takes_last else span.first
    if is_month:
        return ConformedCell(raw, day.replace(day=1), is_approximate=span.is_vague)
    return ConformedCell(raw, day, is_approximate=span.is_month or span.is_vague)


def read_year_cell(cell: Cell) -> ConformedCell:
    """A year: 2021, 2021年度, 二〇二一, or the one year in which a date, month or half-year lies."""
    raw = raw_text(cell)
    if is_nothing(raw):
        return ConformedCell(raw)
    if error_in(raw):
        return ConformedCell(raw, problem="error_cell")
    match = _YEAR.fullmatch(plain_date(raw).translate(CHINESE_FIGURES))
    if match:
        year = int(match[1] or f"20{match[2]}")
        return ConformedCell(raw, problem="bad_year") if year_problem(year) else ConformedCell(raw, year)
    span = parse_date(cell, is_1904=False, padded=False) if isinstance(cell, (date, str)) else "bad_year"
    if isinstance(span, Span) and span.first.year == span.last.year:
        return ConformedCell(raw, span.first.year)
    return ConformedCell(raw, problem="wrong_century" if span == "wrong_century" else "bad_year")


def parse_date(cell: Cell, is_1904: bool, padded: bool) -> Span | str | None:
    """One cell as `parse_dates` reads it in a column whose months are `padded` to two digits, or not."""
    if isinstance(cell, datetime):
        cell = cell.date()
    if isinstance(cell, date):
        return year_problem(cell.year) or day_span(cell)
    if cell == time():
        return "wrong_century"  # serial number 0 in a cell formatted as a date
    if isinstance(cell, bool) or not isinstance(cell, (str, int, float)):
        return "bad_date"
    if not isinstance(cell, str) and _SERIALS[0] <= cell <= _SERIALS[1]:
        return _serial(float(cell), is_1904)
    return _parse_text(cell, raw_text(cell), is_1904, padded)


def _parse_text(cell: str | float, text: str, is_1904: bool, padded: bool) -> Span | str | None:
    if is_nothing(text):
        return None
    if error_in(text):
        return "error_cell"
    plain = unicodedata.normalize("NFKC", text).strip()
    if plain in _ONGOING:
        return None
    if _SERIAL.fullmatch(plain) and _SERIALS[0] <= float(plain) <= _SERIALS[1]:
        return _serial(float(plain), is_1904)
    return _lost_zero(cell, plain, padded) or parse_date_text(text)


def _serial(number: float, is_1904: bool) -> Span:
    day = date(1904, 1, 1) if is_1904 else date(1899, 12, 30)
    day += timedelta(days=int(number))
    return day_span(day)


def _lost_zero(cell: Cell, text: str, padded: bool) -> Span | str | None:
    """2021.1: October where the column writes months with two digits, unclear where it is a number, January as text."""
    match = _LOST_ZERO.fullmatch(text)
    if match is None or (isinstance(cell, str) and not padded):
        return None
    return month_span(int(match[1]), 10) if padded else "ambiguous"
