"""Intake, loading: for every judged submission, before anything is written: its place in its slot, and what must be asked first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from sqlalchemy import Connection

from schemas.contract import Contract, TimeBasis
from schemas.values import Conformed, Delivery, Finding, SheetLayout, SubmissionState, Verdict
from tasks.intake.asking import (
    ORDER,
    SHRINK,
    Asked,
    Settled,
    Slot,
    candidates_of,
    order_question,
    read_settled,
    shrink_question,
)
from tasks.intake.drift import REFUSE, drift_key, to_be_mended
from tasks.intake.guards import Caution, find_rivals, is_out_of_order
from tasks.intake.identity import Arrival, Step, decide, decide_again, set_aside
from tasks.intake.layout_memory import find_drift
from tasks.intake.load_findings import awaiting, no_room
from tasks.intake.plausibility import answered_keys, questions_of
from warehouse.marts.questions import answers_to, open_questions
from warehouse.store.encode import EncodedRows, UnstorableError, encode_rows
from warehouse.store.layouts import read_accepted_layouts
from warehouse.store.submissions import Version, read_histories, read_latest_in_force
from warehouse.tables import Reason

Judged = tuple[Verdict, Delivery]
ACCEPTED = frozenset({SubmissionState.ACCEPTED, SubmissionState.ACCEPTED_WITH_FINDINGS})


@dataclass(frozen=True, slots=True)
class Planned:
    """One verdict on its way in: where it stands in the slot's history and what follows from it.

    `held_for` is the question that keeps it out of force until somebody answers; `asked` are all its questions.
    """

    verdict: Verdict
    delivery: Delivery
    sighting_id: int
    history: Sequence[Version]
    step: Step
    encoded: EncodedRows | None
    asked: tuple[Asked, ...] = ()
    held_for: Asked | None = None

    @property
    def is_late(self) -> bool:
        """Whether an older file turned up after the one in force."""
        return self.step.reason is Reason.LATE

    @property
    def counts(self) -> bool:
        """Whether it comes into force now."""
        is_taken = self.verdict.state in ACCEPTED and self.held_for is None
        return self.step.reason is not None and not self.is_late and is_taken

    @property
    def closed(self) -> tuple[int, ...]:
        """Earlier attempts that are over with this one; a file that waits itself answers for no other."""
        closes = self.counts or self.step.reason in (None, Reason.REPLAY)
        return self.step.withdrawn if closes else ()


@dataclass(frozen=True, slots=True)
class Rules:
    """What loading goes by: how careful to be, and whether the deliveries were read before and are now read again."""

    caution: Caution = field(default_factory=Caution)
    is_replay: bool = False


@dataclass(frozen=True, slots=True)
class Planner:
    """What is known about the slots of one contract before the first of its submissions is written.

    `pending` are the bytes an open question is about, `rivals` the questions on files whose times do not tell their order,
    by slot and bytes; `earlier` is what counts of an earlier period where a register has nothing yet for its own; `answered`
    is how often each doubt was answered.
    """

    contract: Contract
    rules: Rules
    known: Mapping[str, Sequence[SheetLayout]]
    settled: Mapping[Slot, Settled]
    pending: frozenset[tuple[Slot, str]]
    rivals: Mapping[tuple[Slot, str], Asked]
    earlier: Mapping[Slot, tuple[str, int]]
    answered: Mapping[str, int] = field(default_factory=dict)

    def plan(
        self, connection: Connection, judged: Sequence[Judged], arrivals: Mapping[Delivery, tuple[int, bool]]
    ) -> list[Planned]:
        """Plan submissions of different slots; `arrivals` gives each delivery's sighting and whether its address is new."""
        histories = read_histories(connection, self.contract.contract, (slot_of(verdict) for verdict, _ in judged))
        return [
            self._plan(connection, verdict, delivery, *arrivals[delivery], histories.get(slot_of(verdict), []))
            for verdict, delivery in judged
        ]

    def _plan(
        self, connection: Connection, judged: Verdict, delivery: Delivery, sighting_id: int, is_new: bool,
        history: Sequence[Version],
    ) -> Planned:  # fmt: skip
        verdict, drifts = self._remembering(connection, judged, delivery)
        verdict, encoded = _encode(verdict, self.contract, connection.dialect.name)
        arrival = Arrival(delivery.sha256, sighting_id, delivery.modified_at, is_new, verdict.state in ACCEPTED)
        step = self._step(slot_of(verdict), history, arrival)
        planned = Planned(verdict, delivery, sighting_id, history, step, encoded)
        if step.reason is None or planned.is_late:
            return planned
        held_for = self._held_for(planned, is_new) if planned.counts else None
        if held_for is None:
            doubts = questions_of(self.contract, verdict, delivery, self.answered) if planned.counts else ()
            return replace(planned, asked=(*drifts, *doubts))
        told = replace(verdict, findings=(awaiting(held_for.kind, held_for.question), *verdict.findings))
        return replace(planned, verdict=told, asked=(*drifts, held_for), held_for=held_for)

    def _step(self, slot: Slot, history: Sequence[Version], arrival: Arrival) -> Step:
        sha256 = arrival.delivery_sha256
        if self.settled.get(slot, Settled()).declines(sha256, arrival.modified_at):
            return set_aside(history, arrival)
        if not self.rules.is_replay:
            return decide(history, arrival)
        step = decide_again(history, arrival)
        return Step(None, step.predecessor) if (slot, sha256) in self.pending else step

    def _remembering(
        self, connection: Connection, verdict: Verdict, delivery: Delivery
    ) -> tuple[Verdict, tuple[Asked, ...]]:
        """The verdict with what layout memory has to say, and the questions on layouts nobody has decided on."""
        submission, code = verdict.submission, verdict.submission.partner_code
        known, name = self._known(connection, code, delivery), self.contract.contract
        drifts = [drift for one in submission.layouts if (drift := find_drift(self.contract, one, known))]
        odd = {drift_key(code, name, one): one for one in submission.layouts if one.unknown}
        if not drifts and not odd:
            return verdict, ()
        answered = answers_to(connection, [*odd, *(drift.key(code) for drift in drifts)])
        refused = [layout for key, layout in odd.items() if answered.get(key) == REFUSE]
        if refused:
            return _refusing(verdict, [to_be_mended(layout) for layout in refused]), ()
        undecided = [drift for drift in drifts if drift.key(code) not in answered]
        asked = [drift.question(delivery, submission.period) for drift in undecided]
        told = [finding for drift in undecided if (finding := drift.finding())]
        return _adding(verdict, told), tuple(one for one in asked if one)

    def _known(self, connection: Connection, partner_code: str, delivery: Delivery) -> Sequence[SheetLayout]:
        """The layouts to compare with. A file read again is compared with what it was when it came, not with itself."""
        if not self.rules.is_replay:
            return self.known.get(partner_code, ())
        name = self.contract.contract
        return read_accepted_layouts(connection, name, [partner_code], delivery.sha256).get(partner_code, ())

    def _held_for(self, planned: Planned, is_new: bool) -> Asked | None:
        """The question that has to be answered before these rows may count, or None."""
        slot, delivery, current = slot_of(planned.verdict), planned.delivery, planned.step.predecessor
        is_known = current is not None and current.delivery_sha256 == delivery.sha256
        if planned.step.reason is Reason.RETURN or is_known or delivery.sha256 in self._chosen(slot):
            return None
        rival = self.rivals.get((slot, delivery.sha256))
        if rival:
            return rival
        rows, before = len(planned.verdict.submission), self._before(slot, current)
        if current and is_out_of_order(delivery.modified_at, current.modified_at, is_new):
            return order_question(self.contract, slot, [(delivery, rows)], before)
        if before and self.rules.caution.is_shrunken(rows, before[1]):
            return shrink_question(self.contract, slot, delivery, rows, before)
        return None

    def _chosen(self, slot: Slot) -> frozenset[str]:
        return self.settled.get(slot, Settled()).chosen

    def _before(self, slot: Slot, current: Version | None) -> tuple[str, int] | None:
        return (current.file_name, current.rows_read) if current else self.earlier.get(slot)


def build_planner(connection: Connection, contract: Contract, judged: Sequence[Judged], rules: Rules) -> Planner:
    """Everything planning needs to know of these submissions' slots."""
    name, slots = contract.contract, {slot_of(verdict) for verdict, _ in judged}
    partners = {partner for partner, _ in slots}
    settled = read_settled(connection, name, partners)
    histories = read_histories(connection, name, slots) if len(slots) < len(judged) else {}
    is_register = contract.time_basis is TimeBasis.REGISTER
    return Planner(
        contract, rules, read_accepted_layouts(connection, name, partners), settled,
        frozenset(_pending(connection, name)),
        dict(_rivals(contract, judged, histories, settled, rules.caution)),
        read_latest_in_force(connection, name, slots) if is_register else {},
        answered_keys(connection),
    )  # fmt: skip


def slot_of(verdict: Verdict) -> Slot:
    """Partner and period of a verdict."""
    return verdict.submission.partner_code, verdict.submission.period


def _pending(connection: Connection, contract: str) -> Iterable[tuple[Slot, str]]:
    for kind in (SHRINK, ORDER):
        for asked in open_questions(connection, kind=kind):
            if asked.contract == contract:
                slot = (asked.partner_code or "", asked.period or "")
                yield from ((slot, str(one["delivery_sha256"])) for one in candidates_of(asked.details))


def _rivals(
    contract: Contract,
    judged: Sequence[Judged],
    histories: Mapping[Slot, Sequence[Version]],
    settled: Mapping[Slot, Settled],
    caution: Caution,
) -> Iterable[tuple[tuple[Slot, str], Asked]]:
    by_slot: dict[Slot, list[tuple[Conformed, Delivery]]] = defaultdict(list)
    for verdict, delivery in judged:
        slot, past = slot_of(verdict), {version.delivery_sha256 for version in histories.get(slot_of(verdict), ())}
        decided = settled.get(slot, Settled())
        is_decided = delivery.sha256 in decided.chosen or delivery.sha256 in decided.declined
        if verdict.state in ACCEPTED and delivery.sha256 not in past and not is_decided:
            by_slot[slot].append((verdict.submission, delivery))
    for slot, candidates in by_slot.items():
        told = [
            (candidates[position][1], len(candidates[position][0])) for position in find_rivals(candidates, caution)
        ]
        if told:
            current = next((version for version in histories[slot] if version.is_in_force), None)
            question = order_question(contract, slot, told, (current.file_name, current.rows_read) if current else None)
            yield from (((slot, delivery.sha256), question) for delivery, _ in told)


def _refusing(verdict: Verdict, findings: Sequence[Finding]) -> Verdict:
    return replace(verdict, state=SubmissionState.REFUSED, findings=(*findings, *verdict.findings))


def _adding(verdict: Verdict, findings: Sequence[Finding]) -> Verdict:
    """The verdict with more findings; only what is more than a remark makes an accepted ledger one with findings."""
    weighty = any(finding.rule_id == "layout.drift" for finding in findings)
    state = verdict.state
    if weighty and state is SubmissionState.ACCEPTED:
        state = SubmissionState.ACCEPTED_WITH_FINDINGS
    return replace(verdict, state=state, findings=(*verdict.findings, *findings))


def _encode(verdict: Verdict, contract: Contract, dialect: str) -> tuple[Verdict, EncodedRows | None]:
    """The rows ready to write. A number the tables have no room for refuses this submission, not the whole night."""
    if verdict.state not in ACCEPTED:
        return verdict, None
    positions = np.setdiff1d(np.arange(len(verdict.submission)), verdict.held, assume_unique=True)
    try:
        return verdict, encode_rows(contract, verdict.submission, positions, dialect)
    except UnstorableError as error:
        return _refusing(verdict, [no_room(contract, error.header, error.found)]), None
