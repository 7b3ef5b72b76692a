"""Waivers: those in force at an instant, what each covers, and the rows that rest on them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from sqlalchemy import Connection, and_, func, select
from sqlalchemy.orm import aliased

from schemas.chinese import OFFICE_ZONE
from schemas.values import Severity, Turn
from warehouse.tables import Decision, FindingRow, Submission, Waiver


@dataclass(frozen=True, slots=True)
class GrantedWaiver:
    """A waiver as it was granted; None for partner, contract or period means all, no rule that the ledger need not be sent."""

    waiver_id: int
    rule_id: str | None
    partner_code: str | None
    contract: str | None
    period: str | None
    tolerated_count: int | None
    tolerated_share: float | None
    granted_at: datetime
    expires_on: date
    approved_by: str
    why: str

    def covers(self, contract: str, partner_code: str, period: str) -> bool:
        """Whether it speaks of that ledger."""
        asked = ((self.contract, contract), (self.partner_code, partner_code), (self.period, period))
        return all(named is None or named == value for named, value in asked)

    def tolerates(self, failing: int, rows: int) -> bool:
        """Whether so many failing rows of a ledger of `rows` stay within what was granted."""
        if self.tolerated_count is not None and failing > self.tolerated_count:
            return False
        return self.tolerated_share is None or failing <= self.tolerated_share * rows


@dataclass(frozen=True, slots=True)
class WaiverInForce:
    """A waiver with the rows in force that rest on it; 0 where nothing made use of it, and for a ledger not owed."""

    waiver: GrantedWaiver
    rows: int


@dataclass(frozen=True, slots=True)
class Resting:
    """Rows in force of one ledger, of `rows_read` in all, that a rule would hold had it not been waived."""

    submission_id: int
    sighting_id: int
    partner_code: str
    contract: str
    period: str
    rule_id: str
    rows: int
    rows_read: int


def read_waivers(
    connection: Connection, known_at: datetime, zone: tzinfo = OFFICE_ZONE, today: date | None = None
) -> list[GrantedWaiver]:
    """The waivers in force at an instant (UTC), the oldest first: granted, not yet taken back, through their last office day.

    `today` is the office day it is asked for, where that is not the day of the instant.
    """
    granting, revoking = aliased(Decision), aliased(Decision)
    columns = (
        Waiver.id, Waiver.rule_id, Waiver.partner_code, Waiver.contract, Waiver.period, Waiver.tolerated_count,
        Waiver.tolerated_share, Waiver.granted_at, Waiver.expires_on, granting.decided_by, granting.why,
    )  # fmt: skip
    statement = (
        select(*columns)
        .join(granting, granting.id == Waiver.decision_id)
        .outerjoin(revoking, revoking.id == Waiver.revoked_by_id)
        .where(Waiver.granted_at <= known_at, Waiver.expires_on >= (today or known_at.astimezone(zone).date()))
        .where(revoking.id.is_(None) | (revoking.decided_at > known_at))
        .order_by(Waiver.id)
    )
    return [GrantedWaiver(*row) for row in connection.execute(statement)]


def waivers_in_force(connection: Connection, known_at: datetime, zone: tzinfo = OFFICE_ZONE) -> list[WaiverInForce]:
    """What a report has to tell: every waiver in force at the instant with the rows that rest on it.

    Rows under two waivers of one rule are counted under each.
    """
    resting = read_resting(connection, known_at)
    return [
        WaiverInForce(one, sum(rest.rows for rest in resting if _rests_on(rest, one)))
        for one in read_waivers(connection, known_at, zone)
    ]


def read_resting(connection: Connection, known_at: datetime) -> list[Resting]:
    """Rows in force at an instant that rest on a waiver: a critical finding whose turn is nobody's is a waived one."""
    in_force = and_(
        Submission.in_force_from <= known_at, Submission.in_force_to.is_(None) | (Submission.in_force_to > known_at)
    )
    by = (
        Submission.id, Submission.sighting_id, Submission.partner_code, Submission.contract, Submission.period,
        FindingRow.rule_id, Submission.rows_read,
    )  # fmt: skip
    statement = (
        select(*by, func.count())
        .join(FindingRow, FindingRow.submission_id == Submission.id)
        .where(in_force, FindingRow.severity == Severity.CRITICAL, FindingRow.turn == Turn.NOBODY)
        .group_by(*by)
        .order_by(Submission.id, FindingRow.rule_id)
    )
    return [
        Resting(number, sighting_id, partner_code, str(contract), str(period), rule_id, rows, rows_read)
        for number, sighting_id, partner_code, contract, period, rule_id, rows_read, rows in connection.execute(
            statement
        )
    ]


def rests_on_nothing(resting: Iterable[Resting], waivers: Iterable[GrantedWaiver]) -> list[Resting]:
    """What rests on a waiver that has ended since, or is more than those left tolerate: it has to be judged again."""
    standing = list(waivers)
    return [one for one in resting if not any(_is_borne(one, waiver) for waiver in standing)]


def is_not_owed(waivers: Iterable[GrantedWaiver], contract: str, partner_code: str, period: str) -> bool:
    """Whether somebody decided that this ledger need not be sent."""
    return any(one.rule_id is None and one.covers(contract, partner_code, period) for one in waivers)


def _is_borne(resting: Resting, waiver: GrantedWaiver) -> bool:
    return _rests_on(resting, waiver) and waiver.tolerates(resting.rows, resting.rows_read)


def _rests_on(resting: Resting, waiver: GrantedWaiver) -> bool:
    about = (resting.contract, resting.partner_code, resting.period)
    return waiver.rule_id == resting.rule_id and waiver.covers(*about)
