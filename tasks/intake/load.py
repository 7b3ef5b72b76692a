"""Intake, last step: writes judged submissions to the warehouse, facts with lineage, and decides what is in force."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np
from sqlalchemy import Connection, Engine

from schemas.contract import Contract
from schemas.values import Delivery, Reading, SubmissionState, Verdict
from tasks.intake.identity import Arrival, Step, decide
from tasks.intake.load_findings import late_file, no_room
from warehouse.engine import begin_write
from warehouse.store.deliveries import new_addresses, record_deliveries
from warehouse.store.encode import EncodedRows, UnstorableError, encode_rows
from warehouse.store.facts import record_facts
from warehouse.store.findings import record_findings, record_quarantine
from warehouse.store.submissions import (
    NewSubmission,
    Version,
    count_severities,
    end_force,
    is_remainder_known,
    read_histories,
    record_remainder,
    record_submissions,
    withdraw,
)  # fmt: skip
from warehouse.tables import Reason

Judged = tuple[Verdict, Delivery]
ACCEPTED = frozenset({SubmissionState.ACCEPTED, SubmissionState.ACCEPTED_WITH_FINDINGS})


@dataclass(frozen=True, slots=True)
class LoadOutcome:
    """What became of one verdict. `reason` None means nothing was written: `submission_id` is then the one in force, if any."""

    submission_id: int | None
    state: SubmissionState
    reason: Reason | None
    rows_loaded: int
    rows_held: int

    @property
    def is_unchanged(self) -> bool:
        """Whether the warehouse knew all of it already."""
        return self.reason is None


@dataclass(frozen=True, slots=True)
class _Load:
    """One verdict on its way in: where it stands in the slot's history and what follows from it."""

    verdict: Verdict
    delivery: Delivery
    sighting_id: int
    history: Sequence[Version]
    step: Step
    encoded: EncodedRows | None

    @property
    def is_late(self) -> bool:
        """Whether an older file turned up after the one in force."""
        return self.step.reason is Reason.LATE

    @property
    def counts(self) -> bool:
        """Whether it comes into force now."""
        return self.step.reason is not None and not self.is_late and self.verdict.state in ACCEPTED


def load_verdict(
    engine: Engine, night_id: int, verdict: Verdict, delivery: Delivery, contract: Contract, now: datetime
) -> LoadOutcome:
    """Load one judged submission in one transaction; see `load_verdicts`."""
    return load_verdicts(engine, night_id, [(verdict, delivery)], contract, now)[0]


def load_verdicts(
    engine: Engine, night_id: int, judged: Sequence[Judged], contract: Contract, now: datetime
) -> list[LoadOutcome]:
    """Load the judged submissions of one contract, all in one transaction, and say what became of each, in their order.

    Loading the same again writes nothing. Of two files for one slot the one changed later wins, whatever their order.
    A delivery stays unsettled until `settle_deliveries` is called for it.

    Args:
        engine: the warehouse.
        night_id: the open night.
        judged: verdicts, each with the delivery it was found in.
        contract: the contract of all of them.
        now: the instant from which accepted submissions are in force.
    """
    outcomes: dict[int, LoadOutcome] = {}
    with begin_write(engine) as connection:
        sightings = record_deliveries(connection, night_id, (delivery for _, delivery in judged))
        new = new_addresses(connection, sightings)
        for wave in _waves(judged):
            loads = _plan(connection, [judged[i] for i in wave], sightings, new, contract)
            outcomes.update(zip(wave, _write(connection, night_id, loads, contract, now), strict=True))
    return [outcomes[position] for position in range(len(judged))]


def record_unread(engine: Engine, night_id: int, reading: Reading, now: datetime | None = None) -> int | None:
    """Record what is to be said of a delivery beside its submissions: why it could not be read, which sheets were left out.

    Returns the id of the record, or None when there is nothing to say or it was said of the same receipt before. `now` is
    the instant it counts as received; when not given, the one at which the delivery was seen.
    """
    if reading.submissions and not reading.findings:
        return None
    with begin_write(engine) as connection:
        sighting_id = record_deliveries(connection, night_id, [reading.delivery])[reading.delivery]
        if is_remainder_known(connection, sighting_id):
            return None
        return _record_remainder(connection, night_id, sighting_id, reading, now or reading.delivery.seen_at)


def _waves(judged: Sequence[Judged]) -> Iterator[list[int]]:
    """Positions in rounds with one submission a slot each: the second file for a slot must see what the first one did."""
    by_slot: dict[tuple[str, str], list[int]] = defaultdict(list)
    for position in sorted(range(len(judged)), key=lambda position: _changed_at(judged[position][1])):
        by_slot[_slot(judged[position][0])].append(position)
    for rank in range(max(map(len, by_slot.values()), default=0)):
        yield [positions[rank] for positions in by_slot.values() if len(positions) > rank]


def _changed_at(delivery: Delivery) -> datetime:
    return delivery.modified_at or delivery.seen_at


def _slot(verdict: Verdict) -> tuple[str, str]:
    return verdict.submission.partner_code, verdict.submission.period


def _plan(
    connection: Connection,
    judged: Sequence[Judged],
    sightings: Mapping[Delivery, int],
    new: AbstractSet[Delivery],
    contract: Contract,
) -> list[_Load]:
    histories = read_histories(connection, contract.contract, (_slot(verdict) for verdict, _ in judged))
    loads = []
    for verdict, delivery in judged:
        final, encoded = _encode(verdict, contract, connection.dialect.name)
        arrival = Arrival(
            delivery.sha256, sightings[delivery], delivery.modified_at, delivery in new, final.state in ACCEPTED
        )
        history = histories.get(_slot(verdict), [])
        loads.append(_Load(final, delivery, arrival.sighting_id, history, decide(history, arrival), encoded))
    return loads


def _encode(verdict: Verdict, contract: Contract, dialect: str) -> tuple[Verdict, EncodedRows | None]:
    """The rows ready to write. A number the tables have no room for refuses this submission, not the whole night."""
    if verdict.state not in ACCEPTED:
        return verdict, None
    positions = np.setdiff1d(np.arange(len(verdict.submission)), verdict.held, assume_unique=True)
    try:
        return verdict, encode_rows(contract, verdict.submission, positions, dialect)
    except UnstorableError as error:
        findings = (*verdict.findings, no_room(contract, error.header, error.found))
        return replace(verdict, state=SubmissionState.REFUSED, findings=findings), None


def _write(
    connection: Connection, night_id: int, loads: Sequence[_Load], contract: Contract, now: datetime
) -> Iterator[LoadOutcome]:
    withdraw(connection, [number for load in loads for number in load.step.withdrawn])
    end_force(connection, [end for load in loads if (end := _end(load, now))])
    written = [load for load in loads if load.step.reason]
    rows = [_new_submission(load, night_id, contract, now) for load in written]
    numbers = record_submissions(connection, rows)
    taken = list(zip(numbers, written, strict=True))
    record_facts(
        connection, contract, [(number, load.encoded) for number, load in taken if load.encoded and load.counts]
    )
    record_findings(connection, [(number, row.findings) for number, row in zip(numbers, rows, strict=True)])
    record_quarantine(connection, contract, [(number, load.verdict) for number, load in taken if not load.is_late])
    outcomes = {id(load): _outcome(number, row) for (number, load), row in zip(taken, rows, strict=True)}
    return (outcomes.get(id(load)) or _unchanged(load) for load in loads)


def _end(load: _Load, now: datetime) -> tuple[int, SubmissionState, datetime] | None:
    if not load.counts or load.step.predecessor is None:
        return None
    return load.step.predecessor.submission_id, load.step.predecessor_state, _in_force_from(load, now)


def _in_force_from(load: _Load, now: datetime) -> datetime:
    """Never before the predecessor came into force, even when a clock was set back."""
    began = load.step.predecessor.in_force_from if load.step.predecessor else None
    return max(now, began) if began else now


def _new_submission(load: _Load, night_id: int, contract: Contract, now: datetime) -> NewSubmission:
    verdict, predecessor = load.verdict, load.step.predecessor
    return NewSubmission(
        night_id=night_id, sighting_id=load.sighting_id, submission=verdict.submission, contract_version=contract.version,
        sequence=load.history[-1].sequence + 1 if load.history else 1,
        state=SubmissionState.SUPERSEDED if load.is_late else verdict.state,
        reason=load.step.reason or Reason.FIRST,
        supersedes_id=predecessor.submission_id if predecessor and load.counts else None,
        received_at=load.delivery.seen_at,
        in_force_from=_in_force_from(load, now) if load.counts else None,
        rows_loaded=len(load.encoded) if load.encoded and load.counts else 0,
        rows_held=0 if load.is_late else len(verdict.held),
        findings=(late_file(load.delivery),) if load.is_late else verdict.findings,
    )  # fmt: skip


def _outcome(number: int, new: NewSubmission) -> LoadOutcome:
    return LoadOutcome(number, new.state, new.reason, new.rows_loaded, new.rows_held)


def _unchanged(load: _Load) -> LoadOutcome:
    current = load.step.predecessor
    if current is None:
        return LoadOutcome(None, load.verdict.state, None, 0, 0)
    return LoadOutcome(current.submission_id, current.state, None, 0, 0)


def _record_remainder(
    connection: Connection, night_id: int, sighting_id: int, reading: Reading, received_at: datetime
) -> int:
    delivery = reading.delivery
    number = record_remainder(connection, night_id, sighting_id, {
        "partner_code": delivery.partner_code, "delivery_sha256": delivery.sha256, "received_at": received_at,
        "state": reading.state, **count_severities(reading.findings),
    })  # fmt: skip
    record_findings(connection, [(number, reading.findings)])
    return number
