"""The tables of a sheet: one under another, side by side, on hidden sheets, and what of them is hidden."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from schemas.values import Severity, SubmissionState
from tests.tasks.ledger_rows import ENROLMENT, FUND, ROOM, SESSION, only, room, rules, session, slots

ROOMS = "年度实训室建设情况一览表"
SESSIONS = "年度师资培训台账"
AWARD = ["获奖时间", "竞赛名称", "级别", "等级", "获奖单位"]


def test_the_same_ledger_under_titles_of_two_years_is_two_tables(read, book):
    rows = [
        [f"2020{ROOMS}"], ROOM, room("甲", built="2020.3"), ["合计", "", 1, 2, 3], ["填表人：某某", "", "审核人："], [],
        [f"2021{ROOMS}"], ["单位名称（公章）：和田职业技术学院", "", "填表日期：2022年1月5日"], ROOM, room("乙"), room("丙"),
    ]  # fmt: skip
    reading = read(book(台账=rows))
    assert reading.findings == ()
    assert slots(reading) == [("training_room", "2020", [3]), ("training_room", "2021", [10, 11])]
    layouts = [layout for one in reading.submissions for layout in one.layouts]
    assert [(layout.header_first_row, layout.header_last_row) for layout in layouts] == [(2, 2), (9, 9)]
    assert reading.submissions[1].place(0, "room_name").cell == "B10"


def test_different_ledgers_one_under_another(read, book):
    rows = [
        [f"2021{SESSIONS}"], SESSION, session(1, "甲"), session(2, "乙"),
        [f"2021{ROOMS}"], ROOM, room("丙"), [],
        ["2021年竞赛获奖情况统计表"], AWARD, ["2021.3.5", "某赛", "国家级", "一等奖", "武威职业学院"],
    ]  # fmt: skip
    reading = read(book(台账=rows))
    assert reading.findings == ()
    assert slots(reading) == [
        ("training_session", "2021", [3, 4]),
        ("training_room", "2021", [7]),
        ("award", "2021", [11]),
    ]


def test_a_table_without_title_of_its_own_has_the_year_of_the_sheet(read, book):
    money = ["甲", "学校自筹", 3, 2, 1]
    people = ["甘肃省武威市", "定向", "护理", "520201", 9, 8, 7]
    reading = read(book(台账=[["2020年专项资金到位与支出明细表"], FUND, money, [], ENROLMENT, people]))
    assert (slots(reading), reading.findings) == ([("fund", "2020", [3]), ("enrolment", "2020", [6])], ())


def test_a_header_again_without_a_new_title_is_a_page_break(read, book):
    title = [f"2021{ROOMS}"]
    rows = [title, ROOM, room("甲"), [], title, [" 受援 单位", *ROOM[1:]], room("乙"), ROOM, room("丙")]
    reading = read(book(台账=rows))
    assert (slots(reading), reading.findings) == ([("training_room", "2021", [3, 7, 9])], ())
    assert len(reading.submissions[0].layouts) == 1


def test_a_two_row_header_that_comes_again(read, book):
    head = [["建设内容", "资金来源", "金额（万元）", "", ""], ["", "", "预算", "到位", "支出"]]
    one, two = ["甲", "自筹", 3, 2, 1], ["乙", "自筹", 3, 2, 1]
    both = [["2020年专项资金明细表"], *head, one, *head, two, [], ["2021年专项资金明细表"], *head, one]
    reading = read(book(台账=both))
    assert (slots(reading), reading.findings) == ([("fund", "2020", [4, 7]), ("fund", "2021", [12])], ())


def test_a_table_of_no_ledger_below_is_said_and_no_part_of_the_one_above(read, book):
    rows = [[f"2021{ROOMS}"], ROOM, room("甲"), [], ["工位数", "实训室名称", "面积", "联系人"], [1, "乙", 2, "某某"]]
    reading = read(book(台账=rows))
    assert slots(reading) == [("training_room", "2021", [3])]
    assert [(f.rule_id, f.place.row, f.severity) for f in reading.findings] == [
        ("table.unrecognised", 5, Severity.CRITICAL)
    ]


def test_side_by_side_tables_with_a_gap(read, book):
    left, right = room("甲"), ["甘肃省武威市", "定向", "护理", "520201", 9, 8, 7]
    titles = [f"2021{ROOMS}", *[""] * 6, "2020年定向及西部地区招生情况表"]
    rows = [titles, [*ROOM, "", *ENROLMENT], [*left, "", *right], [*[""] * 7, *right]]
    reading = read(book(台账=rows))
    assert (slots(reading), reading.findings) == ([("training_room", "2021", [3]), ("enrolment", "2020", [3, 4])], ())
    assert reading.submissions[1].place(0, "origin_name").cell == "H3"


def test_twins_side_by_side_under_one_title(read, book):
    rows = [[f"2021{ROOMS}"], [*ROOM, "", *ROOM], [*room("甲"), "", *room("乙")]]
    reading = read(book(台账=rows))
    assert (slots(reading), reading.findings) == ([("training_room", "2021", [3, 3])], ())


def test_twins_without_a_gap_are_refused_and_never_half_read(read, book):
    rows = [[f"2021{ROOMS}"], [*ROOM, *ROOM], [*room("甲"), *room("乙")]]
    assert only(read(book(台账=rows))) == ("refused", "table.doubled", 0)


def test_a_ledger_may_begin_far_down(read, book):
    notes = [[f"第{number}条 说明文字"] for number in range(25)]
    reading = read(book(台账=[*notes, [f"2021{ROOMS}"], ROOM, room("甲")]))
    assert slots(reading) == [("training_room", "2021", [28])]


# ---- hidden ---------------------------------------------------------------------------------------------------------


def test_a_hidden_ledger_is_read_and_told(read, book):
    old = [[f"2020{ROOMS}"], ROOM, room("乙", built="2020.3")]
    reading = read(book(hidden=["旧表"], 台账=[[f"2021{ROOMS}"], ROOM, room("甲")], 旧表=old))
    assert slots(reading) == [("training_room", "2021", [3]), ("training_room", "2020", [3])]
    assert [(f.rule_id, f.severity, f.place.sheet) for f in reading.findings] == [
        ("sheet.hidden", Severity.WARNING, "旧表")
    ]


def test_a_hidden_copy_is_not_counted_twice(read, book):
    copy = [[f"2021{ROOMS}"], ROOM, room("甲"), room("乙")]
    reading = read(book(hidden=["备份"], 台账=[[f"2021{ROOMS}"], ROOM, room("甲")], 备份=copy))
    assert slots(reading) == [("training_room", "2021", [3])]
    assert [(f.rule_id, f.place.sheet) for f in reading.findings] == [("sheet.hidden_copy", "备份")]


def test_a_hidden_sheet_that_cannot_be_taken_weighs_no_more_than_a_warning(read, book):
    broken = [[f"2020{ROOMS}"], ROOM, room("甲")]
    reading = read(book(hidden=["草稿"], 台账=[[f"2021{ROOMS}"], ROOM, room("甲")], 草稿=broken))
    assert slots(reading) == [("training_room", "2021", [3])]
    assert [(f.rule_id, f.severity) for f in reading.findings] == [("sheet.hidden_not_taken", Severity.WARNING)]


def test_hidden_rows_and_columns_are_read_and_said_once(read, book):
    path = book(台账=[[f"2021{ROOMS}"], ROOM, *(room(name) for name in "甲乙丙丁")])
    workbook = openpyxl.load_workbook(path)
    sheet = workbook["台账"]
    for row in (1, 4, 5):
        sheet.row_dimensions[row].hidden = True
    sheet.column_dimensions["D"].hidden = True
    workbook.save(path)
    (submission,) = read(path).submissions
    assert submission.rows.tolist() == [3, 4, 5, 6]
    (finding,) = submission.findings
    assert (finding.rule_id, finding.severity) == ("table.hidden", Severity.INFO)
    assert finding.found == "隐藏了 2 行（第 4、5 行），隐藏了 1 列（D 列）"


# ---- sheets that are no ledgers -------------------------------------------------------------------------------------


def test_guidance_with_an_example_and_lists_to_choose_from_are_passed_over(read, book):
    example = [["填表说明"], ["1. 请勿修改表头。"], ROOM, room("示例实训室")]
    lists = [["培训类别", "培训方式"], ["师资", "线上"], ["技能", "线下"]]
    reading = read(book(填表说明=example, 台账=[[f"2021{ROOMS}"], ROOM, room("甲")], Sheet3=lists))
    assert (slots(reading), reading.findings) == ([("training_room", "2021", [3])], ())


def test_a_form_left_beside_the_ledger_is_told(read, book):
    form = [[f"2021{ROOMS}"], ROOM, room("某某实训室")]
    reading = read(book(模板=form, 台账=[[f"2021{ROOMS}"], ROOM, room("甲")]))
    assert (slots(reading), rules(reading)) == ([("training_room", "2021", [3])], ["sheet.example"])


@pytest.mark.parametrize("sheet", ["填表说明", "模板"])
def test_a_ledger_on_an_oddly_named_sheet_is_still_read(read, book, sheet):
    reading = read(book(**{sheet: [[f"2021{ROOMS}"], ROOM, room("甲")]}))
    assert (slots(reading), reading.findings) == ([("training_room", "2021", [3])], ())


# ---- rows that are no records ---------------------------------------------------------------------------------------


def test_sums_footers_notes_and_blank_columns_of_a_whole_ledger(read, book):
    def at(*cells: object) -> list[object]:
        return ["", *cells[:2], "", *cells[2:]]

    rows = [
        [], ["", f"2021{ROOMS}"], ["", "单位：万元"], at(*ROOM), at(*room("甲")), at("", "小计", 1, 2, 3),
        at(*room("乙")), [], at(*room("丙", "武威职业学院")), at("本页合计", "", 1, 2, 3), at("总 计", "", 1, 2, 3),
        ["", "制表人：某某"], ["", "注：1. 面积为使用面积"], ["", "2. 其他"],
    ]  # fmt: skip
    reading = read(book(台账=rows))
    assert (slots(reading), reading.findings) == ([("training_room", "2021", [5, 7, 9])], ())
    assert reading.submissions[0].findings == ()


def test_state_of_a_file_of_nothing_but_hidden_ledgers(read, book, tmp_path: Path):
    path = book(台账=[[f"2021{ROOMS}"], ROOM, room("甲")], 封面=[["封面"]])
    workbook = openpyxl.load_workbook(path)
    workbook["台账"].sheet_state = "hidden"
    workbook.save(path)
    reading = read(path)
    assert (reading.state, rules(reading)) == (SubmissionState.RECEIVED, ["sheet.hidden"])
    assert slots(reading) == [("training_room", "2021", [3])]
