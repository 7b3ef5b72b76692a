"""What several rooms say in Chinese, said the same everywhere: office days and moments, severities, states, numbered headings."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from schemas.values import Severity, SubmissionState

OFFICE_ZONE = ZoneInfo("Asia/Shanghai")
"""The zone of due days and of every clock a reader sees, unless the settings name another."""
SEVERITY_NAMES: Mapping[Severity, str] = {
    Severity.CRITICAL: "必须改正",
    Severity.WARNING: "请核对",
    Severity.INFO: "提示",
}
"""A severity as what the clerk is asked to do."""
STATE_NAMES: Mapping[SubmissionState, str] = {
    SubmissionState.RECEIVED: "已收到",
    SubmissionState.UNREADABLE: "无法打开",
    SubmissionState.UNRECOGNISED: "无法识别",
    SubmissionState.REFUSED: "退回",
    SubmissionState.ACCEPTED_WITH_FINDINGS: "已接收（有问题行）",
    SubmissionState.ACCEPTED: "已接收",
    SubmissionState.SUPERSEDED: "已被新版代替",
    SubmissionState.REVERTED: "已退回旧版",
}
"""What became of a ledger, in a word."""
_ORDINALS = "一二三四五六七八九"


def chinese_day(day: date) -> str:
    """A day: 2021年12月31日."""
    return f"{day.year}年{day.month}月{day.day}日"


def chinese_moment(instant: datetime) -> str:
    """An instant in the time zone it carries: 2021年12月31日 02:00."""
    return f"{chinese_day(instant)} {instant:%H:%M}"


def chinese_ordinal(number: int) -> str:
    """The number of a heading, from 1 to 99: 三, 十, 十二, 二十一.

    Raises:
        ValueError: the number has more than two digits or none.
    """
    if not 1 <= number <= 99:
        raise ValueError(f"headings are numbered from 1 to 99, found {number}")
    tens, ones = divmod(number, 10)
    lead = f"{_ORDINALS[tens - 1] if tens > 1 else ''}十" if tens else ""
    return lead + (_ORDINALS[ones - 1] if ones else "")
