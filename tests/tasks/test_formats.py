"""Formats: whatever a program saved, in grids; what software hides is told; odd saves are read, and said."""

from __future__ import annotations

import datetime
import io
import struct
import zipfile
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter
from openpyxl.styles import Font

from tasks.intake.grid import FileRefusedError, Grid, Limits, OpenedFile
from tasks.intake.read import read_grids
from tasks.intake.read_biff import scan_biff

SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def opened(content: bytes, name: str = "台账.xlsx", **limits: int) -> OpenedFile:
    return read_grids(content, name, Limits(**limits))


def only(content: bytes, name: str = "台账.xlsx") -> Grid:
    (grid,) = opened(content, name).grids
    return grid


def refusal(content: bytes, name: str = "台账.xlsx", **limits: int) -> str:
    with pytest.raises(FileRefusedError) as raised:
        opened(content, name, **limits)
    return raised.value.finding.rule_id


def rules(content: bytes, name: str) -> list[str]:
    return [finding.rule_id for finding in opened(content, name).findings]


def package(cells: str = "", workbook: str = "", namespace: str = SHEET, **parts: str) -> bytes:
    """An xlsx written by hand: `cells` is what stands in the sheet's part."""
    sheets = f'{workbook}<sheets><sheet name="表" sheetId="1" r:id="rId1"/></sheets>'
    files = {
        "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
        "_rels/.rels": (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="rId1" Type="{OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
        ),
        "xl/workbook.xml": f'<workbook xmlns="{namespace}" xmlns:r="{OFFICE}">{sheets}</workbook>',
        "xl/_rels/workbook.xml.rels": (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            f'<Relationship Id="rId1" Type="{OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
        ),
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{namespace}">{cells}</worksheet>',
        **{name.replace("__", "/"): text for name, text in parts.items()},
    }
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as target:
        for name, text in files.items():
            target.writestr(name, text)
    return written.getvalue()


def data(*cells: str, row: str = '<row r="1">') -> str:
    return f"<sheetData>{row}{''.join(cells)}</row></sheetData>"


# ---- xlsx: nothing is lost in silence -------------------------------------------------------------------------------

ERRORS = [
    "#REF!",
    "#N/A",
    "#DIV/0!",
    "#VALUE!",
    "#NAME?",
    "#NULL!",
    "#NUM!",
    "#GETTING_DATA",
    "#SPILL!",
    "#CALC!",
    "#FIELD!",
]


@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("namespace", [SHEET, "http://purl.oclc.org/ooxml/spreadsheetml/main"])
def test_error_cells_are_marked(error, namespace):
    cells = data('<c r="A1"><v>1</v></c>', f'<c r="B1" t="e"><f>X</f><v>{error}</v></c>', '<c r="C1"><v>3</v></c>')
    grid = only(package(cells, namespace=namespace))
    assert (grid.rows, grid.marks) == ([[1.0, "", 3.0]], {(1, 2): "error_cell"})


@pytest.mark.parametrize(
    "cell",
    ['<c r="B1"><f>A1+1</f></c>', '<c r="B1"><f>A1+1</f><v/></c>', '<c r="B1" t="str"><f>A1&amp;"x"</f><v></v></c>'],
)
def test_formulas_without_values_are_marked(cell):
    grid = only(package(data('<c r="A1"><v>1</v></c>', cell)))
    assert grid.marks == {(1, 2): "formula_without_value"}
    assert grid.rows[0][0] == 1.0


@pytest.mark.parametrize(
    "cells",
    [
        data("<c><v>1</v></c>", '<c t="e"><v>#REF!</v></c>', "<c><f>A1</f></c>", row="<row>"),
        data(
            "<c r='A1'><v>1</v></c>", "<c r='B1' t='e'><v>#REF!</v></c>", "<c r='C1'><f>A1</f></c>", row="<row r='1'>"
        ),
    ],
)
def test_cells_that_do_not_say_where_they_stand(cells):
    assert only(package(cells)).marks == {(1, 2): "error_cell", (1, 3): "formula_without_value"}


def test_a_prefixed_namespace_hides_no_formula():
    cells = (
        '<x:sheetData><x:row r="1"><x:c r="A1"><x:v>1</x:v></x:c><x:c r="B1"><x:f>A1</x:f></x:c></x:row></x:sheetData>'
    )
    content = package(**{"xl__worksheets__sheet1.xml": f'<x:worksheet xmlns:x="{SHEET}">{cells}</x:worksheet>'})
    assert only(content).marks == {(1, 2): "formula_without_value"}


def test_utf_16_parts_are_read():
    cells = data('<c r="A1"><v>7</v></c>')
    sheet = f'<?xml version="1.0" encoding="UTF-16"?><worksheet xmlns="{SHEET}">{cells}</worksheet>'
    content = io.BytesIO(package())
    with zipfile.ZipFile(content) as source:
        parts = {name: source.read(name) for name in source.namelist()}
    parts["xl/worksheets/sheet1.xml"] = sheet.encode("utf-16")
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as target:
        for name, part in parts.items():
            target.writestr(name, part)
    assert only(written.getvalue()).rows == [[7.0]]


def test_hidden_rows_columns_and_filters_of_xlsx(tmp_path):
    path = tmp_path / "hidden.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        for name in ("筛选", "隐藏"):
            sheet = workbook.add_worksheet(name)
            for row in range(5):
                sheet.write_row(row, 0, [row, row, row])
            sheet.set_row(2, None, None, {"hidden": True})
            sheet.set_column(1, 1, None, None, {"hidden": True})
        workbook.worksheets()[0].autofilter(0, 0, 4, 2)
        workbook.worksheets()[0].filter_column(0, "x != 2")
    grids = opened(path.read_bytes()).grids
    assert [(g.hidden_rows, g.hidden_columns, g.is_filtered, len(g.rows)) for g in grids] == [
        (frozenset({3}), frozenset({2}), True, 5),
        (frozenset({3}), frozenset({2}), False, 5),
    ]


@pytest.mark.parametrize("is_1904", [True, False])
def test_1904_of_xlsx(tmp_path, is_1904):
    path = tmp_path / "mac.xlsx"
    with xlsxwriter.Workbook(path, {"date_1904": is_1904}) as workbook:
        shown = workbook.add_format({"num_format": "yyyy-mm-dd"})
        workbook.add_worksheet().write_datetime(0, 0, datetime.date(2021, 3, 5), shown)
    grid = only(path.read_bytes())
    assert (grid.is_1904, grid.rows) == (is_1904, [[datetime.date(2021, 3, 5)]])


# ---- ods and fods ---------------------------------------------------------------------------------------------------

ODS = (
    '<office:{root} xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"'
    ' xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    ' xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"'
    ' xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0"'
    ' xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0">'
    "<office:body><office:spreadsheet>{body}</office:spreadsheet></office:body></office:{root}>"
)


def ods(body: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as target:
        target.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        target.writestr("content.xml", ODS.format(root="document-content", body=body))
    return written.getvalue()


def fods(body: str) -> bytes:
    return ('<?xml version="1.0" encoding="UTF-8"?>' + ODS.format(root="document", body=body)).encode()


ODS_BODY = """<table:calculation-settings><table:null-date table:date-value="1904-01-01"/></table:calculation-settings>
<table:table table:name="表"><table:table-column/><table:table-column table:visibility="collapse"/>
<table:table-row><table:table-cell table:number-columns-spanned="2"><text:p>甲</text:p><text:p>乙<text:s text:c="2"/>丙</text:p></table:table-cell>
<table:covered-table-cell/><table:table-cell office:value-type="float" office:value="1.5" table:number-columns-repeated="2"/></table:table-row>
<table:table-row table:number-rows-repeated="2" table:visibility="filter"><table:table-cell office:value-type="date" office:date-value="2021-03-05"/>
<table:table-cell table:formula="of:=1+1"/><table:table-cell table:formula="of:=#REF!" office:value-type="string" calcext:value-type="error">
<text:p>#REF!</text:p></table:table-cell><table:table-cell office:value-type="percentage" office:value="0.5"><office:annotation><text:p>批注</text:p>
</office:annotation><text:p>50%</text:p></table:table-cell></table:table-row>
<table:table-row table:number-rows-repeated="1048573"><table:table-cell table:number-columns-repeated="16384"/></table:table-row></table:table>"""


@pytest.mark.parametrize("write", [ods, fods])
def test_open_document(write):
    day = datetime.date(2021, 3, 5)
    assert only(write(ODS_BODY), "台账.ods") == Grid(
        "表",
        [["甲\n乙  丙", "", 1.5, 1.5], [day, "", "", 0.5], [day, "", "", 0.5]],
        ((1, 1, 1, 2),),
        {
            (row, column): problem
            for row in (2, 3)
            for column, problem in ((2, "formula_without_value"), (3, "error_cell"))
        },
        is_1904=True,
        hidden_rows=frozenset({2, 3}),
        hidden_columns=frozenset({2}),
        is_filtered=True,
    )


def test_a_flat_document_is_said_to_be_oddly_saved():
    assert rules(fods(ODS_BODY), "台账.ods") == ["file.saved_as_xml"]
    assert rules(ods(ODS_BODY), "台账.ods") == []


# ---- web pages and XML 2003 named .xls ------------------------------------------------------------------------------

PAGE = (
    '<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta charset="{charset}"><style>td{{color:red}}</style></head><body>'
    "<h3>2021年度培训台账</h3><table><tr><th colspan=2>单位</th><th rowspan=2>人数</th></tr><tr><td>校<br>名<td>地区</tr>"
    "<tr><td>某校</td><td>和田&nbsp;</td><td x:num='45.25'>45</td></tr></table></body></html>"
)


@pytest.mark.parametrize("charset", ["gb2312", "utf-8", "gbk"])
def test_a_web_page_named_xls(charset):
    content = PAGE.format(charset=charset).encode("utf-8" if charset == "utf-8" else "gb18030")
    rows = [["2021年度培训台账", "", ""], ["单位", "", "人数"], ["校\n名", "地区", ""], ["某校", "和田", 45.25]]
    assert only(content, "台账.xls") == Grid(None, rows, ((2, 1, 2, 2), (2, 3, 3, 3)))
    assert rules(content, "台账.xls") == ["file.saved_as_html"]


def test_a_page_without_a_table_is_no_workbook():
    assert refusal("<!DOCTYPE html><html><body>系统错误</body></html>".encode(), "台账.xls") == "file.not_a_workbook"


XML_2003 = """<?xml version="1.0" encoding="{encoding}"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:x="urn:schemas-microsoft-com:office:excel"
 xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><x:ExcelWorkbook><x:Date1904/></x:ExcelWorkbook>
<Worksheet ss:Name="表"><Table><Column/><Column ss:Hidden="1"/><Row><Cell ss:MergeAcross="1" ss:MergeDown="1"><Data ss:Type="String">甲</Data></Cell>
<Cell><Data ss:Type="Number">2.5</Data></Cell></Row><Row ss:Index="3" ss:Hidden="1">
<Cell ss:Index="2"><Data ss:Type="DateTime">2021-03-05T00:00:00.000</Data></Cell>
<Cell ss:Formula="=1/0"><Data ss:Type="Error">#DIV/0!</Data></Cell><Cell ss:Formula="=1+1"/></Row></Table></Worksheet>
<Worksheet ss:Name="空"><Table/></Worksheet></Workbook>"""


@pytest.mark.parametrize("encoding", ["utf-8", "gb2312", "utf-16"])
def test_xml_2003(encoding):
    content = XML_2003.format(encoding=encoding).encode(encoding)
    result = opened(content, "台账.xls")
    moment = datetime.datetime(2021, 3, 5)  # noqa: DTZ001 - cells know no time zone
    assert result.grids == (
        Grid(
            "表",
            [["甲", "", 2.5, ""], ["", "", "", ""], ["", moment, "", ""]],
            ((1, 1, 2, 2),),
            {(3, 3): "error_cell", (3, 4): "formula_without_value"},
            is_1904=True,
            hidden_rows=frozenset({3}),
            hidden_columns=frozenset({2}),
        ),
    )
    assert (result.empty_sheets, [f.rule_id for f in result.findings]) == (("空",), ["file.saved_as_xml"])


def test_other_xml_is_no_workbook():
    assert refusal(b'<?xml version="1.0"?><note>x</note>', "台账.xls") == "file.not_a_workbook"


# ---- guards ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "last",
    ['<c r="XFD1048576"><v>1</v></c>', '<c r="XFD1048576" s="1"><v>1</v></c>', '<c r="AAAAAAAAAAAAAAAA1"><v>1</v></c>',
     '<c r="A4294967295"><v>1</v></c>', "<c r='XFD1048576'><v>1</v></c>", '<c r="ZZ99999"><v>1</v></c>'],
)  # fmt: skip
def test_far_cells_are_refused_before_they_are_spread_out(last):
    assert refusal(package(data('<c r="A1"><v>1</v></c>', last))) == "file.far_cell"


def test_far_formats_alone_are_harmless():
    assert only(package(data('<c r="A1"><v>1</v></c>', '<c r="XFD1048576" s="0"/>'))).rows == [[1.0]]


REPEATED = '<table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="16384"/>'
BOMB = f'<table:table table:name="表"><table:table-row table:number-rows-repeated="1048576">{REPEATED}</table:table-row></table:table>'
LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
FAR_PAGE = "<table><tr>" + "<td colspan=1000>x</td>" * 20 + "</tr>" + "<tr><td>1</td></tr>" * 700 + "</table>"


@pytest.mark.parametrize(
    ("content", "name", "rule"),
    [
        (ods(BOMB), "台账.ods", "file.far_cell"),
        (fods(BOMB), "台账.ods", "file.far_cell"),
        (XML_2003.format(encoding="utf-8").replace('ss:Index="3"', 'ss:Index="9999999"').encode(), "a.xls", "file.far_cell"),
        (FAR_PAGE.encode(), "a.xls", "file.far_cell"),
        (XML_2003.format(encoding="utf-8").replace("<Workbook", LAUGHS + "<Workbook").encode(), "a.xls", "file.unreadable"),
        (fods("<a>" * 100_000 + "</a>" * 100_000), "a.ods", "file.unreadable"),
        (fods('<table:table table:name="x"/>' * 2000), "a.ods", "file.too_large"),
        (package(workbook='<sheet name="a" r:id="rId1"/>' * 2000), "a.xlsx", "file.too_large"),
        (package(**{"xl__styles.xml": "<styleSheet>" + '<xf numFmtId="0"/>' * 1_000_000}), "a.xlsx", "file.too_large"),
    ],
    ids=["ods", "fods", "xml index", "html span", "entities", "nesting", "ods sheets", "xlsx sheets", "styles"],
)  # fmt: skip
def test_hostile_files_are_one_finding(content, name, rule):
    assert refusal(content, name, cells=12_000_000 if "td" not in name and b"<td" not in content else 100_000) == rule


DEEP, CLOSED = "<row>" * 1000, "</row>" * 1000
NUMBER = data('<c r="A1"><v>&n;</v></c>')
DECLARED = f'<!DOCTYPE worksheet [<!ENTITY n "5">]><worksheet xmlns="{SHEET}">{NUMBER}</worksheet>'


@pytest.mark.parametrize(
    ("sheet", "reason"),
    [
        (f'<worksheet xmlns="{SHEET}"><sheetData>{DEEP}{CLOSED}</sheetData></worksheet>', "XML 元素嵌套过深"),
        (f'<worksheet xmlns="{SHEET}"><sheetData>{DEEP}</sheetData></worksheet>', "XML 元素嵌套过深"),
        (DECLARED, "XML 中声明了实体，表格不需要这样的内容"),
        (DECLARED.replace(NUMBER, data('<c r="A1"><v>1</v></c>')), "XML 中声明了实体，表格不需要这样的内容"),
        (f'<worksheet xmlns="{SHEET}"><sheetData><row r="1">', "XML 内容不完整"),
        (f'<worksheet xmlns="{SHEET}">{data("<c><v>1</v></c>")[:-25]}', "XML 内容不完整"),
    ],
    ids=["deep", "deep and open", "an entity as a value", "an entity unused", "cut before any cell", "cut in a cell"],
)
def test_a_sheet_part_calamine_would_take_for_blank_is_refused_with_its_reason(sheet, reason):
    with pytest.raises(FileRefusedError) as raised:
        opened(package(**{"xl__worksheets__sheet1.xml": sheet}))
    finding = raised.value.finding
    assert (finding.rule_id, finding.found, finding.message) == (
        "file.unreadable",
        reason,
        f"文件已损坏或无法读取：{reason}",
    )


def test_rows_hidden_by_default_hold_nothing_and_those_with_values_are_shown(tmp_path):
    """`zeroHeight` hides the rows a sheet does not write down, which hold nothing; a row written down is hidden only by itself."""
    path = tmp_path / "unused.xlsx"
    with xlsxwriter.Workbook(path) as workbook:
        sheet = workbook.add_worksheet()
        sheet.set_default_row(hide_unused_rows=True)
        for row in (0, 1, 4):
            sheet.write_row(row, 0, [row, row])
        sheet.set_row(1, None, None, {"hidden": True})
    with zipfile.ZipFile(path) as written:
        assert b'zeroHeight="1"' in written.read("xl/worksheets/sheet1.xml")
    grid = only(path.read_bytes())
    assert (grid.hidden_rows, len(grid.rows)) == (frozenset({2}), 5)


# ---- macros, links, text --------------------------------------------------------------------------------------------


def test_macros_and_links_are_left_alone_and_said():
    cells = data('<c r="A1"><v>1</v></c>')
    content = package(cells, **{"xl__vbaProject.bin": "x", "xl__externalLinks__externalLink1.xml": "<x/>"})
    assert (rules(content, "台账.xlsm"), only(content).rows) == (["file.macros_ignored", "file.links_ignored"], [[1.0]])


def test_a_text_table_named_as_a_workbook_is_read_and_said():
    content = "学校,人数\n某校,3\n".encode("gb18030")
    assert only(content, "台账.xls").rows == [["学校", "人数"], ["某校", "3"]]
    assert rules(content, "台账.xls") == ["file.saved_as_text"]
    assert rules(content, "台账.csv") == []


def test_a_plain_workbook_gets_no_findings(tmp_path: Path):
    workbook = openpyxl.Workbook()
    workbook.active.append(["学校", 3, None, datetime.date(2021, 3, 5)])
    workbook.active["A1"].font = Font(bold=True)
    workbook.create_sheet("空表")
    path = tmp_path / "a.xlsx"
    workbook.save(path)
    result = opened(path.read_bytes())
    assert (result.findings, result.empty_sheets) == ((), ("空表",))
    assert result.grids[0].rows == [["学校", 3.0, "", datetime.date(2021, 3, 5)]]


# ---- xls: the records of a sheet ------------------------------------------------------------------------------------


def record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def formula(row: int, column: int, result: bytes, flags: int = 0) -> bytes:
    return record(0x06, struct.pack("<HHH", row, column, 0) + result + struct.pack("<HI", flags, 0))


def workbook_stream(*records: bytes) -> bytes:
    bof, eof = record(0x809, struct.pack("<HHHHII", 0x600, 5, 0, 0, 0, 0)), record(0x0A, b"")
    name = bytes([2, 0]) + b"Tb"
    size = len(bof) + len(record(0x22, b"\1\0")) + len(record(0x85, bytes(6) + name)) + len(eof)
    head = bof + record(0x22, b"\1\0") + record(0x85, struct.pack("<IBB", size, 0, 0) + name) + eof
    return head + bof + b"".join(records) + eof


def test_the_records_of_an_xls_tell_errors_lost_values_and_what_is_hidden():
    text = b"\0" * 6 + b"\xff\xff"
    found = scan_biff(
        workbook_stream(
            record(0x7D, struct.pack("<HHHHHH", 1, 2, 0, 0, 1, 0)),
            record(0x208, struct.pack("<HHHHHHHH", 1, 0, 4, 0, 0, 0, 0x20, 0)),
            record(0x9B, b""),
            record(0x205, struct.pack("<HHHBB", 0, 0, 0, 0x17, 1)),
            record(0x205, struct.pack("<HHHBB", 0, 1, 0, 1, 0)),
            formula(1, 0, b"\2\0\x2a\0\0\0\xff\xff"),
            formula(1, 1, text),
            formula(1, 2, text) + record(0x207, b"\1\0\0x"),
            formula(1, 3, b"\3" + text[1:], 2),
        ),
        Limits(),
    )
    (sheet,) = found.sheets
    lost = "formula_without_value"
    assert found.is_1904
    assert sheet.marks == {(1, 1): "error_cell", (2, 1): "error_cell", (2, 2): lost, (2, 4): lost}
    assert (sheet.hidden_rows, sheet.hidden_columns, sheet.is_filtered) == (frozenset({2}), frozenset({2, 3}), True)


def test_a_far_cell_of_an_xls_is_refused():
    far = record(0x203, struct.pack("<HHHd", 65535, 255, 0, 1.0))
    with pytest.raises(FileRefusedError, match=r"file\.far_cell"):
        scan_biff(workbook_stream(far), Limits())
