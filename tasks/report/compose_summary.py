"""Compose the report, the leader's page: the year on one page, key numbers first, then what needs attention."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from schemas.indicator import shipped_indicators
from schemas.time_window import Basis
from schemas.values import Figure
from tasks.report.compose_pace import warned_names
from tasks.report.highlights import Point, Tile, shipped_highlights
from tasks.report.measure import Measured
from tasks.report.model import Bullets, Highlight, Highlights, Line, Paragraph, Run, Section
from tasks.report.narrative import chinese_day, figure_run, figure_text, number_text, state_word, window_text
from tasks.report.score import Assessment, TaskCompletion
from warehouse.marts.figure_ids import figure_id
from warehouse.marts.owed import Owed
from warehouse.marts.report_intake import Intake

_MOST_NAMES = 3


def compose_summary(
    measured: Measured, assessment: Assessment, intake: Intake, earlier: Sequence[Figure] = ()
) -> Section:
    """The leader's page; `earlier` are figures of the years before."""
    choice = shipped_highlights()
    tiles = Highlights(tuple(tile for each in choice.tiles for tile in _tile(measured, each, earlier)))
    points = Bullets(tuple(_point(measured, point) for point in choice.points if _is_known(measured, point)))
    opening = Paragraph(_opening(measured, assessment))
    return Section("summary", "成效要点", (opening, tiles, points, Bullets(_cautions(measured, intake))))


def _opening(measured: Measured, assessment: Assessment) -> Line:
    indicators, tasks = assessment.indicators, assessment.tasks
    return (
        Run(f"截至{chinese_day(measured.as_of)}，本年度应考核的绩效指标"),
        Run(f"{indicators.due}项", is_bold=True),
        Run("，已达成"),
        Run(f"{indicators.reached}项", is_bold=True),
        Run("；年度建设任务"),
        Run(f"{tasks.planned}项", is_bold=True),
        Run("，责任部门报告已完成"),
        Run(f"{tasks.finished}项", is_bold=True),
        Run(f"{_unfinished(tasks)}。"),
    )


def _unfinished(tasks: TaskCompletion) -> str:
    counts = (
        ("进行中", tasks.under_way),
        ("滞后", tasks.late),
        ("未开始", tasks.not_started),
        ("未报告", tasks.unreported),
    )
    return "".join(f"、{name}{count}项" for name, count in counts if count)


def _tile(measured: Measured, tile: Tile, earlier: Sequence[Figure]) -> tuple[Highlight, ...]:
    year = measured.year - tile.years_back
    known = (*measured.figures, *earlier)
    found = [figure for figure in known if figure.figure_id == figure_id(year, tile.indicator)]
    return tuple(
        Highlight(tile.title, _large(figure), _shown_unit(figure), figure.figure_id, _remark(figure))
        for figure in found
    )


def _large(figure: Figure) -> str:
    """The number alone: what is approximate of it stands in the remark below, unless all of it is."""
    return number_text(figure.value) if _vague_part(figure) and figure.value is not None else figure_text(figure)


def _remark(figure: Figure) -> str:
    part = _vague_part(figure)
    window = window_text(figure, _basis(figure))
    return f"其中约{number_text(part)}{figure.unit}为约数；{window}" if part else window


def _vague_part(figure: Figure) -> Decimal | None:
    part = figure.approximate_part if figure.is_approximate and figure.value is not None else None
    return part if part and figure.value is not None and abs(part) < abs(figure.value) else None


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
    missing, late, held = intake.missing, intake.late, intake.rows_held
    owed = f"应报送台账{len(intake.owed)}份，未报或被退回{len(missing)}份{_named(missing)}，迟报{len(late)}份{_named(late)}"
    behind = warned_names(measured)
    texts = (
        (len(behind), f"按目前进度推算，有{len(behind)}项指标预计不能按期达到目标{_listed(behind)}，见“建设路线图”。"),
        (vague, f"数据中有{vague}项含约数，文中以“约”标明，明细见附件“约数清单”。"),
        (*_empty(measured),),
        (len(missing) + len(late), f"{owed}，清单见附件。"),
        (held, f"有{held}行数据因填报有误暂未计入，已退回报送单位更正。"),
    )
    return tuple((Run("提请注意：", is_bold=True), Run(text)) for count, text in texts if count)


def _empty(measured: Measured) -> tuple[int, str]:
    """How many figures have no value, and why, by the word that stands in their place."""
    empty = [figure for figure in measured.figures if figure.value is None]
    words = Counter(state_word(figure) for figure in empty)
    counted = "，".join(f"“{word}”{count}项" for word, count in words.items())
    names = "、".join(dict.fromkeys(figure.title for figure in empty)) if len(empty) <= _MOST_NAMES else ""
    return len(empty), f"有{len(empty)}项数据没有数值（{counted}）{'：' if names else ''}{names}。"


def _named(owed: Sequence[Owed]) -> str:
    """The partners, when there are only a few."""
    return _listed(tuple(dict.fromkeys(one.partner_name for one in owed)))


def _listed(names: Sequence[str]) -> str:
    """Names in brackets, when there are only a few."""
    return f"（{'、'.join(names)}）" if 0 < len(names) <= _MOST_NAMES else ""
