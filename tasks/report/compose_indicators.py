"""Compose the report, part two: the indicators of the plan by scope and project, beside what was achieved."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from schemas.target import TargetKind
from tasks.report.compose_cells import completion_cell, head_row, joined_down, result_cell, words
from tasks.report.compose_road import road_map
from tasks.report.compose_score import compose_score, points_columns
from tasks.report.compose_tasks import compose_tasks
from tasks.report.measure import Measured
from tasks.report.measure_lines import IndicatorLine
from tasks.report.model import Block, Bullets, Cell, Chart, ChartPoint, Paragraph, Row, Section, Table
from tasks.report.narrative import (
    OTHER_PROJECT,
    chinese_day,
    completion_sentence,
    percent_text,
    target_text,
    text_line,
    unit_name,
)
from tasks.report.score import Assessment

_NUMERALS = "一二三四五六七八九十"


def compose_progress(measured: Measured, assessment: Assessment) -> Section:
    """二、建设任务进度及绩效指标完成情况."""
    by_scope = _by_first_seen((line.scope, line) for line in measured.indicator_lines)
    scopes = tuple(
        _scope(number, scope, lines, assessment) for number, (scope, lines) in enumerate(by_scope.items(), 1)
    )
    road = _section("progress-road", "建设路线图分年度目标与完成情况", road_map(measured), len(scopes) + 1)
    tasks = _section("progress-tasks", "年度建设任务进度", compose_tasks(measured), len(scopes) + 2)
    score = _section("progress-score", "任务完成、指标完成与评价得分", compose_score(assessment), len(scopes) + 3)
    return Section("progress", "二、建设任务进度及绩效指标完成情况", _opening(measured), (*scopes, road, tasks, score))


def _opening(measured: Measured) -> tuple[Block, ...]:
    if not measured.indicator_lines:
        return (Paragraph(text_line("（绩效目标表尚未提交，无法对照目标值）"), "note"),)
    return unfinished_year(measured)


def unfinished_year(measured: Measured) -> tuple[Block, ...]:
    """What a reader must know of a report made before its year is over; nothing afterwards."""
    if (measured.as_of.month, measured.as_of.day) == (12, 31) or measured.as_of.year > measured.year:
        return ()
    said = f"数据截至{chinese_day(measured.as_of)}，{measured.year}年度尚未结束；以下“未达成”均指截至该日尚未达到全年目标。"
    return (Paragraph(text_line(said), "note"),)


def _section(section_id: str, title: str, blocks: tuple[Block, ...], number: int) -> Section:
    return Section(section_id, f"（{_NUMERALS[number - 1]}）{title}", blocks)


def _by_first_seen(pairs: Iterable[tuple[str, IndicatorLine]]) -> dict[str, list[IndicatorLine]]:
    """Lines by a name, names in the order in which they first come: the order of the office's table."""
    found: dict[str, list[IndicatorLine]] = {}
    for name, line in pairs:
        found.setdefault(name, []).append(line)
    return found


def _scope(number: int, scope: str, lines: Sequence[IndicatorLine], assessment: Assessment) -> Section:
    by_project = _by_first_seen((line.project or OTHER_PROJECT, line) for line in lines)
    parts = tuple(
        _project(f"progress-{number}-{position}", f"{position}. {project}", found, assessment)
        for position, (project, found) in enumerate(by_project.items(), 1)
    )
    sentence = completion_sentence(lines, f"{scope}层面")
    title = scope if scope.endswith("层面") else f"{scope}层面"
    return Section(
        f"progress-{number}", f"（{_NUMERALS[number - 1]}）{title}", (Paragraph(text_line(sentence)),), parts
    )


def _project(key: str, heading: str, lines: Sequence[IndicatorLine], assessment: Assessment) -> Section:
    name = heading.partition(". ")[2]
    sentence = completion_sentence(lines, name) if name == OTHER_PROJECT else completion_sentence(lines)
    caption = f"{lines[0].scope}“{name}”绩效指标完成情况"
    blocks: tuple[Block, ...] = (Paragraph(text_line(sentence)), indicator_table(key, caption, lines, assessment))
    notes = tuple(text_line(f"{line.name}：{note}。") for line in lines for note in line.notes)
    return Section(key, heading, (*blocks, Bullets(notes)) if notes else blocks)


def indicator_table(key: str, caption: str, lines: Sequence[IndicatorLine], assessment: Assessment) -> Table:
    """Indicators of one project; lines of one 一级 and 二级指标 that follow one another share their merged cell.

    分值 and 得分 stand in it only where the scheme knows points for this project.
    """
    cap = assessment.score.scheme.completion_cap
    ordered = sorted(lines, key=lambda line: _rank(line, lines))
    points = points_columns(ordered, assessment)
    rows = [
        (*_indicator_row(line, cap), *more) for line, more in zip(ordered, points or [()] * len(lines), strict=True)
    ]
    heads = (
        "一级指标",
        "二级指标",
        "三级指标（单位）",
        "目标值",
        "完成值",
        "完成率",
        *(("分值", "得分") if points else ()),
    )
    return Table(
        f"indicators-{key}",
        caption,
        (6, 6, 15, 7.5, 9, 6.5, *((4, 4) if points else ())),
        (head_row(*heads),),
        joined_down([(line.level1, line.level2) for line in ordered], rows),
        _note(lines, cap, has_points=bool(points)),
    )


def _note(lines: Sequence[IndicatorLine], cap: Decimal | None, *, has_points: bool) -> str:
    is_range = any(line.current.target.kind is TargetKind.RANGE for line in lines)
    parts = (
        f"完成率＝完成值÷目标值{'（区间目标取下限）' if is_range else ''}，",
        "按评分方案超过100%的以100%计；" if cap else "超过100%的不封顶；",
        "定性指标以是否达成表示。",
        "分值、得分按评分方案分配到各任务，不是终期评价结果。" if has_points else "",
    )
    return f"注：{''.join(parts)}"


def _rank(line: IndicatorLine, lines: Sequence[IndicatorLine]) -> tuple[int, int]:
    """Groups in the order in which they first come, so that a group that is split in the office's table stands together."""
    level1 = next(position for position, each in enumerate(lines) if each.level1 == line.level1)
    both = (line.level1, line.level2)
    return level1, next(position for position, each in enumerate(lines) if (each.level1, each.level2) == both)


def _indicator_row(line: IndicatorLine, cap: Decimal | None) -> Row:
    current = line.current
    target = Cell(target_text(current.target), align="right")
    return (words(unit_name(line)), target, result_cell(current), completion_cell(current, cap))


def completion_chart(measured: Measured) -> Chart | None:
    """The share of due indicators that is reached, by project, all scopes together; None when nothing is due."""
    by_project = _by_first_seen(
        (line.project or OTHER_PROJECT, line) for line in measured.indicator_lines if line.current.is_due
    )
    points = tuple(_reached_point(project, lines) for project, lines in by_project.items())
    note = "注：达成率＝已达成的指标数÷本年度应考核的指标数；尚无数据的指标按未达成计入分母。"
    return Chart("chart-projects", "各建设任务绩效指标达成率", "bars", "达成率（%）", points, note) if points else None


def _reached_point(project: str, lines: Sequence[IndicatorLine]) -> ChartPoint:
    reached = sum(line.current.is_reached is True for line in lines)
    share = Decimal(reached) / len(lines)
    return ChartPoint(project, "达成率", share * 100, f"{percent_text(share)}（{reached}/{len(lines)}）")
