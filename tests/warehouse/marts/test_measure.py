"""Figures measured in SQL, on both databases, against sums taken by hand from the same rows."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine, insert

from schemas.indicator import shipped_indicators
from schemas.values import Figure, FigureState
from tasks.report.narrative import figure_text
from tests.warehouse.marts.ledgers import NOON, About, Row, load, register_institutions
from warehouse.engine import begin_write
from warehouse.marts.measure import measure
from warehouse.marts.measure_evidence import evidence
from warehouse.tables import DimRegion

YEAR_END = date(2021, 12, 31)
LATER = NOON + timedelta(days=1)
INSTITUTIONS = {
    "hetian": ("和田职业技术学院", "supported_school", "6532"),
    "wuwei": ("武威职业学院", "supported_school", "6206"),
    "xiongxian": ("雄县职业技术教育中心", "supported_school", "130638"),
    "xiongan": ("雄安新区", "region", None),
    "honghe": ("红河州", "region", "5325"),
    "jizhou": ("蓟州区", "region", "120119"),
    "tjvu": ("天津职业大学", "college", "120113"),
}


@pytest.fixture
def warehouse(engine: Engine) -> Engine:
    """A warehouse that knows a few institutions."""
    register_institutions(engine, INSTITUTIONS)
    return engine


def figures(
    engine: Engine, key: str, year: int = 2021, as_of: date = YEAR_END, known_at: datetime = NOON
) -> tuple[Figure, ...]:
    with engine.connect() as connection:
        return measure(connection, shipped_indicators()[key], year, as_of, known_at)


def figure(engine: Engine, key: str, year: int = 2021, as_of: date = YEAR_END, known_at: datetime = NOON) -> Figure:
    [only] = figures(engine, key, year, as_of, known_at)
    return only


def values(engine: Engine, key: str, year: int = 2021) -> dict[tuple[str, ...], Decimal | None]:
    return {each.group: each.value for each in figures(engine, key, year)}


def session(institution: str, day: date, person_times: int | About | None, **more: str | float) -> Row:
    return {
        "session_name": f"培训{day:%m%d}", "trainee_institution_code": institution, "training_mode_code": "线下",
        "training_type_code": "师资", "started_on": day, "ended_on": day, "trainee_person_times": person_times, **more,
    }  # fmt: skip


SESSIONS_2020 = [session(code, date(2020, month, 9), 100 + month) for month, code in enumerate(INSTITUTIONS, 1)]
SESSIONS_2021 = [
    session("hetian", date(2021, 3, 15), About(400)),
    session("wuwei", date(2021, 6, 30), 90, training_mode_code="线上", trainee_person_days=450.5),
    session("xiongxian", date(2021, 7, 1), 170),
    session("xiongan", date(2021, 10, 8), 30),
    session("honghe", date(2021, 11, 8), About(20)),
    session("jizhou", date(2021, 11, 9), 7),
    session("hetian", date(2021, 12, 31), None, trainee_person_days=12),
]


def plain_sum(rows: list[Row]) -> tuple[Decimal, Decimal]:
    """Whole and approximate part of the person-times of rows, added one by one."""
    cells = [row["trainee_person_times"] for row in rows]
    approximate = sum(cell.value for cell in cells if isinstance(cell, About))
    exact = sum(cell for cell in cells if isinstance(cell, int))
    return Decimal(exact + approximate), Decimal(approximate)


def test_sums_by_window_agree_with_the_rows(warehouse: Engine) -> None:
    load(warehouse, "training_session", "2020", SESSIONS_2020)
    load(warehouse, "training_session", "2021", SESSIONS_2021)
    abroad = {"hetian", "wuwei", "honghe"}
    wanted = {
        "trained_cumulative": SESSIONS_2020 + SESSIONS_2021,
        "trained_year": SESSIONS_2021,
        "trained_first_half": SESSIONS_2021[:2],
        "trained_partner_region": [row for row in SESSIONS_2021 if row["trainee_institution_code"] in abroad],
        "trained_xiongan": [row for row in SESSIONS_2021 if str(row["trainee_institution_code"]).startswith("xiong")],
    }
    found = {key: figure(warehouse, key) for key in wanted}
    assert {key: (each.value, each.approximate_part) for key, each in found.items()} == {
        key: plain_sum(rows) for key, rows in wanted.items()
    }
    assert {key: each.rows_observed for key, each in found.items()} == {
        key: sum(row["trainee_person_times"] is not None for row in rows) for key, rows in wanted.items()
    }
    assert {key: each.is_approximate for key, each in found.items()} == dict.fromkeys(wanted, True) | {
        "trained_xiongan": False
    }


def test_a_figure_says_which_days_it_speaks_of(warehouse: Engine) -> None:
    load(warehouse, "training_session", "2021", SESSIONS_2021)
    found = figure(warehouse, "trained_cumulative", as_of=date(2021, 9, 30))
    assert found == Figure(
        "2021/trained_cumulative", "trained_cumulative", "累计培训人次", "人次", FigureState.MEASURED, Decimal(660), 3,
        date(2019, 1, 1), date(2021, 9, 30), True, Decimal(400), rows_found=3,
    )  # fmt: skip


def test_groups_stand_in_the_order_of_the_contract_and_name_institutions(warehouse: Engine) -> None:
    load(warehouse, "training_session", "2021", SESSIONS_2021[:3])
    by_mode = figures(warehouse, "trained_by_mode")
    assert [(each.figure_id, each.group, each.value) for each in by_mode] == [
        ("2021/trained_by_mode/线上", ("线上",), Decimal(90)),
        ("2021/trained_by_mode/线下", ("线下",), Decimal(570)),
    ]
    assert [(each.figure_id, each.group) for each in figures(warehouse, "trained_by_institution_year")] == [
        ("2021/trained_by_institution_year/hetian", ("和田职业技术学院",)),
        ("2021/trained_by_institution_year/wuwei", ("武威职业学院",)),
        ("2021/trained_by_institution_year/xiongxian", ("雄县职业技术教育中心",)),
    ]


def test_decimals_are_exact_on_both_databases(warehouse: Engine) -> None:
    load(warehouse, "training_session", "2021", SESSIONS_2021)
    assert figure(warehouse, "trained_person_days").value == Decimal(463)  # 450.5 + 12 at no decimal place


def test_nothing_sent_nothing_recorded_no_value_and_not_due_are_four_things(warehouse: Engine) -> None:
    assert figure(warehouse, "trained_xiongan").state is FigureState.NOT_MEASURED
    load(warehouse, "training_session", "2021", [session("hetian", date(2021, 3, 1), None)])
    assert figure(warehouse, "trained_xiongan").state is FigureState.NO_RECORD
    assert figure(warehouse, "trained_xiongan", 2022).state is FigureState.NOT_DUE
    empty = figure(warehouse, "trained_year")
    assert (empty.state, empty.value, empty.rows_observed) == (FigureState.NOT_MEASURED, None, 0)
    second_half = shipped_indicators()["trained_first_half"].time.model_copy(update={"half": 2})
    assert not second_half.window(2021, date(2021, 6, 30)).is_open


def test_a_true_zero_is_a_value(warehouse: Engine) -> None:
    load(warehouse, "training_session", "2021", [session("hetian", date(2021, 3, 1), 0)])
    assert (figure(warehouse, "trained_year").state, figure(warehouse, "trained_year").value) == (
        FigureState.MEASURED, Decimal(0),
    )  # fmt: skip


def test_what_was_known_then_is_measured_as_it_was_known(warehouse: Engine) -> None:
    load(warehouse, "training_session", "2021", SESSIONS_2021[1:3], at=NOON - timedelta(days=2))
    load(warehouse, "training_session", "2021", SESSIONS_2021[1:2], at=NOON)
    assert figure(warehouse, "trained_year", known_at=NOON).value == Decimal(90)
    assert figure(warehouse, "trained_year", known_at=NOON - timedelta(seconds=1)).value == Decimal(260)
    assert figure(warehouse, "trained_year", known_at=NOON - timedelta(days=3)).state is FigureState.NOT_MEASURED


def project(name: str, institution: str, channel: str, month: date) -> Row:
    return {
        "project_name": name, "supported_institution_code": institution, "channel_code": channel, "started_on": month,
    }  # fmt: skip


def test_of_a_register_only_the_latest_list_of_each_partner_counts(warehouse: Engine) -> None:
    old = [project("甲", "wuwei", "市教委", date(2016, 9, 1)), project("乙", "xiongxian", "教育部", date(2019, 9, 1))]
    new = [
        project("甲", "hetian", "市教委", date(2016, 9, 1)), project("甲", "wuwei", "市教委", date(2016, 9, 1)),
        project("丙", "honghe", "教育部", date(2020, 1, 1)), project("丁", "hetian", "自主联系", date(2022, 1, 1)),
    ]  # fmt: skip
    load(warehouse, "support_project", "2020", old)
    load(warehouse, "support_project", "2021", new)
    assert figure(warehouse, "supported_school_count").value == Decimal(2)
    assert figure(warehouse, "supported_school_count", 2020).value == Decimal(2)
    assert values(warehouse, "support_project_by_channel") == {("教育部",): Decimal(1), ("市教委",): Decimal(1)}
    assert figure(warehouse, "supported_school_count", 2019).state is FigureState.NOT_MEASURED


def award(institution: str, contest: str, level: str, grade: str, is_teacher: str | None = None) -> Row:
    return {
        "awarded_on": date(2021, 5, 4), "contest_name": contest, "level_code": level, "grade_code": grade,
        "awarded_institution_code": institution, "is_supported_teacher_code": is_teacher,
    }  # fmt: skip


AWARDS = [
    award("tjvu", "中国“互联网＋”大学生创新创业大赛", "国家级", "金奖"),
    award("tjvu", "第六届互联网+大赛", "市级", "三等奖", "否"),
    award("tjvu", "第五届互联网+大赛", "市级", "三等奖"),
    award("tjvu", "挑战杯", "国家级", "铜奖"),
    award("hetian", "教学能力大赛", "省级", "一等奖", "是"),
    award("hetian", "教学能力大赛", "国家级", "一等奖", "是"),
    award("wuwei", "教学能力大赛", "市级", "一等奖", "是"),
    award("wuwei", "第六届互联网+大赛", "省级", "一等奖", "否"),
]


def test_medals_by_level_and_grade_leave_supported_schools_out(warehouse: Engine) -> None:
    load(warehouse, "award", "2021", AWARDS)
    own = [row for row in AWARDS if row["awarded_institution_code"] == "tjvu"]
    counted = {
        key: Counter(
            (row["level_code"], row["grade_code"]) for row in own if ("互联网" in str(row["contest_name"])) is inside
        )
        for key, inside in {"internet_plus_medals": True, "other_contest_medals": False}.items()
    }
    assert {key: values(warehouse, key) for key in counted} == counted
    assert figure(warehouse, "supported_teacher_awards").value == Decimal(2)


def test_persons_are_told_apart_by_number_else_by_name(warehouse: Engine) -> None:
    def sent(name: str, number: str | None, times: int | None, institution: str = "hetian") -> Row:
        return {
            "person_name": name, "staff_number_hash": number, "supported_institution_code": institution,
            "person_times": times, "dispatched_on": date(2021, 3, 1), "department_name": "教务处", "post_name": "专业带头人",
        }  # fmt: skip

    rows = [
        sent("甲", "aa", 2),
        sent("甲", "bb", None),
        sent("乙", None, 1),
        sent("乙", None, None),
        sent("丙", "aa", 3),
    ]
    load(warehouse, "dispatched_person", "2021", [*rows, sent("丁", "cc", 5, "wuwei")])
    staff = figure(warehouse, "hetian_core_staff")
    assert (staff.value, staff.rows_observed) == (Decimal(3), 5)  # aa, bb and 乙
    assert figure(warehouse, "dispatched_person_times").value == Decimal(2 + 1 + 1 + 1 + 3 + 5)


def plan(year: int | None, planned: int, plan_type: str = "西部协作") -> Row:
    return {
        "year": year, "origin_name": "甘肃省", "plan_type_code": plan_type, "programme_name": "电子商务",
        "programme_code": "530701", "planned_count": planned, "admitted_count": planned - 3, "registered_count": planned - 6,
    }  # fmt: skip


def test_growth_is_measured_on_the_year_before(warehouse: Engine) -> None:
    load(warehouse, "enrolment", "2020", [plan(2020, 100), plan(None, 60), plan(2020, 500, "普通")])
    assert figure(warehouse, "west_planned_growth", 2020).state is FigureState.NOT_MEASURED
    load(warehouse, "enrolment", "2021", [plan(2021, 185)])
    growth = figure(warehouse, "west_planned_growth")
    assert (growth.value, growth.unit) == (Decimal("15.63"), "%")  # 25 / 160
    assert figure(warehouse, "west_planned", 2020).value == Decimal(160)


def test_rates_divide_sums_and_a_zero_denominator_gives_no_rate(warehouse: Engine) -> None:
    def fund(scope: str | None, budget: float, received: float, spent: float) -> Row:
        return {
            "scope_code": scope, "content_name": "提升服务发展水平", "source_code": "学校自筹资金", "year": 2021,
            "budget_cny": budget, "received_cny": received, "spent_cny": spent,
        }  # fmt: skip

    load(
        warehouse, "fund", "2021", [fund("学校", 1000.1, 0, 0), fund(None, 500.2, 0, 0), fund("专业群一", 700, 700, 9)]
    )
    assert figure(warehouse, "fund_budget").value == Decimal("1500.30")
    assert figure(warehouse, "fund_received_rate").value == Decimal("0.00")
    spent = figure(warehouse, "fund_spent_rate")
    assert (spent.state, spent.value, spent.rows_observed) == (FigureState.NOT_MEASURED, None, 2)


def test_satisfaction_leaves_out_those_who_cannot_say(warehouse: Engine) -> None:
    def survey(group: str, *counts: int) -> Row:
        names = ("valid_count", "very_satisfied_count", "satisfied_count", "neutral_count", "dissatisfied_count")
        return {
            "year": 2021, "group_code": group, "sample_count": 400, "not_assessable_count": counts[-1],
            **dict(zip(names, counts, strict=False)),
        }  # fmt: skip

    load(
        warehouse, "satisfaction", "2021", [survey("家长", 100, 50, 30, 5, 5, 10), survey("在校生", 10, 9, 1, 0, 0, 0)]
    )
    assert values(warehouse, "satisfaction_by_group") == {("在校生",): Decimal("100.00"), ("家长",): Decimal("88.89")}
    assert figure(warehouse, "satisfaction_rate").value == Decimal("90.00")


def test_shares_count_rows_over_rows(warehouse: Engine) -> None:
    rows = [
        {"project_name": "甲", "task_name": f"任务{i}", "year": 2021, "done_text": "…", "status_code": status}
        for i, status in enumerate(["已完成", "已完成", "滞后"])
    ]
    load(warehouse, "task_progress", "2021", rows)
    assert figure(warehouse, "task_finished_share").value == Decimal("66.67")
    assert values(warehouse, "task_by_status") == {("已完成",): Decimal(2), ("滞后",): Decimal(1)}


def test_a_row_without_a_date_belongs_to_its_submissions_year(warehouse: Engine) -> None:
    rows = [{
        "service_name": "服务", "client_name": "石屏县", "service_type_code": "产品推广", "applied_variety_name": name,
        "started_on": day,
    } for name, day in [("草莓", None), ("草莓", date(2020, 9, 1)), ("白及", date(2022, 1, 1)), (None, None)]]  # fmt: skip
    load(warehouse, "technical_service", "2021", rows)
    crops = figure(warehouse, "applied_crop_count")
    assert (crops.value, crops.rows_observed) == (Decimal(1), 2)
    assert (crops.window_from, crops.window_to) == (YEAR_END, YEAR_END)


def test_a_province_is_the_sum_of_its_institutions_and_followed_to_their_cells(warehouse: Engine) -> None:
    with begin_write(warehouse) as connection:
        regions = [("65", "新疆维吾尔自治区", None), ("12", "天津市", None), ("6532", "和田地区", "65")]
        names = ("region_code", "region_name", "parent_code")
        connection.execute(insert(DimRegion), [dict(zip(names, region, strict=True)) for region in regions])
    load(warehouse, "training_session", "2021", [*SESSIONS_2021[:4], session("jizhou", date(2021, 4, 1), 7)])
    load(warehouse, "training_session", "2021", [session("hetian", date(2021, 2, 1), 5)], partner="jxjy")
    found = figures(warehouse, "trained_by_province")
    assert [(each.figure_id, each.group, each.value, each.approximate_part, each.rows_observed) for each in found] == [
        ("2021/trained_by_province/13", ("13",), Decimal(170), Decimal(0), 1),
        ("2021/trained_by_province/62", ("62",), Decimal(90), Decimal(0), 1),
        ("2021/trained_by_province/12", ("天津市",), Decimal(7), Decimal(0), 1),
        ("2021/trained_by_province/65", ("新疆维吾尔自治区",), Decimal(405), Decimal(400), 2),
        ("2021/trained_by_province/-", ("未注明",), Decimal(30), Decimal(0), 1),
    ]
    with warehouse.connect() as connection:
        for each in found:
            cells = evidence(connection, each.figure_id, NOON, YEAR_END)
            assert sum(Decimal(str(cell.value)) for cell in cells) == each.value


def test_a_mean_weighs_its_rows_and_has_no_value_without_weight(warehouse: Engine) -> None:
    rows = [
        session("hetian", date(2021, 3, 1), 90, day_count=10, trainee_count=30),
        session("wuwei", date(2021, 4, 1), 10, day_count=2, trainee_count=10),
        session("wuwei", date(2021, 4, 2), 10, day_count=90),
        session("wuwei", date(2021, 4, 3), 10, trainee_count=7),
    ]
    load(warehouse, "training_session", "2021", rows)
    found = figure(warehouse, "training_days_mean")
    assert (found.value, found.rows_observed, found.is_approximate) == (Decimal("8.0"), 2, False)
    load(
        warehouse,
        "training_session",
        "2021",
        [session("wuwei", date(2021, 4, 1), 1, day_count=2, trainee_count=0)],
        at=LATER,
    )
    assert figure(warehouse, "training_days_mean", known_at=LATER).state is FigureState.NOT_MEASURED
    tasks = [("一", 0.5), ("二", About(1.2)), ("三", None)]
    load(warehouse, "task_progress", "2021", [
        {"project_name": "甲", "task_name": name, "year": 2021, "done_text": "已做", "completion_share": share, "status_code": "进行中"}
        for name, share in tasks
    ])  # fmt: skip
    mean = figure(warehouse, "task_completion_mean")
    assert (mean.value, mean.rows_observed, mean.is_approximate) == (Decimal("85.00"), 2, True)


def test_satisfaction_weighs_each_group_as_its_assessable_answers(warehouse: Engine) -> None:
    def survey(group: str, very: int, satisfied: int, valid: int, open_: int) -> Row:
        return {
            "year": 2021, "group_code": group, "sample_count": valid, "valid_count": valid, "very_satisfied_count": very,
            "satisfied_count": satisfied, "neutral_count": valid - very - satisfied - open_, "dissatisfied_count": 0,
            "not_assessable_count": open_,
        }  # fmt: skip

    load(warehouse, "satisfaction", "2021", [survey("在校生", 700, 200, 1000, 0), survey("家长", 5, 0, 20, 10)])
    assert figure(warehouse, "satisfaction_rate").value == Decimal(
        "89.60"
    )  # 905 of 1010, not the mean of 90 % and 50 %
    assert values(warehouse, "satisfaction_by_group") == {("在校生",): Decimal("90.00"), ("家长",): Decimal("50.00")}


@pytest.mark.parametrize(
    ("budget", "received", "spent", "rates"),
    [
        (10_000, 10_115, 9_000, (Decimal("101.15"), Decimal("88.98"))),  # a real report prints 101.15 %: never clipped
        (0, 500, 600, (None, Decimal("120.00"))),
        (800, 0, 0, (Decimal("0.00"), None)),
        (800, None, 700, (None, None)),
    ],
)
def test_rates_are_never_clipped_and_no_denominator_is_no_rate(
    warehouse: Engine, budget: int, received: int | None, spent: int, rates: tuple[Decimal | None, Decimal | None]
) -> None:
    named = {"scope_code": "学校", "content_name": "甲", "source_code": "学校自筹资金", "year": 2021}
    row = named | {"budget_cny": budget, "received_cny": received, "spent_cny": spent}
    load(warehouse, "fund", "2021", [row])
    assert tuple(figure(warehouse, key).value for key in ("fund_received_rate", "fund_spent_rate")) == rates


def test_scopes_are_told_apart_and_never_added(warehouse: Engine) -> None:
    rows = [
        {"scope_code": scope, "content_name": "甲", "source_code": "学校自筹资金", "year": 2021, "budget_cny": cny, "received_cny": 0, "spent_cny": 0}
        for scope, cny in (("学校", 500), ("专业群一", 200), ("专业群二", 100), (None, 50))
    ]  # fmt: skip
    load(warehouse, "fund", "2021", rows)
    assert figure(warehouse, "fund_budget").value == Decimal(550)
    assert values(warehouse, "fund_budget_by_scope") == {
        ("学校",): Decimal(500), ("专业群一",): Decimal(200), ("专业群二",): Decimal(100), ("未注明",): Decimal(50),
    }  # fmt: skip
    assert figure(warehouse, "fund_received").value == Decimal(0)


NOTHING = {"supported_institution_code": "hetian", "programme_name": "学前教育", "built_on": date(2021, 3, 1)}
FUND = {"scope_code": "学校", "content_name": "甲", "source_code": "学校自筹资金", "year": 2021}


@pytest.mark.parametrize(
    ("key", "contract", "zero", "blank", "elsewhere"),
    [
        (
            "trained_xiongan", "training_session", session("xiongan", date(2021, 3, 1), 0),
            session("xiongan", date(2021, 3, 1), None), session("hetian", date(2021, 3, 1), 9),
        ),
        ("hetian_student_count", "programme_built", NOTHING | {"student_count": 0}, NOTHING, NOTHING | {"supported_institution_code": "wuwei"}),
        ("fund_spent", "fund", FUND | {"spent_cny": 0}, FUND, FUND | {"scope_code": "专业群一", "spent_cny": 5}),
    ],
)  # fmt: skip
def test_zero_blank_no_record_and_not_sent_are_four_things(
    warehouse: Engine, key: str, contract: str, zero: Row, blank: Row, elsewhere: Row
) -> None:
    seen = []
    for day, rows in enumerate(([], [elsewhere], [blank], [zero, blank])):
        known_at = NOON + timedelta(days=day)
        if rows:
            load(warehouse, contract, "2021", rows, at=known_at)
        one = figure(warehouse, key, known_at=known_at)
        seen.append((figure_text(one), one.rows_observed, one.rows_found))
    assert seen == [("未测算", 0, 0), ("无记录", 0, 0), ("未填写", 0, 1), ("0", 1, 2)]


def test_what_tells_things_apart_may_be_blank_and_a_rate_may_have_nothing_below(warehouse: Engine) -> None:
    load(
        warehouse,
        "training_session",
        "2021",
        [
            session("hetian", date(2021, 3, 1), 1),
            session("wuwei", date(2021, 3, 2), 1),
            session("wuwei", date(2021, 3, 3), 1),
        ],
    )
    load(warehouse, "activity", "2021", [
        {"held_on": date(2021, 3, 1), "activity_name": "甲", "activity_type_code": "社会实践", "organiser_name": "学院", "team_name": None}
    ])  # fmt: skip
    load(warehouse, "fund", "2021", [FUND | {"budget_cny": 0, "received_cny": 5, "spent_cny": 5}])
    found = {key: figure(warehouse, key) for key in ("trained_institution_count", "fund_received_rate")}
    assert {key: (figure_text(one), one.rows_observed, one.rows_found) for key, one in found.items()} == {
        "trained_institution_count": ("2", 3, 3), "fund_received_rate": ("不能计算", 1, 1),
    }  # fmt: skip
    assert figure_text(figure(warehouse, "practice_team_count")) == "无记录"


def test_blank_names_are_found_but_not_counted(warehouse: Engine) -> None:
    service = {"client_name": "县", "service_type_code": "成果转化", "started_on": date(2021, 1, 1)}
    load(warehouse, "technical_service", "2021", [service | {"service_name": name} for name in "甲乙"])
    named = shipped_indicators()["applied_crop_count"].model_copy(update={"filter": {}})
    with warehouse.connect() as connection:
        [only] = measure(connection, named, 2021, YEAR_END, NOON)
    assert (figure_text(only), only.rows_observed, only.rows_found) == ("未填写", 0, 2)


def test_a_school_year_ends_on_31_august(warehouse: Engine) -> None:
    days = [date(2020, 8, 31), date(2020, 9, 1), date(2021, 8, 31), date(2021, 9, 1)]
    load(warehouse, "training_session", "2020", [session("hetian", day, 10**i) for i, day in enumerate(days[:2])])
    load(warehouse, "training_session", "2021", [session("hetian", day, 10**i) for i, day in enumerate(days[2:], 2)])
    assert figure(warehouse, "trained_school_year").value == Decimal(110)


def test_every_indicator_of_the_catalogue_runs_on_an_empty_warehouse(engine: Engine) -> None:
    with engine.connect() as connection:
        found = [
            measure(connection, indicator, 2021, YEAR_END, datetime(2022, 1, 1, tzinfo=UTC))
            for indicator in shipped_indicators().values()
        ]
    assert {each.state for [each] in found} == {FigureState.NOT_MEASURED}
