"""When a scheduled night must not begin any more."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from flows.run_state import LATEST_START, lateness

SHANGHAI = ZoneInfo("Asia/Shanghai")
PLANNED = datetime(2021, 9, 27, 18, 0, tzinfo=UTC)


@pytest.mark.parametrize("late", [timedelta(minutes=-1), timedelta(0), timedelta(hours=5, minutes=59), LATEST_START])
def test_a_night_may_begin_within_six_hours(late: timedelta) -> None:
    assert lateness(PLANNED, PLANNED + late, SHANGHAI) == ""


def test_a_later_one_says_both_times_in_the_clock_of_the_office() -> None:
    assert lateness(PLANNED, datetime(2021, 9, 28, 4, 5, tzinfo=UTC), SHANGHAI) == (
        "原定 2021-09-28 02:00 开始，现在已是 2021-09-28 12:05，迟了 6 小时以上，本次不再运行；如需补跑，请手动运行一次。"
    )
