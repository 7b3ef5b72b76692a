"""What if: another value of an indicator moves its completion and its part of the score, and nothing in the warehouse."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from schemas.errors import MisconfiguredError
from schemas.scoring import find_scheme
from tasks.report.measure import Measured, measure_year
from tasks.report.what_if import moved_parts, split_assumptions, try_out
from tasks.report.what_if_text import as_record, told
from tests.tasks.test_score import BOTH, FULL, WHOLE, line, task, year
from tests.warehouse.marts.ledgers import NOON, load
from warehouse.engine import open_engine

D = Decimal
MIDTERM = find_scheme("provincial_midterm_2022")
UNCAPPED = MIDTERM.model_copy(update={"caps_completion": False})


@pytest.fixture
def measured() -> Measured:
    named = [replace(one, name=f"指标{place}", code=f"1.{place}", unit="个") for place, one in enumerate(FULL)]
    other = replace(line("数量指标", "10", D(7), scope="专业群一"), name="指标1", code="1.1", unit="个")
    return year((*named, other), (task("已完成"), task("进行中")))


def test_completion_and_points_before_and_after(measured: Measured) -> None:
    found = try_out(measured, {"学校:指标1": "10", "1.4": "是"}, MIDTERM)
    assert [(before.current.value, after.current.value, after.current.completion) for before, after in found.changed] == [
        (D(5), D(10), D(1)), (False, True, None),
    ]  # fmt: skip
    assert (found.before.indicators.reached, found.after.indicators.reached) == (5, 7)
    assert list(moved_parts(found)) == [
        ("学校·数量", D(20), D("17.50"), D("20.00")),
        ("学校·质量", D(20), D("9.00"), D("19.00")),
    ]
    assert found.before.tasks == found.after.tasks


@pytest.mark.parametrize(("scheme", "average"), [(MIDTERM, "100%"), (UNCAPPED, "100.62%")])
def test_the_cap_is_a_switch(scheme: object, average: str) -> None:
    one = replace(line("数量指标", "10000", D(9000)), name="培训", unit="人次")
    said = told(try_out(year((one,)), {"培训": "10062"}, MIDTERM if scheme is MIDTERM else UNCAPPED))
    assert f"完成率 90% → {average}" in said[1]
    assert f"平均完成率 90% → {average}" in said[2]


def test_an_unjudged_neighbour_leaves_the_part_open_but_its_projects_move(measured: Measured) -> None:
    lines = (*measured.indicator_lines, replace(line("数量指标", "5", None, project="丙"), name="未报", code="9"))
    found = try_out(replace(measured, indicator_lines=lines), {"学校:1.1": "8"}, MIDTERM)
    assert [(name, round(points or D(0), 2), round(old or D(0), 2), round(new or D(0), 2)) for name, points, old, new in moved_parts(found)] == [
        ("学校·数量·甲", D("6.67"), D("5.00"), D("6.00"))
    ]  # fmt: skip


def test_the_total_and_the_grade_move_where_a_scheme_is_complete() -> None:
    lines = tuple(replace(each, code=str(place)) for place, each in enumerate(BOTH))
    found = try_out(year(lines), {"专业群一:1": "9"}, WHOLE)
    assert (found.before.score.total, found.before.score.grade) == (D("88.00"), "良")
    assert (found.after.score.total, found.after.score.grade) == (D("96.00"), "优")
    assert told(found) == [
        "试算：2022年度，数据截至2022年12月31日（只是试算，没有写入任何数据）",
        "  专业群一“指标”：目标 10；完成值 7 → 9；完成率 70% → 90%；未达成 → 未达成",
        "指标完成：应考核 2 项，达成 1 → 1 项（50% → 50%），平均完成率 85% → 95%",
        "任务完成：—，由任务进度决定，不随指标试算变动",
        "评价得分（试算，第1版）：",
        "  专业群一·产出（100分）：70 → 90",
        "  总分 88 → 96；等级 良 → 优",
    ]
    assert as_record(found)["moved_parts"] == [
        {"part": "专业群一·产出", "points": "100", "before": "70.00", "after": "90.00"}
    ]


def test_a_line_without_a_target_in_the_year_moves_nothing() -> None:
    one = replace(line("数量指标", "", D(3)), name="教材")
    found = try_out(year((*BOTH, one)), {"教材": "30"}, WHOLE)
    assert found.before == found.after
    assert told(found)[1] == "  学校“教材”：2022年度没有目标值，试算不影响完成情况"


@pytest.mark.parametrize(
    ("assumed", "complaint"),
    [
        ({"指标1": "8"}, "“指标1”对应2个指标：学校:1.1（指标1）、专业群一:1.1（指标1），请写明是哪一个"),
        ({"指标十": "8"}, "绩效目标表中没有指标“指标十”；相近的有："),
        ({"完全不同": "8"}, "绩效目标表中没有指标“完全不同”$"),
        ({"1.0": "很多"}, "指标“指标0”的试算值“很多”读不出来，应是以“个”为单位的数"),
        ({"1.0": "是"}, "应是以“个”为单位的数"),
        ({"1.0": "500人次"}, "应是以“个”为单位的数"),
        ({"1.2": "5"}, "指标“指标2”的试算值“5”读不出来，应是“是”或“否”"),
    ],
)
def test_what_is_not_understood_is_said_in_one_sentence(
    measured: Measured, assumed: dict[str, str], complaint: str
) -> None:
    with pytest.raises(MisconfiguredError, match=complaint):
        try_out(measured, assumed, MIDTERM)


def test_assumptions_are_taken_apart_at_their_first_sign() -> None:
    assert split_assumptions(["1.1.7.3=500", "智慧教室 ＝ 3.5万间", "甲=≥5"]) == {
        "1.1.7.3": "500",
        "智慧教室": "3.5万间",
        "甲": "≥5",
    }
    for wrong in (["1.1"], ["=5"], ["甲="], ["甲=1", "甲=2"], []):
        with pytest.raises(MisconfiguredError):
            split_assumptions(wrong)


def test_nothing_is_written(tmp_path: Path, new_sqlite_warehouse: str) -> None:
    file = tmp_path / "warehouse.db"
    engine = open_engine(new_sqlite_warehouse)
    target = {
        "scope_code": "学校", "level1_name": "产出指标", "level2_name": "数量指标", "project_name": "提升服务发展水平",
        "indicator_name": "累计培训人次", "indicator_code": "1.1.7.1", "unit_name": "人次", "time_basis_text": "累计",
        "target_2021": "≥1000人次",
    }  # fmt: skip
    load(engine, "indicator_target", "2019", [target])
    session = {
        "session_name": "班",
        "trainee_institution_code": "hetian",
        "started_on": date(2021, 3, 1),
        "trainee_person_times": 860,
    }
    load(engine, "training_session", "2021", [session])
    engine.dispose()
    before = hashlib.sha256(file.read_bytes()).hexdigest()
    measured = measure_year(engine, 2021, date(2021, 12, 31), NOON)
    found = try_out(measured, {"trained_cumulative": "0.1万人次"}, MIDTERM)
    engine.dispose()
    ((old, new),) = found.changed
    assert (old.current.value, old.current.figure is not None, new.current.value, new.current.is_reached) == (
        D(860),
        True,
        D(1000),
        True,
    )
    assert (found.before.indicators.reached, found.after.indicators.reached) == (0, 1)
    assert hashlib.sha256(file.read_bytes()).hexdigest() == before
