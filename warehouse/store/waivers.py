"""Writes waivers: each stands on a decision, and is taken back by another one; neither is ever changed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, update

from warehouse.store.decisions import record_decision
from warehouse.tables import Waiver


@dataclass(frozen=True, slots=True)
class Grant:
    """What is tolerated. None for partner, contract or period means all; without a rule the ledger need not be sent at all.

    With neither count nor share any number of rows is tolerated; with both, both must be kept. A share is 0-1 of a ledger's rows.
    """

    rule_id: str | None
    partner_code: str | None
    contract: str | None
    period: str | None
    tolerated_count: int | None
    tolerated_share: float | None
    expires_on: date


def grant_waiver(connection: Connection, now: datetime, grant: Grant, *, by: str, why: str) -> int:
    """Record a waiver that holds from `now` through the office day `expires_on`; returns its id.

    Raises:
        ValueError: nobody approves, or nobody says why.
    """
    details = asdict(grant) | {"expires_on": grant.expires_on.isoformat()}
    decision_id = record_decision(
        connection, now, decided_by=by, kind="waive" if grant.rule_id else "waive_obligation",
        subject_kind="rule" if grant.rule_id else "obligation", subject=grant.rule_id or _slot(grant), why=why, details=details,
    )  # fmt: skip
    row = asdict(grant) | {"granted_at": now, "decision_id": decision_id}
    return int(connection.scalars(insert(Waiver).values(row).returning(Waiver.id)).one())


def revoke_waiver(connection: Connection, now: datetime, waiver_id: int, *, by: str, why: str) -> None:
    """Take a waiver back.

    Raises:
        LookupError: there is no such waiver, or it was taken back before.
        ValueError: nobody decides, or nobody says why.
    """
    decision_id = record_decision(
        connection, now, decided_by=by, kind="revoke_waiver", subject_kind="waiver", subject=str(waiver_id), why=why
    )
    open_one = (Waiver.id == waiver_id, Waiver.revoked_by_id.is_(None))
    changed = connection.execute(update(Waiver).where(*open_one).values(revoked_by_id=decision_id))
    if changed.rowcount != 1:
        raise LookupError(waiver_id)


def _slot(grant: Grant) -> str:
    return ":".join(part or "*" for part in (grant.contract, grant.partner_code, grant.period))
