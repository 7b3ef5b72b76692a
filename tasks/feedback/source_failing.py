"""Feedback: the letters about a place we cannot fetch files from, to the operators and to the partner who keeps it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from schemas.chinese import chinese_day
from sources.partner import Partner
from tasks.feedback.letter import Letter, Part
from tasks.mail import Mail


def compose_sources_failing(to: Sequence[str], failing: Sequence[tuple[str, str, str, str]], today: date) -> Mail:
    """The letter to the operators.

    Args:
        to: their addresses.
        failing: name of the source, nights in a row, reason, last good day; all Chinese texts.
        today: the day of the letter.
    """
    rows = tuple(failing)
    letter = Letter(
        greeting="数据管理员",
        opening=f"以下 {len(rows)} 个来源连接不上。其余来源已照常采集；这些单位此前已接收的数据继续有效。",
        parts=(
            Part("连接不上的来源", (), ("来源", "连续晚数", "原因", "上次正常"), rows),
            Part(
                "怎样处理",
                (
                    "运行 doublehigh partners check 逐个检查地址、登录和目录，它会说明哪里不对、怎样改。",
                    "在第 1、3、7 晚各提醒一次；其间情况见每晚的“各来源情况”表。",
                ),
            ),
        ),
        signature=("双高办（系统自动发送）", chinese_day(today)),
    )
    return Mail(tuple(to), f"【采集】{len(rows)} 个来源连接不上（{chinese_day(today)}）", letter.text, letter.html)


def compose_source_failing(partner: Partner, reason: str, since: date, nights: int, today: date) -> Mail:
    """The letter to the partner's contacts: since when, why, and what they can do."""
    letter = Letter(
        greeting=partner.name,
        opening=f"自 {chinese_day(since)} 起，我们连续 {nights} 晚无法从贵单位登记的位置取得台账文件。",
        parts=(
            Part("原因", (reason,)),
            Part(
                "怎样处理",
                (
                    "请检查该位置是否仍可访问、账号或密码是否更换、文件夹是否改名或移动，恢复后无需通知，当晚会自动再试。",
                    "位置或账号有变化的，请与双高办联系更新登记；急需报送的，可先用电子邮件发送。",
                    "此前已接收的台账继续有效。",
                ),
            ),
        ),
        signature=("双高办（系统自动发送）", chinese_day(today)),
    )
    to = tuple(dict.fromkeys(contact.email for contact in partner.contacts))
    subject = f"【取件失败】{partner.name}：连续 {nights} 晚取不到台账文件（{chinese_day(today)}）"
    return Mail(to, subject, letter.text, letter.html)
