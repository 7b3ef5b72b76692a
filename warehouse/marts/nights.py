"""What happened in a night: how each inbox answered, what became of each ledger, and since when a source is failing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import aliased

from schemas.values import SubmissionState
from warehouse.base import Json
from warehouse.store.nights import Fetch
from warehouse.tables import FetchLog, Night, Reason, SightingRow, Submission

FAILED = "unreachable"


@dataclass(frozen=True, slots=True)
class NightRecord:
    """One night; `closed_at` None means it did not come to its end. Instants are UTC."""

    night_id: int
    started_at: datetime
    closed_at: datetime | None
    summary: dict[str, object]


@dataclass(frozen=True, slots=True)
class SubmissionRecord:
    """What became of one ledger, or (without contract) of one file nothing was found in. The state is today's."""

    submission_id: int
    partner_code: str
    contract: str | None
    period: str | None
    file_name: str
    state: SubmissionState
    reason: Reason
    rows_read: int
    rows_loaded: int
    rows_held: int
    critical_count: int
    warning_count: int
    info_count: int


@dataclass(frozen=True, slots=True)
class FailingSource:
    """A source that could not be reached in its last `night_count` nights, the first of which began at `since` (UTC).

    `last_good` is the beginning of the last night it answered in; None: it never did.
    """

    partner_code: str
    since: datetime
    night_count: int
    reason: str | None
    last_good: datetime | None = None


def read_last_night(connection: Connection) -> NightRecord | None:
    """The latest night, finished or not; None before the first."""
    statement = select(Night.id, Night.started_at, Night.closed_at, Night.summary).order_by(Night.id.desc()).limit(1)
    row = connection.execute(statement).one_or_none()
    if row is None:
        return None
    return NightRecord(row.id, row.started_at, row.closed_at, cast("dict[str, object]", row.summary or {}))


def read_fetches(connection: Connection, night_id: int) -> list[Fetch]:
    """How each inbox answered in the night, by partner code."""
    statement = select(
        FetchLog.partner_code, FetchLog.outcome, FetchLog.reason, FetchLog.delivery_count, FetchLog.unchanged_count,
        FetchLog.seconds, FetchLog.fetched_bytes, FetchLog.not_fetched,
    ).where(FetchLog.night_id == night_id)  # fmt: skip
    fetches = (Fetch(*row[:-1], not_fetched=_left_files(row[-1])) for row in connection.execute(statement))
    return sorted(fetches, key=lambda fetch: fetch.partner_code)


def _left_files(recorded: Json | None) -> tuple[tuple[str, str, str], ...]:
    left = cast("list[dict[str, str]]", recorded or [])
    return tuple((one["address"], one["file_name"], one["reason"]) for one in left)


def read_submissions(connection: Connection, night_id: int) -> list[SubmissionRecord]:
    """What was recorded in the night, in the order it was; the per-partner and the per-contract table are groups of it."""
    statement = (
        select(
            Submission.id.label("submission_id"), Submission.partner_code, Submission.contract, Submission.period, SightingRow.file_name,
            Submission.state, Submission.reason, Submission.rows_read, Submission.rows_loaded, Submission.rows_held,
            Submission.critical_count, Submission.warning_count, Submission.info_count,
        )
        .join(SightingRow, SightingRow.id == Submission.sighting_id)
        .where(Submission.night_id == night_id)
        .order_by(Submission.id)
    )  # fmt: skip
    return [SubmissionRecord(**row) for row in connection.execute(statement).mappings()]


def read_failing_sources(connection: Connection) -> list[FailingSource]:
    """The sources whose last answer was a failure, the longest failing first; a partner no longer asked stays as it was."""
    last_good = (
        select(FetchLog.partner_code, func.max(FetchLog.night_id).label("night_id"))
        .where(FetchLog.outcome != FAILED)
        .group_by(FetchLog.partner_code)
        .subquery()
    )
    streak = (
        select(
            FetchLog.partner_code, func.min(FetchLog.night_id).label("first"), func.max(FetchLog.night_id).label("last"),
            func.count().label("night_count"), func.max(last_good.c.night_id).label("good"),
        )
        .outerjoin(last_good, last_good.c.partner_code == FetchLog.partner_code)
        .where(FetchLog.night_id > func.coalesce(last_good.c.night_id, 0))
        .group_by(FetchLog.partner_code)
        .subquery()
    )  # fmt: skip
    began, good = aliased(Night), aliased(Night)
    statement = (
        select(streak.c.partner_code, began.started_at, streak.c.night_count, FetchLog.reason, good.started_at)
        .join(began, began.id == streak.c.first)
        .join(FetchLog, (FetchLog.night_id == streak.c.last) & (FetchLog.partner_code == streak.c.partner_code))
        .outerjoin(good, good.id == streak.c.good)
        .order_by(began.started_at, streak.c.partner_code)
    )
    return [FailingSource(*row) for row in connection.execute(statement)]


def broken_off_nights(connection: Connection) -> list[datetime]:
    """When the nights began (UTC) that never came to their end, since the last one that did."""
    last = select(func.max(Night.id)).where(Night.closed_at.is_not(None)).scalar_subquery()
    statement = select(Night.started_at).where(Night.closed_at.is_(None), Night.id > func.coalesce(last, 0))
    return list(connection.scalars(statement.order_by(Night.id)))


def last_good_night(connection: Connection) -> datetime | None:
    """When the last night that came to its end began (UTC); None when none has."""
    begun: datetime | None = connection.scalar(select(func.max(Night.started_at)).where(Night.closed_at.is_not(None)))
    return begun
