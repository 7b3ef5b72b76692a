"""What counts at an instant: the one place where "now", "as of" and "as we knew it when the report went out" are told apart."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from schemas.contract import TimeBasis, shipped_contracts
from warehouse.tables import Submission


def in_force_at(at: datetime) -> ColumnElement[bool]:
    """The condition on `submission` of being in force at the instant `at` (UTC): from its first instant to just before its last."""
    began = and_(Submission.in_force_from.is_not(None), Submission.in_force_from <= at)
    return and_(began, or_(Submission.in_force_to.is_(None), Submission.in_force_to > at))


def counted_submissions(contract: str, year: int | None, known_at: datetime) -> Select[int]:
    """Ids of the submissions of a contract that count for report year `year` (None: no end), as known at `known_at` (UTC).

    A calendar-year ledger counts with all its periods; whoever asks narrows them. A register or a plan is sent whole each
    time: of each partner only the latest period up to the year counts.

    Raises:
        KeyError: there is no such contract.
    """
    in_force = and_(Submission.contract == contract, in_force_at(known_at))
    until_year = Submission.period <= str(year) if year is not None else None
    in_time = in_force if until_year is None else and_(in_force, until_year)
    if shipped_contracts()[contract].time_basis is TimeBasis.CALENDAR_YEAR:
        return select(Submission.id).where(in_time)
    latest = (
        select(Submission.partner_code, func.max(Submission.period).label("period"))
        .where(in_time)
        .group_by(Submission.partner_code)
        .subquery()
    )
    same = and_(latest.c.partner_code == Submission.partner_code, latest.c.period == Submission.period)
    return select(Submission.id).join(latest, same).where(in_force)
