"""Compose the report, its road map: what was planned and achieved year by year, years to come as not yet due."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from schemas.target import TargetKind
from tasks.report.compose_cells import head_row, joined_down, result_cell, words
from tasks.report.compose_pace import compose_pace
from tasks.report.highlights import shipped_highlights
from tasks.report.measure import Measured
from tasks.report.measure_lines import IndicatorLine
from tasks.report.model import Block, Cell, Chart, ChartPoint, Paragraph, Row, Table
from tasks.report.narrative import OTHER_PROJECT, mark_text, result_text, text_line, unit_name

_MOST_CHARTS = 3


def road_map(measured: Measured) -> tuple[Block, ...]:
    """Every line with a target in any year, project by project, charts of those the office chose, and what falls behind."""
    lines = _by_project([line for line in measured.indicator_lines if _planned_years(line)])
    if not lines:
        return (Paragraph(text_line("（绩效目标表没有填写分年度目标值）"), "note"),)
    years = sorted({year for line in lines for year in (*_planned_years(line), measured.year)})
    head = (
        (
            Cell("层面", row_span=2),
            Cell("项目", row_span=2),
            Cell("指标（单位）", row_span=2),
            *(Cell(f"{year}年", column_span=2) for year in years),
        ),
        head_row(*("目标", "完成") * len(years)),
    )
    keys = [(line.scope, line.project or OTHER_PROJECT) for line in lines]
    body = joined_down(keys, [_road_row(line, years) for line in lines])
    widths = (4.0, 8.0, 13.0, *(5.0, 6.0) * len(years))
    note = "注：目标为绩效目标表所列分年度目标；“—”表示该年度没有目标；年度尚未到来的，完成一栏为“尚未到期”。"
    table = Table("road-map", "建设路线图分年度目标与完成情况", widths, head, body, note, is_wide=len(years) > 2)
    return (*_road_charts(lines, years), table, *compose_pace(measured))


def _by_project(lines: Sequence[IndicatorLine]) -> list[IndicatorLine]:
    """Lines of one scope and project together, in the order in which these first come."""
    keys = list(dict.fromkeys((line.scope, line.project) for line in lines))
    scopes = [scope for scope, _ in keys]
    return sorted(lines, key=lambda line: (scopes.index(line.scope), keys.index((line.scope, line.project))))


def _planned_years(line: IndicatorLine) -> tuple[int, ...]:
    return tuple(year for year, result in line.results.items() if result.target.kind is not TargetKind.NONE)


def _road_row(line: IndicatorLine, years: Sequence[int]) -> Row:
    cells: list[Cell] = [words(unit_name(line))]
    for year in years:
        result = line.results.get(year)
        if result is None:
            cells += [words(None, tone="muted", is_centred=True)] * 2
            continue
        planned = year in _planned_years(line)
        cells += [Cell(result.target.text, align="right") if planned else words(None, tone="muted", is_centred=True)]
        cells += [result_cell(result)]
    return tuple(cells)


def _road_charts(lines: Sequence[IndicatorLine], years: Sequence[int]) -> tuple[Chart, ...]:
    """The lines the office chose; without any, those with most numeric targets, numbers of things before rates."""
    numeric = [line for line in lines if any(line.results[year].target.is_numeric for year in _planned_years(line))]
    wanted = shipped_highlights().road_charts
    chosen = [line for key in wanted for line in numeric if line.indicator == key]
    shown = (chosen or sorted(numeric, key=_drawing_rank))[:_MOST_CHARTS]
    return tuple(_road_chart(f"chart-road-{number}", line, years) for number, line in enumerate(shown, 1))


def _drawing_rank(line: IndicatorLine) -> tuple[bool, bool, int]:
    return "%" in (line.unit or ""), not line.is_measured_by_ledger, -len(_planned_years(line))


def _road_chart(key: str, line: IndicatorLine, years: Sequence[int]) -> Chart:
    points = []
    for year in years:
        if year not in line.results:
            continue
        result = line.results[year]
        points.append(ChartPoint(f"{year}年", "目标", result.target.low, result.target.text))
        value = result.value if isinstance(result.value, Decimal) else None
        printed = (
            mark_text(result.figure) if result.figure and result.value == result.figure.value else result_text(result)
        )
        points.append(ChartPoint(f"{year}年", "完成", value, printed))
    return Chart(key, f"{line.name}：分年度目标与完成", "columns", line.unit or "", tuple(points))
