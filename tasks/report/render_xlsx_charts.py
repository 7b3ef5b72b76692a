"""Render the report as xlsx, its charts: the points as a table, and beside it a chart that Excel draws from them."""

from __future__ import annotations

from collections.abc import Mapping

from xlsxwriter.chart import Chart as ExcelChart
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from tasks.report.model import Chart
from tasks.report.render_style import ACCENT, SECOND
from tasks.report.render_xlsx_table import Formats

_COLOURS = (f"#{ACCENT}", f"#{SECOND}", "#5C8A5A", "#8A5A83")
_PIXELS_PER_ROW = 20


def add_charts(sheet: Worksheet, charts: tuple[Chart, ...], captions: Mapping[str, str], formats: Formats) -> None:
    """Write every chart below the one before, its points in columns A and on, the drawing from column F."""
    sheet.set_column(0, 0, 36)
    sheet.set_column(1, 3, 16)
    row = 0
    for chart in charts:
        row = _add_chart(sheet, row, chart, captions[chart.chart_id], formats)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)


def _add_chart(sheet: Worksheet, row: int, chart: Chart, caption: str, formats: Formats) -> int:
    labels = list(dict.fromkeys(point.label for point in chart.points))
    series = list(dict.fromkeys(point.series for point in chart.points))
    sheet.write_string(row, 0, caption, formats.title)
    for column, head in enumerate((chart.unit, *series)):
        sheet.write_string(row + 1, column, head, formats.head)
    for offset, label in enumerate(labels):
        sheet.write_string(row + 2 + offset, 0, label, formats.text)
    for point in chart.points:
        place = (row + 2 + labels.index(point.label), 1 + series.index(point.series))
        if point.value is None:
            sheet.write_string(*place, point.printed, formats.text)
        else:
            sheet.write_number(*place, float(point.value), formats.number)
    height = max(300, 26 * len(chart.points) + 120)
    drawn = _drawn(formats.book, sheet.name, row, chart.kind, (len(labels), len(series)))
    drawn.set_size({"width": 760, "height": height})
    sheet.insert_chart(row, 5, drawn)
    return row + max(len(labels) + 4, height // _PIXELS_PER_ROW + 2)


def _drawn(book: Workbook, sheet: str, row: int, kind: str, shape: tuple[int, int]) -> ExcelChart:
    """The chart over the block of labels × series that begins two rows below `row`."""
    drawn = book.add_chart({"type": "bar" if kind == "bars" else "column"})
    first, last = row + 2, row + 1 + shape[0]
    for position in range(1, shape[1] + 1):
        drawn.add_series({
            "name": [sheet, row + 1, position],
            "categories": [sheet, first, 0, last, 0],
            "values": [sheet, first, position, last, position],
            "fill": {"color": _COLOURS[(position - 1) % len(_COLOURS)]},
            "data_labels": {"value": True, "num_format": "#,##0.##"},
            "gap": 60,
        })  # fmt: skip
    drawn.set_title({"none": True})
    if kind == "bars":
        drawn.set_y_axis({"reverse": True})
        drawn.set_x_axis({"major_gridlines": {"visible": False}})
    drawn.set_legend({"none": True} if shape[1] == 1 else {"position": "top"})
    return drawn
