"""A year measured: each line of the plan beside its ledger or its report, and never the one for the other."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import Engine

from schemas.indicator import shipped_indicators
from schemas.target import TargetKind
from schemas.values import FigureState
from tasks.report.measure import Measured, measure_year
from tasks.report.measure_lines import IndicatorLine, YearResult, find_indicator
from tests.warehouse.marts.ledgers import NOON, About, Row, load, register_institutions
from warehouse.marts.measure_evidence import evidence
from warehouse.marts.plan import CellAddress, PlanLine

D = Decimal
AS_OF = date(2021, 9, 30)
STATES = FigureState


def line(code: str, name: str, unit: str | None, basis: str | None, *, scope: str = "学校", **targets: str) -> Row:
    return {
        "scope_code": scope, "level1_name": "产出指标", "level2_name": "数量指标", "project_name": "提升服务发展水平",
        "indicator_name": name, "indicator_code": code, "unit_name": unit, "time_basis_text": basis, **targets,
    }  # fmt: skip


def said(code: str, name: str, text: str, year: int = 2021, scope: str = "学校") -> Row:
    return {
        "scope_code": scope, "indicator_code": code, "indicator_name": name, "year": year, "actual_text": text,
        "evidence_text": "材料",
    }  # fmt: skip


SESSIONS = {
    "2020": [
        {"trainee_institution_code": "hetian", "started_on": date(2020, 5, 1), "trainee_person_times": 480},
        {"trainee_institution_code": "xiongan", "started_on": date(2020, 6, 1), "trainee_person_times": 1020},
    ],
    "2021": [
        {"trainee_institution_code": "hetian", "started_on": date(2021, 5, 1), "trainee_person_times": About(510)},
        {"trainee_institution_code": "xiongan", "started_on": date(2021, 6, 1), "trainee_person_times": 700},
        {"trainee_institution_code": "xiongan", "started_on": date(2021, 12, 1), "trainee_person_times": 900},
    ],
}


@pytest.fixture
def warehouse(engine: Engine) -> Engine:
    """A warehouse with two years of training for one school and one region."""
    register_institutions(engine, {
        "hetian": ("和田职业技术学院", "supported_school", "6532"), "xiongan": ("雄安新区", "region", None),
    })  # fmt: skip
    for period, sessions in SESSIONS.items():
        load(engine, "training_session", period, sessions)
    return engine


def measured(engine: Engine, *lines: Row, reported: tuple[Row, ...] = (), year: int = 2021) -> Measured:
    load(engine, "indicator_target", "2019", lines)
    for each in sorted({int(str(row["year"])) for row in reported}):
        load(engine, "indicator_actual", str(each), [row for row in reported if row["year"] == each])
    return measure_year(engine, year, AS_OF, NOON)


def only(result: Measured) -> IndicatorLine:
    [found] = result.indicator_lines
    return found


def short(result: YearResult) -> tuple[FigureState, Decimal | bool | None, Decimal | None, bool | None]:
    ratio = None if result.completion is None else round(result.completion, 4)
    return result.state, result.value, ratio, result.is_reached


def test_a_line_is_measured_from_the_ledger_year_by_year(warehouse: Engine) -> None:
    targets = {"target_2020": "≥500人次", "target_2021": "≥500人次", "target_2022": "≥600人次"}
    found = only(measured(warehouse, line("1", "对口支援地区师资培训", "人次", "当年", **targets)))
    assert {year: short(result) for year, result in found.results.items()} == {
        2020: (STATES.MEASURED, D(480), D("0.96"), False),
        2021: (STATES.MEASURED, D(510), D("1.02"), True),
        2022: (STATES.NOT_DUE, None, None, None),
    }
    assert (found.indicator, found.is_measured_by_ledger, found.notes) == ("trained_partner_region", True, ())
    assert found.current.is_approximate
    assert found.current.figure is not None
    assert found.current.figure.figure_id == "2021/trained_partner_region"
    with warehouse.connect() as connection:
        cells = evidence(connection, found.current.figure.figure_id, NOON, AS_OF)
    assert [cell.value for cell in cells] == [510]


def test_days_after_the_as_of_day_do_not_count(warehouse: Engine) -> None:
    found = only(measured(warehouse, line("1", "雄安新区师资和职业技能培训", "人次", "当年", target_2021="≥1000")))
    assert short(found.current) == (STATES.MEASURED, D(700), D("0.7"), False)


def test_time_basis_and_unit_choose_the_figure_or_none(warehouse: Engine) -> None:
    result = measured(
        warehouse,
        line("1", "职业院校师资培训（人次，累计）", "人次", "累计", target_2021="2000"),
        line("2", "职业院校师资培训", "人次", "当年", target_2021="2000"),
        line("3", "职业院校师资培训", "人次", None, target_2021="2000"),
        line("4", "职业院校师资培训", "人", "当年", target_2021="2000"),
        line("5", "职业院校师资培训", "万人次", "累计", target_2021="0.2"),
        line("6", "职业院校师资培训", "人次", "当年", scope="专业群一", target_2021="2000"),
    )
    assert [(each.indicator, each.current.value, each.current.state) for each in result.indicator_lines] == [
        ("trained_cumulative", D(2710), STATES.MEASURED),
        ("trained_year", D(1210), STATES.MEASURED),
        (None, None, STATES.NOT_MEASURED),
        (None, None, STATES.NOT_MEASURED),
        ("trained_cumulative", D("0.271"), STATES.MEASURED),
        (None, None, STATES.NOT_MEASURED),
    ]
    assert [bool(each.notes) for each in result.indicator_lines] == [False, False, True, True, False, False]
    assert "单位不同" in result.indicator_lines[3].notes[0]


def test_what_no_ledger_measures_is_taken_from_the_department(engine: Engine) -> None:
    result = measured(
        engine,
        line("1", "智慧教室", "间", "累计", target_2020="50间", target_2021="80间"),
        line("2", "参与制定园区规划", None, "累计", target_2021="是"),
        line("3", "影响力", None, "累计", target_2021="达到全国先进水平"),
        line("4", "建设水平", None, "累计", target_2021="国内领先"),
        line("5", "团队", "支", "累计", target_2021="1-2支"),
        line("6", "教材", "部", "累计", target_2021="5部"),
        line("7", "基地", "个", "累计", target_2021="≥20个"),
        reported=(
            said("1", "智慧教室", "52间", 2020), said("1", "智慧教室", "约85间"), said("2", "参与制定园区规划", "是"),
            said("3", "影响力", "达到全国先进水平"), said("4", "建设水平", "省内领先"), said("5", "团队", "2支"),
            said("7", "基地", "近20个"),
        ),
    )  # fmt: skip
    assert [short(each.current) for each in result.indicator_lines] == [
        (STATES.MEASURED, D(85), D("1.0625"), True),
        (STATES.MEASURED, True, None, True),
        (STATES.MEASURED, True, None, True),
        (STATES.MEASURED, None, None, None),
        (STATES.MEASURED, D(2), D(2), True),
        (STATES.NOT_MEASURED, None, None, None),
        (STATES.MEASURED, D(20), D(1), None),
    ]
    first = result.indicator_lines[0]
    assert (first.current.is_approximate, first.current.actual_text, first.indicator) == (True, "约85间", None)
    assert short(first.results[2020]) == (STATES.MEASURED, D(52), D("1.04"), True)


def test_contradicting_reports_are_said_and_not_used(warehouse: Engine) -> None:
    load(warehouse, "indicator_actual", "2021", [said("1", "智慧教室", "70间")], partner="jwc")
    result = measured(
        warehouse,
        line("1", "智慧教室", "间", "累计", target_2021="80间"),
        line("2", "教材", "部", "累计", target_2021="5部"),
        line("3", "雄安新区师资培训", "人次", "当年", target_2021="1000"),
        line("4", "课程", "门", "累计", target_2021="5"),
        reported=(
            said("1", "智慧教室", "85间"),
            said("2", "规章制度", "9部"),
            said("3", "雄安新区师资培训", "1600"),
            said("4", "课程", "94."),
        ),
    )
    assert [(each.current.value, each.notes) for each in result.indicator_lines] == [
        (None, ("2021年完成值有不同的填报（70间；85间），没有采用",)),
        (None, ("2021年完成表中编码2的指标名称是“规章制度”，与计划不一致，没有采用",)),
        (D(700), ("2021年部门填报“1600”，台账统计为700，以台账为准",)),
        (None, ("2021年完成值“94.”不能按“门”读出，请核对",)),
    ]  # fmt: skip


def test_a_year_without_a_target_waits_for_a_later_one_or_is_over(warehouse: Engine) -> None:
    result = measured(
        warehouse,
        line("1", "援建和田职院专业群数", "个", "截至时点", target_2022="7个", target_final="7个"),
        line("2", "雄安新区培训人次", "人次", "当年", target_2020="≥1000"),
        line("3", "国际化", "个", "累计", target_final="≥3个"),
    )
    assert [(each.current.state, each.current.is_due, each.current.value) for each in result.indicator_lines] == [
        (STATES.NOT_DUE, False, None),
        (STATES.MEASURED, False, D(700)),
        (STATES.NOT_DUE, False, None),
    ]
    final = result.indicator_lines[2]
    assert (final.results[2023].target, final.final_target.kind) == (final.final_target, TargetKind.AT_LEAST)


def test_tasks_stand_beside_what_is_reported(engine: Engine) -> None:
    def task(name: str, plan: str | None) -> Row:
        return {"scope_code": "学校", "project_name": "项目", "task_name": name, "plan_2020": "①", "plan_2021": plan}

    def report(name: str, status: str, share: float | None) -> Row:
        return {
            "project_name": "项目", "task_name": name, "year": 2021, "done_text": "…", "status_code": status,
            "completion_share": share,
        }  # fmt: skip

    load(engine, "plan_task", "2019", [task("甲", "①建成"), task("乙", "①"), task("丙", "①"), task("丁", None)])
    load(
        engine,
        "task_progress",
        "2021",
        [report("甲 ", "已完成", 1), report("乙", "已完成", 1), report("戊", "进行中", 0.5)],
    )
    load(engine, "task_progress", "2021", [report("乙", "滞后", 0.4)], partner="jwc")
    result = measure_year(engine, 2021, AS_OF, NOON)
    assert [(item.name, item.is_planned, item.status, item.completion, len(item.reports)) for item in result.tasks] == [
        ("甲", True, "已完成", D(1), 1),
        ("乙", True, "滞后", None, 2),
        ("丙", True, None, None, 0),
        ("戊", False, "进行中", D("0.5"), 1),
    ]


def test_measuring_again_gives_the_same(warehouse: Engine) -> None:
    first = measured(warehouse, line("1", "对口支援地区师资培训", "人次", "当年", target_2021="≥500"))
    assert measure_year(warehouse, 2021, AS_OF, NOON) == first
    assert first.figure("2021/trained_year").value == D(1210)
    assert [each.group for each in first.slices("trained_by_institution_year")] == [
        ("和田职业技术学院",),
        ("雄安新区",),
    ]
    with pytest.raises(KeyError, match="no figure '2021/none'"):
        first.figure("2021/none")


@pytest.mark.parametrize(
    ("name", "unit", "basis", "key"),
    [
        ("东西协作帮扶院校（所，累计）", "所", "累计", "supported_school_count"),
        ("对口支援院校数（所）", "所", None, "supported_school_count"),
        ("派出专家、管理干部（人，累计）", "人", "累计", "dispatched_people"),
        ("派出专家、管理干部（人次，累计）", "人次", "累计", "dispatched_person_times"),
        ("派出专家、管理干部", "人", "当年", "dispatched_people_year"),
        ("职业院校师资培训（人日）", "人日", "当年", "trained_person_days"),
        ("职业院校师资培训（人日）", "人日", "累计", "trained_person_days_cumulative"),
        ("职业院校师资培训（万人日）", "万人日", "累计", "trained_person_days_cumulative"),
        ("职业院校师资培训（人次）", "人次", "学年", "trained_school_year"),
        ("职业院校师资培训（人日）", "人日", None, None),  # of the year or since 2019: nobody can say
        ("招收贫困地区学生数（人）", "人", "当年", None),  # no ledger says which places are poor: departments report it
        ("双师型教师占比", "%", "截至时点", None),
    ],
)
def test_lines_of_real_plans_find_their_figure_or_are_left_to_the_departments(
    name: str, unit: str, basis: str | None, key: str | None
) -> None:
    plan = PlanLine(
        "学校", "产出指标", "数量指标", "提升服务发展水平", name, "1.1.7.1", unit, basis, {}, None, CellAddress(1, 0, 4)
    )
    found, _ = find_indicator(plan, shipped_indicators().values())
    assert (found.key if found else None) == key
