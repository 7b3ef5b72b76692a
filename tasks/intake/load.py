"""Intake, last step: writes judged submissions to the warehouse, facts with lineage, and decides what is in force."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Engine

from schemas.contract import Contract
from schemas.values import Delivery, Finding, Reading, SubmissionState, Verdict
from tasks.intake.asking import LAYOUT_DRIFT, ORDER, SHRINK, WAIVER_ENDED
from tasks.intake.guards import Caution
from tasks.intake.identity import before_of
from tasks.intake.layout_memory import refused_drifts
from tasks.intake.load_findings import late_file
from tasks.intake.load_plan import ACCEPTED, Judged, Planned, Rules, build_planner, slot_of
from tasks.intake.plausibility import PLAUSIBILITY
from warehouse.engine import begin_write
from warehouse.marts.questions import open_questions
from warehouse.store.deliveries import new_addresses, record_deliveries
from warehouse.store.facts import record_facts
from warehouse.store.findings import record_findings, record_quarantine
from warehouse.store.questions import withdraw as withdraw_questions
from warehouse.store.submissions import (
    NewSubmission,
    count_severities,
    end_force,
    is_remainder_known,
    record_remainder,
    record_submissions,
    withdraw,
)  # fmt: skip
from warehouse.tables import Reason

KINDS = (SHRINK, ORDER, LAYOUT_DRIFT, PLAUSIBILITY, WAIVER_ENDED)


@dataclass(frozen=True, slots=True)
class SaidBefore:
    """What was made of a file before it was read again: its state then, and the rows held back."""

    state: SubmissionState
    rows_held: int = 0


@dataclass(frozen=True, slots=True)
class LoadOutcome:
    """What became of one verdict. `reason` None means nothing was written: `submission_id` is then the one in force, if any.

    `findings` are those recorded with it: the verdict's, and what loading had to add. Of a file read again `before` is what
    was made of it then; `is_same_verdict`: it is recorded anew, but its sender has nothing new to hear.
    """

    submission_id: int | None
    state: SubmissionState
    reason: Reason | None
    rows_loaded: int
    rows_held: int
    findings: tuple[Finding, ...] = field(default=(), compare=False)
    before: SaidBefore | None = field(default=None, compare=False)
    is_same_verdict: bool = field(default=False, compare=False)

    @property
    def is_unchanged(self) -> bool:
        """Whether the warehouse knew all of it already."""
        return self.reason is None

    @property
    def is_news(self) -> bool:
        """Whether its sender is to hear of it."""
        return not self.is_unchanged and not self.is_same_verdict


def load_verdict(
    engine: Engine, night_id: int, verdict: Verdict, delivery: Delivery, contract: Contract, now: datetime
) -> LoadOutcome:
    """Load one judged submission in one transaction; see `load_verdicts`."""
    return load_verdicts(engine, night_id, [(verdict, delivery)], contract, now)[0]


def load_verdicts(
    engine: Engine,
    night_id: int,
    judged: Sequence[Judged],
    contract: Contract,
    now: datetime,
    caution: Caution | None = None,
) -> list[LoadOutcome]:
    """Load the judged submissions of one contract, all in one transaction, and say what became of each, in their order.

    Loading the same again writes nothing. Of two files for one slot the one changed later wins, whatever their order. A file
    with far fewer rows than what counts, or one whose times do not tell whether it is the newest, is recorded as received,
    and a question is put to the office; what is in force stays.
    A delivery stays unsettled until `settle_deliveries` is called for it.

    Args:
        engine: the warehouse.
        night_id: the open night.
        judged: verdicts, each with the delivery it was found in.
        contract: the contract of all of them.
        now: the instant from which accepted submissions are in force.
        caution: how few rows and how near times must be for a question.
    """
    outcomes: dict[int, LoadOutcome] = {}
    with begin_write(engine) as connection:
        sightings = record_deliveries(connection, night_id, (delivery for _, delivery in judged))
        new = new_addresses(connection, sightings)
        arrivals = {delivery: (sighting_id, delivery in new) for delivery, sighting_id in sightings.items()}
        planner = build_planner(connection, contract, judged, Rules(caution or Caution()))
        for wave in waves(judged):
            loads = planner.plan(connection, [judged[i] for i in wave], arrivals)
            outcomes.update(zip(wave, write_planned(connection, night_id, loads, contract, now), strict=True))
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
        return record_remainder_of(connection, night_id, sighting_id, reading, now or reading.delivery.seen_at)


def waves(judged: Sequence[Judged]) -> Iterator[list[int]]:
    """Positions in rounds with one submission a slot each: the second file for a slot must see what the first one did."""
    by_slot: dict[tuple[str, str], list[int]] = defaultdict(list)
    for position in sorted(range(len(judged)), key=lambda position: _changed_at(judged[position][1])):
        by_slot[slot_of(judged[position][0])].append(position)
    for rank in range(max(map(len, by_slot.values()), default=0)):
        yield [positions[rank] for positions in by_slot.values() if len(positions) > rank]


def _changed_at(delivery: Delivery) -> datetime:
    return delivery.modified_at or delivery.seen_at


def write_planned(
    connection: Connection, night_id: int, loads: Sequence[Planned], contract: Contract, now: datetime
) -> list[LoadOutcome]:
    """Write what was planned for submissions of different slots; what became of each, in their order."""
    withdraw(connection, [number for load in loads for number in load.closed])
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
    _ask(connection, contract, loads, now)
    return [outcomes.get(id(load)) or _unchanged(load) for load in loads]


def _ask(connection: Connection, contract: Contract, loads: Sequence[Planned], now: datetime) -> None:
    """Ask what is to be asked; what was asked of a slot before is answered by itself when a new version comes into force."""
    settled = {slot_of(load.verdict) for load in loads if load.counts}
    standing = {question.key for load in loads for question in load.asked}
    if settled:
        asked = (question for kind in KINDS for question in open_questions(connection, kind=kind))
        gone = [q.key for q in asked if q.contract == contract.contract and (q.partner_code, q.period) in settled]
        withdraw_questions(connection, now, [key for key in gone if key not in standing])
    for load in loads:
        for question in load.asked:
            question.put(connection, now)


def _end(load: Planned, now: datetime) -> tuple[int, SubmissionState, datetime] | None:
    if not load.counts or load.step.predecessor is None:
        return None
    return load.step.predecessor.submission_id, load.step.predecessor_state, _in_force_from(load, now)


def _in_force_from(load: Planned, now: datetime) -> datetime:
    """Never before the predecessor came into force, even when a clock was set back."""
    began = load.step.predecessor.in_force_from if load.step.predecessor else None
    return max(now, began) if began else now


def _new_submission(load: Planned, night_id: int, contract: Contract, now: datetime) -> NewSubmission:
    verdict, predecessor = load.verdict, load.step.predecessor
    return NewSubmission(
        night_id=night_id, sighting_id=load.sighting_id, submission=verdict.submission, contract_version=contract.version,
        sequence=load.history[-1].sequence + 1 if load.history else 1,
        state=_state(load),
        reason=load.step.reason or Reason.FIRST,
        supersedes_id=predecessor.submission_id if predecessor and load.counts else None,
        received_at=load.delivery.seen_at,
        in_force_from=_in_force_from(load, now) if load.counts else None,
        rows_loaded=len(load.encoded) if load.encoded and load.counts else 0,
        rows_held=0 if load.is_late else len(verdict.held),
        findings=(late_file(load.delivery),) if load.is_late else verdict.findings,
    )  # fmt: skip


def _state(load: Planned) -> SubmissionState:
    if load.is_late:
        return SubmissionState.SUPERSEDED
    return SubmissionState.RECEIVED if load.held_for else load.verdict.state


def _outcome(number: int, new: NewSubmission) -> LoadOutcome:
    return LoadOutcome(number, new.state, new.reason, new.rows_loaded, new.rows_held, new.findings)


def _unchanged(load: Planned) -> LoadOutcome:
    current, last = load.step.predecessor, before_of(load.history, load.delivery.sha256)
    if last and last.state is SubmissionState.RECEIVED and last.submission_id not in load.closed:
        return LoadOutcome(last.submission_id, last.state, None, 0, 0)
    if current is None or load.verdict.state not in ACCEPTED:
        return LoadOutcome(current.submission_id if current else None, load.verdict.state, None, 0, 0)
    return LoadOutcome(current.submission_id, current.state, None, 0, 0)


def record_remainder_of(
    connection: Connection,
    night_id: int,
    sighting_id: int,
    reading: Reading,
    now: datetime,
    reason: Reason = Reason.FIRST,
) -> int:
    """Record what is to be said of a delivery beside its submissions, and ask about tables refused for their header."""
    delivery, refused = reading.delivery, refused_drifts(connection, reading)
    findings = (*reading.findings, *(finding for drift, _ in refused if (finding := drift.finding())))
    number = record_remainder(connection, night_id, sighting_id, {
        "partner_code": delivery.partner_code, "delivery_sha256": delivery.sha256, "received_at": now,
        "state": reading.state, **count_severities(findings),
    }, reason, reading.untaken)  # fmt: skip
    record_findings(connection, [(number, findings)])
    for drift, period in refused:
        question = drift.question(delivery, period)
        if question:
            question.put(connection, now)
    return number
