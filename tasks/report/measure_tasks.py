"""The tasks of the plan's year beside what departments report on them; a task nobody reported on is shown as such."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from tasks.report.measure_lines import normalise_name
from warehouse.marts.plan import PlanTask, TaskReport

_LEAST_ADVANCED_FIRST = ("滞后", "未开始", "进行中", "已完成")
FINISHED = "已完成"


@dataclass(frozen=True, slots=True)
class TaskItem:
    """One task of the year. `scope` is None for a report that fits no task of the plan; `planned` None when the year has no plan.

    With several reports the least advanced status counts. `completion` is a share, 1 = 100 %; None when nobody gave one or
    the reports differ.
    """

    scope: str | None
    project: str
    name: str
    planned: str | None
    department: str | None
    status: str | None
    completion: Decimal | None
    is_approximate: bool
    reports: tuple[TaskReport, ...]

    @property
    def is_planned(self) -> bool:
        """Whether the plan holds it for this year: only these count in the task completion."""
        return self.scope is not None and self.planned is not None

    @property
    def is_finished(self) -> bool:
        """Whether every report says it is finished."""
        return self.status == FINISHED


def measure_tasks(plan: Iterable[PlanTask], reports: Iterable[TaskReport], year: int) -> tuple[TaskItem, ...]:
    """The tasks planned for `year` or reported on, in plan order; reports that fit no task of the plan come last.

    A report names no scope: it goes to the task of that project and name, in every scope that has one.
    """
    by_task: dict[tuple[str, str], list[TaskReport]] = defaultdict(list)
    for report in reports:
        by_task[_key(report.project, report.name)].append(report)
    tasks = tuple(plan)
    known = {_key(task.project, task.name) for task in tasks}
    items = [_planned_item(task, by_task.get(_key(task.project, task.name), []), year) for task in tasks]
    strays = [_stray_item(found) for key, found in by_task.items() if key not in known]
    return tuple(item for item in (*items, *strays) if item.planned is not None or item.reports)


def _key(project: str, name: str) -> tuple[str, str]:
    return normalise_name(project), normalise_name(name)


def _planned_item(task: PlanTask, reports: list[TaskReport], year: int) -> TaskItem:
    return TaskItem(
        task.scope, task.project, task.name, task.plans.get(year), task.department, _status(reports),
        _completion(reports), any(report.is_approximate for report in reports), tuple(reports),
    )  # fmt: skip


def _stray_item(reports: list[TaskReport]) -> TaskItem:
    first = reports[0]
    return TaskItem(
        None, first.project, first.name, first.planned, first.department, _status(reports), _completion(reports),
        any(report.is_approximate for report in reports), tuple(reports),
    )  # fmt: skip


def _status(reports: list[TaskReport]) -> str | None:
    """The least advanced of the reported states: one department that lags keeps the task from being finished."""
    return min((report.status for report in reports), key=_LEAST_ADVANCED_FIRST.index, default=None)


def _completion(reports: list[TaskReport]) -> Decimal | None:
    shares = {report.completion for report in reports}
    return shares.pop() if len(shares) == 1 else None
