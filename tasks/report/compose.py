"""Report, second step: composes the one report model from what was measured, what came in and what departments wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache

from sqlalchemy import Connection, Engine

from schemas.chinese import OFFICE_ZONE
from schemas.indicator import shipped_indicators
from schemas.scoring import find_scheme
from schemas.time_window import PLAN_START, Basis
from schemas.values import Figure
from tasks.report.compose_annexes import compose_annexes
from tasks.report.compose_effects import compose_goals, compose_measures, compose_recognition, slot
from tasks.report.compose_evidence import compose_evidence
from tasks.report.compose_funds import compose_funds
from tasks.report.compose_indicators import compose_progress
from tasks.report.compose_summary import compose_summary
from tasks.report.measure import Measured
from tasks.report.measure_lines import IndicatorLine
from tasks.report.model import Bullets, Evidence, Paragraph, ReportModel, Section, tables_of
from tasks.report.model_grid import check_grid
from tasks.report.narrative import result_text, target_text, text_line
from tasks.report.score import Assessment, score_year
from warehouse.marts.figure_ids import parse_figure_id
from warehouse.marts.institutions import read_institution_names
from warehouse.marts.measure import measure
from warehouse.marts.measure_spans import Cited, read_cited
from warehouse.marts.owed import Owed
from warehouse.marts.report_intake import Intake, read_intake

DEFAULT_SCHEME, DEFAULT_UNIT = "national_final_2024", "school"
NARRATIVES = ("goals", "measures", "recognition", "experience", "improvement", "other")
"""Parts for which a department may write text."""


def compose_year(
    engine: Engine,
    measured: Measured,
    school: str,
    texts: Mapping[str, str] | None = None,
    scheme: str = DEFAULT_SCHEME,
    unit: str = DEFAULT_UNIT,
) -> ReportModel:
    """The report of a measured year, with evidence and the state of submissions read from the warehouse.

    Args:
        engine: the warehouse.
        measured: the year as measured; its `known_at` decides what the report knows.
        school: the college's name, as printed.
        texts: narrative text by part (`NARRATIVES`); a part without text says so.
        scheme: the scoring scheme by name.
        unit: the kind of unit it weighs (school, group_one, group_two).

    Raises:
        MisconfiguredError: there is no such scheme.
    """
    assessment = score_year(measured, find_scheme(scheme), unit)
    today = measured.known_at.astimezone(OFFICE_ZONE).date()
    with engine.connect() as connection:
        intake = read_intake(connection, measured.year, today, measured.known_at)
        names = read_institution_names(connection)
        earlier = _earlier(connection, measured)
        found = compose_evidence(measured, _citations(connection, measured), names, earlier)
    return compose_report(measured, assessment, intake, found, school, texts or {}, earlier)


def _citations(connection: Connection, measured: Measured) -> Callable[[Figure], Cited]:
    """What a figure stands on, asked of the warehouse once an indicator and year: all its groups come together."""

    @cache
    def cited(indicator: str, year: int) -> Mapping[str, Cited]:
        return read_cited(connection, shipped_indicators()[indicator], year, measured.known_at, measured.as_of)

    def of(figure: Figure) -> Cited:
        year = parse_figure_id(figure.figure_id).year
        return cited(figure.indicator, year).get(figure.figure_id, Cited())

    return of


def _earlier(connection: Connection, measured: Measured) -> tuple[Figure, ...]:
    """The yearly, unbroken figures of the plan's years before the report year."""
    yearly = [
        indicator
        for indicator in shipped_indicators().values()
        if indicator.time.basis is Basis.CALENDAR_YEAR and indicator.time.years == 1 and not indicator.group_by
    ]
    return tuple(
        figure
        for indicator in yearly
        for year in range(PLAN_START.year, measured.year)
        for figure in measure(connection, indicator, year, measured.as_of, measured.known_at)
    )


def compose_report(
    measured: Measured,
    assessment: Assessment,
    intake: Intake,
    found: tuple[Evidence, ...],
    school: str,
    texts: Mapping[str, str],
    earlier: Sequence[Figure] = (),
) -> ReportModel:
    """The report model, a pure function of its inputs.

    Raises:
        ValueError: a table of the report does not fill its grid (a fault of ours).
    """
    model = ReportModel(
        school,
        f"“双高计划”建设{measured.year}年度绩效自评报告",
        measured.year,
        measured.as_of,
        measured.known_at,
        compose_summary(measured, assessment, intake, earlier),
        _sections(measured, assessment, intake, texts, earlier),
        compose_annexes(measured, intake, found),
        found,
    )
    for table in tables_of(model):
        check_grid(table)
    return model


def _sections(
    measured: Measured, assessment: Assessment, intake: Intake, texts: Mapping[str, str], earlier: Sequence[Figure]
) -> tuple[Section, ...]:
    return (
        compose_goals(measured, texts, earlier),
        compose_progress(measured, assessment),
        compose_funds(measured),
        compose_measures(measured, texts),
        compose_recognition(measured, texts),
        Section(
            "experience", "六、经验与做法、未完成或偏离原因及问题", (*slot(texts, "experience"), *_unreached(measured))
        ),
        Section("improvement", "七、改进措施及建议", (*slot(texts, "improvement"), *_improvements(intake))),
        Section("other", "八、其他", slot(texts, "other")),
    )


def _unreached(measured: Measured) -> tuple[Paragraph | Bullets, ...]:
    """The indicators and tasks that fell short, so that whoever writes the reasons leaves none out."""
    lines = [line for line in measured.indicator_lines if line.current.is_reached is False and line.current.is_due]
    tasks = [item for item in measured.tasks if item.status in {"滞后", "未开始"}]
    texts = [
        f"指标“{line.name}”（{line.scope}）未达到本年度目标（{_shown(line)}），需由责任部门说明原因。" for line in lines
    ]
    texts += [f"任务“{item.name}”（{item.project}）状态为“{item.status}”，需由责任部门说明原因。" for item in tasks]
    if not texts:
        return ()
    return (Paragraph(text_line("据本年度数据，下列指标和任务未达预期：")), Bullets(tuple(map(text_line, texts))))


def _shown(line: IndicatorLine) -> str:
    return f"目标{target_text(line.current.target)}，完成{result_text(line.current)}"


def _improvements(intake: Intake) -> tuple[Paragraph | Bullets, ...]:
    """What the sources themselves call for: ledgers to be sent, rows to be mended."""
    texts = [
        f"{one.partner_name}应补报{one.period}年“{one.contract_title}”{_sent(one, intake)}。" for one in intake.missing
    ]
    gravest = dict.fromkeys((finding.message, finding.fix) for finding in intake.findings)
    texts += [_mend(message, fix, intake) for message, fix in list(gravest)[:_MOST_IMPROVEMENTS]]
    if not texts:
        return ()
    return (Paragraph(text_line("从本次数据收集看，应在以下方面改进：")), Bullets(tuple(map(text_line, texts))))


def _sent(owed: Owed, intake: Intake) -> str:
    """What the partner sent instead, so that nobody is told to send what he believes he sent."""
    files = [
        f"《{one.file_name}》不能采用：{one.reason}" for one in intake.unread if one.partner_name == owed.partner_name
    ]
    return f"（已收到的{'；'.join(files)}）" if files else ""


def _mend(message: str, fix: str, intake: Intake) -> str:
    ledgers = dict.fromkeys(
        f"{one.partner_name}{one.period}年“{one.ledger}”"
        for one in intake.findings
        if (one.message, one.fix) == (message, fix)
    )
    return f"{'、'.join(ledgers)}：{message.rstrip('。')}。{fix.rstrip('。')}。"


_MOST_IMPROVEMENTS = 8
