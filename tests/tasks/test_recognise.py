"""What is found in a file: ledgers, their rows, their year, and one clear finding for each thing that cannot be taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import openpyxl
import pytest
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from schemas.contract import shipped_contracts
from schemas.values import Delivery, Reading, Severity, SubmissionState, Turn
from sources.registry import Registry, load_registry
from tasks.intake.grid import Limits
from tasks.intake.reading import read_delivery

NAMES = {"hetian": "和田职业技术学院", "wuwei": "武威职业学院", "jiaowu": "教务处"}
ROOM = ["受援单位", "实训室名称", "使用面积（平方米）", "设备总值（万元）", "工位数", "建成时间"]
SESSION = ["序号", "培训项目名称", "受训单位", "培训方式", "开始时间", "结束时间", "培训人次"]
ENROLMENT = ["生源地", "计划类别", "专业名称", "专业代码", "计划数", "录取数", "报到数"]
FUND = ["建设内容", "资金来源", "预算金额", "到位金额", "支出金额"]
Rows = Sequence[Sequence[object]]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Registry:
    folder = tmp_path_factory.mktemp("partners")
    for code, name in NAMES.items():
        own = "header_aliases: {training_room: {room_name: [工坊]}}\n" if code == "jiaowu" else ""
        text = f"code: {code}\nname: {name}\nkind: supported_school\n{own}"
        (folder / f"{code}.yaml").write_text(text, encoding="utf-8")
    return load_registry(folder)


@pytest.fixture
def read(tmp_path: Path, registry: Registry) -> Callable[..., Reading]:
    """Read bytes or a file as a delivery of a partner."""

    def read(content: bytes | Path, name: str = "台账.xlsx", partner: str = "hetian", **limits: int) -> Reading:
        path = content if isinstance(content, Path) else tmp_path / "landed"
        if isinstance(content, bytes):
            path.write_bytes(content)
        now = datetime(2022, 1, 5, tzinfo=UTC)
        delivery = Delivery(
            "0" * 64, partner, "folder", f"folder:{partner}/{name}", name, path.stat().st_size, now, path
        )
        return read_delivery(delivery, shipped_contracts(), registry, b"secret", Limits(**limits) if limits else None)

    return read


@pytest.fixture
def book(tmp_path: Path) -> Callable[..., Path]:
    """A workbook of the given sheets (name → rows), with merged ranges and hidden sheets."""

    def book(merges: Sequence[str] = (), hidden: Sequence[str] = (), **sheets: Rows) -> Path:
        workbook = openpyxl.Workbook()
        workbook.remove(workbook.active)
        for name, rows in sheets.items():
            sheet = workbook.create_sheet(name)
            for row in rows:
                sheet.append(list(row))
            for merge in merges:
                sheet.merge_cells(merge)
            sheet.sheet_state = "hidden" if name in hidden else "visible"
        path = tmp_path / "book.xlsx"
        workbook.save(path)
        return path

    return book


def _room(name: str, place: str = "和田职业技术学院", built: object = "2021.03") -> list[object]:
    return [place, name, 630.5, 94.6, "14 个", built]


def _session(number: int, name: str, started: str = "2021.3.5", ended: str = "2021.3.9") -> list[object]:
    return [number, name, "和田职业技术学院", "线下", started, ended, 60]


def _slots(reading: Reading) -> list[tuple[str, str, list[int]]]:
    return [(one.contract, one.period, one.rows.tolist()) for one in reading.submissions]


def _rules(reading: Reading) -> list[str]:
    return [finding.rule_id for finding in reading.findings]


def test_a_plain_ledger_is_read_cell_by_cell(read, book):
    reading = read(book(台账=[["2021年度实训室建设情况一览表"], ROOM, _room("组培实验室")]))
    assert (reading.state, reading.findings) == (SubmissionState.RECEIVED, ())
    (submission,) = reading.submissions
    values = {name: column[0].value for name, column in submission.columns.items()}
    assert values == {
        "supported_institution_code": "hetian",
        "room_name": "组培实验室",
        "location_code": None,
        "area_sqm": 630.5,
        "equipment_cny": 946000.0,
        "workstation_count": 14,
        "built_on": date(2021, 3, 1),
        "programme_names": None,
    }
    assert (submission.contract, submission.period, submission.rows.tolist()) == ("training_room", "2021", [3])
    assert submission.findings == ()
    assert submission.layouts[0].columns["equipment_cny"] == (4, "设备总值（万元）")
    assert submission.layouts[0].missing == ("location_code", "programme_names")
    place = submission.place(0, "workstation_count")
    assert (place.sheet, place.cell, place.header) == ("台账", "E3", "工位数")


def test_rows_that_are_no_records_are_passed_over(read, book):
    rows = [
        ["2021年度实训室建设情况一览表"],
        ["单位名称（公章）：教务处", "", "", "", "", "填表日期：2021年12月20日"],
        ROOM,
        _room("甲"),
        [],
        ["小 计", "", 1, 2, 3],
        ["2021年度实训室建设情况一览表"],
        ROOM,
        _room("乙"),
        ["一、校外实训室"],
        _room("丙"),
        ["合计", "", 9, 9, 9],
        ["填表人：某某", "", "审核人："],
        ["说明：", ""],
        ["1.本表由各单位填报"],
        ["数据结束"],
    ]
    reading = read(book(台账=rows))
    assert _slots(reading) == [("training_room", "2021", [4, 9, 11])]
    assert reading.findings == reading.submissions[0].findings == ()


def test_a_last_row_of_bare_sums_is_no_record(read, book):
    header = ["预算金额", "到位金额", "支出金额", "建设内容", "资金来源"]
    rows = [
        ["2021年专项资金到位与支出明细表"],
        header,
        [3, 2, 1, "甲", "举办方"],
        [3, 2, 1, "乙", "自筹"],
        [6, 4, 2, "", ""],
    ]
    assert _slots(read(book(台账=rows))) == [("fund", "2021", [3, 4])]


def test_numbered_but_empty_rows_are_no_records(read, book):
    reading = read(book(台账=[["2021年度师资培训台账"], SESSION, _session(1, "甲"), [2], [3]]))
    assert _slots(reading) == [("training_session", "2021", [3])]


def test_a_group_head_over_sub_heads(read, book):
    rows = [
        ["2021年专项资金到位与支出明细表"],
        ["", "", "", "", "单位：万元"],
        ["建设内容", "资金来源", "金额（元）", "", ""],
        ["", "", "支出", "到位", "预算"],
        ["甲", "学校自筹", 100, "2,000.50", 3000],
    ]
    (submission,) = read(book(["C3:E3", "A3:A4", "B3:B4"], 台账=rows)).submissions
    money = {name: submission.columns[name][0].value for name in ("spent_cny", "received_cny", "budget_cny")}
    assert money == {"spent_cny": 100.0, "received_cny": 2000.5, "budget_cny": 3000.0}
    layout = submission.layouts[0]
    assert (layout.header_first_row, layout.header_last_row) == (3, 4)
    assert layout.columns["spent_cny"] == (3, "金额（元）/支出")


def test_the_unit_above_the_table_holds_for_its_money(read, book):
    rows = [["2021年专项资金到位与支出明细表"], ["", "单位：元"], FUND, ["甲", "自筹", 3000, 2000, 1000]]
    assert read(book(台账=rows)).submissions[0].columns["budget_cny"][0].value == 3000.0


def test_merged_cells_fill_down_and_a_blank_without_merge_does_not(read, book):
    rows = [["2021年度实训室建设情况一览表"], ROOM, _room("甲"), _room("乙", ""), _room("丙", "")]
    (submission,) = read(book(["A3:A4"], 台账=rows)).submissions
    assert [cell.value for cell in submission.columns["supported_institution_code"]] == ["hetian", "hetian", None]


def test_in_a_text_file_a_blank_unit_repeats_the_one_above(read):
    lines = ["2021年度实训室建设情况一览表,,,,,", ",".join(ROOM), "武威职业学院,甲,1,2,3,2021.3", ",乙,1,2,3,2021.3"]
    reading = read("\r\n".join(lines).encode("gb18030"), "台账.csv")
    (submission,) = reading.submissions
    assert [cell.value for cell in submission.columns["supported_institution_code"]] == ["wuwei", "wuwei"]
    assert submission.layouts[0].sheet is None


def test_an_ods_ledger(read, tmp_path):
    document = OpenDocumentSpreadsheet()
    table = Table(name="台账")
    for cells in (["2021年度实训室建设情况一览表"], ROOM, _room("甲"), _room("乙", "")):
        row = TableRow()
        for cell in cells:
            typed = {"valuetype": "float", "value": cell} if isinstance(cell, float) else {"valuetype": "string"}
            filled = TableCell(**typed)
            filled.addElement(P(text=str(cell)))
            row.addElement(filled)
        table.addElement(row)
    document.spreadsheet.addElement(table)
    document.save(tmp_path / "book.ods")
    (submission,) = read(tmp_path / "book.ods", "台账.ods").submissions
    assert submission.rows.tolist() == [3, 4]
    assert [cell.value for cell in submission.columns["area_sqm"]] == [630.5, 630.5]
    assert [cell.value for cell in submission.columns["supported_institution_code"]] == ["hetian", "hetian"]


def test_a_record_over_two_lines_counts_as_one(read):
    lines = [
        "2021年度实训室建设情况一览表",
        '"受援单位","实训室\n名称",使用面积,设备总值,工位,建成年月',
        '武威职业学院,"甲\n",1,2,3,2021.3',
        "武威职业学院,乙,1,2,3,2021.3",
    ]
    text = "\n".join(lines)
    (submission,) = read(text.encode("utf-8-sig"), "台账.csv").submissions
    assert submission.rows.tolist() == [3, 4]
    assert [cell.value for cell in submission.columns["room_name"]] == ["甲", "乙"]


def test_tabs_separate_as_well(read):
    text = (
        "2021年度实训室建设情况一览表\n"
        + "\t".join(ROOM)
        + "\n"
        + "\t".join(["武威职业学院", "甲", "1,200", "2", "3", "2021.3"])
    )
    (submission,) = read(text.encode("utf-16"), "台账.txt").submissions
    assert submission.columns["area_sqm"][0].value == 1200.0


def test_several_sheets_and_contracts(read, book):
    guide = [["填表说明"], ["1. 请勿修改表头。"]]
    spring = [["2021年度师资培训台账"], SESSION, _session(1, "甲")]
    autumn = [["2021年度师资培训台账"], SESSION, _session(1, "乙"), _session(2, "丙")]
    last_year = [["2020年度师资培训台账"], SESSION, _session(1, "丁", "2020.3.5", "2020.3.9")]
    rooms = [["2021年度实训室建设情况一览表"], ROOM, _room("戊")]
    reading = read(book(填表说明=guide, 春季=spring, 秋季=autumn, 去年=last_year, 实训室=rooms))
    assert reading.findings == ()
    assert _slots(reading) == [
        ("training_session", "2021", [3, 3, 4]),
        ("training_session", "2020", [3]),
        ("training_room", "2021", [3]),
    ]
    both = reading.submissions[0]
    assert both.layout_index.tolist() == [0, 1, 1]
    assert [layout.sheet for layout in both.layouts] == ["春季", "秋季"]
    assert [cell.value for cell in both.columns["session_name"]] == ["甲", "乙", "丙"]
    assert both.place(1, "session_name").sheet == "秋季"


def test_a_hidden_ledger_is_not_read_but_told(read, book):
    reading = read(
        book(
            hidden=["旧表"],
            台账=[["2021年度实训室建设情况一览表"], ROOM, _room("甲")],
            旧表=[["2020年度实训室建设情况一览表"], ROOM, _room("乙")],
        )
    )
    assert _slots(reading) == [("training_room", "2021", [3])]
    assert [(f.rule_id, f.severity, f.place.sheet) for f in reading.findings] == [
        ("sheet.hidden", Severity.WARNING, "旧表")
    ]


def test_an_unknown_header_is_told_with_a_proposal(read, book):
    rows = [["2021年度实训室建设情况一览表"], [*ROOM, "性质类型", "备注"], [*_room("甲"), "校内", "无"]]
    (submission,) = read(book(台账=rows)).submissions
    (finding,) = submission.findings
    assert (finding.rule_id, finding.severity, finding.turn) == ("layout.unknown_header", Severity.WARNING, Turn.US)
    assert (finding.found, finding.place.cell, submission.layouts[0].unknown) == ("性质类型", "G2", ("性质类型",))
    assert "性质" in finding.expected


def test_a_partner_may_have_words_of_its_own(read, book):
    rows = [["2021年度实训室建设情况一览表"], [ROOM[0], "工坊", *ROOM[2:]], _room("甲")]
    assert _slots(read(book(台账=rows), partner="jiaowu")) == [("training_room", "2021", [3])]
    refused = read(book(台账=rows), partner="hetian")
    assert (refused.state, _rules(refused)) == (SubmissionState.REFUSED, ["layout.missing_column"])


def test_layouts_have_fingerprints(read, book):
    def fingerprint(title: str, header: list[str]) -> str:
        return read(book(台账=[[title], header, _room("甲")])).submissions[0].layouts[0].fingerprint

    title = "实训室建设情况一览表"
    assert fingerprint(f"2021年度{title}", ROOM) == fingerprint(f"2021年{title}", [" 受援 单位", *ROOM[1:]])
    assert fingerprint(f"2021年度{title}", ROOM) != fingerprint(f"2021年度{title}", ["受援学校", *ROOM[1:]])


def test_ranges_in_the_start_column_end_the_record(read, book):
    both = read(book(台账=[["2021年度师资培训台账"], SESSION, _session(1, "甲", "2021/3/5-3/9", "")])).submissions[0]
    assert (both.columns["started_on"][0].value, both.columns["ended_on"][0].value) == (
        date(2021, 3, 5),
        date(2021, 3, 9),
    )
    header, row = [*SESSION[:5], SESSION[6]], [1, "甲", "武威职业学院", "线下", "2021年3月5日至9日", 60]
    one = read(book(台账=[["2021年度师资培训台账"], header, row])).submissions[0]
    assert (one.columns["started_on"][0].value, one.columns["ended_on"][0].value) == (
        date(2021, 3, 5),
        date(2021, 3, 9),
    )
    assert one.layouts[0].columns["ended_on"] == one.layouts[0].columns["started_on"]


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
    row = ["张某", "教务处", "武威职业学院", "教师", "2021.3.5", "110101190001010000", "13800000000"]
    (submission,) = read(book(台账=[["2021年度援派干部教师名册"], header, row])).submissions
    text = repr(submission)
    assert "110101190001010000" not in text
    assert "13800000000" not in text
    assert len(str(submission.columns["id_number_hash"][0].value)) == 64
    assert submission.columns["phone_number"][0].value is None
    assert submission.layouts[0].unknown == ()


def test_errors_and_lost_formula_values_are_no_blanks(read, book):
    rows = [["2021年度实训室建设情况一览表"], ROOM, _room("甲"), _room("乙"), _room("丙")]
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
    reading = read(book(**{sheet: [[title], SESSION, _session(1, "甲")]}), name)
    assert _slots(reading) == [("training_session", period, [3])]


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
    got = _slots(reading)[0][1] if reading.submissions else _rules(reading)[0]
    assert got == expected


def test_a_year_column_parts_the_submissions_and_fills_from_the_title(read, book):
    def row(year: object) -> list[object]:
        return [year, "甘肃省武威市", "定向", "护理", "520201", 9, 8, 7]

    header = ["年度", *ENROLMENT]
    parted = read(book(台账=[["招生情况表"], header, row(2020), row(2021), row("2021年")]))
    assert _slots(parted) == [("enrolment", "2020", [3]), ("enrolment", "2021", [4, 5])]
    (filled,) = read(book(台账=[["2021年度招生情况表"], header, row(""), row(2021)])).submissions
    assert [cell.value for cell in filled.columns["year"]] == [2021, 2021]


def test_a_register_may_look_back_but_not_ahead(read, book):
    rows = [["2021年实训室建设情况一览表"], ROOM, _room("甲", built="2019.3"), _room("乙", built="2020.3")]
    assert _slots(read(book(台账=rows))) == [("training_room", "2021", [3, 4])]
    early = read(book(台账=[["2019年实训室建设情况一览表"], ROOM, _room("甲", built="2020.3")]))
    assert (early.state, _rules(early)) == (SubmissionState.REFUSED, ["period.contradicted"])


# ---- what cannot be taken: one finding, nothing else -------------------------------------------------------------------


def _only(reading: Reading) -> tuple[str, str, int]:
    return reading.state.value, "、".join(_rules(reading)), len(reading.submissions)


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
        ("甲,乙\n".encode() + "丙,丁\n".encode("gb18030") + b"\xff\xff", "台账.csv", "file.unreadable"),
        (b"a,b\x00\n1,2\n", "台账.csv", "file.unreadable"),
        (b'a,b\n"1,2\n3,4\n', "台账.csv", "file.unreadable"),
    ],
)
def test_unreadable_files_are_one_finding(read, content, name, rule):
    reading = read(content, name)
    assert _only(reading) == ("unreadable", rule, 0)
    (finding,) = reading.findings
    assert all((finding.message, finding.expected, finding.fix))
    assert finding.severity is Severity.CRITICAL


def test_files_beyond_the_limits_are_not_opened(read, book):
    path = book(台账=[["2021年度实训室建设情况一览表"], ROOM, _room("甲")])
    assert _only(read(path, file_bytes=1000)) == ("unreadable", "file.too_large", 0)
    assert _only(read(path, unpacked_bytes=1000)) == ("unreadable", "file.too_large", 0)
    workbook = openpyxl.load_workbook(path)
    workbook["台账"]["XFD1048576"] = "远"
    workbook.save(path)
    assert _only(read(path)) == ("unreadable", "file.far_cell", 0)


def test_a_format_far_away_is_no_far_cell(read, book):
    path = book(台账=[["2021年度实训室建设情况一览表"], ROOM, _room("甲")])
    workbook = openpyxl.load_workbook(path)
    workbook["台账"]["XFD1048576"].font = openpyxl.styles.Font(bold=True)
    workbook.save(path)
    assert _slots(read(path)) == [("training_room", "2021", [3])]


def test_a_workbook_of_something_else_is_unrecognised(read, book):
    reading = read(book(食堂=[["三月菜谱"], ["星期", "早餐", "午餐"], ["一", "粥", "面"]], 说明=[["略"]]))
    assert _only(reading) == ("unrecognised", "sheet.unrecognised", 0)
    assert reading.findings[0].found == "工作表：食堂、说明"


def test_a_strange_sheet_beside_a_ledger_is_told(read, book):
    strange = [["对照"], ["受援单位", "工位数", "联系人"], ["和田职业技术学院", 1, "某某"]]
    reading = read(book(台账=[["2021年度实训室建设情况一览表"], ROOM, _room("甲")], 另表=strange))
    assert _slots(reading) == [("training_room", "2021", [3])]
    assert [(finding.rule_id, finding.place.sheet) for finding in reading.findings] == [("sheet.unrecognised", "另表")]


@pytest.mark.parametrize(
    ("rows", "rule"),
    [
        (
            [["2021年度实训室建设情况一览表"], ROOM[:4] + ROOM[5:], ["和田职业技术学院", "甲", 1, 2, "2021.3"]],
            "layout.missing_column",
        ),
        ([["2021年度实训室建设情况一览表"], ROOM, ["合计", "", 1, 2, 3]], "sheet.no_data"),
        ([["2015年度师资培训台账"], SESSION, _session(1, "甲", "2015.3.5", "2015.3.9")], "period.outside"),
        ([["2020年度师资培训台账"], SESSION, _session(1, "甲"), _session(2, "乙")], "period.contradicted"),
    ],
)
def test_ledgers_that_cannot_be_taken_are_refused_whole(read, book, rows, rule):
    assert _only(read(book(台账=rows))) == ("refused", rule, 0)


def test_one_wrong_date_contradicts_nothing(read, book):
    rows = [
        ["2021年度师资培训台账"],
        SESSION,
        *(_session(n, f"第{n}期") for n in range(1, 5)),
        _session(5, "第5期", "2013.3.5"),
    ]
    assert _slots(read(book(台账=rows))) == [("training_session", "2021", [3, 4, 5, 6, 7])]
