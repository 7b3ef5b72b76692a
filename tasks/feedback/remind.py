"""Feedback: the reminder to one person: everything due, overdue or refused in their care, and by when; one mail a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from schemas.chinese import chinese_day
from tasks.feedback.letter import Letter, Part
from tasks.mail import Mail


class Lack(StrEnum):
    """Why a ledger is still open. The order is the order of a reminder."""

    OVERDUE = "overdue"
    REFUSED = "refused"
    DUE_SOON = "due_soon"


_WORDS = {Lack.OVERDUE: "逾期未报", Lack.REFUSED: "已退回，请改正后重报", Lack.DUE_SOON: "即将到期"}
_SHORT = {Lack.OVERDUE: "逾期未报", Lack.REFUSED: "退回待报", Lack.DUE_SOON: "即将到期"}


@dataclass(frozen=True, slots=True)
class OpenItem:
    """One ledger a partner still has to send or mend."""

    partner_code: str
    partner_name: str
    contract: str
    title: str
    period: str
    due: date
    lack: Lack


def compose_reminder(
    address: str, items: Sequence[OpenItem], today: date, escalated: Sequence[OpenItem] = ()
) -> Mail | None:
    """The reminder of everything open in the care of one person.

    Args:
        address: the person's mail address.
        items: what is open, of one partner or several, in any order.
        today: the day it is written, in the office's time zone.
        escalated: those of them the person hears of as head of the unit, because earlier reminders went unheard.

    Returns:
        The mail, with what it is about for the log; None when nothing is open.
    """
    if not items:
        return None
    names = "、".join(dict.fromkeys(item.partner_name for item in items))
    letter = Letter(
        greeting=names,
        opening=_opening(items, today, escalated),
        parts=(_open_items(items, today), _how(items)),
        signature=("双高办（系统自动发送）", chinese_day(today)),
    )
    return Mail((address,), _subject(items, today), letter.text, letter.html, about=tuple(map(_record, items)))


def _opening(items: Sequence[OpenItem], today: date, escalated: Sequence[OpenItem]) -> str:
    said = f"截至 {chinese_day(today)}，还有 {len(items)} 项台账需要报送或改正，请尽快办理。"
    urged = f"其中 {len(escalated)} 项逾期较久，多次提醒后仍未收到，特报送单位负责人，请督促办理。" if escalated else ""
    return said + urged


def _record(item: OpenItem) -> dict[str, str]:
    return {
        "partner_code": item.partner_code, "contract": item.contract, "period": item.period,
        "due_on": item.due.isoformat(), "state": item.lack.value,
    }  # fmt: skip


def _subject(items: Sequence[OpenItem], today: date) -> str:
    names = list(dict.fromkeys(item.partner_name for item in items))
    whose = names[0] if len(names) == 1 else f"{names[0]}等 {len(names)} 个单位"
    counts = ((lack, sum(item.lack is lack for item in items)) for lack in Lack)
    told = "，".join(f"{_SHORT[lack]} {count} 项" for lack, count in counts if count)
    return f"【台账催报】{whose}：{told}（{chinese_day(today)}）"


def _open_items(items: Sequence[OpenItem], today: date) -> Part:
    order = list(Lack)
    ordered = sorted(items, key=lambda item: (order.index(item.lack), item.due, item.title, item.period))
    several = len({item.partner_code for item in items}) > 1
    rows = tuple(
        (
            *((item.partner_name,) if several else ()),
            *(item.title, f"{item.period} 年度", chinese_day(item.due), _WORDS[item.lack], _time_left(item, today)),
        )
        for item in ordered
    )
    return Part(
        "需要办理的台账", (), (*(("单位",) if several else ()), "台账", "年度", "截止日期", "情况", "时限"), rows
    )


def _time_left(item: OpenItem, today: date) -> str:
    days = (item.due - today).days
    if days < 0:
        return f"已逾期 {-days} 天"
    return "今天截止" if days == 0 else f"还有 {days} 天"


def _how(items: Sequence[OpenItem]) -> Part:
    refused = "已退回的，请对照此前发送的标注工作簿，在原文件中改正后重新报送整份文件。"
    lines = (
        "请使用下发的空白表填写，保存为 xlsx 文件后按原来的渠道报送。",
        *((refused,) if any(item.lack is Lack.REFUSED for item in items) else ()),
        "本年度确实没有发生的，或已经报送仍收到本邮件的，请与双高办联系说明。",
    )
    return Part("怎样办理", lines)
