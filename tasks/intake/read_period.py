"""Intake, recognising: the year a table speaks of, from its title down to its dates, and whether it can be right."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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
_YEAR_SAID = re.compile(r"(?<!\d)20[0-4]\d年(?!报送|上报|填报|\d)")
_CONTRADICTED = 0.8
_MAJORITY = 0.5


@dataclass(frozen=True, slots=True)
class YearSources:
    """The texts that may hold the year of a table, each beside the words for where it stands.

    `titles` stand over the table itself, `inherited` over the first table of its sheet. `is_alone` tells that the file
    holds no table of another year, so that its name must agree; `stamped` is the year of the form it was made from.
    """

    titles: Sequence[str]
    inherited: Sequence[str] = ()
    sheet: str = ""
    file_name: str = ""
    folders: Sequence[str] = ()
    stamped: int | None = None
    is_alone: bool = True


def find_period(table: ConformedTable, sources: YearSources) -> str | Finding:
    """The year of a table as text, or the finding that says why it has none.

    In order: a single year in the title; in the sheet's name; in the year column; most dates of the column that must lie in
    the year; the stamp of the form; the file's name and folder; the day of filing. A register takes the latest year of its
    title or dates. Where what is written disagrees (title, sheet, stamp, file name) and the dates do not settle it, there
    is no year: the finding names what each says.

    Args:
        table: the converted table.
        sources: the texts that may hold a year.
    """
    contract = table.contract
    place = Place(table.layout.sheet)
    titled = titled_year(contract, sources)
    if contract.time_basis is TimeBasis.PLAN:
        return str(titled) if titled else PLAN_PERIOD
    dated = _year_of_rows(table)
    named = _year_in(contract, (sources.file_name, *sources.folders))
    year = titled or dated or sources.stamped or named or _filing_year((*sources.titles, *sources.inherited))
    if year is None:
        return file_finding("period.missing", place, found="标题、工作表名、文件名和日期中都没有年度")
    first, last = contract.years
    if not first <= year <= last:
        return file_finding("period.outside", place, found=f"{year} 年度", year=year, first=first, last=last)
    contradicted = _contradiction(table, year, place) if titled else None
    return contradicted or _disagreement(contract, year, titled, dated, sources, place) or str(year)


def titled_year(contract: Contract, sources: YearSources) -> int | None:
    """The year the table's own title, its sheet or the title of the sheet's first table says."""
    for texts in (sources.titles, (sources.sheet,), sources.inherited):
        year = _year_in(contract, [text for text in texts if not _FILED.search(text)])
        if year:
            return year
    return None


def _disagreement(
    contract: Contract, year: int, titled: int | None, dated: int | None, sources: YearSources, place: Place
) -> Finding | None:
    if titled and dated == year:
        return None
    claims = {"标题": _year_in(contract, [text for text in sources.titles if not _FILED.search(text)])}
    claims |= {"工作表名": _year_in(contract, (sources.sheet,)), "日期": dated, "模板": sources.stamped}
    if sources.is_alone and not dated and _YEAR_SAID.search(unicodedata.normalize("NFKC", sources.file_name)):
        claims["文件名"] = _year_in(contract, (sources.file_name,))
    if contract.time_basis is TimeBasis.REGISTER and (dated or year) < year:
        # A register looks back: rows older than its year do not speak against it.
        del claims["日期"]
    said = {where: found for where, found in claims.items() if found}
    if len(set(said.values())) < 2:
        return None
    text = "，".join(f"{where} {found} 年" for where, found in said.items())
    years = "或".join(f"{found} 年度" for found in sorted(set(said.values())))
    return file_finding("period.unclear", place, found=text, claims=text, years=years)


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
    for value, count in zip(converted.values, counts.tolist(), strict=True):
        if count and isinstance(value, date):
            years[value.year] += count
        elif count and isinstance(value, int) and column.type is ColumnType.YEAR:
            years[value] += count
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
