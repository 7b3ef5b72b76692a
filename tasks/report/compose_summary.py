"""Compose the report, the leader's page: the year on one page, key numbers first, then what needs attention."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from schemas.indicator import shipped_indicators
from schemas.time_window import Basis
from schemas.values import Figure
from schemas.yaml_file import read_yaml
from tasks.report.measure import Measured
from tasks.report.model import Bullets, Highlight, Highlights, Line, Paragraph, Run, Section
from tasks.report.narrative import chinese_day, figure_run, figure_text, window_text
from warehouse.marts.figure_ids import figure_id
from warehouse.marts.report_intake import Intake

HIGHLIGHTS = Path(__file__).parent / "templates" / "highlights.yaml"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Tile(_Frozen):
    """A figure shown large, under a title of its own."""

    indicator: str
    title: str
    years_back: int = 0


class Point(_Frozen):
    """A sentence: a title and the figures it names."""

    title: str
    indicators: tuple[str, ...]


class HighlightChoice(_Frozen):
    """What the leader's page shows: data, not code, for an office chooses its own."""

    tiles: tuple[Tile, ...]
    points: tuple[Point, ...]


@cache
def shipped_highlights() -> HighlightChoice:
    """The shipped choice, read once."""
    return read_yaml(HIGHLIGHTS, HighlightChoice)


def compose_summary(measured: Measured, intake: Intake, earlier: Sequence[Figure] = ()) -> Section:
    """The leader's page; `earlier` are figures of the years before."""
    choice = shipped_highlights()
    tiles = Highlights(tuple(tile for each in choice.tiles for tile in _tile(measured, each, earlier)))
    points = Bullets(tuple(_point(measured, point) for point in choice.points if _is_known(measured, point)))
    opening = Paragraph(_opening(measured))
    return Section("summary", "成效要点", (opening, tiles, points, Bullets(_cautions(measured, intake))))


def _opening(measured: Measured) -> Line:
    due = [line.current for line in measured.indicator_lines if line.current.is_due]
    reached = sum(result.is_reached is True for result in due)
    planned = [task for task in measured.tasks if task.is_planned]
    finished = sum(task.is_finished for task in planned)
    return (
        Run(f"截至{chinese_day(measured.as_of)}，本年度应考核的绩效指标"),
        Run(f"{len(due)}项", is_bold=True),
        Run("，已达成"),
        Run(f"{reached}项", is_bold=True),
        Run("；年度建设任务"),
        Run(f"{len(planned)}项", is_bold=True),
        Run("，报告已完成"),
        Run(f"{finished}项", is_bold=True),
        Run("。"),
    )


def _tile(measured: Measured, tile: Tile, earlier: Sequence[Figure]) -> tuple[Highlight, ...]:
    year = measured.year - tile.years_back
    known = (*measured.figures, *earlier)
    found = [figure for figure in known if figure.figure_id == figure_id(year, tile.indicator)]
    return tuple(
        Highlight(
            tile.title, figure_text(figure), _shown_unit(figure), figure.figure_id, window_text(figure, _basis(figure))
        )
        for figure in found
    )


def _shown_unit(figure: Figure) -> str:
    return figure.unit if figure.value is not None else ""


def _basis(figure: Figure) -> Basis:
    return shipped_indicators()[figure.indicator].time.basis


def _is_known(measured: Measured, point: Point) -> bool:
    return any(measured.slices(indicator) for indicator in point.indicators)


def _point(measured: Measured, point: Point) -> Line:
    runs = [Run(f"{point.title}：", is_bold=True)]
    for indicator in point.indicators:
        for figure in measured.slices(indicator):
            separator = "" if len(runs) == 1 else "，"
            runs += [Run(f"{separator}{''.join(figure.group) or figure.title}"), figure_run(figure)]
    return (*runs, Run("。"))


def _cautions(measured: Measured, intake: Intake) -> tuple[Line, ...]:
    """What a leader must know before quoting a number."""
    vague = sum(figure.is_approximate for figure in measured.figures)
    empty = sum(figure.value is None for figure in measured.figures)
    missing, late, held = len(intake.missing), len(intake.late), intake.rows_held
    texts = (
        (vague, f"数据中有{vague}项含约数，文中以“约”标明，明细见附件。"),
        (empty, f"有{empty}项因无记录、未测算或尚未到期而没有数值，文中均如实写明。"),
        (missing + late, f"应报送台账{len(intake.owed)}份，未报或被退回{missing}份，迟报{late}份，名单见附件。"),
        (held, f"有{held}行数据因填报有误暂未计入，已退回报送单位更正。"),
    )
    return tuple((Run("提请注意：", is_bold=True), Run(text)) for count, text in texts if count)
