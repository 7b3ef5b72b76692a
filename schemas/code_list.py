"""Code lists: the public divisions and schools that partners' codes point to, read from `schemas/codes/`."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType

from schemas.errors import MisconfiguredError

CODES = Path(__file__).parent / "codes"


class CodeListError(MisconfiguredError):
    """A code list that cannot be used; the text names the file and the line."""


class RegionLevel(StrEnum):
    """The three levels of GB/T 2260, with codes of 2, 4 and 6 digits."""

    PROVINCE = "province"
    PREFECTURE = "prefecture"
    COUNTY = "county"


@dataclass(frozen=True, slots=True)
class Region:
    """A division of GB/T 2260. `parent_code` is the nearest listed division it lies in; a province has none."""

    code: str
    name: str
    level: RegionLevel
    parent_code: str | None
    is_in_force: bool


@dataclass(frozen=True, slots=True)
class School:
    """A regular higher school. `code` is its ten-digit 学校标识码, `province_code` a two-digit region code."""

    code: str
    name: str
    province_code: str


@cache
def regions() -> Mapping[str, Region]:
    """All listed divisions by code (province 2, prefecture 4, county 6 digits), in the order of their codes.

    Raises:
        CodeListError: the file is damaged.
    """
    return MappingProxyType(read_regions(CODES / "regions.csv"))


@cache
def schools() -> Mapping[str, School]:
    """All listed schools by code, in the order of their codes.

    Raises:
        CodeListError: the file is damaged.
    """
    return MappingProxyType(read_schools(CODES / "schools.csv"))


def region_path(code: str) -> tuple[Region, ...]:
    """The division of that code within the divisions it lies in, the province first.

    Raises:
        KeyError: the code is not listed.
    """
    region = regions().get(code)
    if region is None:
        raise KeyError(f"region {code!r} is not in {CODES / 'regions.csv'}: province 2, prefecture 4, county 6 digits")
    above = region_path(region.parent_code) if region.parent_code else ()
    return (*above, region)


def read_regions(path: Path) -> dict[str, Region]:
    """The divisions of a file with the columns of `regions.csv`, by code.

    Raises:
        CodeListError: a column is missing, a row is short, a code is written twice, a level is unknown or a parent not listed.
    """
    found: dict[str, Region] = {}
    for line, row in _read_rows(path, ("code", "name", "level", "parent_code", "in_force")):
        if row["level"] not in [*RegionLevel] or row["in_force"] not in {"yes", "no"}:
            known = f"a level of {', '.join(RegionLevel)} and in_force yes or no"
            raise CodeListError(f"{path}:{line}: found {row['level']!r}, {row['in_force']!r}; expected {known}")
        parent_code, level = row["parent_code"] or None, RegionLevel(row["level"])
        found[row["code"]] = Region(row["code"], row["name"], level, parent_code, row["in_force"] == "yes")
    orphans = [region.code for region in found.values() if region.parent_code and region.parent_code not in found]
    if orphans:
        raise CodeListError(f"{path}: the division that {', '.join(orphans)} lie in is not listed")
    return found


def read_schools(path: Path) -> dict[str, School]:
    """The schools of a file with the columns of `schools.csv`, by code.

    Raises:
        CodeListError: a column is missing, a row is short or a code is written twice.
    """
    rows = _read_rows(path, ("code", "name", "province_code"))
    return {row["code"]: School(row["code"], row["name"], row["province_code"]) for _, row in rows}


def _read_rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells of each row; a code list with a doubtful row is refused whole rather than half believed."""
    seen: set[str] = set()
    with path.open(encoding="utf-8", newline="") as file:
        lines = csv.reader(file)
        if tuple(next(lines, ())) != columns:
            raise CodeListError(f"{path}:1: the first line must be {','.join(columns)}")
        for cells in lines:
            if len(cells) != len(columns) or not cells[0] or not cells[1]:
                raise CodeListError(f"{path}:{lines.line_num}: found {cells}; expected {','.join(columns)}")
            if cells[0] in seen:
                raise CodeListError(f"{path}:{lines.line_num}: code {cells[0]} is written twice")
            seen.add(cells[0])
            yield lines.line_num, dict(zip(columns, cells, strict=True))
