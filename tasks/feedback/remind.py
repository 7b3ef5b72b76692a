"""Feedback: the reminder to a partner: what is due, overdue, refused or waiting for corrections, and by when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path

from schemas.chinese import chinese_day
from sources.partner import Partner
from tasks.feedback.letter import Letter, Part
from tasks.mail import Mail


class Lack(StrEnum):
    """Why a ledger is still open. The order is the order of a reminder."""

    OVERDUE = "overdue"
    REFUSED = "refused"
    HELD = "held"
    DUE_SOON = "due_soon"


_WORDS = {
    Lack.OVERDUE: "逾期未报",
    Lack.REFUSED: "已退回，待重新报送",
    Lack.HELD: "已接收，部分行待改正",
    Lack.DUE_SOON: "即将到期",
}
_SHORT = {Lack.OVERDUE: "逾期未报", Lack.REFUSED: "退回待报", Lack.HELD: "待改正", Lack.DUE_SOON: "即将到期"}


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One ledger a partner still has to send or mend; `rows_held` rows of it wait for corrections."""

    title: str
    period: str
    due: date
    lack: Lack
    rows_held: int = 0


def compose_reminder(
    partner: Partner,
    items: Sequence[OpenItem],
    today: date,
    blanks: Sequence[Path] = (),
    *,
    to_head: bool = False,
) -> Mail | None:
    """The reminder of everything a partner has open.

    Args:
        partner: whom to remind.
        items: what is open, in any order.
        today: the day it is written, in the office's time zone.
        blanks: blank workbooks to attach.
        to_head: write to the head of the unit as well: earlier reminders went unheard.

    Returns:
        The mail, or None when nothing is open or there is nobody to write to.
    """
    head = partner.head_email if to_head else None
    to = tuple(dict.fromkeys(filter(None, (*(contact.email for contact in partner.contacts), head))))
    if not items or not to:
        return None
    letter = Letter(
        greeting=partner.name,
        opening=f"截至 {chinese_day(today)}，您单位还有 {len(items)} 项台账需要报送或改正，请尽快处理。",
        parts=(_open_items(items, today), _how(blanks)),
        signature=("双高办（系统自动发送）", chinese_day(today)),
    )
    return Mail(to, _subject(partner, items, today), letter.text, letter.html, tuple(blanks))


def _subject(partner: Partner, items: Sequence[OpenItem], today: date) -> str:
    counts = ((lack, sum(item.lack is lack for item in items)) for lack in Lack)
    told = "，".join(f"{_SHORT[lack]} {count} 项" for lack, count in counts if count)
    return f"【台账催报】{partner.name}：{told}（{chinese_day(today)}）"


def _open_items(items: Sequence[OpenItem], today: date) -> Part:
    order = list(Lack)
    ordered = sorted(items, key=lambda item: (order.index(item.lack), item.due, item.title, item.period))
    rows = tuple(
        (item.title, f"{item.period} 年度", chinese_day(item.due), _situation(item), _time_left(item, today))
        for item in ordered
    )
    return Part("需要处理的台账", (), ("台账", "年度", "截止日期", "情况", "时限"), rows)


def _situation(item: OpenItem) -> str:
    held = f"（{item.rows_held} 行）" if item.rows_held else ""
    return f"{_WORDS[item.lack]}{held}"


def _time_left(item: OpenItem, today: date) -> str:
    days = (item.due - today).days
    if days < 0:
        return f"已逾期 {-days} 天"
    return "今天截止" if days == 0 else f"还有 {days} 天"


def _how(blanks: Sequence[Path]) -> Part:
    form = "请使用附件中的空白表填写，" if blanks else "请使用下发的空白表填写，"
    return Part(
        "怎样处理",
        (
            f"{form}保存为 xlsx 文件后按原来的渠道报送。",
            "已退回或有行待改正的，请对照此前发送的标注工作簿，在原文件中改正后重新报送整份文件。",
            "本期确实没有发生的，或已经报送仍收到本邮件的，请与双高办联系说明。",
        ),
    )
