"""What is found in a file: ledgers, their rows, and what each cell of them means."""

from __future__ import annotations

from datetime import date

from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

from schemas.values import Severity, SubmissionState, Turn
from tests.tasks.ledger_rows import FUND, ROOM, SESSION, room, rules, session, slots


def test_a_plain_ledger_is_read_cell_by_cell(read, book):
    reading = read(book(台账=[["2021年度实训室建设情况一览表"], ROOM, room("组培实验室")]))
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
        ["单位名称（公章）：和田职业技术学院", "", "", "", "", "填表日期：2021年12月20日"],
        ROOM,
        room("甲"),
        [],
        ["小 计", "", 1, 2, 3],
        ["2021年度实训室建设情况一览表"],
        ROOM,
        room("乙"),
        ["一、校外实训室"],
        room("丙"),
        ["合计", "", 9, 9, 9],
        ["填表人：某某", "", "审核人："],
        ["说明：", ""],
        ["1.本表由各单位填报"],
        ["数据结束"],
    ]
    reading = read(book(台账=rows))
    assert slots(reading) == [("training_room", "2021", [4, 9, 11])]
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
    assert slots(read(book(台账=rows))) == [("fund", "2021", [3, 4])]


def test_numbered_but_empty_rows_are_no_records(read, book):
    reading = read(book(台账=[["2021年度师资培训台账"], SESSION, session(1, "甲"), [2], [3]]))
    assert slots(reading) == [("training_session", "2021", [3])]


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
    rows = [["2021年度实训室建设情况一览表"], ROOM, room("甲"), room("乙", ""), room("丙", "")]
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
    for cells in (["2021年度实训室建设情况一览表"], ROOM, room("甲"), room("乙", "")):
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
    # An ods file shows its merges: a blank under none is a gap.
    assert [cell.value for cell in submission.columns["supported_institution_code"]] == ["hetian", None]


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
    spring = [["2021年度师资培训台账"], SESSION, session(1, "甲")]
    autumn = [["2021年度师资培训台账"], SESSION, session(1, "乙"), session(2, "丙")]
    last_year = [["2020年度师资培训台账"], SESSION, session(1, "丁", "2020.3.5", "2020.3.9")]
    rooms = [["2021年度实训室建设情况一览表"], ROOM, room("戊")]
    reading = read(book(填表说明=guide, 春季=spring, 秋季=autumn, 去年=last_year, 实训室=rooms))
    assert reading.findings == ()
    assert slots(reading) == [
        ("training_session", "2021", [3, 3, 4]),
        ("training_session", "2020", [3]),
        ("training_room", "2021", [3]),
    ]
    both = reading.submissions[0]
    assert both.layout_index.tolist() == [0, 1, 1]
    assert [layout.sheet for layout in both.layouts] == ["春季", "秋季"]
    assert [cell.value for cell in both.columns["session_name"]] == ["甲", "乙", "丙"]
    assert both.place(1, "session_name").sheet == "秋季"


def test_an_unknown_header_is_told_with_a_proposal(read, book):
    rows = [["2021年度实训室建设情况一览表"], [*ROOM, "性质类型", "备注"], [*room("甲"), "校内", "无"]]
    (submission,) = read(book(台账=rows)).submissions
    (finding,) = submission.findings
    assert (finding.rule_id, finding.severity, finding.turn) == ("layout.unknown_header", Severity.WARNING, Turn.US)
    assert (finding.found, finding.place.cell, submission.layouts[0].unknown) == ("性质类型", "G2", ("性质类型",))
    assert "性质" in finding.expected


def test_a_partner_may_have_words_of_its_own(read, book):
    rows = [["2021年度实训室建设情况一览表"], [ROOM[0], "工坊", *ROOM[2:]], room("甲")]
    assert slots(read(book(台账=rows), partner="jiaowu")) == [("training_room", "2021", [3])]
    refused = read(book(台账=rows), partner="hetian")
    assert (refused.state, rules(refused)) == (SubmissionState.REFUSED, ["layout.missing_column"])


def test_layouts_have_fingerprints(read, book):
    def fingerprint(title: str, header: list[str]) -> str:
        return read(book(台账=[[title], header, room("甲")])).submissions[0].layouts[0].fingerprint

    title = "实训室建设情况一览表"
    assert fingerprint(f"2021年度{title}", ROOM) == fingerprint(f"2021年{title}", [" 受援 单位", *ROOM[1:]])
    assert fingerprint(f"2021年度{title}", ROOM) != fingerprint(f"2021年度{title}", ["受援学校", *ROOM[1:]])


def test_ranges_in_the_start_column_end_the_record(read, book):
    both = read(book(台账=[["2021年度师资培训台账"], SESSION, session(1, "甲", "2021/3/5-3/9", "")])).submissions[0]
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
