"""Compose the report, part three: money by source with 到位率 and 执行率. Scopes are shown beside one another, never added."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from tasks.report.compose_cells import bold, chart_text, head_row, rate_cell, wan_cell, words
from tasks.report.measure import Measured
from tasks.report.model import Block, Chart, ChartPoint, Paragraph, Row, Section, Table
from tasks.report.narrative import in_wan, percent_text, text_line
from warehouse.marts.funds import SCHOOL, FundLine

_HEAD = ("预算金额（万元）", "到位金额（万元）", "支出金额（万元）", "资金到位率", "资金执行率")
_RATES = "注：资金到位率＝到位金额÷预算金额；资金执行率＝支出金额÷到位金额，可以超过100%，分母为零或缺失时不计算。"


def compose_funds(measured: Measured) -> Section:
    """三、项目预算执行情况."""
    lines = [line for line in measured.funds.lines if line.year == measured.year]
    if not lines:
        return Section("funds", _TITLE, (Paragraph(text_line("（财务部门尚未提交本年度资金数据）"), "note"),))
    by_scope = {scope: list(found) for scope, found in groupby(lines, key=lambda line: line.scope)}
    tables = [
        _source_table(number, scope, found, measured) for number, (scope, found) in enumerate(by_scope.items(), 1)
    ]
    chart = _chart(by_scope.get(SCHOOL, lines), measured.year)
    blocks: tuple[Block, ...] = (Paragraph(text_line(_sentence(measured))), *tables, chart, _cumulative(measured))
    return Section("funds", _TITLE, blocks)


_TITLE = "三、项目预算执行情况"


def _sentence(measured: Measured) -> str:
    total = next((line for line in measured.funds.totals if (line.scope, line.year) == (SCHOOL, measured.year)), None)
    if total is None:
        return "学校层面本年度没有资金记录。"
    amounts = [
        f"{name}{wan_cell(amount, is_approximate=total.is_approximate).text}{'万元' if amount is not None else ''}"
        for name, amount in (("预算", total.budget), ("到位", total.received), ("支出", total.spent))
    ]
    rates = f"资金到位率{percent_text(total.received_rate)}，资金执行率{percent_text(total.spent_rate)}"
    return f"{measured.year}年学校层面{'、'.join(amounts)}，{rates}。学校层面资金已包含专业群资金，各层面不相加。"


def _source_table(number: int, scope: str, lines: Sequence[FundLine], measured: Measured) -> Table:
    rows = [_row(line.source or "—", line) for line in lines]
    total = next(line for line in measured.funds.totals if (line.scope, line.year) == (scope, measured.year))
    body = (*rows, bold(_row("合计", total, tuple(range(len(rows))))))
    caption = f"{measured.year}年{scope}层面资金到位与支出情况"
    return Table(f"funds-{number}", caption, (11, 8, 8, 8, 6.5, 6.5), (head_row("资金来源", *_HEAD),), body, _RATES)


def _row(name: str, line: FundLine, total_of: tuple[int, ...] = ()) -> Row:
    about = line.is_approximate
    return (
        words(name),
        *(wan_cell(amount, total_of, is_approximate=about) for amount in (line.budget, line.received, line.spent)),
        rate_cell(line.received_rate, 2, 1),
        rate_cell(line.spent_rate, 3, 2),
    )


def _cumulative(measured: Measured) -> Table:
    """All years so far, year by year, a scope after the other."""
    keys, rows = [], []
    for total in measured.funds.totals:
        keys.append((total.scope, f"{total.year}年"))
        rows.append(_row("", total)[1:])
    for total in measured.funds.cumulative:
        at = max(position for position, key in enumerate(keys) if key[0] == total.scope) + 1
        keys.insert(at, (total.scope, "累计"))
        rows.insert(at, _row("", total)[1:])
    body = tuple((words(scope), words(span), *_shifted(row)) for (scope, span), row in zip(keys, rows, strict=True))
    note = "注：累计为立项以来各年之和。学校层面已包含专业群，各层面不相加。"
    return Table(
        "funds-years",
        "立项以来各年资金情况",
        (6, 6, 8, 8, 8, 6.5, 6.5),
        (head_row("层面", "年度", *_HEAD),),
        body,
        note,
    )


def _shifted(row: Row) -> Row:
    """The rates again, for a table with one more column before the amounts."""
    return (*row[:3], rate_cell(row[3].number, 3, 2), rate_cell(row[4].number, 4, 3))


def _chart(lines: Sequence[FundLine], year: int) -> Chart:
    points = []
    for line in lines:
        for name, amount in (("预算", line.budget), ("到位", line.received), ("支出", line.spent)):
            value = None if amount is None else in_wan(amount)
            points.append(ChartPoint(line.source or "—", name, value, chart_text(value)))
    return Chart("chart-funds", f"{year}年学校层面各来源资金", "bars", "万元", tuple(points))
