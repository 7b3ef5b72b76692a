"""Report, before its issue: what stands in the way (blockers) and what must be known (warnings), each with where, what to do and whose turn."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import Engine

from schemas.contract import shipped_contracts
from schemas.target import Target, TargetKind
from schemas.values import Severity, Turn
from tasks.report.measure import Measured
from tasks.report.measure_lines import IndicatorLine
from tasks.report.measure_tasks import TaskItem
from warehouse.marts.findings import FindingCount, count_open_findings
from warehouse.marts.institutions import read_institution_names
from warehouse.marts.owed import Owed, OwedState
from warehouse.marts.questions import OpenQuestion, open_questions
from warehouse.marts.report_intake import read_intake
from warehouse.marts.waivers import Resting, read_resting, read_waivers, rests_on_nothing

_OFFICE, _PARTNER = "双高办", "合作单位"


@dataclass(frozen=True, slots=True)
class ReadinessItem:
    """One thing to settle, in Chinese: what is wrong, where, what to do, whose turn it is. `check` names the check that found it."""

    check: str
    text: str
    where: str
    fix: str
    turn: str


@dataclass(frozen=True, slots=True)
class Readiness:
    """What stands between a measured year and its issue."""

    blockers: tuple[ReadinessItem, ...]
    warnings: tuple[ReadinessItem, ...]

    @property
    def is_ready(self) -> bool:
        """Whether nothing stands in the way."""
        return not self.blockers


def read_readiness(engine: Engine, measured: Measured, today: date) -> Readiness:
    """Everything to settle before the report of a measured year is issued.

    Args:
        engine: the warehouse.
        measured: the year; ledgers and waivers are those known at its instant, questions and findings those open now.
        today: the office day on which lateness and the end of waivers are told.
    """
    with engine.connect() as connection:
        intake = read_intake(connection, measured.year, today, measured.known_at)
        waivers = read_waivers(connection, measured.known_at, today=today)
        resting = rests_on_nothing(read_resting(connection, measured.known_at), waivers)
        findings, questions = count_open_findings(connection), open_questions(connection)
        names = read_institution_names(connection)
    blockers = (
        *find_missing(intake.missing), *find_critical(findings, measured.year, names),
        *find_questions(questions, measured.year), *find_ended_waivers(resting, names),
    )  # fmt: skip
    return Readiness(blockers, (*check_lines(measured.indicator_lines), *check_tasks(measured.tasks)))


def find_missing(owed: Iterable[Owed]) -> Iterator[ReadinessItem]:
    """Ledgers that are due and not there."""
    for one in owed:
        what = "应交未交" if one.state is OwedState.MISSING else "送来后被退回，没有可用的数据"
        where = f"{one.partner_name}·{one.contract_title}·{one.period}年"
        yield ReadinessItem(
            "missing", f"{where}：{what}", where, "请催交；确实不必报送的，批准豁免并写明理由", _PARTNER
        )


def find_critical(findings: Iterable[FindingCount], year: int, names: Mapping[str, str]) -> Iterator[ReadinessItem]:
    """Open critical findings of periods up to the year; one that is nobody's turn rests on a waiver."""
    for one in findings:
        is_counted = one.period is None or one.period <= str(year)
        if one.severity is Severity.CRITICAL and one.turn is not Turn.NOBODY and is_counted:
            where = _place(names, one.partner_code, one.contract, one.period)
            turn = _PARTNER if one.turn is Turn.SUBMITTER else _OFFICE
            yield ReadinessItem(
                "open_critical", f"{one.message}（{one.count}处）", where, "请改正后重新报送，或批准豁免", turn
            )


def find_questions(questions: Iterable[OpenQuestion], year: int) -> Iterator[ReadinessItem]:
    """Questions nobody has answered that are of no later period."""
    for one in questions:
        if one.period is None or one.period <= str(year):
            turn = _PARTNER if one.is_for_partner else _OFFICE
            yield ReadinessItem("open_question", one.question, f"问题 {one.question_id}", "请答复该问题", turn)


def find_ended_waivers(resting: Iterable[Resting], names: Mapping[str, str]) -> Iterator[ReadinessItem]:
    """Rows in force that were let pass by a waiver that has ended or is exceeded."""
    for one in resting:
        where = _place(names, one.partner_code, one.contract, one.period)
        text = f"规则{one.rule_id}的豁免已到期、撤销或超出范围，仍有{one.rows}行依靠它"
        yield ReadinessItem("ended_waiver", text, where, "请续批豁免，或重新读取该台账", _OFFICE)


def _place(names: Mapping[str, str], partner_code: str, contract: str | None, period: str | None) -> str:
    """Partner, ledger and year as people call them."""
    title = shipped_contracts()[contract].title if contract else None
    return "·".join(filter(None, (names.get(partner_code, partner_code), title, period and f"{period}年")))


def check_lines(lines: Iterable[IndicatorLine]) -> Iterator[ReadinessItem]:
    """What does not agree in the lines of the plan: target, unit, time basis and value."""
    for line in lines:
        where = f"{line.scope}·{line.code}·{line.name}"
        for check, text, fix in _line_faults(line):
            yield ReadinessItem(check, text, where, fix, _OFFICE)


def _line_faults(line: IndicatorLine) -> Iterator[tuple[str, str, str]]:
    current = line.current
    if current.is_due and current.value is None and not current.actual_text:
        yield "no_actual", f"{current.year}年有目标值“{current.target.text}”，没有完成值", "请责任部门填报完成值"
    targets = [result.target for _, result in sorted(line.results.items())]
    numeric = [target for target in targets if target.is_numeric]
    if numeric and line.unit is None:
        yield "no_unit", f"目标值“{numeric[0].text}”没有计量单位", "请在绩效目标表中填写单位"
    for target in targets:
        yield from _target_faults(target, line.unit)
    for note in line.notes:
        yield "line_note", note, "请核对绩效目标表与填报的完成值"


_COUNTED = frozenset("个项人件门支场次份册台套名家对")


def _target_faults(target: Target, unit: str | None) -> Iterator[tuple[str, str, str]]:
    if target.kind is not TargetKind.NONE and re.fullmatch(r"\d+[.．。]", target.text):
        yield "trailing_point", f"“{target.text}”末尾多出小数点", "请核对是否漏写小数"
    bounds = [bound for bound in (target.low, target.high) if bound is not None]
    if unit and unit[0] in _COUNTED and any(bound != bound.to_integral_value() for bound in map(Decimal, bounds)):
        yield "fractional_count", f"“{target.text}”按“{unit}”计数，却不是整数", "请核对目标值或计量单位"


_TOLD = re.compile(r"共(?:计)?\s*(\d+)\s*项")
_CIRCLED = re.compile("[①-⑳]")


def check_tasks(tasks: Iterable[TaskItem]) -> Iterator[ReadinessItem]:
    """Departments' texts that say how many items there are (共27项) and then number another count of them (①②③…)."""
    for task in tasks:
        for report in task.reports:
            told, listed = _TOLD.findall(report.done), len(_CIRCLED.findall(report.done))
            if len(told) == 1 and listed and int(told[0]) != listed:
                text = f"完成情况写“共{told[0]}项”，逐项列出的是{listed}项"
                where = f"{task.project}·{task.name}·{report.year}年"
                yield ReadinessItem("text_count", text, where, "请责任部门核对完成情况", report.department or _OFFICE)
