"""Intake, replay: deliveries read again are judged under today's contracts and answers; only a verdict that changed is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine

from schemas.contract import Contract
from schemas.values import Delivery, Reading, SubmissionState
from tasks.intake.guards import Caution
from tasks.intake.identity import before_of
from tasks.intake.load import LoadOutcome, SaidBefore, record_remainder_of, waves, write_planned
from tasks.intake.load_plan import Judged, Planned, Planner, Rules, build_planner
from warehouse.engine import begin_write
from warehouse.marts.held import Held
from warehouse.store.comparison import is_same_record, is_same_remainder, is_same_verdict
from warehouse.store.submissions import Version, latest_remainder, remainder_state
from warehouse.tables import Reason

_NOT_READ = frozenset({SubmissionState.UNREADABLE, SubmissionState.UNRECOGNISED})


def delivery_of(held: Held, landing: Path) -> Delivery:
    """The delivery as it was seen, with its untouched copy in the landing folder."""
    return Delivery(
        held.sha256, held.partner_code, held.channel, held.address, held.file_name, held.size_bytes, held.seen_at,
        landing / held.sha256[:2] / held.sha256, held.sender, held.modified_at, held.etag, held.message_id,
    )  # fmt: skip


def replay_verdicts(
    engine: Engine,
    night_id: int,
    judged: Sequence[Judged],
    sightings: Mapping[Delivery, int],
    contract: Contract,
    now: datetime,
    caution: Caution | None = None,
) -> list[LoadOutcome]:
    """Load submissions of one contract that were read again, in one transaction, and say what became of each.

    A verdict that says the same as the one before, in state, findings, layout and every row, writes nothing. Another one is
    recorded beside it (reason `replay`): it comes into force, or stays out of it, like any other.

    Args:
        engine: the warehouse.
        night_id: the run these verdicts are recorded under.
        judged: verdicts, each with its delivery.
        sightings: the receipt each delivery was first loaded by.
        contract: the contract of all of them.
        now: the instant from which accepted submissions are in force.
        caution: how few rows and how near times must be for a question.
    """
    with begin_write(engine) as connection:
        return replay_on(connection, night_id, judged, sightings, contract, now, caution)


def replay_on(
    connection: Connection,
    night_id: int,
    judged: Sequence[Judged],
    sightings: Mapping[Delivery, int],
    contract: Contract,
    now: datetime,
    caution: Caution | None = None,
) -> list[LoadOutcome]:
    """`replay_verdicts` on a connection that is to be committed, or taken back, by the caller."""
    outcomes: dict[int, LoadOutcome] = {}
    arrivals = {delivery: (sighting_id, False) for delivery, sighting_id in sightings.items()}
    planner = build_planner(connection, contract, judged, Rules(caution or Caution(), is_replay=True))
    for position in (one for wave in waves(judged) for one in wave):
        (planned,) = planner.plan(connection, [judged[position]], arrivals)
        outcomes[position] = _write(connection, night_id, planned, planner, now)
    return [outcomes[position] for position in range(len(judged))]


def replay_remainder(engine: Engine, night_id: int, reading: Reading, sighting_id: int, now: datetime) -> int | None:
    """Record what is to be said beside the submissions of a delivery read again, when it is not what was said before.

    Returns the id of the new record, or None: nothing is recorded, or it says the same in other words and is told to nobody.
    A record with nothing in it closes one that had something to say.
    """
    with begin_write(engine) as connection:
        before = latest_remainder(connection, sighting_id)
        if before is None and reading.submissions and not reading.findings:
            return None
        with connection.begin_nested() as savepoint:
            received_at = reading.delivery.seen_at
            number = record_remainder_of(connection, night_id, sighting_id, reading, received_at, Reason.REPLAY)
            if before is None or not is_same_remainder(connection, before, number, in_other_words=True):
                return number
            if is_same_remainder(connection, before, number):
                savepoint.rollback()
        return None


def _write(connection: Connection, night_id: int, planned: Planned, planner: Planner, now: datetime) -> LoadOutcome:
    before = before_of(planned.history, planned.delivery.sha256)
    said = _said_before(connection, before, planned.sighting_id)
    with connection.begin_nested() as savepoint:
        (outcome,) = write_planned(connection, night_id, [planned], planner.contract, now)
        if outcome.reason is None or before is None or outcome.submission_id is None:
            return replace(outcome, before=said)
        compared = (before.submission_id, before.state, outcome.submission_id)
        if not is_same_record(connection, *compared):
            return replace(outcome, before=said, is_same_verdict=is_same_verdict(connection, *compared))
        savepoint.rollback()
    return LoadOutcome(before.submission_id, before.state, None, 0, 0)


def _said_before(connection: Connection, before: Version | None, sighting_id: int) -> SaidBefore | None:
    """A ledger found only now was told of, if at all, as a file in which none was recognised."""
    if before:
        return SaidBefore(before.state, before.rows_held)
    state = remainder_state(connection, sighting_id)
    return SaidBefore(state) if state in _NOT_READ else None
