"""Reports on record: their states, the decisions on them, and which ledgers were in force when they were made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, RowMapping, select

from schemas.errors import MisconfiguredError
from warehouse.marts.in_force import in_force_at
from warehouse.tables import Decision, ReportIssue, ReportState, SightingRow, Submission


@dataclass(frozen=True, slots=True)
class Report:
    """A report on record. `manifest` is None for one recorded before manifests were kept."""

    report_id: int
    year: int
    as_of: date
    known_at: datetime
    state: ReportState
    drafted_at: datetime | None
    issued_at: datetime | None
    manifest: Mapping[str, object] | None
    files: Mapping[str, str]
    amends_id: int | None
    note: str | None


@dataclass(frozen=True, slots=True)
class ReportDecision:
    """A step a person took on a report."""

    kind: str
    decided_by: str
    decided_at: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What was in force for one slot: contract, partner and period."""

    contract: str
    partner_code: str
    period: str
    submission_id: int
    delivery_sha256: str
    file_name: str


Slot = tuple[str, str, str]
_COLUMNS = (
    ReportIssue.id, ReportIssue.year, ReportIssue.as_of_on, ReportIssue.known_at, ReportIssue.state,
    ReportIssue.drafted_at, ReportIssue.issued_at, ReportIssue.manifest, ReportIssue.files, ReportIssue.amends_id,
    ReportIssue.note,
)  # fmt: skip


def read_reports(connection: Connection, state: ReportState | None = None) -> list[Report]:
    """The reports on record, of one state when named, the newest first."""
    statement = select(*_COLUMNS).order_by(ReportIssue.id.desc())
    chosen = statement if state is None else statement.where(ReportIssue.state == state)
    return [_report(row) for row in connection.execute(chosen).mappings()]


def find_report(connection: Connection, report_id: int) -> Report:
    """The report of that id.

    Raises:
        MisconfiguredError: there is none.
    """
    row = connection.execute(select(*_COLUMNS).where(ReportIssue.id == report_id)).mappings().one_or_none()
    if row is None:
        raise MisconfiguredError(f"没有编号为 {report_id} 的报告；运行 doublehigh reports 查看全部报告")
    return _report(row)


def read_report_decisions(connection: Connection, report_id: int) -> list[ReportDecision]:
    """The steps taken on a report, the first one first."""
    statement = (
        select(Decision.kind, Decision.decided_by, Decision.decided_at, Decision.why)
        .where(Decision.subject_kind == "report", Decision.subject == str(report_id))
        .order_by(Decision.id)
    )
    return [ReportDecision(*row) for row in connection.execute(statement)]


def read_decision_ids(connection: Connection, known_at: datetime) -> dict[str, str]:
    """The decisions known at an instant (UTC) that are not on reports: waivers, answers; id → what on which subject."""
    columns = (Decision.id, Decision.kind, Decision.subject_kind, Decision.subject)
    statement = select(*columns).where(Decision.subject_kind != "report", Decision.decided_at <= known_at)
    return {
        str(number): f"{kind} {subject_kind} {subject}"
        for number, kind, subject_kind, subject in connection.execute(statement.order_by(Decision.id))
    }


def standing_ledgers(connection: Connection, at: datetime, until_year: int) -> dict[Slot, Standing]:
    """What was in force at the instant `at` (UTC) for the periods up to a year, in the order of slots."""
    slot = (Submission.contract, Submission.partner_code, Submission.period)
    statement = (
        select(*slot, Submission.id, Submission.delivery_sha256, SightingRow.file_name)
        .join(SightingRow, SightingRow.id == Submission.sighting_id)
        .where(in_force_at(at), Submission.contract.is_not(None), Submission.period <= str(until_year))
        .order_by(*slot)
    )
    found = (
        Standing(str(contract), partner, str(period), number, sha256, name)
        for contract, partner, period, number, sha256, name in connection.execute(statement)
    )
    return {(one.contract, one.partner_code, one.period): one for one in found}


def _report(row: RowMapping) -> Report:
    return Report(
        row["id"], row["year"], row["as_of_on"], row["known_at"], row["state"], row["drafted_at"], row["issued_at"],
        row["manifest"], row["files"], row["amends_id"], row["note"],
    )  # fmt: skip
