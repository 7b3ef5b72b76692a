"""Holidays: the published days off and worked weekend days, an office's own year, and years nobody has written down."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from schemas.holidays import load_calendar
from schemas.yaml_file import YamlFileError

# Weekdays off and weekend days worked, as published: (year, weekdays off, weekend days worked).
PUBLISHED = [
    (2019, "0101 0204 0205 0206 0207 0208 0405 0501 0502 0503 0607 0913 1001 1002 1003 1004 1007", "0202 0203 0428 0505 0929 1012"),
    (2020, "0101 0124 0127 0128 0129 0130 0131 0406 0501 0504 0505 0625 0626 1001 1002 1005 1006 1007 1008", "0119 0426 0509 0628 0927 1010"),
    (2021, "0101 0211 0212 0215 0216 0217 0405 0503 0504 0505 0614 0920 0921 1001 1004 1005 1006 1007", "0207 0220 0425 0508 0918 0926 1009"),
    (2024, "0101 0212 0213 0214 0215 0216 0404 0405 0501 0502 0503 0610 0916 0917 1001 1002 1003 1004 1007",
     "0204 0218 0407 0428 0511 0914 0929 1012"),
]  # fmt: skip


@pytest.mark.parametrize(("year", "off", "worked"), PUBLISHED, ids=[str(year) for year, _, _ in PUBLISHED])
def test_a_year_is_as_published(year: int, off: str, worked: str) -> None:
    calendar = load_calendar()
    days = [date(year, 1, 1) + timedelta(days=count) for count in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)]
    odd = [day for day in days if calendar.is_working_day(day) != (day.weekday() < 5)]
    assert " ".join(f"{day:%m%d}" for day in odd if day.weekday() < 5) == off
    assert " ".join(f"{day:%m%d}" for day in odd if day.weekday() >= 5) == worked


def test_the_working_days_beside_a_holiday() -> None:
    calendar = load_calendar()
    assert calendar.years == set(range(2019, 2027))
    assert calendar.last_working_day(date(2021, 10, 5)) == date(2021, 9, 30)
    assert calendar.next_working_day(date(2021, 10, 5)) == date(2021, 10, 8)
    assert calendar.next_working_day(date(2021, 9, 18)) == date(2021, 9, 18)
    assert calendar.is_working_day(date(2018, 12, 29))
    # Nobody has written 2035 down: National Day is a Monday like others there.
    assert calendar.is_working_day(date(2035, 10, 1))


def test_an_office_has_its_own_year(tmp_path: Path) -> None:
    own = "year: {}\nnotice: 学校自定\nholidays:\n  - {{name: 校庆, first_on: 2035-10-01, last_on: 2035-10-01}}\n"
    (tmp_path / "2035.yaml").write_text(own.format(2035), encoding="utf-8")
    assert not load_calendar(tmp_path).is_working_day(date(2035, 10, 1))
    (tmp_path / "2034.yaml").write_text(own.format(2035), encoding="utf-8")
    with pytest.raises(YamlFileError, match=r"name it 2035\.yaml"):
        load_calendar(tmp_path)
    (tmp_path / "2034.yaml").write_text(own.format(2034).replace("last_on: 2035", "last_on: 2034"), encoding="utf-8")
    with pytest.raises(YamlFileError, match="last_on is before first_on"):
        load_calendar(tmp_path)
