"""The plan and the funds as read from facts in force."""

from __future__ import annotations

from decimal import Decimal

from sqlalchemy import Engine

from tests.warehouse.marts.ledgers import HEADER_ROW, NOON, About, Row, load
from warehouse.marts.funds import FundLine, read_funds
from warehouse.marts.plan import (
    CellAddress,
    PlanLine,
    PlanTask,
    ReportedValue,
    TaskReport,
    read_plan_lines,
    read_plan_tasks,
    read_reported_values,
    read_task_reports,
)

D = Decimal
FIRST_ROW = HEADER_ROW + 1
INDICATOR: Row = {
    "scope_code": "学校", "level1_name": "产出指标", "level2_name": "数量指标", "project_name": "提升服务发展水平",
    "indicator_name": "派出援疆干部", "indicator_code": "1.1.7.1", "unit_name": "人", "time_basis_text": "当年",
    "target_2019": "5人", "target_final": "5人",
}  # fmt: skip


def test_the_plan_of_a_year_is_the_latest_one_up_to_it(engine: Engine) -> None:
    old = load(engine, "indicator_target", "2019", [INDICATOR])
    load(engine, "indicator_target", "2021", [{**INDICATOR, "indicator_code": "1.1.7.9"}])
    with engine.connect() as connection:
        assert [line.code for line in read_plan_lines(connection, 2021, NOON)] == ["1.1.7.9"]
        assert read_plan_lines(connection, 2020, NOON) == [
            PlanLine(
                "学校", "产出指标", "数量指标", "提升服务发展水平", "派出援疆干部", "1.1.7.1", "人", "当年", {2019: "5人"}, "5人",
                CellAddress(old, 0, FIRST_ROW),
            )
        ]  # fmt: skip
        assert read_plan_lines(connection, 2018, NOON) == []


def test_tasks_and_what_is_reported_on_them(engine: Engine) -> None:
    plan = {
        "scope_code": "学校",
        "project_name": "项目",
        "task_name": "任务",
        "plan_2019": "①调研",
        "plan_2021": "①建成",
    }
    planned = load(engine, "plan_task", "2019", [plan])
    report = {
        "project_name": "项目", "task_name": "任务", "year": 2021, "done_text": "已建成", "completion_share": About(0.85),
        "status_code": "进行中",
    }  # fmt: skip
    reported = load(engine, "task_progress", "2021", [report, {**report, "year": 2020}])
    value = {
        "scope_code": "学校", "indicator_code": "1.1", "indicator_name": "教材", "year": 2021, "actual_text": "约5部",
        "evidence_text": "目录",
    }  # fmt: skip
    valued = load(engine, "indicator_actual", "2021", [value])
    with engine.connect() as connection:
        assert read_plan_tasks(connection, 2021, NOON) == [
            PlanTask("学校", "项目", "任务", {2019: "①调研", 2021: "①建成"}, None, CellAddress(planned, 0, FIRST_ROW))
        ]
        assert read_task_reports(connection, 2021, NOON) == [
            TaskReport(
                "项目", "任务", 2021, None, "已建成", D("0.85"), True, "进行中", None, None,
                CellAddress(reported, 0, FIRST_ROW),
            )
        ]  # fmt: skip
        assert read_reported_values(connection, 2021, NOON) == [
            ReportedValue("学校", "1.1", "教材", 2021, "约5部", "目录", CellAddress(valued, 0, FIRST_ROW))
        ]
        assert read_reported_values(connection, 2020, NOON) == []


def fund(scope: str | None, source: str, year: int | None, *amounts: float | About | None) -> Row:
    names = ("budget_cny", "received_cny", "spent_cny")
    return {
        "scope_code": scope,
        "source_code": source,
        "year": year,
        "content_name": "建设",
        **dict(zip(names, amounts, strict=True)),
    }


def test_funds_add_sources_and_years_but_never_scopes(engine: Engine) -> None:
    load(engine, "fund", "2020", [fund("学校", "学校自筹资金", 2020, 100.10, 101.25, 50)])
    load(engine, "fund", "2021", [
        fund("专业群一", "中央财政投入资金", 2021, 70, 70, 7), fund("学校", "学校自筹资金", 2021, 0, None, 5),
        fund(None, "学校自筹资金", None, 0.2, None, About(6)), fund("学校", "中央财政投入资金", 2021, 300, 200, 100),
    ])  # fmt: skip
    with engine.connect() as connection:
        funds = read_funds(connection, 2021, NOON)
        assert read_funds(connection, 2020, NOON).lines == funds.lines[:1]
    assert funds.lines == (
        FundLine("学校", "学校自筹资金", 2020, D("100.10"), D("101.25"), D(50), False),
        FundLine("学校", "中央财政投入资金", 2021, D(300), D(200), D(100), False),
        FundLine("学校", "学校自筹资金", 2021, D("0.20"), None, D(11), True),
        FundLine("专业群一", "中央财政投入资金", 2021, D(70), D(70), D(7), False),
    )
    assert funds.totals == (
        FundLine("学校", None, 2020, D("100.10"), D("101.25"), D(50), False),
        FundLine("学校", None, 2021, D("300.20"), D(200), D(111), True),
        FundLine("专业群一", None, 2021, D(70), D(70), D(7), False),
    )
    assert funds.cumulative == (
        FundLine("学校", None, None, D("400.30"), D("301.25"), D(161), True),
        FundLine("专业群一", None, None, D(70), D(70), D(7), False),
    )


def test_rates_may_exceed_one_and_need_a_denominator() -> None:
    line = FundLine("学校", None, 2021, D(400), D(500), D(300), False)
    assert (line.received_rate, line.spent_rate, line.budget_spent_rate) == (D("1.25"), D("0.6"), D("0.75"))
    for missing in (D(0), None):
        bare = FundLine("学校", None, 2021, missing, missing, D(300), False)
        assert (bare.received_rate, bare.spent_rate, bare.budget_spent_rate) == (None, None, None)
