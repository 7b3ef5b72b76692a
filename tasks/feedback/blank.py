"""Feedback: the blank workbook of a contract for partners to fill in: what it asks for is what we check, from the same file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from schemas.cells import CellValue
from schemas.contract import ColumnType, Contract
from sources.partner import Partner
from tasks.feedback.form import Form, form_header
from tasks.feedback.form_limits import cell_hint, cell_limits
from tasks.intake.read_stamp import STAMP

FIRST_ROW = 4
ROWS = 200
_SPARE_ROWS = 50
_LAST_ROW = FIRST_ROW + ROWS - 1
_NUMBER_FORMATS = {
    ColumnType.COUNT: "0",
    ColumnType.DECIMAL: "General",
    ColumnType.MONEY: "#,##0.00####",
    ColumnType.SHARE: "0.0%",
    ColumnType.DATE: "yyyy-mm-dd",
    ColumnType.MONTH: 'yyyy"年"m"月"',
    ColumnType.YEAR: "0",
}
_WIDTHS = {
    ColumnType.TEXT: 26, ColumnType.PERSON: 14, ColumnType.PARTNER: 24, ColumnType.CODE: 14, ColumnType.CHOICE: 14
}  # fmt: skip
_WAYS = {
    ColumnType.TEXT: "文字", ColumnType.PERSON: "姓名，多人用顿号分开", ColumnType.CODE: "代码，按文本录入，前面的 0 不能丢",
    ColumnType.COUNT: "整数；只有大约数时可写“约1000”", ColumnType.DECIMAL: "数字", ColumnType.MONEY: "数字",
    ColumnType.SHARE: "百分比，如 95%", ColumnType.DATE: "日期，如 2021-03-05", ColumnType.MONTH: "年月，如 2021年3月",
    ColumnType.YEAR: "四位数年度，如 2021", ColumnType.CHOICE: "从下拉选项中选择", ColumnType.PARTNER: "单位全称或常用简称",
}  # fmt: skip
_NOTES = (
    "橙色表头的栏目每行必填，灰色表头的栏目有就填。请不要改动标题、表头和列的顺序，不要合并单元格。",
    "一行只填一条记录（{grain}）；不要在表中加小计、合计行。没有的内容留空，不要写“见附件”“若干”。",
    "请不要填写身份证号、手机号等个人信息。计量单位以表头为准；人、人次、人日是三个不同的单位。",
    "填好后直接保存为 xlsx 文件报送，不要设置打开密码。",
)


def write_blank_workbook(
    contract: Contract,
    partner: Partner | None,
    year: int,
    to: Path,
    rows: Sequence[Mapping[str, CellValue]] = (),
) -> Path:
    """Write the form of one contract: the sheet to fill in, and one that explains its columns.

    Args:
        contract: what the form asks for; columns that are never stored are left out.
        partner: whose name is filled in, or None.
        year: the year it is about, in its title and in the limits of its dates.
        to: path of the xlsx to write; a file there is replaced.
        rows: what is known already, filled in from the first row on: canonical header → value in the header's unit.

    Returns:
        `to`.

    Raises:
        ValueError: the year is none the contract accepts.
        OSError: `to` cannot be written.
    """
    first, last = contract.years
    if not first <= year <= last:
        raise ValueError(f"contract {contract.contract} takes the years {first}-{last}, not {year}")
    to.parent.mkdir(parents=True, exist_ok=True)
    partial = to.with_name(f".{to.name}.part")
    try:
        with xlsxwriter.Workbook(partial) as workbook:
            _write(Form(workbook, contract, partner, year, rows))
        partial.replace(to)
    finally:
        partial.unlink(missing_ok=True)
    return to


def _write(form: Form) -> None:
    workbook, contract = form.workbook, form.contract
    # A fixed date of birth: the same form is the same file, whenever it is written.
    workbook.set_properties({"title": form.title, "created": datetime(form.year, 1, 1, tzinfo=UTC)})
    workbook.set_custom_property(STAMP, f"{contract.contract}/{contract.version}/{form.year}")
    sheet = workbook.add_worksheet(contract.title[:31])
    guide = workbook.add_worksheet("填表说明")
    _write_head(form, sheet)
    _write_columns(form, sheet)
    _set_up_page(form, sheet)
    _write_guide(form, guide)
    sheet.activate()


def _write_head(form: Form, sheet: Worksheet) -> None:
    last = len(form.columns)
    sheet.merge_range(0, 0, 0, last, form.title, form.style(bold=True, font_size=16, align="center"))
    sheet.set_row(0, 34)
    middle = max(1, last // 2)
    unit = f"单位名称（公章）：{form.partner.name if form.partner else ''}"
    sheet.merge_range(1, 0, 1, middle, unit, form.style(align="left"))
    filed = "填表日期：      年    月    日"
    if last - middle > 1:
        sheet.merge_range(1, middle + 1, 1, last, filed, form.style(align="right"))
    else:
        sheet.write_string(1, last, filed, form.style(align="right"))
    sheet.set_row(1, 22)


def _write_columns(form: Form, sheet: Worksheet) -> None:
    box = {"border": 1, "border_color": "#BFBFBF"}
    head = {"bold": True, "align": "center", "text_wrap": True, **box}
    required, optional = form.style(bg_color="#F8CBAD", **head), form.style(bg_color="#E7E6E6", **head)
    sheet.write_string(FIRST_ROW - 2, 0, "序号", optional)
    sheet.set_column(0, 0, 6)
    number = form.style(align="center", **box)
    last_row = max(_LAST_ROW, _LAST_ROW - ROWS + len(form.rows) + _SPARE_ROWS)
    for row in range(FIRST_ROW - 1, last_row):
        sheet.write_blank(row, 0, None, number)
    for row in range(len(form.rows)):
        sheet.write_number(FIRST_ROW - 1 + row, 0, row + 1, number)
    for index, column in enumerate(form.columns, start=1):
        header = form_header(column)
        sheet.write_string(FIRST_ROW - 2, index, header, required if column.required else optional)
        sheet.set_column(index, index, max(_WIDTHS.get(column.type, 12), 2 * len(header) + 3))
        written = form.style(text_wrap=True, num_format=_NUMBER_FORMATS.get(column.type, "@"), **box)
        for row in range(FIRST_ROW - 1, last_row):
            sheet.write_blank(row, index, None, written)
        for row, known in enumerate(form.rows, start=FIRST_ROW - 1):
            _write_known(sheet, (row, index), known.get(column.header), written)
        sheet.data_validation(
            FIRST_ROW - 1, index, last_row - 1, index, {**cell_hint(column), **cell_limits(form, column, index)}
        )
    sheet.set_row(FIRST_ROW - 2, 34)


def _write_known(sheet: Worksheet, cell: tuple[int, int], value: CellValue, style: Format) -> None:
    if isinstance(value, date):
        sheet.write_datetime(*cell, datetime(value.year, value.month, value.day), style)  # noqa: DTZ001 - a day has no zone
    elif isinstance(value, str):
        sheet.write_string(*cell, value, style)
    elif value is not None:
        sheet.write_number(*cell, value, style)


def _set_up_page(form: Form, sheet: Worksheet) -> None:
    sheet.freeze_panes(FIRST_ROW - 1, 2)
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0, FIRST_ROW - 2)
    sheet.set_margins(left=0.4, right=0.4, top=0.6, bottom=0.8)
    sheet.set_footer("&L填表人：&C审核人：&R单位负责人：              第 &P 页")
    sheet.hide_gridlines(2)


def _write_guide(form: Form, sheet: Worksheet) -> None:
    headers: Mapping[str, int] = {"栏目": 20, "是否必填": 9, "填写内容": 44, "怎样填写": 34, "可选项": 34, "示例": 26}
    title = form.style(bold=True, font_size=15)
    sheet.write_string(0, 0, f"{form.contract.title}填表说明", title)
    sheet.set_row(0, 30)
    for row, note in enumerate((form.contract.description, *_NOTES), start=1):
        sheet.write_string(row, 0, f"{row}. {note.format(grain=form.contract.grain)}", form.style())
        sheet.set_row(row, 18)
    top = len(_NOTES) + 3
    head = form.style(bold=True, align="center", bg_color="#374151", font_color="#FFFFFF", border=1)
    for index, (header, width) in enumerate(headers.items()):
        sheet.write_string(top, index, header, head)
        sheet.set_column(index, index, width)
    _write_guide_lines(form, sheet, top + 1)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.hide_gridlines(2)


def _write_guide_lines(form: Form, sheet: Worksheet, top: int) -> None:
    box = {"border": 1, "border_color": "#BFBFBF", "text_wrap": True}
    plain, needed = form.style(**box), form.style(bg_color="#F8CBAD", align="center", **box)
    for row, column in enumerate(form.columns, start=top):
        must = "必填" if column.required else ""
        texts = (
            form_header(column), must, column.description, _WAYS[column.type], "、".join(column.choices or ()), column.example
        )  # fmt: skip
        for index, text in enumerate(texts):
            sheet.write_string(row, index, text, needed if index == 1 and must else plain)
