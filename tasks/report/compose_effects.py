"""Compose the report, parts one, four and five: what was achieved, in tables of all figures and of figures broken down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from schemas.indicator import shipped_indicators
from schemas.values import Figure
from tasks.report.compose_cells import figure_cell, head_row, joined_down, rows_cell, words
from tasks.report.compose_indicators import completion_chart, unfinished_year
from tasks.report.measure import Measured
from tasks.report.model import Block, Chart, ChartPoint, Paragraph, Row, Section, Table
from tasks.report.narrative import NO_TEXT, basis_text, completion_sentence, mark_text, text_line, window_text
from warehouse.marts.figure_ids import figure_id, parse_figure_id

RANKED = ("trained_by_institution_year", "dispatched_by_institution", "support_project_by_channel")
"""Breakdowns that are also drawn, in this order."""
_MOST_BARS = 15
_SATISFACTION = "satisfaction"


def compose_goals(measured: Measured, texts: Mapping[str, str], earlier: Sequence[Figure] = ()) -> Section:
    """一、绩效目标实现程度及效果."""
    sentence = completion_sentence(measured.indicator_lines, "各层面合计，")
    chart = completion_chart(measured)
    blocks: tuple[Block, ...] = (
        *slot(texts, "goals"),
        Paragraph(text_line(sentence)),
        *unfinished_year(measured),
        *((chart,) if chart else ()),
        _overview(measured),
        *_years(measured, earlier),
    )
    return Section("goals", "一、绩效目标实现程度及效果", blocks)


def compose_measures(measured: Measured, texts: Mapping[str, str]) -> Section:
    """四、采取措施的有效性: the department's words, and the figures broken down."""
    slices = [figure for figure in measured.figures if figure.group and not figure.indicator.startswith(_SATISFACTION)]
    charts = (_ranking(measured.slices(key)) for key in RANKED)
    blocks: tuple[Block, ...] = (
        *slot(texts, "measures"),
        *(chart for chart in charts if chart),
        *_breakdowns(slices),
    )
    return Section("measures", "四、采取措施的有效性", blocks)


def compose_recognition(measured: Measured, texts: Mapping[str, str]) -> Section:
    """五、贡献度和社会认可度: the department's words, and how satisfied those served are."""
    slices = [figure for figure in measured.figures if figure.group and figure.indicator.startswith(_SATISFACTION)]
    return Section("recognition", "五、贡献度和社会认可度", (*slot(texts, "recognition"), *_breakdowns(slices)))


def slot(texts: Mapping[str, str], key: str) -> tuple[Paragraph, ...]:
    """The text a department wrote for a part, a paragraph a line, or the plain statement that there is none."""
    lines = [line.strip() for line in texts.get(key, "").splitlines() if line.strip()]
    return tuple(Paragraph(text_line(line)) for line in lines) or (Paragraph(text_line(NO_TEXT), "note"),)


def _overview(measured: Measured) -> Table:
    figures = [figure for figure in measured.figures if not shipped_indicators()[figure.indicator].group_by]
    rows = tuple(
        (
            words(figure.title),
            figure_cell(figure),
            words(figure.unit, is_centred=True),
            rows_cell(figure),
            *_time(figure),
        )
        for figure in figures
    )
    head = (head_row("数据项", "数值", "单位", "记录数", "统计时间", "时间口径"),)
    note = (
        "注：“约”表示来源数据为约数；“无记录”表示台账已报而没有此类记录；“未填写”表示有记录而所需栏目空白；“不能计算”表示没有可作分母的数；"
        "“未测算”表示台账未报；“尚未到期”表示未到统计时间；“记录数”是有数可计的行数，写作“有数行数/全部行数”的，其余行空白。"
    )
    return Table("overview", f"{measured.year}年度主要数据一览", (12, 10.5, 3.6, 4.2, 13.9, 5.3), head, rows, note)


def _years(measured: Measured, earlier: Sequence[Figure]) -> tuple[Table, ...]:
    """Figures of single years beside those of the years before."""
    years = sorted({figure_year(figure) for figure in earlier})
    if not years:
        return ()
    by_id = {figure.figure_id: figure for figure in (*earlier, *measured.figures)}
    first = [figure for figure in measured.figures if figure_id(years[-1], figure.indicator) in by_id]
    rows = tuple(_year_row(figure, (*years, measured.year), by_id) for figure in first)
    head = (head_row("数据项", *(f"{year}年" for year in (*years, measured.year)), "单位"),)
    widths = (15.0, *(10.0,) * (len(years) + 1), 4.0)
    return (Table("years", "分年度数据对照", widths, head, rows, "注：只列按年度统计的数据；累计和时点数据见上表。"),)


def _year_row(figure: Figure, years: Sequence[int], by_id: Mapping[str, Figure]) -> Row:
    found = (by_id.get(figure_id(year, figure.indicator)) for year in years)
    cells = (figure_cell(each) if each else words(None, tone="muted") for each in found)
    return (words(figure.title), *cells, words(figure.unit, is_centred=True))


def figure_year(figure: Figure) -> int:
    """The report year of a figure, as its id says."""
    return parse_figure_id(figure.figure_id).year


def _time(figure: Figure) -> Row:
    time = shipped_indicators()[figure.indicator].time
    return words(window_text(figure, time.basis)), words(basis_text(time), is_centred=True)


def _breakdowns(figures: Iterable[Figure]) -> tuple[Table, ...]:
    """One table for each figure that is broken down, so that a table is short and stays on its page."""
    by_indicator: dict[str, list[Figure]] = {}
    for figure in figures:
        by_indicator.setdefault(figure.indicator, []).append(figure)
    return tuple(_breakdown(found) for found in by_indicator.values())


def _breakdown(figures: Sequence[Figure]) -> Table:
    keys = [figure.group[:-1] for figure in figures]
    rows = [
        (words(each.group[-1]), figure_cell(each), words(each.unit, is_centred=True), rows_cell(each))
        for each in figures
    ]
    outer = len(figures[0].group) - 1
    heads = (*("类别",) * outer, "细类" if outer else "类别", "数值", "单位", "记录数")
    widths = (*(8.0,) * outer, 17.0, 13.0, 5.0, 4.0)
    key = f"breakdown-{figures[0].indicator}"
    return Table(key, figures[0].title, widths, (head_row(*heads),), joined_down(keys, rows))


def _ranking(figures: tuple[Figure, ...]) -> Chart | None:
    """The largest groups first; what has no value is not ranked."""
    valued = sorted((f for f in figures if f.value is not None and f.group), key=lambda f: (-(f.value or 0), f.group))
    if len(valued) < 2:
        return None
    points = tuple(
        ChartPoint("·".join(f.group), f.title, f.value, mark_text(f), f.figure_id) for f in valued[:_MOST_BARS]
    )
    note = f"注：只列前{_MOST_BARS}位，共{len(valued)}项。" if len(valued) > _MOST_BARS else ""
    return Chart(f"chart-{figures[0].indicator}", figures[0].title, "bars", figures[0].unit, points, note)
