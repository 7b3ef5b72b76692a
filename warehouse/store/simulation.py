"""Brings submissions into force inside a transaction that is always rolled back, to see what would follow from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from schemas.contract import Contract
from schemas.values import Delivery, SubmissionState, Verdict
from warehouse.engine import begin_write
from warehouse.store.deliveries import record_deliveries
from warehouse.store.encode import EncodedRows
from warehouse.store.facts import record_facts
from warehouse.store.nights import open_night
from warehouse.store.submissions import NewSubmission, Version, end_force, read_histories, record_submissions
from warehouse.tables import Reason


@contextmanager
def simulation(engine: Engine) -> Iterator[Connection]:
    """A connection on which everything may be tried; nothing of it stays, whatever happens.

    It holds the write lock of an SQLite warehouse: be brief.
    """
    with begin_write(engine) as connection, connection.begin_nested() as tried:
        try:
            yield connection
        finally:
            tried.rollback()


@dataclass(frozen=True, slots=True)
class Tried:
    """What trying one submission did: the version that was in force before, if any, and the id of the new one, if it counts."""

    before: Version | None
    submission_id: int | None


def try_submission(
    connection: Connection,
    contract: Contract,
    verdict: Verdict,
    delivery: Delivery,
    encoded: EncodedRows,
    now: datetime,
) -> Tried:
    """Bring one judged submission into force at `now`, in the place of what its slot has, whatever would be asked about it.

    Args:
        connection: of a simulation.
        contract: what it was judged under.
        verdict: its verdict.
        delivery: the file it came in.
        encoded: its rows that are not held.
        now: an instant (UTC) at or after everything in the warehouse.
    """
    history, current = _history(connection, verdict), current_of(connection, verdict)
    _end(connection, current, now)
    night_id = open_night(connection, now)
    sighting_id = record_deliveries(connection, night_id, [delivery])[delivery]
    (number,) = record_submissions(connection, [NewSubmission(
        night_id=night_id, sighting_id=sighting_id, submission=verdict.submission, contract_version=contract.version,
        sequence=history[-1].sequence + 1 if history else 1, state=verdict.state, reason=Reason.RESUBMISSION,
        supersedes_id=current.submission_id if current else None, received_at=delivery.seen_at, in_force_from=now,
        rows_loaded=len(encoded), rows_held=len(verdict.held), findings=verdict.findings,
    )])  # fmt: skip
    record_facts(connection, contract, [(number, encoded)])
    return Tried(current, number)


def current_of(connection: Connection, verdict: Verdict) -> Version | None:
    """What counts now in the slot of a verdict."""
    return next((version for version in _history(connection, verdict) if version.is_in_force), None)


def _history(connection: Connection, verdict: Verdict) -> list[Version]:
    submission = verdict.submission
    slot = (submission.partner_code, submission.period)
    return read_histories(connection, submission.contract, [slot]).get(slot, [])


def _end(connection: Connection, current: Version | None, now: datetime) -> None:
    if current is not None:
        end_force(connection, [(current.submission_id, SubmissionState.SUPERSEDED, now)])
