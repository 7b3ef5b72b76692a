"""The mail that hands the report over: summary in both bodies, files attached, nothing hostile let through."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from tasks.mail import build_message
from tasks.report.deliver import compose_report_mail
from tasks.report.model import Bullets, Highlight, Highlights, Paragraph, ReportModel, Run, Section

KNOWN_AT = datetime(2022, 1, 10, 2, tzinfo=UTC)


def _model(title: str = "“双高计划”建设2021年度绩效自评报告") -> ReportModel:
    blocks = (
        Paragraph((Run("截至2021年12月31日，指标"), Run("15项", is_bold=True))),
        Highlights((Highlight("累计对口帮扶学校", "22", "所"), Highlight("上半年培训", "约1,000", "人次"))),
        Bullets(((Run("其他竞赛：", is_bold=True), Run("<b>银奖</b>8项")),)),
    )
    summary = Section("summary", "成效要点", blocks)
    return ReportModel("天津职业大学", title, 2021, date(2021, 12, 31), KNOWN_AT, summary, (), ())


def test_the_mail_carries_summary_and_files(tmp_path: Path) -> None:
    report = tmp_path / "report.docx"
    report.write_bytes(b"x")
    mail = compose_report_mail(_model(), (report,), ("leader@example.org",))
    assert mail.subject == "天津职业大学“双高计划”建设2021年度绩效自评报告（数据截止2021年12月31日）"
    assert mail.text == (
        "各位领导：\n截至2021年12月31日，指标15项\n\n  累计对口帮扶学校：22所\n  上半年培训：约1,000人次\n\n"
        "  · 其他竞赛：<b>银奖</b>8项\n\n附件：\n  report.docx：Word 文档（可编辑）\n\n"
        "数据版本：2022年1月10日 10:00（北京时间）。本邮件由系统生成，数字的来源见报告附件“佐证材料目录”。\n"
    )
    assert "约1,000人次" in (mail.html or "")
    assert "&lt;b&gt;银奖&lt;/b&gt;8项" in (mail.html or "")
    attached = [part.get_filename() for part in build_message(mail, "office@example.org", KNOWN_AT).iter_attachments()]
    assert attached == ["report.docx"]


def test_a_title_cannot_begin_another_header() -> None:
    mail = compose_report_mail(_model("报告\nBcc: x@example.org"), (), ("leader@example.org",))
    assert "\n" not in mail.subject


def test_a_mail_to_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a recipient"):
        compose_report_mail(_model(), (), ())
