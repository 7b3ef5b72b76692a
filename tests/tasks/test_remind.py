"""Reminders: what one says, on which days who gets one, and that a day off, a receipt and an earlier mail stop it."""

from __future__ import annotations

from datetime import date, timedelta

from schemas.holidays import load_calendar
from sources.partner import Contact, Partner, PartnerKind
from tasks.feedback.remind import Lack, OpenItem, compose_reminder
from tasks.feedback.remind_days import Pace, Reminded, digests, escalation_day, reminder_day

CALENDAR = load_calendar()
PACE = Pace()
CLERK, HEAD = "clerk@example.org", "head@example.org"


def partner(code: str, name: str, clerk: str, head: str | None = None) -> Partner:
    contacts = (Contact(role="教务处", email=clerk),)
    return Partner(code=code, name=name, kind=PartnerKind.SUPPORTED_SCHOOL, head_email=head, contacts=contacts)


PARTNERS = {
    "hetian": partner("hetian", "和田职业技术学院", CLERK, HEAD),
    "wuwei": partner("wuwei", "武威职业学院", CLERK),
    "akesu": partner("akesu", "阿克苏职业技术学院", "other@example.org", "other.head@example.org"),
}


def item(
    due: date, lack: Lack, code: str = "hetian", title: str = "师资培训台账", contract: str = "training_session"
) -> OpenItem:
    return OpenItem(code, PARTNERS[code].name, contract, title, "2021", due, lack)


def test_a_reminder_lists_what_is_open_the_worst_first() -> None:
    items = [
        item(date(2021, 10, 10), Lack.DUE_SOON, title="竞赛获奖情况统计表"),
        item(date(2021, 9, 30), Lack.REFUSED, title="实训室建设情况一览表"),
        item(date(2021, 9, 10), Lack.OVERDUE),
    ]
    mail = compose_reminder(HEAD, items, date(2021, 9, 30), items[2:])
    assert mail is not None
    assert (mail.to, mail.attachments) == ((HEAD,), ())
    assert mail.subject == "【台账催报】和田职业技术学院：逾期未报 1 项，退回待报 1 项，即将到期 1 项（2021年9月30日）"
    assert mail.text == (
        "和田职业技术学院：\n\n"
        "截至 2021年9月30日，还有 3 项台账需要报送或改正，请尽快办理。"
        "其中 1 项逾期较久，多次提醒后仍未收到，特报送单位负责人，请督促办理。\n\n"
        "一、需要办理的台账\n"
        "1. 台账：师资培训台账；年度：2021 年度；截止日期：2021年9月10日；情况：逾期未报；时限：已逾期 20 天\n"
        "2. 台账：实训室建设情况一览表；年度：2021 年度；截止日期：2021年9月30日；情况：已退回，请改正后重报；时限：今天截止\n"
        "3. 台账：竞赛获奖情况统计表；年度：2021 年度；截止日期：2021年10月10日；情况：即将到期；时限：还有 10 天\n\n"
        "二、怎样办理\n"
        "请使用下发的空白表填写，保存为 xlsx 文件后按原来的渠道报送。\n"
        "已退回的，请对照此前发送的标注工作簿，在原文件中改正后重新报送整份文件。\n"
        "本年度确实没有发生的，或已经报送仍收到本邮件的，请与双高办联系说明。\n\n"
        "双高办（系统自动发送）\n2021年9月30日\n"
    )
    assert mail.html is not None
    assert "已逾期 20 天" in mail.html
    assert mail.about[2] == {
        "partner_code": "hetian", "contract": "training_session", "period": "2021", "due_on": "2021-09-10", "state": "overdue",
    }  # fmt: skip


def test_who_looks_after_several_partners_gets_one_mail_that_says_whose() -> None:
    items = [item(date(2021, 9, 10), Lack.OVERDUE), item(date(2021, 9, 10), Lack.OVERDUE, "wuwei")]
    mail = compose_reminder(CLERK, items, date(2021, 9, 13))
    assert mail is not None
    assert mail.subject == "【台账催报】和田职业技术学院等 2 个单位：逾期未报 2 项（2021年9月13日）"
    assert "1. 单位：和田职业技术学院；台账：师资培训台账" in mail.text
    assert "2. 单位：武威职业学院；台账：师资培训台账" in mail.text
    assert "已退回" not in mail.text
    assert compose_reminder(CLERK, [], date(2021, 9, 13)) is None


def days_of(due: date, first: date, last: date, escalate: bool = False) -> list[str]:
    """The days on which something is sent when the flow runs every day."""
    planned = escalation_day if escalate else reminder_day
    days, heard = [], None
    for count in range((last - first).days + 1):
        today = first + timedelta(days=count)
        day = planned(due, today, PACE, CALENDAR)
        if CALENDAR.is_working_day(today) and day and (heard is None or heard < day):
            days.append(f"{today:%m-%d}")
            heard = today
    return days


def test_reminders_keep_to_working_days() -> None:
    # Due on a plain Wednesday: 14, 7 and 1 days before, 1 day after, then weekly; the head from 14 days after.
    assert days_of(date(2021, 3, 17), date(2021, 2, 22), date(2021, 4, 9)) == [
        "03-03", "03-10", "03-16", "03-18", "03-25", "04-01", "04-08",
    ]  # fmt: skip
    assert days_of(date(2021, 3, 17), date(2021, 2, 22), date(2021, 4, 9), escalate=True) == ["03-31", "04-07"]
    # Due within National Day: it counts as due on 09-30, and 09-29 is the last call; the overdue one waits for 10-08, and
    # Saturday 10-09 is worked. 09-16 is 14 days before, 09-23 seven.
    assert days_of(date(2021, 10, 4), date(2021, 9, 1), date(2021, 10, 16)) == [
        "09-16", "09-23", "09-29", "10-08", "10-12",
    ]  # fmt: skip


ITEMS = [
    item(date(2021, 9, 1), Lack.OVERDUE),
    item(date(2021, 9, 15), Lack.OVERDUE, "wuwei"),
    item(date(2021, 12, 1), Lack.DUE_SOON, "akesu"),
]


def written(today: date, reminded: Reminded, items: list[OpenItem] = ITEMS) -> dict[str, tuple[list[str], list[str]]]:
    found = digests(items, PARTNERS, reminded, today, PACE, CALENDAR)
    return {
        address: ([one.partner_code for one in digest.items], [one.partner_code for one in digest.escalated])
        for address, digest in found.items()
    }


def test_only_who_is_responsible_hears_and_only_once() -> None:
    today = date(2021, 9, 16)
    assert written(today, {}) == {CLERK: (["hetian", "wuwei"], []), HEAD: (["hetian"], ["hetian"])}
    told = {(CLERK, code, "training_session", "2021"): today for code in ("hetian", "wuwei")}
    told[HEAD, "hetian", "training_session", "2021"] = today
    assert written(today, told) == {}
    assert written(date(2021, 9, 17), told) == {}
    # Sunday 09-19 to Tuesday 09-21 are Mid-Autumn; nothing goes out, and what fell there follows on the 22nd.
    assert written(date(2021, 9, 20), {}) == {}
    assert written(date(2021, 9, 18), {}) != {}, "a Saturday that is worked"
    assert written(today, {}, []) == {}
