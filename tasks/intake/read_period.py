"""Intake, recognising: the year a table speaks of, from its title down to its dates, and whether it can be right."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np

from schemas.contract import DATED, Column, ColumnType, Contract, TimeBasis
from schemas.values import Finding, Place
from tasks.intake.conform import ConformedTable
from tasks.intake.read_findings import file_finding

PLAN_PERIOD = "2019"
"""Period of a plan without a year in its title: the plan's first year, so that a revised plan supersedes it."""

_YEAR = re.compile(r"(?<!\d)(20[0-4]\d)(?!\d)")
_YEAR_OF = re.compile(r"(?<!\d)(20[0-4]\d)年度")
_SHORT_YEAR = re.compile(r"(?<!\d)(1[5-9]|2\d)年")
_FILED = re.compile(r"填表|填报|制表|报送|日期|截止|截至")
_CONTRADICTED = 0.8
_MAJORITY = 0.5


def find_period(table: ConformedTable, above: Sequence[str], names: Sequence[str]) -> str | Finding:
    """The year of a table as text, or the finding that says why it has none.

    In order: a single year in the title; in the sheet's name; in the year column; most dates of the column that must lie in
    the year; the file's name and folder; the day of filing. A register takes the latest year of its title or dates.

    Args:
        table: the converted table.
        above: the texts above its header.
        names: sheet name, then file name, then folder: texts that may hold a year.
    """
    contract = table.contract
    place = Place(table.layout.sheet)
    titled = _titled_year(contract, above, names[:1])
    if contract.time_basis is TimeBasis.PLAN:
        return str(titled) if titled else PLAN_PERIOD
    year = titled or _year_of_rows(table) or _year_in(contract, names[1:]) or _filing_year(above)
    if year is None:
        return file_finding("period.missing", place, found="标题、工作表名、文件名和日期中都没有年度")
    first, last = contract.years
    if not first <= year <= last:
        return file_finding("period.outside", place, found=f"{year} 年度", year=year, first=first, last=last)
    return (_contradiction(table, year, place) if titled else None) or str(year)


def _titled_year(contract: Contract, above: Sequence[str], sheet: Sequence[str]) -> int | None:
    titles = [text for text in above if not _FILED.search(text)]
    return _year_in(contract, titles) or _year_in(contract, sheet)


def _year_in(contract: Contract, texts: Iterable[str]) -> int | None:
    """The one year the first text with any speaks of; of several a register means the last, others none."""
    for text in texts:
        plain = unicodedata.normalize("NFKC", text)
        years = (
            _YEAR_OF.findall(plain) or _YEAR.findall(plain) or [f"20{short}" for short in _SHORT_YEAR.findall(plain)]
        )
        if len(set(years)) == 1 or (years and contract.time_basis is TimeBasis.REGISTER):
            return max(map(int, years))
        if years:
            return None
    return None


def _year_of_rows(table: ConformedTable) -> int | None:
    contract = table.contract
    for column in contract.columns:
        if column.type is ColumnType.YEAR or column.in_period == "year":
            year = _common_year(_years(table, column))
            if year:
                return year
    if contract.time_basis is TimeBasis.REGISTER:
        until = [year for column in contract.columns if column.in_period == "until" for year in _years(table, column)]
        return max((year for year in until if year <= contract.years[1]), default=None)
    return None


def _common_year(years: Counter[int]) -> int | None:
    if not years:
        return None
    year, count = years.most_common(1)[0]
    return year if count > _MAJORITY * years.total() else None


def _years(table: ConformedTable, column: Column) -> Counter[int]:
    """Year → rows of a year or date column."""
    converted = table.columns[column.name]
    counts = np.bincount(converted.codes, minlength=len(converted.cells))
    years: Counter[int] = Counter()
    for cell, count in zip(converted.cells, counts.tolist(), strict=True):
        if count and isinstance(cell.value, date):
            years[cell.value.year] += count
        elif count and isinstance(cell.value, int) and column.type is ColumnType.YEAR:
            years[cell.value] += count
    return years


def _filing_year(above: Sequence[str]) -> int | None:
    years = [
        year for text in above if _FILED.search(text) for year in _YEAR.findall(unicodedata.normalize("NFKC", text))
    ]
    return int(years[0]) if years else None


def _contradiction(table: ConformedTable, year: int, place: Place) -> Finding | None:
    for column in table.contract.columns:
        if column.in_period not in ("year", "until") or column.type not in DATED:
            continue
        years = _years(table, column)
        wrong = sum(
            count for found, count in years.items() if found > year or (found < year and column.in_period == "year")
        )
        if years and wrong >= _CONTRADICTED * years.total():
            found = "、".join(f"{found} 年 {count} 行" for found, count in sorted(years.items()))
            return file_finding("period.contradicted", place, found=found, year=year, header=column.header)
    return None
