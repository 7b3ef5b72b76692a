"""Intake, conforming: cells as dates, months and years, in every form clerks and spreadsheet programs write them."""

from __future__ import annotations

import re
import unicodedata
from calendar import monthrange
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from schemas.cells import ConformedCell
from schemas.units import CHINESE_DIGITS
from tasks.intake.cell_text import error_in, is_nothing, raw_text
from tasks.intake.grid import Cell

_YEARS = (1949, 2100)
_SERIALS = (20_000, 60_000)
"""Serial numbers read as dates: 1954 to 2064. Counts that large do not stand in a date column."""

_ONGOING = frozenset(
    {"至今", "今", "现在", "在岗", "未返回", "尚未返回", "未归", "长期", "未结束", "进行中", "在校", "未结题"}
)
_TO = r"(?:至|到|~|-+|一)"
_YMD = r"(?P<y>\d{4})(?:(?P<s>[-./])(?P<m>\d{1,2})(?:(?P=s)(?P<d>\d{1,2}))?|年(?P<m2>\d{1,2})月?(?:(?P<d2>\d{1,2})[日号]?)?)"
_REST = r"(?:(?P<ry2>\d{4})[-./年](?P<rm2>\d{1,2})月?|(?:(?:(?P<ry>\d{4})[-./年])?(?P<rm>\d{1,2})[-./月])?(?P<rd>\d{1,2})?[日号月]?)"
_ONE = re.compile(_YMD)
_RANGE = re.compile(rf"{_YMD}[日号]?{_TO}{_REST}")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})?")
_COMPACT_RANGE = re.compile(r"(\d{8})(?:至|到|~|-+)(\d{8}|\d{4}|\d{2})")
_SHORT_YEAR = re.compile(r"(?<!\d)(\d{2})(?=年\d)")
_CLOCK = re.compile(r"[T\s]*\d{1,2}:\d{2}(:\d{2})?(\.\d+)?\s*$")
_NOTES = re.compile(r"\([^)]*\)|(?:星期|周)[一二三四五六日天]|[上下]午$")
_NO_YEAR = re.compile(r"\d{1,2}(?:月\d{1,2}[日号]?|[-./]\d{1,2}(?:[-./]\d{2}(?:\d{2})?)?)")
_PADDED = re.compile(r"\d{4}\.0\d")
_LOST_ZERO = re.compile(r"(\d{4})\.1")
_YEAR = re.compile(r"(\d{4})(?:\.0)?年?度?")
_CHINESE_DIGITS = str.maketrans({character: str(value) for character, value in CHINESE_DIGITS.items()})
_CHINESE_TEN = re.compile(r"([一二三]?)十([一二三四五六七八九]?)")


@dataclass(frozen=True, slots=True)
class Span:
    """The days a cell names: first and last, the same for a single day; `is_month` when it names no day."""

    first: date
    last: date
    is_month: bool = False
    is_range: bool = False


def is_padded(cells: Sequence[Cell]) -> bool:
    """Whether a column writes its months with two digits (2021.03) and holds a cell to which that matters (2021.1)."""
    texts = [raw_text(cell).strip() for cell in cells if isinstance(cell, (str, float))]
    return any(map(_LOST_ZERO.fullmatch, texts)) and any(map(_PADDED.fullmatch, texts))


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
    day = span.last if takes_last else span.first
    if is_month:
        return ConformedCell(raw, day.replace(day=1))
    return ConformedCell(raw, day, is_approximate=span.is_month)


def read_year_cell(cell: Cell) -> ConformedCell:
    """A year: 2021, 2021年度, or the year of a date."""
    raw = raw_text(cell)
    if isinstance(cell, date):
        return ConformedCell(raw, cell.year)
    if is_nothing(raw):
        return ConformedCell(raw)
    if error_in(raw):
        return ConformedCell(raw, problem="error_cell")
    plain = unicodedata.normalize("NFKC", "".join(raw.split())).translate(_CHINESE_DIGITS)
    match = _YEAR.fullmatch(plain)
    if match is None or not _YEARS[0] <= int(match[1]) <= _YEARS[1]:
        return ConformedCell(raw, problem="bad_year")
    return ConformedCell(raw, int(match[1]))


def parse_date(cell: Cell, is_1904: bool, padded: bool) -> Span | str | None:
    """One cell as `parse_dates` reads it in a column whose months are `padded` to two digits, or not."""
    if isinstance(cell, datetime):
        cell = cell.date()
    if isinstance(cell, date):
        return Span(cell, cell) if _YEARS[0] <= cell.year <= _YEARS[1] else "bad_date"
    if isinstance(cell, bool) or not isinstance(cell, (str, int, float)):
        return "bad_date"
    text = raw_text(cell)
    if isinstance(cell, (int, float)) and _SERIALS[0] <= cell <= _SERIALS[1]:
        return _serial(float(cell), is_1904)
    if is_nothing(text):
        return None
    if error_in(text):
        return "error_cell"
    return _lost_zero(cell, text, padded) or _text_span(text, is_1904)


def _serial(number: float, is_1904: bool) -> Span:
    day = date(1904, 1, 1) if is_1904 else date(1899, 12, 30)
    day += timedelta(days=int(number))
    return Span(day, day)


def _lost_zero(cell: Cell, text: str, padded: bool) -> Span | str | None:
    """2021.1: October where the column writes months with two digits, unclear where it is a number, January as text."""
    match = _LOST_ZERO.fullmatch(text.strip())
    if match is None or (isinstance(cell, str) and not padded):
        return None
    return _month(int(match[1]), 10) if padded else "ambiguous"


def _text_span(text: str, is_1904: bool) -> Span | str | None:
    plain = _plain(text)
    if plain in _ONGOING:
        return None
    if re.fullmatch(r"\d{5}(\.\d+)?", plain) and _SERIALS[0] <= float(plain) <= _SERIALS[1]:
        return _serial(float(plain), is_1904)
    for pattern, build in ((_COMPACT, _compact), (_ONE, _single), (_COMPACT_RANGE, _compact_range), (_RANGE, _ranged)):
        match = pattern.fullmatch(plain)
        if match:
            return _checked(build, match)
    return "ambiguous" if _NO_YEAR.fullmatch(plain) else "bad_date"


def _plain(text: str) -> str:
    plain = unicodedata.normalize("NFKC", text).strip().replace("−", "-")
    plain = _CLOCK.sub("", plain) if ":" in plain else plain
    plain = _NOTES.sub("", "".join(plain.split()))
    plain = re.sub(r"[—–―‐]", "-", plain).rstrip("。.,;")
    if "年" in plain and not re.search(r"\d", plain):
        plain = _CHINESE_TEN.sub(lambda ten: f"{ten[1] or '一'}{ten[2] or '〇'}", plain).translate(_CHINESE_DIGITS)
    return _SHORT_YEAR.sub(r"20\1", plain)


def _checked(build: Callable[[re.Match[str]], Span], match: re.Match[str]) -> Span | str:
    try:
        span = build(match)
    except ValueError:
        return "bad_date"
    in_reach = _YEARS[0] <= span.first.year <= span.last.year <= _YEARS[1]
    return span if in_reach and span.first <= span.last else "bad_date"


def _compact(match: re.Match[str]) -> Span:
    year, month, day = match.groups()
    return _day(int(year), int(month), int(day)) if day else _month(int(year), int(month))


def _single(match: re.Match[str]) -> Span:
    month, day = match["m"] or match["m2"], match["d"] or match["d2"]
    return _day(int(match["y"]), int(month), int(day)) if day else _month(int(match["y"]), int(month))


def _compact_range(match: re.Match[str]) -> Span:
    first, rest = match.groups()
    whole = first[: 8 - len(rest)] + rest
    return Span(date.fromisoformat(first), date.fromisoformat(whole), is_range=True)


def _ranged(match: re.Match[str]) -> Span:
    start = _single(match)
    if match["ry2"]:
        end = _month(int(match["ry2"]), int(match["rm2"]))
        return Span(start.first, end.last, is_month=start.is_month, is_range=True)
    year = int(match["ry"] or match["y"])
    number = match["rd"]
    if start.is_month:
        month = int(match["rm"] or number)
        end = _month(year, month) if not (match["rm"] and number) else _day(year, month, int(number))
    else:
        month = int(match["rm"] or start.first.month)
        end = _day(year, month, int(number)) if number else _month(year, month)
    return Span(start.first, end.last, is_month=start.is_month and end.is_month, is_range=True)


def _day(year: int, month: int, day: int) -> Span:
    value = date(year, month, day)
    return Span(value, value)


def _month(year: int, month: int) -> Span:
    first = date(year, month, 1)
    return Span(first, first.replace(day=monthrange(year, month)[1]), is_month=True)
