"""Writes nights: when one began and ended, and how each partner's inbox answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, insert, update

from warehouse.base import Json, storable_text
from warehouse.store.upsert import insert_or_replace
from warehouse.tables import FetchLog, Night


@dataclass(frozen=True, slots=True)
class Fetch:
    """How one source answered: `outcome` ok or the kind of failure, `reason` in words, counts of files, seconds, bytes.

    `not_fetched` are the files left where they are: address, name, reason.
    """

    partner_code: str
    outcome: str
    reason: str | None
    delivery_count: int
    unchanged_count: int
    seconds: float
    fetched_bytes: int = 0
    not_fetched: tuple[tuple[str, str, str], ...] = ()


def open_night(connection: Connection, now: datetime) -> int:
    """Begin a night; returns its id."""
    return int(connection.execute(insert(Night).values(started_at=now).returning(Night.id)).scalar_one())


def close_night(connection: Connection, night_id: int, summary: Json, now: datetime) -> None:
    """End a night with the summary shown to the office.

    Raises:
        LookupError: there is no such night.
    """
    closed = connection.execute(update(Night).where(Night.id == night_id).values(closed_at=now, summary=summary))
    if closed.rowcount != 1:
        raise LookupError(f"there is no night {night_id}")


def record_fetch(connection: Connection, night_id: int, fetch: Fetch, now: datetime) -> None:
    """Record how a partner's inbox answered; a second answer in the same night (a retry) takes the place of the first."""
    row = {
        "night_id": night_id, "partner_code": fetch.partner_code, "outcome": fetch.outcome, "reason": fetch.reason,
        "delivery_count": fetch.delivery_count, "unchanged_count": fetch.unchanged_count, "seconds": fetch.seconds,
        "fetched_bytes": fetch.fetched_bytes, "logged_at": now,
        "not_fetched": [
            {"address": storable_text(address), "file_name": storable_text(name), "reason": reason}
            for address, name, reason in fetch.not_fetched
        ],
    }  # fmt: skip
    insert_or_replace(connection, FetchLog, [row])
