"""Writes the life of reports: the draft with its figures and inputs, each step with who took it and why, the frozen files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import Connection, insert, select, update

from schemas.errors import MisconfiguredError
from schemas.values import Figure
from warehouse.store.decisions import record_decision
from warehouse.tables import FigureRow, ReportIssue, ReportState

STEPS: Mapping[str, tuple[tuple[ReportState, ...], ReportState]] = {
    "review": ((ReportState.DRAFT,), ReportState.REVIEWED),
    "approve": ((ReportState.REVIEWED,), ReportState.APPROVED),
    "issue": ((ReportState.APPROVED,), ReportState.ISSUED),
    "return": ((ReportState.REVIEWED, ReportState.APPROVED), ReportState.DRAFT),
    "amend": ((ReportState.ISSUED,), ReportState.AMENDED),
}
"""Each step: the states it may begin in, and the state it leads to."""
STEP_NAMES = {"review": "审阅", "approve": "批准", "issue": "印发", "return": "退回修改", "amend": "更正"}
STATE_NAMES = {
    ReportState.DRAFT: "送审稿", ReportState.REVIEWED: "已审阅", ReportState.APPROVED: "已批准",
    ReportState.ISSUED: "已印发", ReportState.AMENDED: "已被更正",
}  # fmt: skip


def record_draft(
    connection: Connection,
    now: datetime,
    *,
    year: int,
    as_of: date,
    known_at: datetime,
    manifest: Mapping[str, object],
    figures: Iterable[Figure],
    amends_id: int | None = None,
    note: str | None = None,
) -> int:
    """Record a draft with every figure as printed and the inputs it is a pure function of; returns its id."""
    row = {
        "year": year, "as_of_on": as_of, "known_at": known_at, "drafted_at": now, "state": ReportState.DRAFT,
        "versions": manifest["contracts"], "files": {}, "manifest": dict(manifest), "amends_id": amends_id, "note": note,
    }  # fmt: skip
    number = int(connection.scalars(insert(ReportIssue).values(row).returning(ReportIssue.id)).one())
    rows = [_figure_row(number, figure) for figure in figures]
    if rows:
        connection.execute(insert(FigureRow), rows)
    return number


def take_step(connection: Connection, now: datetime, report_id: int, step: str, *, by: str, why: str) -> int:
    """Lead a report to its next state, with the decision of a named person; returns the decision's id. No state is skipped.

    Raises:
        MisconfiguredError: there is no such report, it is not at this step, or who or why is blank.
    """
    found = connection.scalar(select(ReportIssue.state).where(ReportIssue.id == report_id).with_for_update())
    if found is None:
        raise MisconfiguredError(f"没有编号为 {report_id} 的报告；运行 doublehigh reports 查看全部报告")
    before, after = STEPS[step]
    if found not in before:
        wanted = "或".join(f"“{STATE_NAMES[state]}”" for state in before)
        raise MisconfiguredError(
            f"报告 {report_id} 现在是“{STATE_NAMES[found]}”，不能{STEP_NAMES[step]}；要先到{wanted}"
        )
    if not by.strip() or not why.strip():
        raise MisconfiguredError(f"{STEP_NAMES[step]}报告 {report_id} 需要写明经办人和理由")
    connection.execute(update(ReportIssue).where(ReportIssue.id == report_id).values(state=after))
    return record_decision(
        connection, now, decided_by=by.strip(), kind=step, subject_kind="report", subject=str(report_id), why=why.strip(),
        details={"from": found.value, "to": after.value},
    )  # fmt: skip


def freeze(
    connection: Connection, now: datetime, report_id: int, *, by: str, manifest: Mapping[str, object], files: Mapping[str, str]
) -> None:  # fmt: skip
    """Keep what an issued report is: its last manifest, and file name → sha256."""
    frozen = {"issued_at": now, "issued_by": by, "manifest": dict(manifest), "files": dict(files)}
    connection.execute(update(ReportIssue).where(ReportIssue.id == report_id).values(frozen))


def _figure_row(issue_id: int, figure: Figure) -> dict[str, object]:
    return {
        "report_issue_id": issue_id, "figure_id": figure.figure_id, "indicator": figure.indicator, "title": figure.title,
        "unit": figure.unit, "state": figure.state, "value": figure.value, "rows_observed": figure.rows_observed,
        "window_from": figure.window_from, "window_to": figure.window_to, "is_approximate": figure.is_approximate,
        "approximate_part": figure.approximate_part, "slice_names": list(figure.group),
    }  # fmt: skip
