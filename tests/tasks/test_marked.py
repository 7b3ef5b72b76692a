"""The marked workbook is the partner's own: nothing in it changes but the marks, and those stand exactly where the findings point."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from schemas.values import Delivery, Finding, Place, Severity, Turn
from tasks.feedback.marked import MARKED_NOTE, write_marked_workbook

COLOURS = {Severity.CRITICAL: "FFC7CF", Severity.WARNING: "FFEB9D", Severity.INFO: "DDEBF8"}
HEADERS = ["序号", "严重程度", "工作表", "单元格", "栏目", "问题", "填的是", "应该是", "怎么改"]


def finding(rule: str, place: Place = Place(), severity: Severity = Severity.CRITICAL, **told: str) -> Finding:  # noqa: B008
    texts = {"message": f"{rule}不对", "found": "若干", "expected": "一个数字", "fix": "请改为数字", **told}
    return Finding(
        rule, severity, Turn.SUBMITTER, texts["message"], texts["found"], texts["expected"], texts["fix"], place
    )


@pytest.fixture
def delivered(tmp_path: Path, make_delivery: Callable[..., Delivery]) -> Delivery:
    """A workbook as a partner may have made it: two sheets, styles, formulas, merged cells, a comment of their own."""
    workbook = Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "台账 '21"
    sheet["A1"] = "2021年度师资培训台账"
    sheet.merge_cells("A1:D1")
    sheet.append(["项目", "人次", "天数", "合计"])
    for row in range(3, 9):
        sheet.append([f"项目{row}", row * 10, 2, f"=B{row}*C{row}"])
    sheet.merge_cells("A5:A6")
    sheet["B3"].font = Font(bold=True, color="FF0000FF")
    sheet["C3"].fill = PatternFill("solid", fgColor="FF00FF00")
    sheet["C4"].number_format = "0.00"
    sheet["B4"].comment = Comment("我们的批注", "王某")
    sheet.column_dimensions["A"].width = 33
    sheet.freeze_panes = "A3"
    workbook.create_sheet("说明")["A1"] = "请勿修改"
    path = tmp_path / "landed"
    workbook.save(path)
    return replace(make_delivery(), file_name="培训台账.xlsx", path=path, size_bytes=path.stat().st_size)


def sheet_of(path: Path, title: str = "台账 '21") -> Worksheet:
    with path.open("rb") as package:
        sheet = load_workbook(package)[title]
    assert isinstance(sheet, Worksheet)
    return sheet


def looks(sheet: Worksheet) -> dict[str, tuple[object, ...]]:
    """Everything one sees of each cell."""
    return {
        cell.coordinate: (
            cell.value,
            cell.number_format,
            cell.font,
            cell.fill,
            cell.border,
            cell.alignment,
            cell.comment,
        )
        for row in sheet.iter_rows()
        for cell in row
    }


def listed(path: Path) -> list[list[object]]:
    """The lines of the table in 问题清单, its header first."""
    sheet = sheet_of(path, "问题清单")
    return [[cell.value for cell in row] for row in sheet.iter_rows(min_row=4)]


def test_marks_stand_exactly_on_the_findings(delivered: Delivery, tmp_path: Path) -> None:
    before = delivered.path.read_bytes()
    place = Place("台账 '21", 3, 2, "人次")
    findings = [
        finding("a", place, Severity.WARNING),
        finding("b", place, found="3-5"),
        finding("c", Place("台账 '21", 8, 3, "天数"), Severity.INFO),
        finding("d", Place("台账 '21", 2, None, "单位")),
        finding("e", Place("没有的表", 3, 1)),
        finding("submission.refused"),
    ]
    path = write_marked_workbook(delivered, findings, tmp_path / "outbox" / "marked.xlsx")
    assert path == tmp_path / "outbox" / "marked.xlsx"
    assert delivered.path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == ["marked.xlsx"]

    was, now = sheet_of(delivered.path), sheet_of(path)
    changed = {name for name, look in looks(now).items() if repr(look[:-1]) != repr(looks(was)[name][:-1])}
    assert changed == {"B3", "C8"}
    assert {name: now[name].fill.fgColor.rgb for name in changed} == {"B3": "FFFFC7CF", "C8": "FFDDEBF8"}
    assert repr(now["B3"].font) == repr(was["B3"].font)
    comments = {name: look[-1].text for name, look in looks(now).items() if isinstance(look[-1], Comment)}
    assert comments == {
        "B3": "【请核对】a不对\n填的是：若干\n应该是：一个数字\n怎么改：请改为数字\n\n"
        "【必须改正】b不对\n填的是：3-5\n应该是：一个数字\n怎么改：请改为数字",
        "B4": "我们的批注",
        "C8": "【提示】c不对\n填的是：若干\n应该是：一个数字\n怎么改：请改为数字",
    }
    assert now["D3"].value == "=B3*C3"
    assert (now.merged_cells.ranges, now.freeze_panes) == (was.merged_cells.ranges, was.freeze_panes)
    assert now.column_dimensions["A"].width == 33
    assert load_workbook(path).sheetnames == ["问题清单", "台账 '21", "说明"]


def test_the_list_says_where_what_and_how_and_links_to_the_cell(delivered: Delivery, tmp_path: Path) -> None:
    findings = [
        finding("a", Place("台账 '21", 3, 2, "人次"), Severity.WARNING),
        finding("b", Place("台账 '21", 4, 2, "人次"), found="3-5"),
        finding("b", Place("台账 '21", 5, 2, "人次")),
        finding("d", Place("台账 '21", 2, None, "单位")),
        finding("submission.refused", message="整份退回"),
    ]
    path = write_marked_workbook(delivered, findings, tmp_path / "marked.xlsx")
    sheet = sheet_of(path, "问题清单")
    assert sheet["A1"].value == "问题清单：培训台账.xlsx"
    assert (
        sheet["A2"].value
        == f"共发现 5 处问题：必须改正 4 处，请核对 1 处；其中 2 行改正之前不计入统计。\n{MARKED_NOTE}"
    )
    assert sheet["A3"].value == (
        "先改这些：\n1. b不对（2 处）：请改为数字\n2. d不对（1 处）：请改为数字\n3. a不对（1 处）：请改为数字"
    )
    fix = ["一个数字", "请改为数字"]
    assert listed(path) == [
        HEADERS,
        ["1", "必须改正", "台账 '21", "B4", "人次", "b不对", "3-5", *fix],
        ["2", "必须改正", "台账 '21", "B5", "人次", "b不对", "若干", *fix],
        ["3", "必须改正", "台账 '21", "第 2 行", "单位", "d不对", "若干", *fix],
        ["4", "必须改正", None, "整个文件", None, "整份退回", "若干", *fix],
        ["5", "请核对", "台账 '21", "B3", "人次", "a不对", "若干", *fix],
    ]
    links = [sheet.cell(row, 4).hyperlink for row in range(5, 10)]
    assert [link and link.location for link in links] == [
        "'台账 ''21'!B4", "'台账 ''21'!B5", "'台账 ''21'!A2", None, "'台账 ''21'!B3"
    ]  # fmt: skip
    assert (sheet.freeze_panes, sheet.page_setup.orientation, sheet.print_title_rows) == ("A5", "landscape", "$4:$4")
    assert [bool(view.sheet_view.tabSelected) for view in load_workbook(path).worksheets] == [True, False, False]


def test_many_findings_of_one_rule_are_capped_but_all_coloured(delivered: Delivery, tmp_path: Path) -> None:
    findings = [finding("a", Place("台账 '21", row, 2, "人次")) for row in range(3, 203)]
    findings.append(finding("b", Place("台账 '21", 3, 3, "天数"), Severity.WARNING))
    path = write_marked_workbook(delivered, findings, tmp_path / "marked.xlsx")
    lines = listed(path)
    assert len(lines) == 1 + 50 + 1 + 1
    assert lines[-1][0] == "a不对：共 200 处，上面列出前 50 处，其余 150 处改法相同"
    sheet = sheet_of(path)
    assert all(sheet.cell(row, 2).fill.fgColor.rgb == "FFFFC7CF" for row in range(3, 203))
    assert sum(sheet.cell(row, 2).comment is not None for row in range(3, 203)) == 50


def test_a_merged_area_is_marked_once_on_the_cell_that_shows(delivered: Delivery, tmp_path: Path) -> None:
    findings = [finding("a", Place("台账 '21", row, 1, "项目")) for row in (5, 6)]
    sheet = sheet_of(write_marked_workbook(delivered, findings, tmp_path / "marked.xlsx"))
    assert sheet["A5"].fill.fgColor.rgb == "FFFFC7CF"
    assert sheet["A5"].comment is not None
    assert sheet["A5"].comment.text.count("【必须改正】") == 1
    assert sheet["A5"].value == "项目5"


@pytest.mark.parametrize("text", ['=HYPERLINK("http://x","点")', "+1+1", "-1", "@SUM(A1)", " =1", "\t=1"])
def test_what_looks_like_a_formula_stays_text(delivered: Delivery, tmp_path: Path, text: str) -> None:
    told = finding("a", Place("台账 '21", 3, 2, text), message=text, found=text, expected=text, fix=text)
    path = write_marked_workbook(delivered, [told], tmp_path / "marked.xlsx")
    cells = [sheet_of(path, "问题清单").cell(5, column) for column in range(5, 10)]
    assert [(cell.value, cell.data_type, cell.quotePrefix) for cell in cells] == [(text, "s", True)] * 5
    assert "<f>" not in zipfile.ZipFile(path).read("xl/worksheets/sheet3.xml").decode()


def test_a_control_character_does_not_stop_the_list(delivered: Delivery, tmp_path: Path) -> None:
    path = write_marked_workbook(delivered, [finding("a", found="甲\x07乙\x00")], tmp_path / "marked.xlsx")
    assert listed(path)[1][6] == "甲乙"


def test_a_marked_workbook_sent_back_is_marked_afresh(delivered: Delivery, tmp_path: Path) -> None:
    first = [finding("a", Place("台账 '21", 3, 2, "人次")), finding("b", Place("台账 '21", 4, 2, "人次"))]
    sent_back = write_marked_workbook(delivered, first, tmp_path / "first.xlsx")
    again = write_marked_workbook(replace(delivered, path=sent_back), first[:1], tmp_path / "second.xlsx")
    sheet = sheet_of(again)
    assert load_workbook(again).sheetnames == ["问题清单", "台账 '21", "说明"]
    assert (sheet["B4"].fill.fill_type, sheet["B3"].fill.fgColor.rgb) == (None, "FFFFC7CF")
    assert sheet["B3"].comment is not None
    assert sheet["B3"].comment.text.count("【必须改正】") == 1
    assert [line[5] for line in listed(again)[1:]] == ["a不对"]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", "项目,人次\n甲,乙\n丙,@甲\n".encode("gb18030")),
        ("a.tsv", "项目\t人次\n甲\t乙\n丙\t@甲\n".encode()),
    ],
)
def test_a_text_file_is_handed_back_as_a_marked_workbook(
    delivered: Delivery, tmp_path: Path, name: str, content: bytes
) -> None:
    delivered.path.write_bytes(content)
    told = [finding("a", Place(None, 2, 2, "人次"))]
    path = write_marked_workbook(replace(delivered, file_name=name), told, tmp_path / "marked.xlsx")
    assert load_workbook(path).sheetnames == ["问题清单", "内容"]
    sheet, listed_sheet = sheet_of(path, "内容"), sheet_of(path, "问题清单")
    assert (sheet["B2"].value, sheet["B2"].fill.fgColor.rgb) == ("乙", "00FFC7CF")
    assert sheet["B3"].data_type == "s"
    assert "按原表内容重新生成的副本" in str(listed_sheet["A2"].value)
    link = listed_sheet["D5"].hyperlink
    assert link is not None
    assert link.location == "'内容'!B2"


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)), ("empty.xlsx", b"")],
)
def test_a_file_that_cannot_be_opened_gets_its_list(
    delivered: Delivery, tmp_path: Path, name: str, content: bytes
) -> None:
    delivered.path.write_bytes(content)
    told = [finding("a", Place("台账", 3, 2, "人次"))]
    path = write_marked_workbook(replace(delivered, file_name=name), told, tmp_path / "marked.xlsx")
    sheet = sheet_of(path, "问题清单")
    assert load_workbook(path).sheetnames == ["问题清单"]
    assert "本文件只有问题清单：原文件无法正常打开" in str(sheet["A2"].value)
    assert (sheet["D5"].value, sheet["D5"].hyperlink) == ("B3", None)


def rewritten(path: Path, change: Callable[[str, bytes], tuple[str, bytes]]) -> None:
    """The same package with its parts changed."""
    with zipfile.ZipFile(path) as package:
        parts = [(name, package.read(name)) for name in package.namelist()]
    with zipfile.ZipFile(path, "w") as package:
        for name, content in parts:
            package.writestr(*change(name, content))


def test_macros_are_left_out_and_it_is_said(delivered: Delivery, tmp_path: Path) -> None:
    macro = (
        b"vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
        b"vnd.ms-excel.sheet.macroEnabled.main+xml",
    )
    rewritten(delivered.path, lambda name, content: (name, content.replace(*macro)))
    with zipfile.ZipFile(delivered.path, "a") as package:
        package.writestr("xl/vbaProject.bin", b"macro")
    path = write_marked_workbook(delivered, [finding("a", Place("台账 '21", 3, 2))], tmp_path / "marked.xlsx")
    assert "xl/vbaProject.bin" not in zipfile.ZipFile(path).namelist()
    assert b"macroEnabled" not in zipfile.ZipFile(path).read("[Content_Types].xml")
    assert "原文件中的宏没有保留" in str(sheet_of(path, "问题清单")["A2"].value)
    assert sheet_of(path)["B3"].fill.fgColor.rgb == "FFFFC7CF"


def test_a_package_written_oddly_is_rebuilt(delivered: Delivery, tmp_path: Path) -> None:
    rewritten(delivered.path, lambda name, content: (name, content.replace(b"<sheetData>", b"<!-- odd --><sheetData>")))
    path = write_marked_workbook(delivered, [finding("a", Place("台账 '21", 3, 2))], tmp_path / "marked.xlsx")
    assert "按原表内容重新生成的副本" in str(sheet_of(path, "问题清单")["A2"].value)
    assert sheet_of(path)["B3"].value == 30
    assert sheet_of(path)["B3"].fill.fgColor.rgb == "00FFC7CF"


def test_what_is_not_marked_keeps_its_bytes(delivered: Delivery, tmp_path: Path) -> None:
    findings = [finding("a", Place("台账 '21", row, 2, "人次")) for row in (3, 4, 20)]
    path = write_marked_workbook(delivered, findings, tmp_path / "marked.xlsx")
    before, after = zipfile.ZipFile(delivered.path), zipfile.ZipFile(path)
    names = after.namelist()
    assert len(names) == len(set(names))
    edited = {name for name in before.namelist() if before.read(name) != after.read(name)}
    assert {name for name in edited if not name.endswith(".rels")} == {
        "[Content_Types].xml", "xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet1.xml", "xl/comments/comment1.xml",
        "xl/drawings/commentsDrawing1.vml",
    } & set(names)  # fmt: skip
    cells = [
        dict(re.findall(rb'<c r="([A-Z]+[0-9]+)"(.*?)(?=<c r=|</row>)', package.read("xl/worksheets/sheet1.xml")))
        for package in (before, after)
    ]
    changed = {name for name in cells[1] if cells[0].get(name) != cells[1][name]}
    assert changed == {b"B3", b"B4", b"B20"}
    assert all(set(zipfile.ZipFile(path).read(name)) for name in names)


def test_a_partners_own_comment_is_kept_and_ours_leaves_again(delivered: Delivery, tmp_path: Path) -> None:
    told = [finding("a", Place("台账 '21", 4, 2, "人次"))]
    path = write_marked_workbook(delivered, told, tmp_path / "marked.xlsx")
    comment = sheet_of(path)["B4"].comment
    assert comment is not None
    assert comment.author == "王某"
    assert comment.text.startswith("我们的批注\n\n——双高办批注——\n【必须改正】a不对\n")
    again = write_marked_workbook(replace(delivered, path=path), [], tmp_path / "again.xlsx")
    comment = sheet_of(again)["B4"].comment
    assert comment is not None
    assert comment.text.strip() == "我们的批注"
    assert sheet_of(again)["B4"].fill.fill_type is None


def test_a_file_that_could_not_be_read_is_not_opened_again(delivered: Delivery, tmp_path: Path) -> None:
    path = write_marked_workbook(delivered, [finding("file.encrypted")], tmp_path / "marked.xlsx")
    assert load_workbook(path).sheetnames == ["问题清单"]
    assert "原文件无法正常打开" in str(sheet_of(path, "问题清单")["A2"].value)


def test_nothing_wrong_is_said_in_so_many_words(delivered: Delivery, tmp_path: Path) -> None:
    path = write_marked_workbook(delivered, [], tmp_path / "marked.xlsx")
    sheet = sheet_of(path, "问题清单")
    assert (sheet["A2"].value, sheet["A3"].value) == (f"没有发现问题。\n{MARKED_NOTE}", "没有需要改的地方。")
    assert listed(path) == [HEADERS]


def test_five_thousand_findings_make_a_workbook_that_opens(delivered: Delivery, tmp_path: Path) -> None:
    findings = [finding(f"r{n % 20}", Place("台账 '21", 3 + n // 4, 1 + n % 4)) for n in range(5000)]
    path = write_marked_workbook(delivered, findings, tmp_path / "marked.xlsx")
    assert path.stat().st_size < 2**20
    assert len(listed(path)) == 1 + 20 * 50 + 20
