"""Writes submissions and reads back a slot's history, on which the next submission's fate depends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BindParameter, Connection, bindparam, func, insert, select, update

from schemas.values import Conformed, Finding, Severity, SheetLayout, SubmissionState
from warehouse.base import table_of
from warehouse.tables import Reason, SightingRow, Submission

Slot = tuple[str, str]
"""Partner code and period, under a contract known from elsewhere."""


@dataclass(frozen=True, slots=True)
class Version:
    """One submission in the history of a slot. `modified_at` is the time of change its file had; `rows_read` is what it held."""

    submission_id: int
    sequence: int
    delivery_sha256: str
    sighting_id: int
    state: SubmissionState
    in_force_from: datetime | None
    in_force_to: datetime | None
    modified_at: datetime | None
    file_name: str = ""
    rows_read: int = 0
    rows_held: int = 0

    @property
    def was_in_force(self) -> bool:
        """Whether it ever counted."""
        return self.in_force_from is not None

    @property
    def is_in_force(self) -> bool:
        """Whether it counts now."""
        return self.in_force_from is not None and self.in_force_to is None


@dataclass(frozen=True, slots=True)
class NewSubmission:
    """A submission about to be recorded. Its numbers are rows; `in_force_from` None means it never counts."""

    night_id: int
    sighting_id: int
    submission: Conformed
    contract_version: int
    sequence: int
    state: SubmissionState
    reason: Reason
    supersedes_id: int | None
    received_at: datetime
    in_force_from: datetime | None
    rows_loaded: int
    rows_held: int
    findings: tuple[Finding, ...]


def read_histories(connection: Connection, contract: str, slots: Iterable[Slot]) -> dict[Slot, list[Version]]:
    """The versions of each slot, oldest first; a slot without any is an empty list."""
    wanted = set(slots)
    statement = (
        select(
            Submission.partner_code, Submission.period, Submission.id, Submission.sequence, Submission.delivery_sha256,
            Submission.sighting_id, Submission.state, Submission.in_force_from, Submission.in_force_to, SightingRow.modified_at,
            SightingRow.file_name, Submission.rows_read, Submission.rows_held,
        )
        .join(SightingRow, SightingRow.id == Submission.sighting_id)
        .where(Submission.contract == contract)
        .where(Submission.partner_code.in_({partner for partner, _ in wanted}))
        .where(Submission.period.in_({period for _, period in wanted}))
        .order_by(Submission.sequence)
    )  # fmt: skip
    histories: dict[Slot, list[Version]] = defaultdict(list)
    for partner_code, period, *version in connection.execute(statement):
        histories[partner_code, str(period)].append(Version(*version))
    return histories


def read_latest_in_force(connection: Connection, contract: str, slots: Iterable[Slot]) -> dict[Slot, tuple[str, int]]:
    """For each slot, file name and rows of the partner's latest submission in force for an earlier period, where there is one."""
    wanted = set(slots)
    statement = (
        select(Submission.partner_code, Submission.period, SightingRow.file_name, Submission.rows_read)
        .join(SightingRow, SightingRow.id == Submission.sighting_id)
        .where(Submission.contract == contract, Submission.in_force_from.is_not(None), Submission.in_force_to.is_(None))
        .where(Submission.partner_code.in_({partner for partner, _ in wanted}))
        .order_by(Submission.period)
    )
    found: dict[Slot, tuple[str, int]] = {}
    for partner_code, period, file_name, rows in connection.execute(statement):
        later = [slot for slot in wanted if slot[0] == partner_code and slot[1] > str(period)]
        found.update(dict.fromkeys(later, (file_name, rows)))
    return found


def record_submissions(connection: Connection, submissions: Sequence[NewSubmission]) -> list[int]:
    """Insert submissions; returns their ids in the same order."""
    if not submissions:
        return []
    statement = insert(Submission).returning(Submission.id, sort_by_parameter_order=True)
    return list(connection.scalars(statement, [_row(submission) for submission in submissions]))


def end_force(connection: Connection, ends: Sequence[tuple[int, SubmissionState, datetime]]) -> None:
    """Take submissions (id, new state, instant) out of force."""
    _change(connection, [{"key": key, "state": state, "in_force_to": at} for key, state, at in ends])


def withdraw(connection: Connection, submission_ids: Iterable[int]) -> None:
    """Mark attempts that never counted as superseded: nothing is left to mend or to decide."""
    _change(connection, [{"key": key, "state": SubmissionState.SUPERSEDED} for key in submission_ids])


def record_remainder(
    connection: Connection,
    night_id: int,
    sighting_id: int,
    row: Mapping[str, object],
    reason: Reason = Reason.FIRST,
    untaken: Iterable[tuple[str, str | None]] = (),
) -> int:
    """Insert a submission without contract: what is to be said of a delivery beside its submissions. Returns its id.

    `untaken` (contract, year or None) are the ledgers it was sent for in vain; they stand in its layouts.
    """
    fixed = {
        "night_id": night_id, "sighting_id": sighting_id, "sequence": 1, "reason": reason,
        "layouts": [{"contract": contract, "period": period} for contract, period in untaken],
        "rows_read": 0, "rows_loaded": 0, "rows_held": 0,
    }  # fmt: skip
    return int(connection.scalars(insert(Submission).values(**fixed, **row).returning(Submission.id)).one())


def is_remainder_known(connection: Connection, sighting_id: int) -> bool:
    """Whether that receipt has its submission without contract already."""
    known = select(Submission.id).where(Submission.sighting_id == sighting_id, Submission.contract.is_(None))
    return connection.scalar(known) is not None


def latest_remainder(connection: Connection, sighting_id: int) -> int | None:
    """The id of the newest submission without contract of that receipt."""
    newest = select(func.max(Submission.id)).where(Submission.sighting_id == sighting_id, Submission.contract.is_(None))
    return connection.scalar(newest)


def remainder_state(connection: Connection, sighting_id: int) -> SubmissionState | None:
    """The state of the newest submission without contract of that receipt."""
    return connection.scalar(select(Submission.state).where(Submission.id == latest_remainder(connection, sighting_id)))


def count_severities(findings: Iterable[Finding]) -> dict[str, int]:
    """How many findings there are of each severity, under the names of the submission's columns."""
    counts = {f"{severity.value}_count": 0 for severity in Severity}
    for finding in findings:
        counts[f"{finding.severity.value}_count"] += 1
    return counts


def _change(connection: Connection, changes: Sequence[Mapping[str, object]]) -> None:
    if not changes:
        return
    table = table_of(Submission)
    values: dict[str, BindParameter[object]] = {name: bindparam(name) for name in changes[0] if name != "key"}
    connection.execute(update(table).where(table.c.id == bindparam("key")).values(values), list(changes))


def _row(new: NewSubmission) -> dict[str, object]:
    submission = new.submission
    return {
        "night_id": new.night_id, "delivery_sha256": submission.delivery_sha256, "sighting_id": new.sighting_id,
        "partner_code": submission.partner_code, "contract": submission.contract, "contract_version": new.contract_version,
        "period": submission.period, "sequence": new.sequence, "state": new.state, "reason": new.reason,
        "supersedes_id": new.supersedes_id, "received_at": new.received_at, "in_force_from": new.in_force_from,
        "layouts": [_layout(layout) for layout in submission.layouts], "rows_read": len(submission),
        "rows_loaded": new.rows_loaded, "rows_held": new.rows_held, **count_severities(new.findings),
    }  # fmt: skip


def _layout(layout: SheetLayout) -> dict[str, object]:
    return {
        "sheet": layout.sheet, "header_first_row": layout.header_first_row, "header_last_row": layout.header_last_row,
        "columns": {name: [index, header] for name, (index, header) in layout.columns.items()},
        "unknown": list(layout.unknown), "missing": list(layout.missing), "fingerprint": layout.fingerprint,
    }  # fmt: skip
