"""The plan and what is reported against it: indicator lines, yearly tasks, reported values, from the facts in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, RowMapping, select

from schemas.contract import shipped_contracts
from warehouse.facts import approximate_twin
from warehouse.marts.in_force import counted_submissions
from warehouse.tables import fact_table


@dataclass(frozen=True, slots=True)
class CellAddress:
    """Where a fact row came from: submission, which of its layouts, 1-based source row."""

    submission_id: int
    layout_index: int
    source_row: int


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One indicator of the office's table. `targets` holds the filled years only; texts are verbatim."""

    scope: str
    level1: str
    level2: str
    project: str | None
    name: str
    code: str
    unit: str | None
    time_basis: str | None
    targets: Mapping[int, str]
    final_target: str | None
    address: CellAddress


@dataclass(frozen=True, slots=True)
class PlanTask:
    """One task of the plan: what it promises, year by year (filled years only)."""

    scope: str
    project: str
    name: str
    plans: Mapping[int, str]
    department: str | None
    address: CellAddress


@dataclass(frozen=True, slots=True)
class ReportedValue:
    """A completed value a department reported for an indicator no ledger measures; `text` is verbatim."""

    scope: str
    code: str
    name: str
    year: int
    text: str
    evidence: str | None
    address: CellAddress


@dataclass(frozen=True, slots=True)
class TaskReport:
    """What a department reported on a task of a year. `completion` is a share, 1 = 100 %."""

    project: str
    name: str
    year: int
    planned: str | None
    done: str
    completion: Decimal | None
    is_approximate: bool
    status: str
    evidence: str | None
    department: str | None
    address: CellAddress


def read_plan_lines(connection: Connection, year: int, known_at: datetime) -> list[PlanLine]:
    """The indicators of the plan as it stood for report year `year`, in the order of the office's table."""
    return [
        PlanLine(
            row["scope_code"], row["level1_name"], row["level2_name"], row["project_name"], row["indicator_name"],
            row["indicator_code"], row["unit_name"], row["time_basis_text"], _by_year("indicator_target", row),
            row["target_final"], _address(row),
        )
        for row in _facts(connection, "indicator_target", year, known_at)
    ]  # fmt: skip


def read_plan_tasks(connection: Connection, year: int, known_at: datetime) -> list[PlanTask]:
    """The tasks of the plan as it stood for report year `year`, in the order of the office's table."""
    return [
        PlanTask(
            row["scope_code"], row["project_name"], row["task_name"], _by_year("plan_task", row), row["department_name"],
            _address(row),
        )
        for row in _facts(connection, "plan_task", year, known_at)
    ]  # fmt: skip


def read_reported_values(connection: Connection, year: int, known_at: datetime) -> list[ReportedValue]:
    """Completed values reported for years up to `year`."""
    return [
        ReportedValue(
            row["scope_code"], row["indicator_code"], row["indicator_name"], row["year"], row["actual_text"],
            row["evidence_text"], _address(row),
        )
        for row in _facts(connection, "indicator_actual", year, known_at)
        if row["year"] <= year
    ]  # fmt: skip


def read_task_reports(connection: Connection, year: int, known_at: datetime) -> list[TaskReport]:
    """What was reported on the tasks of `year` itself."""
    share = "completion_share"
    return [
        TaskReport(
            row["project_name"], row["task_name"], row["year"], row["planned_text"], row["done_text"],
            None if row[share] is None else round(Decimal(str(row[share])), 6), row[approximate_twin(share)],
            row["status_code"], row["evidence_text"], row["department_name"], _address(row),
        )
        for row in _facts(connection, "task_progress", year, known_at)
        if row["year"] == year
    ]  # fmt: skip


def _facts(connection: Connection, contract: str, year: int, known_at: datetime) -> Iterable[RowMapping]:
    table = fact_table(contract)
    counted = table.c.submission_id.in_(counted_submissions(contract, year, known_at))
    in_order = (table.c.submission_id, table.c.layout_index, table.c.source_row)
    return connection.execute(select(table).where(counted).order_by(*in_order)).mappings()


def _by_year(contract: str, row: RowMapping) -> dict[int, str]:
    """The filled columns that speak of a plan year."""
    columns = shipped_contracts()[contract].columns
    return {c.for_year: row[c.name] for c in columns if c.for_year is not None and row[c.name] is not None}


def _address(row: RowMapping) -> CellAddress:
    return CellAddress(row["submission_id"], row["layout_index"], row["source_row"])
