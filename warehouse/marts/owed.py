"""Who owes what and how it stands: one cell a partner, contract and period, on what was known at an instant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from enum import StrEnum

from sqlalchemy import Connection, select

from schemas.chinese import OFFICE_ZONE
from schemas.contract import shipped_contracts
from schemas.values import SubmissionState
from warehouse.marts.untaken import Untaken, read_untaken
from warehouse.marts.waivers import is_not_owed, read_waivers
from warehouse.tables import DimInstitution, Obligation, Reason, Submission


class OwedState(StrEnum):
    """How one owed ledger stands. A late one is in force, and came after its day; a refused one has nothing in force.

    A received one waits for an answer of the office and has nothing in force either. A waived one need not be sent, and was not.
    """

    NOT_DUE = "not_due"
    MISSING = "missing"
    RECEIVED = "received"
    REFUSED = "refused"
    LATE = "late"
    WAIVED = "waived"
    ACCEPTED = "accepted"
    ACCEPTED_WITH_FINDINGS = "accepted_with_findings"


@dataclass(frozen=True, slots=True)
class Owed:
    """One owed ledger.

    Attributes:
        received_on: office day on which the first accepted file, or failing that the last refused one, came.
        days_late: whole days after the due day, counted to the day it came or, while it is missing, to today; else 0.
        has_findings: whether what is in force, or the refusal, has findings.
        is_refused_since: whether a newer attempt was refused while an older one stays in force.
        submission_id: what is in force, or failing that the last refused attempt.
    """

    partner_code: str
    partner_name: str
    contract: str
    contract_title: str
    period: str
    due_on: date
    state: OwedState
    received_on: date | None
    days_late: int
    has_findings: bool
    is_refused_since: bool
    submission_id: int | None


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One submission of a slot as far as lateness and acceptance go."""

    submission_id: int
    sequence: int
    reason: Reason
    state: SubmissionState
    received_at: datetime
    in_force_from: datetime | None
    in_force_to: datetime | None
    critical_count: int
    warning_count: int
    info_count: int

    def is_in_force(self, at: datetime) -> bool:
        began = self.in_force_from is not None and self.in_force_from <= at
        return began and (self.in_force_to is None or self.in_force_to > at)

    @property
    def has_findings(self) -> bool:
        return self.critical_count + self.warning_count + self.info_count > 0


_Slot = tuple[str, str, str]


def read_owed(connection: Connection, today: date, known_at: datetime, zone: tzinfo = OFFICE_ZONE) -> list[Owed]:
    """Every owed ledger as it stands on the office day `today`, on what was known at `known_at` (UTC).

    Sorted by partner, contract and period. What a partner sends without owing it is not here.
    """
    attempts, untaken = _attempts(connection, known_at), read_untaken(connection, known_at)
    waivers = read_waivers(connection, known_at, zone, today)
    statement = select(
        Obligation.contract,
        Obligation.partner_code,
        Obligation.period,
        DimInstitution.institution_name,
        Obligation.due_on,
    ).outerjoin(DimInstitution, DimInstitution.institution_code == Obligation.partner_code)
    rows = list(connection.execute(statement))
    nothing_came = {slot: due_on for *slot_parts, _, due_on in rows if (slot := _slot(*slot_parts)) not in attempts}
    refused = _in_vain(untaken, nothing_came, zone)
    owed = []
    for contract, partner_code, period, name, due_on in rows:
        slot = (contract, partner_code, period)
        standing = _standing(attempts.get(slot, ()), due_on, today, known_at, zone)
        if slot in refused:
            standing = _refused_whole(refused[slot], due_on, today, zone)
        if standing[0] in _NOTHING_THERE and is_not_owed(waivers, *slot):
            standing = (OwedState.WAIVED, standing[1], 0, *standing[3:])
        title = shipped_contracts()[contract].title if contract in shipped_contracts() else contract
        owed.append(Owed(partner_code, name or partner_code, contract, title, period, due_on, *standing))
    return sorted(owed, key=lambda one: (one.partner_code, one.contract, one.period))


def _slot(contract: str, partner_code: str, period: str) -> _Slot:
    return contract, partner_code, period


def _in_vain(
    untaken: Mapping[tuple[str, str], Sequence[Untaken]], nothing_came: Mapping[_Slot, date], zone: tzinfo
) -> dict[_Slot, Untaken]:
    """Of the slots for which nothing came, those a file was sent for in vain, and the last such file.

    A file whose year is not known is taken for the year whose due day is nearest to the day it came.
    """
    found: dict[_Slot, Untaken] = {}
    for (contract, partner_code), ledgers in untaken.items():
        due = {slot: day for slot, day in nothing_came.items() if slot[:2] == (contract, partner_code)}
        for ledger in ledgers:
            came = ledger.received_at.astimezone(zone).date()
            nearest = min(due, key=lambda slot: (abs((due[slot] - came).days), slot), default=None)
            slot = (contract, partner_code, ledger.period) if ledger.period else nearest
            if slot in due:
                found[slot] = ledger
    return found


def _attempts(connection: Connection, known_at: datetime) -> Mapping[_Slot, Sequence[_Attempt]]:
    """Attempts by slot, oldest first; a file recorded only because it came too late is none."""
    statement = (
        select(
            Submission.contract, Submission.partner_code, Submission.period, Submission.id, Submission.sequence,
            Submission.reason, Submission.state, Submission.received_at, Submission.in_force_from, Submission.in_force_to,
            Submission.critical_count, Submission.warning_count, Submission.info_count,
        )
        .where(Submission.contract.is_not(None), Submission.received_at <= known_at, Submission.reason != Reason.LATE)
        .order_by(Submission.sequence)
    )  # fmt: skip
    attempts = defaultdict(list)
    for contract, partner_code, period, *attempt in connection.execute(statement):
        attempts[str(contract), partner_code, str(period)].append(_Attempt(*attempt))
    return attempts


_NOTHING_THERE = frozenset({OwedState.NOT_DUE, OwedState.MISSING, OwedState.REFUSED})
_Standing = tuple[OwedState, date | None, int, bool, bool, int | None]


def _standing(attempts: Sequence[_Attempt], due_on: date, today: date, known_at: datetime, zone: tzinfo) -> _Standing:
    current = next((attempt for attempt in attempts if attempt.is_in_force(known_at)), None)
    if current:
        first = min(attempt.received_at for attempt in attempts if attempt.in_force_from)
        received_on = first.astimezone(zone).date()
        refused_since = attempts[-1].sequence > current.sequence
        state = _accepted_state(current, received_on, due_on)
        days_late = max((received_on - due_on).days, 0)
        return state, received_on, days_late, current.has_findings, refused_since, current.submission_id
    days_late = max((today - due_on).days, 0)
    if attempts:
        last = attempts[-1]
        received_on = last.received_at.astimezone(zone).date()
        waits = any(attempt.state is SubmissionState.RECEIVED for attempt in attempts)
        state = OwedState.RECEIVED if waits else OwedState.REFUSED
        return state, received_on, days_late, last.has_findings, False, last.submission_id
    return (OwedState.MISSING if days_late else OwedState.NOT_DUE), None, days_late, False, False, None


def _refused_whole(last: Untaken, due_on: date, today: date, zone: tzinfo) -> _Standing:
    came = last.received_at.astimezone(zone).date()
    return OwedState.REFUSED, came, max((today - due_on).days, 0), last.has_findings, False, last.submission_id


def _accepted_state(current: _Attempt, received_on: date, due_on: date) -> OwedState:
    if received_on > due_on:
        return OwedState.LATE
    return OwedState.ACCEPTED_WITH_FINDINGS if current.has_findings else OwedState.ACCEPTED
