"""Compose the report, the tasks of the year: how many stand where, and each beside what its department reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal

from tasks.report.compose_cells import bold, count_cell, head_row, joined_down, rate_cell, words
from tasks.report.measure import Measured
from tasks.report.measure_tasks import TaskItem
from tasks.report.model import Block, Cell, Paragraph, Row, Table, Tone
from tasks.report.narrative import percent_text, text_line

_TONES: dict[str | None, Tone] = {"已完成": "good", "滞后": "bad", None: "muted"}
_STATES = ("已完成", "进行中", "未开始", "滞后", None)


def compose_tasks(measured: Measured) -> tuple[Block, ...]:
    """The tasks of the year: how many stand where, and each with its plan and what its department says."""
    if not measured.tasks:
        return (Paragraph(text_line("（建设任务与进度尚未提交）"), "note"),)
    items = sorted(measured.tasks, key=lambda item: _task_rank(item, measured.tasks))
    keys = [(item.project,) for item in items]
    table = Table(
        "tasks",
        f"{measured.year}年度建设任务进度",
        (6.5, 8.5, 14.5, 9.5, 4.5, 4.5, 6.5),
        (head_row("项目", "任务", "年度计划", "完成情况", "完成度", "状态", "责任部门"),),
        joined_down(keys, [_task_row(item) for item in items]),
    )
    return (_task_counts(measured), table)


def _task_rank(item: TaskItem, items: Sequence[TaskItem]) -> int:
    return next(position for position, each in enumerate(items) if each.project == item.project)


def _task_row(item: TaskItem) -> Row:
    done = "；".join(dict.fromkeys(report.done for report in item.reports))
    about = "约" if item.is_approximate else ""
    share = Cell(f"{about}{percent_text(item.completion)}", item.completion, "0.##%", align="right")
    planned = item.planned or "（年度计划中没有此任务）"
    state = Cell(item.status or "未报告", tone=_TONES.get(item.status, "plain"), align="center")
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
    by_status = Counter(item.status for item in items)
    counts = [by_status[status] for status in _STATES]
    share = Decimal(counts[0]) / len(items) if items else None
    return (count_cell(len(items)), *(count_cell(count) for count in counts), rate_cell(share, 2, 1))
