"""Seeded mistakes: each is told before a report is issued, and nothing else is."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from schemas.values import Severity, Turn
from tasks.report.measure_lines import IndicatorLine, measure_lines
from tasks.report.measure_tasks import measure_tasks
from tasks.report.readiness import (
    ReadinessItem,
    check_lines,
    check_tasks,
    find_critical,
    find_ended_waivers,
    find_missing,
    find_questions,
)
from warehouse.marts.findings import FindingCount
from warehouse.marts.owed import Owed, OwedState
from warehouse.marts.plan import CellAddress, PlanLine, ReportedValue, TaskReport
from warehouse.marts.questions import OpenQuestion
from warehouse.marts.waivers import Resting

CELL = CellAddress(1, 0, 2)


def lines(target: str, unit: str | None, actual: str | None) -> tuple[IndicatorLine, ...]:
    """One line of a plan for 2021 that no ledger measures."""
    plan = PlanLine("学校", "产出", "数量", None, "教材", "1.1", unit, "年度", {2021: target}, None, CELL)
    reported = [ReportedValue("学校", "1.1", "教材", 2021, actual, None, CELL)] if actual else []
    return measure_lines([plan], reported, [], lambda indicator, year: pytest.fail("nothing is measured"), 2021)


@pytest.mark.parametrize(
    ("target", "unit", "actual", "found"),
    [
        ("≥28", "部", "30", []),
        ("≥28", "部", None, [("no_actual", "2021年有目标值“≥28”，没有完成值")]),
        ("28", None, "30", [("no_unit", "目标值“28”没有计量单位")]),
        ("2.5", "部", "3", []),
        ("2.5", "项", "3", [("fractional_count", "“2.5”按“项”计数，却不是整数")]),
        ("94.", "%", "95", [("trailing_point", "“94.”末尾多出小数点")]),
    ],
)
def test_a_line_of_the_plan(target: str, unit: str | None, actual: str | None, found: list[tuple[str, str]]) -> None:
    items = list(check_lines(lines(target, unit, actual)))
    assert [(one.check, one.text) for one in items] == found
    assert {(one.where, one.turn) for one in items} <= {("学校·1.1·教材", "双高办")}


@pytest.mark.parametrize(
    ("done", "found"),
    [("完成①教材②课程，共2项", []), ("完成①教材②课程，共3项", ["完成情况写“共3项”，逐项列出的是2项"]), ("共27项", [])],
)
def test_a_count_told_against_the_items_listed(done: str, found: list[str]) -> None:
    report = TaskReport("项目", "任务", 2021, None, done, Decimal(1), False, "已完成", None, "教务处", CELL)
    items = list(check_tasks(measure_tasks([], [report], 2021)))
    assert [one.text for one in items] == found
    assert {(one.where, one.turn) for one in items} <= {("项目·任务·2021年", "教务处")}


@pytest.mark.parametrize(
    ("state", "what"), [(OwedState.MISSING, "应交未交"), (OwedState.REFUSED, "送来后被退回，没有可用的数据")]
)
def test_a_ledger_that_is_not_there(state: OwedState, what: str) -> None:
    owed = Owed("p", "甲校", "award", "获奖", "2021", date(2022, 1, 10), state, None, 3, False, False, None)
    where = "甲校·获奖·2021年"
    fix = "请催交；确实不必报送的，批准豁免并写明理由"
    assert list(find_missing([owed])) == [ReadinessItem("missing", f"{where}：{what}", where, fix, "合作单位")]


def test_open_criticals_of_the_year_that_no_waiver_bears() -> None:
    def one(period: str | None, severity: Severity, turn: Turn) -> FindingCount:
        return FindingCount("p", "award", period, "r", severity, turn, "缺获奖时间", 2)

    counts = [
        one("2021", Severity.CRITICAL, Turn.SUBMITTER), one("2022", Severity.CRITICAL, Turn.SUBMITTER),
        one("2021", Severity.WARNING, Turn.SUBMITTER), one("2021", Severity.CRITICAL, Turn.NOBODY),
        one(None, Severity.CRITICAL, Turn.US),
    ]  # fmt: skip
    found = [(item.text, item.where, item.turn) for item in find_critical(counts, 2021, {"p": "甲校"})]
    assert found == [
        ("缺获奖时间（2处）", "甲校·竞赛获奖情况统计表·2021年", "合作单位"),
        ("缺获奖时间（2处）", "甲校·竞赛获奖情况统计表", "双高办"),
    ]


def test_questions_nobody_answered() -> None:
    def one(number: int, period: str | None) -> OpenQuestion:
        asked = datetime(2022, 1, 5, tzinfo=UTC)
        return OpenQuestion(
            number, str(number), "shrink", False, "p", "award", period, None, "为何变少？", (), None, asked
        )

    found = list(find_questions([one(1, "2021"), one(2, "2022"), one(3, None)], 2021))
    assert [item.where for item in found] == ["问题 1", "问题 3"]


def test_rows_whose_waiver_ended() -> None:
    found = list(find_ended_waivers([Resting(1, 1, "p", "award", "2021", "r", 4, 9)], {"p": "甲校"}))
    text = "规则r的豁免已到期、撤销或超出范围，仍有4行依靠它"
    assert found == [
        ReadinessItem("ended_waiver", text, "甲校·竞赛获奖情况统计表·2021年", "请续批豁免，或重新读取该台账", "双高办")
    ]
