"""Render the report as xlsx: each table on a sheet of its own with live formulas, the charts drawn by Excel, a contents sheet."""

from __future__ import annotations

from pathlib import Path

import xlsxwriter
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from tasks.report.model import Highlights, ReportModel, Table, blocks_of, captions_of, charts_of, tables_of
from tasks.report.render_style import chinese_date, chinese_instant, without_controls
from tasks.report.render_xlsx_charts import add_charts
from tasks.report.render_xlsx_table import Formats, fill_table

CONTENTS, SUMMARY, CHARTS = "目录", "成效要点", "图表"
# Nothing a partner wrote may become a formula, a link or a number by its looks.
_AS_WRITTEN = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def render_xlsx(model: ReportModel, path: Path) -> None:
    """Write the report's tables and charts as a workbook, the same bytes for the same model.

    Raises:
        OSError: the file cannot be written.
    """
    with xlsxwriter.Workbook(str(path), _AS_WRITTEN | {"in_memory": True}) as book:
        created = model.known_at.replace(tzinfo=None, microsecond=0)
        book.set_properties({"title": model.title, "author": model.school, "created": created})
        formats = Formats(book)
        sheets = _sheet_names(model)
        contents = book.add_worksheet(CONTENTS)
        _add_summary(book, model, formats)
        if charts_of(model):
            add_charts(book.add_worksheet(CHARTS), charts_of(model), captions_of(model), formats)
        for table in tables_of(model):
            _add_table(book, table, sheets[table.table_id], captions_of(model)[table.table_id], formats)
        _fill_contents(contents, model, sheets, formats)


def _sheet_names(model: ReportModel) -> dict[str, str]:
    """Table id → sheet name: the numbered caption without the characters Excel forbids, cut to its 31."""
    captions = captions_of(model)
    return {table.table_id: _sheet_name(captions[table.table_id]) for table in tables_of(model)}


def _sheet_name(caption: str) -> str:
    allowed = (each for each in without_controls(caption) if each not in "[]:*?/\\'")
    return "".join(allowed).replace("　", " ")[:31].strip()


def _fill_contents(sheet: Worksheet, model: ReportModel, sheets: dict[str, str], formats: Formats) -> None:
    sheet.set_column(0, 0, 90)
    sheet.write_string(0, 0, model.title, formats.title)
    sheet.write_string(1, 0, f"{model.school}　数据截止日：{chinese_date(model.as_of)}", formats.note)
    sheet.write_string(2, 0, f"数据版本：{chinese_instant(model.known_at)}", formats.note)
    names = [SUMMARY, *([CHARTS] if charts_of(model) else []), *sheets.values()]
    texts = [SUMMARY, *([CHARTS] if charts_of(model) else []), *(captions_of(model)[key] for key in sheets)]
    for row, (name, text) in enumerate(zip(names, texts, strict=True), 4):
        sheet.write_url(row, 0, f"internal:'{name}'!A1", formats.link, string=text[:255])
    _set_print(sheet, is_wide=False)


def _add_summary(book: Workbook, model: ReportModel, formats: Formats) -> None:
    sheet = book.add_worksheet(SUMMARY)
    sheet.set_column(0, 0, 40)
    sheet.set_column(1, 1, 34)
    sheet.set_column(2, 2, 8)
    sheet.set_column(3, 3, 44)
    for column, head in enumerate(("要点", "数值", "单位", "说明")):
        sheet.write_string(0, column, head, formats.head)
    items = [item for block in blocks_of(model) if isinstance(block, Highlights) for item in block.items]
    for row, item in enumerate(items, 1):
        for column, text in enumerate((item.title, item.printed, item.unit, item.remark)):
            sheet.write_string(row, column, text, formats.text)
    sheet.freeze_panes(1, 0)
    _set_print(sheet, is_wide=True)


def _add_table(book: Workbook, table: Table, name: str, caption: str, formats: Formats) -> None:
    sheet = book.add_worksheet(name)
    last = len(table.widths) - 1
    sheet.write_string(0, 0, caption, formats.title)
    sheet.write_url(1, 0, f"internal:'{CONTENTS}'!A1", formats.link, string="返回目录")
    first_body_row = fill_table(sheet, table, 2, formats)
    end = first_body_row + len(table.body)
    if table.note:
        sheet.write_string(end, 0, table.note, formats.note)
    sheet.freeze_panes(first_body_row, 0)
    sheet.repeat_rows(2, first_body_row - 1)
    sheet.print_area(0, 0, end, last)
    _set_print(sheet, is_wide=table.is_wide or last > 5)


def _set_print(sheet: Worksheet, is_wide: bool) -> None:
    """A4, one page wide, page numbers below."""
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
    sheet.set_footer("&C第 &P 页，共 &N 页")
    if is_wide:
        sheet.set_landscape()
