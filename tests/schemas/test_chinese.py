"""Days, moments and heading numbers as Chinese documents write them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from schemas.chinese import OFFICE_ZONE, SEVERITY_NAMES, chinese_day, chinese_moment, chinese_ordinal
from schemas.units import chinese_number
from schemas.values import Severity


def test_days_and_moments() -> None:
    night = datetime(2021, 8, 31, 18, 5, tzinfo=UTC).astimezone(OFFICE_ZONE)
    assert chinese_day(date(2021, 12, 3)) == "2021年12月3日"
    assert chinese_moment(night) == "2021年9月1日 02:05"


def test_every_severity_has_a_name() -> None:
    assert set(SEVERITY_NAMES) == set(Severity)


def test_headings_are_numbered_as_numerals_are_read() -> None:
    assert [chinese_ordinal(number) for number in (1, 10, 12, 20, 21)] == ["一", "十", "十二", "二十", "二十一"]
    assert [chinese_number(chinese_ordinal(number)) for number in range(1, 100)] == list(range(1, 100))
    with pytest.raises(ValueError, match="found 100"):
        chinese_ordinal(100)
