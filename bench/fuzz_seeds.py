"""Bench, fuzzing: the sound files that are damaged: ledgers in every format, and the odd files of the corpora when present."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date
from pathlib import Path

import openpyxl
import xlsxwriter
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from odf.text import P

CORPORA = Path(__file__).parents[2] / "shared" / "corpora"
_LARGEST = 60_000
_HEADER = ("受援单位", "实训室名称", "使用面积", "设备总值", "工位数", "建成时间", "面向专业")
_ROWS: tuple[tuple[object, ...], ...] = (
    ("2021年实训室建设情况一览表（单位：万元）",),
    _HEADER,
    ("武威职业学院", "护理实训室", 120.5, 35.2, 40, date(2021, 3, 1), "护理"),
    ("", "急救实训室", "约２００", "1,280元", "60个", "2021.9", "护理、助产"),
    ("和田职业技术学院", "汽修实训室", 230, "#REF!", 60, "二〇二一年六月", "汽车运用"),
    ("小计", "", 550.5, "", 160, "", ""),
    ("填表人：某某", "", "", "", "", "", ""),
)


def ledgers() -> dict[str, bytes]:
    """File name → bytes of a ledger that is recognised, in each format that we can write."""
    return {name: build() for name, build in _BUILDERS.items()}


def corpora() -> dict[str, bytes]:
    """File name → bytes of the small files of the corpora; nothing where they are not at hand."""
    if not CORPORA.exists():
        return {}
    with (CORPORA / "MANIFEST.csv").open(encoding="utf-8", newline="") as file:
        names = [row["file"] for row in csv.DictReader(file) if 0 < int(row["size"]) <= _LARGEST]
    return {name.replace("/", "-"): (CORPORA / name).read_bytes() for name in names}


def _text() -> str:
    return "\n".join(",".join(f'"{cell}"' if "," in str(cell) else str(cell) for cell in row) for row in _ROWS)


def _xlsxwriter() -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet("台账")
        for number, row in enumerate(_ROWS):
            sheet.write_row(number, 0, row)
        sheet.merge_range("A1:G1", str(_ROWS[0][0]))
        sheet.write_formula("C8", "=SUM(C3:C5)", value=550.5)
        sheet.set_row(4, None, None, {"hidden": True})
        book.add_worksheet("说明").write(0, 0, "请按模板填写")
    return content.getvalue()


def _openpyxl() -> bytes:
    content, book = io.BytesIO(), openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in _ROWS:
        sheet.append(list(row))
    sheet["D3"] = "=1+1"
    sheet.merge_cells("A3:A4")
    sheet.auto_filter.ref = "A2:G5"
    book.save(content)
    return content.getvalue()


def _ods() -> bytes:
    content, document = io.BytesIO(), OpenDocumentSpreadsheet()
    table = Table(name="台账")
    for row in _ROWS:
        line = TableRow()
        for cell in row:
            box = TableCell(valuetype="string")
            box.addElement(P(text=str(cell)))
            line.addElement(box)
        table.addElement(line)
    document.spreadsheet.addElement(table)
    document.save(content)
    return content.getvalue()


def _html() -> bytes:
    rows = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in _ROWS)
    return f"<html><head><meta charset=gbk></head><body><table border=1>{rows}</table></body></html>".encode("gb18030")


def _spreadsheetml() -> bytes:
    rows = "".join(
        "<Row>" + "".join(f'<Cell><Data ss:Type="String">{cell}</Data></Cell>' for cell in row) + "</Row>"
        for row in _ROWS
    )
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    return (
        f'<?xml version="1.0"?><Workbook xmlns="{space}" xmlns:ss="{space}"><Worksheet ss:Name="台账">'
        f"<Table>{rows}</Table></Worksheet></Workbook>"
    ).encode()


_BUILDERS: dict[str, Callable[[], bytes]] = {
    "writer.xlsx": _xlsxwriter,
    "openpyxl.xlsx": _openpyxl,
    "ledger.ods": _ods,
    "page.xls": _html,
    "xml.xls": _spreadsheetml,
    "utf8.csv": lambda: _text().encode("utf-8-sig"),
    "gbk.csv": lambda: _text().encode("gb18030"),
    "utf16.txt": lambda: _text().replace(",", "\t").encode("utf-16"),
}
