"""The year of a ledger, what it must not hold, and one clear finding for each thing that cannot be taken."""

from __future__ import annotations

import openpyxl
import pytest

from schemas.values import Severity, SubmissionState
from tests.tasks.ledger_rows import ENROLMENT, ROOM, SESSION, only, room, rules, session, slots


def test_level_and_grade_in_one_cell(read, book):
    header = ["获奖时间", "竞赛名称", "获奖等级", "获奖单位"]
    rows = [["2021年度竞赛获奖情况统计表"], header, ["2021.3.5", "某赛", "国家级一等奖", "武威职业学院"]]
    (submission,) = read(book(台账=rows)).submissions
    assert (submission.columns["level_code"][0].value, submission.columns["grade_code"][0].value) == (
        "国家级",
        "一等奖",
    )
    assert submission.layouts[0].columns["level_code"] == (3, "获奖等级")


def test_personal_numbers_go_no_further(read, book):
    header = ["姓名", "派出部门", "受援单位", "任职岗位", "派出时间", "身份证号", "联系电话"]
    row = ["张某", "教务处", "武威职业学院", "教师", "2021.3.5", "110101190001010006", "13800000000"]
    (submission,) = read(book(台账=[["2021年度援派干部教师名册"], header, row])).submissions
    text = repr(submission)
    assert "110101190001010006" not in text
    assert "13800000000" not in text
    assert len(str(submission.columns["id_number_hash"][0].value)) == 64
    assert submission.columns["phone_number"][0].value is None
    assert submission.layouts[0].unknown == ()


def test_errors_and_lost_formula_values_are_no_blanks(read, book):
    rows = [["2021年度实训室建设情况一览表"], ROOM, room("甲"), room("乙"), room("丙")]
    path = book(台账=rows)
    workbook = openpyxl.load_workbook(path)
    sheet = workbook["台账"]
    sheet["C3"] = "#REF!"
    sheet["D4"] = "=1+1"
    sheet["B5"] = "#N/A"
    workbook.save(path)
    (submission,) = read(path).submissions
    assert submission.columns["area_sqm"][0].problem == "error_cell"
    assert submission.columns["equipment_cny"][1].problem == "formula_without_value"
    assert submission.columns["room_name"][2].problem == "error_cell"
    assert submission.columns["area_sqm"][1].value == 630.5


# ---- the year -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "sheet", "name", "period"),
    [
        ("2021年度师资培训台账", "台账", "a.xlsx", "2021"),
        ("二零二一年师资培训台账 2021年上半年", "台账", "a.xlsx", "2021"),
        ("师资培训台账", "2021", "a.xlsx", "2021"),
        ("师资培训台账", "台账", "2019年.xlsx", "2021"),
        ("２０２１年度师资培训台账", "台账", "a.xlsx", "2021"),
        ("填表日期：2022年1月5日", "台账", "a.xlsx", "2021"),
    ],
)
def test_year_of_a_ledger(read, book, title, sheet, name, period):
    reading = read(book(**{sheet: [[title], SESSION, session(1, "甲")]}), name)
    assert slots(reading) == [("training_session", period, [3])]


@pytest.mark.parametrize(
    ("title", "name", "expected"),
    [
        ("定向及西部地区招生情况表", "2020年招生.xlsx", "2020"),
        ("填表日期：2020年12月5日", "a.xlsx", "2020"),
        ("定向及西部地区招生情况表", "招生.xlsx", "period.missing"),
        ("2020-2021年招生情况表", "招生.xlsx", "period.missing"),
    ],
)
def test_year_of_a_ledger_without_dates(read, book, title, name, expected):
    reading = read(book(台账=[[title], ENROLMENT, ["甘肃省武威市", "定向", "护理", "520201", 9, 8, 7]]), name)
    got = slots(reading)[0][1] if reading.submissions else rules(reading)[0]
    assert got == expected


def test_a_year_column_parts_the_submissions_and_fills_from_the_title(read, book):
    def row(year: object) -> list[object]:
        return [year, "甘肃省武威市", "定向", "护理", "520201", 9, 8, 7]

    header = ["年度", *ENROLMENT]
    parted = read(book(台账=[["招生情况表"], header, row(2020), row(2021), row("2021年")]))
    assert slots(parted) == [("enrolment", "2020", [3]), ("enrolment", "2021", [4, 5])]
    (filled,) = read(book(台账=[["2021年度招生情况表"], header, row(""), row(2021)])).submissions
    assert [cell.value for cell in filled.columns["year"]] == [2021, 2021]


def test_a_register_may_look_back_but_not_ahead(read, book):
    rows = [["2021年实训室建设情况一览表"], ROOM, room("甲", built="2019.3"), room("乙", built="2020.3")]
    assert slots(read(book(台账=rows))) == [("training_room", "2021", [3, 4])]
    early = read(book(台账=[["2019年实训室建设情况一览表"], ROOM, room("甲", built="2020.3")]))
    assert (early.state, rules(early)) == (SubmissionState.REFUSED, ["period.contradicted"])


@pytest.mark.parametrize(
    ("content", "name", "rule"),
    [
        (b"", "空.xlsx", "file.empty"),
        (b" \r\n\r\n", "空.csv", "file.empty"),
        ("只是一段文字，没有表格。".encode(), "台账.xlsx", "file.not_a_workbook"),
        (b"<html><body><table><tr><td>1</td></tr></table></body></html>", "台账.xls", "file.not_a_workbook"),
        (b"<?xml version='1.0'?><Workbook/>", "台账.xls", "file.not_a_workbook"),
        (b"%PDF-1.7 ...", "台账.xlsx", "file.not_a_workbook"),
        (b"PK\x03\x04 broken", "台账.xlsx", "file.unreadable"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "台账.xlsx", "file.encrypted"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le"), "台账.xls", "file.not_a_workbook"),
        ("甲,乙\n".encode() + "丙,丁\n".encode("gb18030") + b"\xff\xff", "台账.csv", "file.encoding_damaged"),
        (b"a,b\x00\n1,2\n", "台账.csv", "file.encoding_damaged"),
        (b'a,b\n"1,2\n3,4\n', "台账.csv", "file.quotes_open"),
    ],
)
def test_unreadable_files_are_one_finding(read, content, name, rule):
    reading = read(content, name)
    assert only(reading) == ("unreadable", rule, 0)
    (finding,) = reading.findings
    assert all((finding.message, finding.expected, finding.fix))
    assert finding.severity is Severity.CRITICAL


def test_files_beyond_the_limits_are_not_opened(read, book):
    path = book(台账=[["2021年度实训室建设情况一览表"], ROOM, room("甲")])
    assert only(read(path, file_bytes=1000)) == ("unreadable", "file.too_large", 0)
    assert only(read(path, unpacked_bytes=1000)) == ("unreadable", "file.too_large", 0)
    workbook = openpyxl.load_workbook(path)
    workbook["台账"]["XFD1048576"] = "远"
    workbook.save(path)
    assert only(read(path)) == ("unreadable", "file.far_cell", 0)


def test_a_format_far_away_is_no_far_cell(read, book):
    path = book(台账=[["2021年度实训室建设情况一览表"], ROOM, room("甲")])
    workbook = openpyxl.load_workbook(path)
    workbook["台账"]["XFD1048576"].font = openpyxl.styles.Font(bold=True)
    workbook.save(path)
    assert slots(read(path)) == [("training_room", "2021", [3])]


def test_a_workbook_of_something_else_is_unrecognised(read, book):
    reading = read(book(食堂=[["三月菜谱"], ["星期", "早餐", "午餐"], ["一", "粥", "面"]], 说明=[["略"]]))
    assert only(reading) == ("unrecognised", "sheet.unrecognised", 0)
    assert reading.findings[0].found == "工作表：食堂、说明"


def test_a_strange_sheet_beside_a_ledger_is_told(read, book):
    strange = [["对照"], ["受援单位", "工位数", "联系人"], ["和田职业技术学院", 1, "某某"]]
    reading = read(book(台账=[["2021年度实训室建设情况一览表"], ROOM, room("甲")], 另表=strange))
    assert slots(reading) == [("training_room", "2021", [3])]
    assert [(finding.rule_id, finding.place.sheet) for finding in reading.findings] == [("sheet.unrecognised", "另表")]


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        (
            [["2021年度实训室建设情况一览表"], ROOM[:4] + ROOM[5:], ["和田职业技术学院", "甲", 1, 2, "2021.3"]],
            "layout.missing_column",
        ),
        ([["2021年度实训室建设情况一览表"], ROOM, ["合计", "", 1, 2, 3]], "sheet.no_data"),
        ([["2015年度师资培训台账"], SESSION, session(1, "甲", "2015.3.5", "2015.3.9")], "period.outside"),
        ([["2020年度师资培训台账"], SESSION, session(1, "甲"), session(2, "乙")], "period.contradicted"),
    ],
)
def test_ledgers_that_cannot_be_taken_are_refused_whole(read, book, rows, rule):
    assert only(read(book(台账=rows))) == ("refused", rule, 0)


@pytest.mark.parametrize(
    ("rows", "untaken"),
    [
        ([["2021年度实训室建设情况一览表"], ROOM[:5], room("甲")[:5]], [("training_room", "2021")]),
        ([["2021年度实训室建设情况一览表"], ROOM, ["合计", "", 1, 2, 3]], [("training_room", "2021")]),
        ([["2020年度师资培训台账"], SESSION, session(1, "甲"), session(2, "乙")], [("training_session", None)]),
        ([["武威职业学院2021年度师资培训台账"], SESSION, session(1, "甲")], [("training_session", "2021")]),
        ([["2021年度师资培训台账"], SESSION, session(1, "甲")], []),
    ],
)
def test_what_a_refused_file_was_sent_for_is_known(read, book, rows, untaken):
    assert list(read(book(台账=rows)).untaken) == untaken


def test_one_wrong_date_contradicts_nothing(read, book):
    rows = [
        ["2021年度师资培训台账"],
        SESSION,
        *(session(n, f"第{n}期") for n in range(1, 5)),
        session(5, "第5期", "2013.3.5"),
    ]
    assert slots(read(book(台账=rows))) == [("training_session", "2021", [3, 4, 5, 6, 7])]
