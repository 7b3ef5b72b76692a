"""Compose the report, its warning: indicators that at their present pace miss a target still to come."""

from __future__ import annotations

from decimal import Decimal

from tasks.report.compose_cells import head_row, joined_down, result_cell, words
from tasks.report.measure import Measured
from tasks.report.model import Block, Bullets, Cell, Paragraph, Row, Table
from tasks.report.narrative import OTHER_PROJECT, chinese_day, number_text, target_text, text_line, unit_name
from tasks.report.pace import Outlook, find_pace

_METHODS = {
    "cumulative": "累计，按建设期起的平均进度",
    "yearly": "年度，按本年已过时间",
    "trend": "时点，按以往的平均增量",
    "level": "比率，按现值",
}
_NOTE = (
    "注：只是线性推算，不是预测结论。累计指标按2019年1月1日以来的平均进度推算到目标年末；年度指标按已过时间占统计期的比例推算全年，"
    "以后年度以此为准；时点指标按最早有数据的年末以来的平均增量推算；比率不外推，按现值对照。定性目标不作推算。"
)


def compose_pace(measured: Measured) -> tuple[Block, ...]:
    """What is on course, what is not, and what nobody can say; nothing when no target is still to come."""
    pace = find_pace(measured)
    total = len(pace.missed) + len(pace.on_course) + len(pace.unjudged)
    if not total:
        return ()
    unsaid = f"，{len(pace.unjudged)}项不能推算" if pace.unjudged else ""
    sentence = (
        f"截至{chinese_day(measured.as_of)}，有尚未到期目标的指标{total}项。按目前进度推算，{len(pace.on_course)}项能够达到，"
        f"{len(pace.missed)}项预计不能按期达到{unsaid}。"
    )
    blocks: tuple[Block, ...] = (Paragraph(text_line(sentence)),)
    if pace.missed:
        blocks += (_table(pace.missed),)
    reasons: dict[str, list[str]] = {}
    for line, reason in pace.unjudged:
        reasons.setdefault(reason, []).append(line.name)
    told = tuple(text_line(f"{reason}：{'、'.join(dict.fromkeys(names))}。") for reason, names in reasons.items())
    return (*blocks, Bullets(told)) if told else blocks


def warned_names(measured: Measured) -> tuple[str, ...]:
    """The indicators that miss a target at their present pace, for the leader's page."""
    return tuple(dict.fromkeys(each.line.name for each in find_pace(measured).missed))


def _table(missed: tuple[Outlook, ...]) -> Table:
    head = (head_row("层面", "项目", "指标（单位）", "目标年度", "目标值", "目前完成", "按进度预计", "推算办法"),)
    keys = [(each.line.scope, each.line.project or OTHER_PROJECT) for each in missed]
    rows = joined_down(keys, [_row(each) for each in missed])
    title = "按目前进度预计不能按期达到目标的指标"
    return Table("pace", title, (4, 8, 11.5, 5.5, 6.5, 6.5, 7, 9), head, rows, _NOTE)


def _row(outlook: Outlook) -> Row:
    about = "约" if outlook.is_approximate else ""
    plain = "#,##0" if outlook.expected == outlook.expected.to_integral_value() else "#,##0.######"
    expected = Cell(
        f"{about}{number_text(outlook.expected)}", Decimal(outlook.expected), f'"{about}"{plain}' if about else plain,
        align="right", tone="bad",
    )  # fmt: skip
    return (
        words(unit_name(outlook.line)), words(f"{outlook.year}年", is_centred=True),
        Cell(target_text(outlook.target), align="right"), result_cell(outlook.line.current), expected,
        words(_METHODS[outlook.method]),
    )  # fmt: skip
