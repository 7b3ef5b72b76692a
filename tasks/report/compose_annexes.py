"""Compose the report, its annexes: what came and what is missing, what was wrong, how figures are defined and what they stand on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from schemas.contract import shipped_contracts
from schemas.indicator import shipped_indicators
from schemas.indicator_texts import meaning
from schemas.values import Severity
from tasks.report.compose_cells import count_cell, figure_cell, head_row, joined_down, words
from tasks.report.compose_reported import compose_reported
from tasks.report.measure import Measured
from tasks.report.model import Block, Cell, Chart, ChartPoint, Evidence, Paragraph, Row, Section, Source, Table, Tone
from tasks.report.narrative import basis_text, text_line
from warehouse.marts.owed import Owed, OwedState
from warehouse.marts.report_intake import Intake
from warehouse.marts.waivers import WaiverInForce

_MARKS: Mapping[OwedState, tuple[str, Tone]] = {
    OwedState.ACCEPTED: ("按时", "good"),
    OwedState.ACCEPTED_WITH_FINDINGS: ("按时，有问题", "watch"),
    OwedState.RECEIVED: ("已收到", "plain"),
    OwedState.LATE: ("迟报", "watch"),
    OwedState.REFUSED: ("退回", "bad"),
    OwedState.MISSING: ("未报", "bad"),
    OwedState.NOT_DUE: ("未到期", "muted"),
    OwedState.WAIVED: ("免报", "muted"),
}
_SEVERITIES = {Severity.CRITICAL: "严重", Severity.WARNING: "提醒", Severity.INFO: "说明"}
_SEVERITY_NOTE = "注：程度为“严重”的行未计入本报告，“提醒”的行已计入。"
_UNREAD_NOTE = "注：这些文件没有计入任何数据；所欠的台账在收到能读的文件以前仍列为未报。"
_NOT_ASKED = {OwedState.NOT_DUE, OwedState.WAIVED}
_ON_TIME = {OwedState.ACCEPTED, OwedState.ACCEPTED_WITH_FINDINGS, OwedState.RECEIVED}


def compose_annexes(measured: Measured, intake: Intake, evidence: Sequence[Evidence]) -> tuple[Section, ...]:
    """附件, numbered."""
    parts: tuple[tuple[str, str, tuple[Block, ...]], ...] = (
        ("annex-submissions", "台账报送完整性", _submissions(intake)),
        ("annex-missing", "未报、退回和迟报清单", _missing(intake)),
        ("annex-quality", "数据质量", _quality(intake)),
        ("annex-approximate", "约数清单", _approximate(measured)),
        ("annex-definitions", "指标口径", _definitions(measured)),
        ("annex-evidence", "佐证材料目录", (*_evidence(evidence), *compose_reported(measured))),
        *((("annex-waivers", "批准放行事项", _waivers(intake)),) if intake.waivers else ()),
    )
    return tuple(Section(key, f"附件{number}　{title}", blocks) for number, (key, title, blocks) in enumerate(parts, 1))


def _note(text: str) -> tuple[Block, ...]:
    return (Paragraph(text_line(text), "note"),)


def _submissions(intake: Intake) -> tuple[Block, ...]:
    if not intake.owed:
        return _note("（没有登记应报送的台账）")
    on_time = sum(one.state in _ON_TIME for one in intake.owed)
    waived = sum(one.state is OwedState.WAIVED for one in intake.owed)
    sentence = (
        f"截至数据版本日，应报送台账{len(intake.owed) - waived}份，按时{on_time}份，迟报{len(intake.late)}份，"
        f"未报或被退回{len(intake.missing)}份。"
    )
    return (Paragraph(text_line(sentence)), _on_time_chart(intake), _matrix(intake))


def _on_time_chart(intake: Intake) -> Chart:
    points = []
    for name in dict.fromkeys(one.partner_name for one in intake.owed):
        due = [one for one in intake.owed if one.partner_name == name and one.state not in _NOT_ASKED]
        on_time = sum(one.state in _ON_TIME for one in due)
        share = Decimal(100 * on_time) / len(due) if due else None
        points.append(ChartPoint(name, "按时率", share, f"{on_time}/{len(due)}" if due else "未到期"))
    ranked = sorted(points, key=lambda point: (-(point.value if point.value is not None else -1), point.label))
    return Chart(
        "chart-on-time",
        "各单位台账按时报送率",
        "bars",
        "按时报送率（%）",
        tuple(ranked),
        "注：条末为按时份数/应报份数；是否迟报以收到并接收之日为准，见附件2。",
    )


def _matrix(intake: Intake) -> Table:
    """Partner × ledger down, periods across."""
    periods = sorted({one.period for one in intake.owed})
    cells = {(one.partner_name, one.contract_title, one.period): one for one in intake.owed}
    keys = list(dict.fromkeys((one.partner_name, one.contract_title) for one in intake.owed))
    rows = [tuple(_mark(cells.get((*key, period))) for period in periods) for key in keys]
    named = [(words(ledger), *row) for (_, ledger), row in zip(keys, rows, strict=True)]
    body = joined_down([(name,) for name, _ in keys], named)
    head = (head_row("报送单位", "台账", *(f"{period}年" for period in periods)),)
    return Table(
        "submissions", "台账报送情况", (13, 14, *(7.0,) * len(periods)), head, body, "注：空格表示该期不需报送。"
    )


def _mark(one: Owed | None) -> Cell:
    if one is None:
        return Cell("")
    text, tone = _MARKS[one.state]
    late = f"{one.days_late}天" if one.state is OwedState.LATE and one.days_late else ""
    again = "（更正件被退回）" if one.is_refused_since else ""
    return Cell(f"{text}{late}{again}", align="center", tone=tone)


def _missing(intake: Intake) -> tuple[Block, ...]:
    found = [*intake.missing, *intake.late]
    blocks: tuple[Block, ...] = (_missing_table(found),) if found else _note("应报送的台账均已按时报送。")
    if not intake.unread:
        return blocks
    head = (head_row("报送单位", "文件", "收到日期", "原因"),)
    rows = tuple(
        (words(f.partner_name), words(f.file_name), words(f.received_on.isoformat()), words(f.reason))
        for f in intake.unread
    )
    return (*blocks, Table("unread", "不能读出台账的文件", (11, 14, 7, 16), head, rows, _UNREAD_NOTE))


def _missing_table(found: Sequence[Owed]) -> Table:
    head = (head_row("报送单位", "台账", "期间", "截止日期", "收到日期", "状态", "逾期（天）"),)
    body = joined_down([(one.partner_name,) for one in found], [_missing_row(one) for one in found])
    note = "注：收到日期是台账第一次被接收之日，晚于截止日期的为迟报；先被退回、更正后才接收的，以更正件为准。"
    return Table("missing", "未报、退回和迟报清单", (11, 11, 4.5, 7.5, 7.5, 4, 4), head, body, note)


def _missing_row(one: Owed) -> Row:
    text, tone = _MARKS[one.state]
    came = words(one.received_on.isoformat() if one.received_on else None)
    due = (words(one.contract_title), words(f"{one.period}年"), words(one.due_on.isoformat()))
    return (*due, came, Cell(text, tone=tone, align="center"), count_cell(one.days_late))


def _quality(intake: Intake) -> tuple[Block, ...]:
    if not intake.findings:
        return _note("报送的台账没有发现问题。")
    sentence = (
        f"报送的台账中有{intake.rows_held}行因严重问题暂未计入，更正后再次报送即可计入。问题按单位和台账列示如下。"
    )
    head = (head_row("报送单位", "台账", "期间", "问题", "怎样更正", "程度", "处数"),)
    rows = [
        (words(f"{f.period}年"), words(f.message), words(f.fix), _severity(f.severity), count_cell(f.count))
        for f in intake.findings
    ]
    ordered = sorted(
        zip([(f.partner_name, f.ledger) for f in intake.findings], rows, strict=True), key=lambda pair: pair[0]
    )
    body = joined_down([key for key, _ in ordered], [row for _, row in ordered])
    table = Table("quality", "台账问题统计", (8.5, 9, 4.5, 11, 13, 4, 3.5), head, body, _SEVERITY_NOTE)
    return (Paragraph(text_line(sentence)), table)


def _severity(severity: Severity) -> Cell:
    tone: Tone = "bad" if severity is Severity.CRITICAL else "watch"
    return Cell(_SEVERITIES[severity], tone=tone, align="center")


def _approximate(measured: Measured) -> tuple[Block, ...]:
    vague = [figure for figure in measured.figures if figure.is_approximate]
    if not vague:
        return _note("本报告没有使用约数。")
    rows = tuple(
        (words("·".join((figure.title, *figure.group))), figure_cell(figure), words(figure.unit, is_centred=True))
        for figure in vague
    )
    head = (head_row("数据项", "数值", "单位"),)
    note = "注：来源文件写作“近”“约”“余”“多”等的数，一律标为约数，不作精确数使用。"
    return (Table("approximate", "含约数的数据", (20, 16, 5), head, rows, note),)


def _definitions(measured: Measured) -> tuple[Block, ...]:
    used = list(dict.fromkeys(figure.indicator for figure in measured.figures))
    indicators = [shipped_indicators()[key] for key in used]
    rows: tuple[Row, ...] = tuple(
        (
            words(each.title),
            words(meaning(each)),
            words(each.unit, is_centred=True),
            words(basis_text(each.time)),
        )
        for each in indicators
    )
    head = (head_row("数据项", "口径", "单位", "时间口径"),)
    return (Table("definitions", "数据项口径", (12, 26, 4.5, 6), head, rows),)


def _evidence(evidence: Sequence[Evidence]) -> tuple[Block, ...]:
    if not evidence:
        return _note("没有可列示的数据来源。")
    rows = tuple(row for each in evidence for row in _evidence_rows(each))
    head = (head_row("数据项", "数值", "统计时间", "记录数", "报送单位", "文件", "工作表·列", "行"),)
    return (Table("evidence", "数据来源（报送文件）", (12, 8, 11, 4, 9, 13, 9, 9), head, rows, is_wide=True),)


def _waivers(intake: Intake) -> tuple[Block, ...]:
    """What was let through or excused, by whom and until when; a report without any has no such annex."""
    head = (head_row("事项", "单位", "台账", "年度", "计入行数", "有效期至", "批准人", "理由"),)
    rows = tuple(_waiver_row(one) for one in intake.waivers)
    note = "注：计入行数是本应留置、经批准放行而计入本报告所据数据的行数；“全部”指不限单位、台账或年度。"
    return (Table("waivers", "批准放行事项", (13, 8, 9, 4, 5, 7, 6, 12), head, rows, note),)


def _waiver_row(one: WaiverInForce) -> Row:
    waiver = one.waiver
    contract = shipped_contracts().get(waiver.contract or "")
    title = contract.title if contract else waiver.contract
    return (
        words(waiver.rule_id or "不需报送"), words(waiver.partner_code or "全部"), words(title or "全部"),
        words(waiver.period or "全部", is_centred=True), count_cell(one.rows) if waiver.rule_id else words("—", is_centred=True),
        words(waiver.expires_on.isoformat()), words(waiver.approved_by), words(waiver.why),
    )  # fmt: skip


def _evidence_rows(evidence: Evidence) -> list[Row]:
    span = max(1, len(evidence.sources))
    leading = (
        Cell(evidence.title, figure_id=evidence.figure_id, is_anchor=True, row_span=span),
        Cell(evidence.printed, align="right", row_span=span),
        Cell(evidence.window, row_span=span),
        Cell(f"{evidence.rows_observed:,}", Decimal(evidence.rows_observed), "#,##0", align="right", row_span=span),
    )
    if not evidence.sources:
        return [(*leading, Cell("—", column_span=4, align="center", tone="muted"))]
    cited = [_source_row(source) for source in evidence.sources]
    return [(*leading, *cited[0]), *cited[1:]]


def _source_row(source: Source) -> Row:
    place = "·".join(filter(None, (source.sheet_name, source.header)))
    return (words(source.partner_name), words(source.file_name), words(place), words(source.rows))
