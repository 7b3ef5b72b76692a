"""Feedback: what the cells of a form take and say: drop-downs, limits and hints, from the column's own rules."""

from __future__ import annotations

from datetime import date

from xlsxwriter.utility import xl_col_to_name

from schemas.contract import Column, ColumnType
from schemas.rule import bound_text
from tasks.feedback.form import Form, form_header

_CHOICE_ROOM = 255
"""Excel takes at most so many characters of choices written into a drop-down; longer lists stand on a sheet of their own."""
_CHOICE_SHEET = "可选项"


def cell_hint(column: Column) -> dict[str, object]:
    """What is shown when the cell is selected."""
    parts = [
        "【必填】" if column.required else "",
        column.description,
        f"\n如：{column.example}" if column.example else "",
    ]
    return {"input_title": form_header(column)[:32], "input_message": "".join(parts)[:255]}


def cell_limits(form: Form, column: Column, index: int) -> dict[str, object]:
    """What the cell takes. Choices are firm; a number or date may still be “约1000” or “2021年3月”, so Excel only asks."""
    if column.choices:
        told = f"请从下拉选项中选择：{'、'.join(column.choices)}"
        return {"validate": "list", "source": _choice_source(form, column, index), **_alert("stop", told)}
    if column.type is ColumnType.YEAR:
        first, last = form.contract.years
        limits = {"criteria": "between", "minimum": first, "maximum": last}
        return {"validate": "integer", **limits, **_alert("stop", f"请填写 {first} 至 {last} 之间的四位数年度")}
    if column.in_period and column.type in {ColumnType.DATE, ColumnType.MONTH}:
        return _date_limits(form.year, column)
    if column.is_numeric and column.minimum is not None and column.maximum is not None:
        low, high = bound_text(column, column.minimum), bound_text(column, column.maximum)
        scale = 10_000 if column.type is ColumnType.MONEY and column.unit == "万元" else 1
        limits = {"criteria": "between", "minimum": column.minimum / scale, "maximum": column.maximum / scale}
        return {
            "validate": "decimal",
            **limits,
            **_alert("warning", f"一般在 {low} 到 {high} 之间，请核对。确定这样填写吗？"),
        }
    return {"validate": "any"}


def _date_limits(year: int, column: Column) -> dict[str, object]:
    early, late = {"year": (year, year), "near": (year - 1, year + 1)}.get(column.in_period or "", (1950, year))
    limits = {"criteria": "between", "minimum": date(early, 1, 1), "maximum": date(late, 12, 31)}
    told = (
        f"一般应是 {early} 年至 {late} 年之间的日期，请核对。确定这样填写吗？"
        if early < late
        else f"一般应是 {year} 年内的日期，请核对。确定这样填写吗？"
    )
    return {"validate": "date", **limits, **_alert("warning", told)}


def _alert(kind: str, told: str) -> dict[str, object]:
    return {"error_type": kind, "error_title": "请核对", "error_message": told[:255]}


def _choice_source(form: Form, column: Column, index: int) -> list[str] | str:
    choices = list(column.choices or ())
    if len(",".join(choices)) <= _CHOICE_ROOM and not any("," in choice for choice in choices):
        return choices
    sheet = form.workbook.get_worksheet_by_name(_CHOICE_SHEET)
    if sheet is None:
        sheet = form.workbook.add_worksheet(_CHOICE_SHEET)
        sheet.hide()
    sheet.write_column(0, index, choices)
    letter = xl_col_to_name(index, col_abs=True)
    return f"='{_CHOICE_SHEET}'!{letter}$1:{letter}${len(choices)}"
