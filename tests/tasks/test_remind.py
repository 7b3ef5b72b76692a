"""A reminder lists everything open, the longest overdue first, with what to do; nothing open is no mail."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sources.partner import Contact, Partner, PartnerKind
from tasks.feedback.remind import Lack, OpenItem, compose_reminder

PARTNER = Partner(
    code="hetian", name="和田职业技术学院", kind=PartnerKind.SUPPORTED_SCHOOL, head_email="head@example.org",
    contacts=(Contact(role="教务处", email="jwc@example.org"),),
)  # fmt: skip
TODAY = date(2021, 9, 30)
ITEMS = [
    OpenItem("竞赛获奖情况统计表", "2021", date(2021, 10, 10), Lack.DUE_SOON),
    OpenItem("师资培训台账", "2020", date(2021, 1, 20), Lack.HELD, rows_held=3),
    OpenItem("实训室建设情况一览表", "2021", date(2021, 9, 30), Lack.REFUSED),
    OpenItem("师资培训台账", "2021", date(2021, 9, 20), Lack.OVERDUE),
    OpenItem("师资培训台账", "2019", date(2020, 1, 20), Lack.OVERDUE),
]


def test_a_reminder_lists_what_is_open_the_worst_first() -> None:
    mail = compose_reminder(PARTNER, ITEMS, TODAY, [Path("/outbox/师资培训台账.xlsx")])
    assert mail is not None
    assert (mail.to, mail.attachments) == (("jwc@example.org",), (Path("/outbox/师资培训台账.xlsx"),))
    assert (
        mail.subject
        == "【台账催报】和田职业技术学院：逾期未报 2 项，退回待报 1 项，待改正 1 项，即将到期 1 项（2021年9月30日）"
    )
    assert mail.text == (
        "和田职业技术学院：\n\n"
        "截至 2021年9月30日，您单位还有 5 项台账需要报送或改正，请尽快处理。\n\n"
        "一、需要处理的台账\n"
        "1. 台账：师资培训台账；年度：2019 年度；截止日期：2020年1月20日；情况：逾期未报；时限：已逾期 619 天\n"
        "2. 台账：师资培训台账；年度：2021 年度；截止日期：2021年9月20日；情况：逾期未报；时限：已逾期 10 天\n"
        "3. 台账：实训室建设情况一览表；年度：2021 年度；截止日期：2021年9月30日；情况：已退回，待重新报送；时限：今天截止\n"
        "4. 台账：师资培训台账；年度：2020 年度；截止日期：2021年1月20日；情况：已接收，部分行待改正（3 行）；时限：已逾期 253 天\n"
        "5. 台账：竞赛获奖情况统计表；年度：2021 年度；截止日期：2021年10月10日；情况：即将到期；时限：还有 10 天\n\n"
        "二、怎样处理\n"
        "请使用附件中的空白表填写，保存为 xlsx 文件后按原来的渠道报送。\n"
        "已退回或有行待改正的，请对照此前发送的标注工作簿，在原文件中改正后重新报送整份文件。\n"
        "本期确实没有发生的，或已经报送仍收到本邮件的，请与双高办联系说明。\n\n"
        "双高办（系统自动发送）\n2021年9月30日\n"
    )
    assert mail.html is not None
    assert "<td" in mail.html
    assert "已逾期 619 天" in mail.html


def test_the_head_of_the_unit_hears_only_when_asked() -> None:
    mail = compose_reminder(PARTNER, ITEMS[:1], TODAY, to_head=True)
    assert mail is not None
    assert mail.to == ("jwc@example.org", "head@example.org")
    assert "请使用下发的空白表填写" in mail.text


def test_nothing_open_or_nobody_to_write_to_is_no_mail() -> None:
    assert compose_reminder(PARTNER, [], TODAY) is None
    silent = PARTNER.model_copy(update={"contacts": ()})
    assert compose_reminder(silent, ITEMS, TODAY) is None
    assert compose_reminder(silent, ITEMS, TODAY, to_head=True) is not None
