"""Units written above a table hold for the columns they can be meant for, and a row naming several persons is never one."""

from __future__ import annotations

import pytest

from schemas.contract import shipped_contracts
from tasks.intake.cell_persons import count_persons
from tasks.intake.judge import check

ACTIVITY = ["日期", "活动名称", "活动类型", "组织单位", "参与师生人数", "服务人次", "场次"]
PERSONS = ["姓名", "派出部门", "受援单位", "任职岗位", "派出时间", "人次"]


@pytest.mark.parametrize(
    ("above", "head", "counts"),
    [
        ("单位：人次", "服务人次", (12, 300, 2)),
        ("单位：万人次", "服务人次", (12, 3_000_000, 2)),
        ("（计量 单位：万人次）  2021年12月20日", "服务人次", (12, 3_000_000, 2)),
        ("填报单位：和田职业技术学院  单位：万人次、场", "服务人次", (12, 3_000_000, 2)),
        ("单位：万人", "服务人次", (120_000, 300, 2)),
        ("单位：万人次", "服务人次（人次）", (12, 300, 2)),
        ("填报单位：人事处", "服务人次", (12, 300, 2)),
        ("单位：万元", "服务人次", (12, 300, 2)),
    ],
)
def test_a_unit_above_the_table_holds_for_the_columns_of_that_unit_alone(read, book, above, head, counts):
    header = [head if text == "服务人次" else text for text in ACTIVITY]
    row = ["2021-03-05", "义诊", "义诊筛查", "医学院", 12, 300, 2]
    columns = read(book(台账=[["2021年社会服务活动台账"], [above], header, row])).submissions[0].columns
    names = ("participant_count", "served_person_times", "event_count")
    assert tuple(columns[name][0].value for name in names) == counts


@pytest.mark.parametrize(
    ("names", "count"),
    [("张三", 1), ("张三、李四", 2), ("张三等5人", 5), ("张三、李四等十二人", 12), ("张三等", 2), ("张三、李四等", 3)],
)
def test_persons_in_a_cell(names, count):
    assert count_persons(names) == count


def test_a_row_naming_several_persons_is_held_unless_it_says_how_many_it_counts_for(read, book):
    cells = [
        ("张三", ""),
        ("李四，王五", ""),
        ("赵六\n钱七 孙八", 1),
        ("周九、吴十", 2),
        ("李四，王五", 2),
        ("郑一等3人", None),
    ]
    rows = [
        [names, "教务处", "和田职业技术学院", "教师", f"2021-03-{day:02}", times]
        for day, (names, times) in enumerate(cells, 1)
    ]
    (submission,) = read(book(名册=[["2021年援派干部教师名册"], PERSONS, *rows])).submissions
    (verdict,) = check(shipped_contracts()["dispatched_person"], [submission])
    assert verdict.held.tolist() == [1, 2, 5]
    assert [(one.rule_id, one.place.cell, one.found) for one in verdict.findings if one.severity == "critical"] == [
        ("dispatched_person.person_name.readable", cell, "（个人信息，不显示）") for cell in ("A4", "A5", "A8")
    ]
    assert "每人一行" in verdict.findings[0].fix
