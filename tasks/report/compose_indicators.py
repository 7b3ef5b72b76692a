"""Compose the report, part two: the indicators of the plan by scope and project, the road map by year, the tasks of the year."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import groupby

from tasks.report.compose_cells import (
    bold,
    completion_cell,
    count_cell,
    head_row,
    joined_down,
    rate_cell,
    result_cell,
    words,
)
from tasks.report.measure import Measured
from tasks.report.measure_lines import IndicatorLine
from tasks.report.measure_tasks import TaskItem
from tasks.report.model import Block, Bullets, Cell, Chart, ChartPoint, Paragraph, Row, Section, Table
from tasks.report.narrative import (
    completion_sentence,
    percent_text,
    result_text,
    target_text,
    text_line,
    unit_name,
)

OTHER_PROJECT = "其他指标"
_STATUS_TONES = {"已完成": "good", "滞后": "bad"}
_NUMERALS = "一二三四五六七八九十"


def compose_progress(measured: Measured) -> Section:
    """二、建设任务进度及绩效指标完成情况."""
    by_scope = _by_first_seen((line.scope, line) for line in measured.indicator_lines)
    scopes = tuple(_scope(number, scope, lines) for number, (scope, lines) in enumerate(by_scope.items(), 1))
    road = _section("progress-road", "建设路线图分年度目标与完成情况", road_map(measured), len(scopes) + 1)
    tasks = _section("progress-tasks", "年度建设任务进度", _tasks(measured), len(scopes) + 2)
    opening = () if by_scope else (Paragraph(text_line("（绩效目标表尚未提交，无法对照目标值）"), "note"),)
    return Section("progress", "二、建设任务进度及绩效指标完成情况", opening, (*scopes, road, tasks))


def _section(section_id: str, title: str, blocks: tuple[Block, ...], number: int) -> Section:
    return Section(section_id, f"（{_NUMERALS[number - 1]}）{title}", blocks)


def _by_first_seen(pairs: Iterable[tuple[str, IndicatorLine]]) -> dict[str, list[IndicatorLine]]:
    """Lines by a name, names in the order in which they first come: the order of the office's table."""
    found: dict[str, list[IndicatorLine]] = {}
    for name, line in pairs:
        found.setdefault(name, []).append(line)
    return found


def _scope(number: int, scope: str, lines: Sequence[IndicatorLine]) -> Section:
    by_project = _by_first_seen((line.project or OTHER_PROJECT, line) for line in lines)
    parts = tuple(
        _project(f"progress-{number}-{position}", f"{position}. {project}", scope, found)
        for position, (project, found) in enumerate(by_project.items(), 1)
    )
    sentence = completion_sentence(lines).replace("本建设任务", f"{scope}层面", 1)
    title = scope if scope.endswith("层面") else f"{scope}层面"
    return Section(
        f"progress-{number}", f"（{_NUMERALS[number - 1]}）{title}", (Paragraph(text_line(sentence)),), parts
    )


def _project(key: str, heading: str, scope: str, lines: Sequence[IndicatorLine]) -> Section:
    blocks: tuple[Block, ...] = (
        Paragraph(text_line(completion_sentence(lines))),
        indicator_table(key, f"{scope}“{heading.partition('. ')[2]}”绩效指标完成情况", lines),
    )
    notes = tuple(text_line(f"{line.name}：{note}。") for line in lines for note in line.notes)
    return Section(key, heading, (*blocks, Bullets(notes)) if notes else blocks)


def indicator_table(key: str, caption: str, lines: Sequence[IndicatorLine]) -> Table:
    """Indicators of one project; lines of one 一级 and 二级指标 that follow one another share their merged cell."""
    ordered = sorted(lines, key=lambda line: _rank(line, lines))
    return Table(
        f"indicators-{key}",
        caption,
        (5.4, 5.4, 15, 6.5, 8, 6.5, 3.6, 3.6),
        (head_row("一级指标", "二级指标", "三级指标（单位）", "目标值", "完成值", "完成率", "分值", "得分"),),
        joined_down([(line.level1, line.level2) for line in ordered], [_indicator_row(line) for line in ordered]),
        "注：完成率＝完成值÷目标值，不作封顶；定性指标以是否达成表示。分值、得分的评分办法未公布的，留空。",
    )


def _rank(line: IndicatorLine, lines: Sequence[IndicatorLine]) -> tuple[int, int]:
    """Groups in the order in which they first come, so that a group that is split in the office's table stands together."""
    level1 = next(position for position, each in enumerate(lines) if each.level1 == line.level1)
    both = (line.level1, line.level2)
    return level1, next(position for position, each in enumerate(lines) if (each.level1, each.level2) == both)


def _indicator_row(line: IndicatorLine) -> Row:
    current = line.current
    target = Cell(target_text(current.target), align="right")
    return (words(unit_name(line)), target, result_cell(current), completion_cell(current), Cell(""), Cell(""))


def completion_chart(measured: Measured) -> Chart | None:
    """The share of due indicators that is reached, by project of the school; None when nothing is due."""
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


def road_map(measured: Measured) -> tuple[Block, ...]:
    """Lines with targets in several years: what was planned and achieved year by year, later years as not yet due."""
    lines = [line for line in measured.indicator_lines if len(_planned_years(line)) > 1]
    years = sorted(
        {year for line in lines for year in line.results if year in _planned_years(line) or year == measured.year}
    )
    if not lines:
        return (Paragraph(text_line("（绩效目标表没有填写分年度目标值）"), "note"),)
    head = (
        (
            Cell("层面", row_span=2),
            Cell("指标（单位）", row_span=2),
            *(Cell(f"{year}年", column_span=2) for year in years),
        ),
        tuple(Cell(text) for _ in years for text in ("目标", "完成")),
    )
    body = joined_down([(line.scope,) for line in lines], [_road_row(line, years) for line in lines])
    widths = (4.5, 13.0, *(5.0, 6.0) * len(years))
    table = Table("road-map", "建设路线图分年度目标与完成情况", widths, head, body, is_wide=len(years) > 2)
    return (*_road_charts(lines, years), table)


def _planned_years(line: IndicatorLine) -> tuple[int, ...]:
    return tuple(
        year
        for year, result in line.results.items()
        if target_text(result.target) == result.target.text and result.target.text
    )


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
    """At most four: lines whose targets are numbers; numbers of things before rates, those measured by ledgers first."""
    numeric = [line for line in lines if sum(line.results[year].target.is_numeric for year in _planned_years(line)) > 1]
    chosen = sorted(numeric, key=_drawing_rank)[:4]
    return tuple(_road_chart(f"chart-road-{number}", line, years) for number, line in enumerate(chosen, 1))


def _drawing_rank(line: IndicatorLine) -> tuple[bool, bool, int]:
    return "%" in (line.unit or ""), not line.is_measured_by_ledger, -len(_planned_years(line))


def _road_chart(key: str, line: IndicatorLine, years: Sequence[int]) -> Chart:
    points = []
    for year in years:
        if year not in line.results:
            continue
        result = line.results[year]
        points.append(ChartPoint(f"{year}年", "目标", result.target.low, result.target.text or "—"))
        value = result.value if isinstance(result.value, Decimal) else None
        points.append(ChartPoint(f"{year}年", "完成", value, result_text(result)))
    return Chart(key, f"{line.name}：分年度目标与完成", "columns", line.unit or "", tuple(points))


def _tasks(measured: Measured) -> tuple[Block, ...]:
    if not measured.tasks:
        return (Paragraph(text_line("（建设任务与进度尚未提交）"), "note"),)
    items = sorted(measured.tasks, key=lambda item: _task_rank(item, measured.tasks))
    keys = [(item.project,) for item in items]
    table = Table(
        "tasks",
        f"{measured.year}年度建设任务进度",
        (6, 9, 18, 18, 5, 5, 6.5),
        (head_row("项目", "任务", "年度计划", "完成情况", "完成度", "状态", "责任部门"),),
        joined_down(keys, [_task_row(item) for item in items]),
        is_wide=True,
    )
    return (_task_counts(measured), table)


def _task_rank(item: TaskItem, items: Sequence[TaskItem]) -> int:
    return next(position for position, each in enumerate(items) if each.project == item.project)


def _task_row(item: TaskItem) -> Row:
    done = "；".join(dict.fromkeys(report.done for report in item.reports))
    status = item.status or "未报告"
    about = "约" if item.is_approximate else ""
    share = Cell(f"{about}{percent_text(item.completion)}", item.completion, "0.##%", align="right")
    tone = _STATUS_TONES.get(status, "muted" if item.status is None else "plain")
    planned = item.planned or "（年度计划中没有此任务）"
    state = Cell(status, tone=tone, align="center")  # type: ignore[arg-type]  # the tones above are all there are
    return (
        words(item.name),
        words(planned),
        words(done or "（责任部门尚未报告）"),
        share,
        state,
        words(item.department),
    )


def _task_counts(measured: Measured) -> Table:
    """How many tasks of each project stand where, with the share that is finished."""
    planned = [item for item in measured.tasks if item.is_planned]
    by_project = {item.project: [each for each in planned if each.project == item.project] for item in planned}
    rows = tuple((words(project), *_counts(items)) for project, items in by_project.items())
    total = bold((words("合计"), *_counts(planned)))
    return Table(
        "task-counts",
        f"{measured.year}年度建设任务完成统计",
        (16, 5, 5, 5, 5, 5, 5, 6),
        (head_row("项目", "任务数", "已完成", "进行中", "未开始", "滞后", "未报告", "完成比例"),),
        (*rows, total) if planned else (),
        "注：任务完成、指标完成与得分是三件事，互不换算。",
    )


def _counts(items: Sequence[TaskItem]) -> tuple[Cell, ...]:
    by_status = {status: len(list(found)) for status, found in groupby(sorted(item.status or "" for item in items))}
    counts = [by_status.get(status, 0) for status in ("已完成", "进行中", "未开始", "滞后", "")]
    share = Decimal(counts[0]) / len(items) if items else None
    return (count_cell(len(items)), *(count_cell(count) for count in counts), rate_cell(share, 2, 1))
