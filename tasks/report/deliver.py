"""Report, last step: composes the mail that hands the report to the leadership, with its summary and no personal data."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from tasks.mail import Mail
from tasks.report.model import Bullets, Highlight, Highlights, Paragraph, ReportModel, plain_text
from tasks.report.render_style import ACCENT, TONES, chinese_date, chinese_instant

_NAMES = {
    ".docx": "Word 文档（可编辑）",
    ".pdf": "PDF 文档（可打印）",
    ".xlsx": "Excel 工作簿（全部表格，带公式）",
    ".html": "网页（可查找，点数字看依据）",
}


def compose_report_mail(model: ReportModel, paths: Sequence[Path], recipients: Sequence[str]) -> Mail:
    """The mail of a report: the leader's page as text and html, the files attached.

    Raises:
        ValueError: there is no recipient.
    """
    if not recipients:
        raise ValueError("a report mail needs a recipient; expected at least one mail address")
    return Mail(tuple(recipients), _subject(model), _text(model, paths), _html(model, paths), tuple(paths))


def _subject(model: ReportModel) -> str:
    """One line, whatever the title holds: a line break in a header would begin another header."""
    return " ".join(f"{model.school}{model.title}（数据截止{chinese_date(model.as_of)}）".split())


def _highlights(model: ReportModel) -> Iterator[Highlight]:
    for block in model.summary.blocks:
        if isinstance(block, Highlights):
            yield from block.items


def _points(model: ReportModel) -> Iterator[str]:
    for block in model.summary.blocks:
        if isinstance(block, Bullets):
            yield from (plain_text(item) for item in block.items)


def _opening(model: ReportModel) -> Iterator[str]:
    return (plain_text(block.line) for block in model.summary.blocks if isinstance(block, Paragraph))


def _attached(paths: Sequence[Path]) -> list[str]:
    return [f"{path.name}：{_NAMES.get(path.suffix, '附件')}" for path in paths]


def _stamp(model: ReportModel) -> str:
    return f"数据版本：{chinese_instant(model.known_at)}。本邮件由系统生成，数字的来源见报告附件“佐证材料目录”。"


def _told(item: Highlight) -> str:
    """A key number with its remark, which says what part of it is approximate and which days it covers."""
    return f"{item.printed}{item.unit}{f'（{item.remark}）' if item.remark else ''}"


def _text(model: ReportModel, paths: Sequence[Path]) -> str:
    tiles = [f"  {item.title}：{_told(item)}" for item in _highlights(model)]
    points = [f"  · {point}" for point in _points(model)]
    files = [f"  {line}" for line in _attached(paths)]
    parts = ("各位领导：", *_opening(model), "", *tiles, "", *points, "", "附件：", *files, "", _stamp(model))
    return "\n".join(parts) + "\n"


def _html(model: ReportModel, paths: Sequence[Path]) -> str:
    """Styles stand in the elements: mail programs drop style sheets."""
    cell = "padding:6px 12px;border:1px solid #d5dce5"
    tiles = "".join(
        f'<tr><td style="{cell}">{escape(item.title)}</td>'
        f'<td style="{cell};font-weight:bold;color:#{ACCENT}">{escape(_told(item))}</td></tr>'
        for item in _highlights(model)
    )
    opening = "".join(f"<p>{escape(text)}</p>" for text in _opening(model))
    points = "".join(f"<li>{escape(point)}</li>" for point in _points(model))
    files = "".join(f"<li>{escape(line)}</li>" for line in _attached(paths))
    return (
        f'<html lang="zh-CN"><body style="font-family:sans-serif;line-height:1.7"><p>各位领导：</p>'
        f'<h2 style="color:#{ACCENT}">{escape(model.title)}</h2>{opening}'
        f'<table style="border-collapse:collapse">{tiles}</table><ul>{points}</ul><p>附件：</p><ul>{files}</ul>'
        f'<p style="color:#{TONES["muted"]};font-size:90%">{escape(_stamp(model))}</p></body></html>'
    )
