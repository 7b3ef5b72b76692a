"""What one partner still has to do, how completely and punctually it has sent, and how its submissions have fared year by year."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from sqlalchemy import Connection, func, select

from schemas.values import Severity, Turn
from warehouse.marts.findings import FindingCount, count_open_findings
from warehouse.marts.owed import Owed, OwedState, read_owed
from warehouse.marts.questions import OpenQuestion, open_questions
from warehouse.tables import Reason, Submission

TO_SEND = frozenset({OwedState.MISSING, OwedState.REFUSED})
_ON_TIME = frozenset({OwedState.ACCEPTED, OwedState.ACCEPTED_WITH_FINDINGS})
_TAKEN = _ON_TIME | {OwedState.LATE}
_GRAVEST = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)


@dataclass(frozen=True, slots=True)
class Rates:
    """Of the ledgers due by a day (waived ones aside): how many are in, and how many came by their day."""

    due_count: int
    taken_count: int
    on_time_count: int

    @property
    def completeness_share(self) -> float | None:
        """0–1; None when nothing was due."""
        return self.taken_count / self.due_count if self.due_count else None

    @property
    def on_time_share(self) -> float | None:
        """0–1; None when nothing was due."""
        return self.on_time_count / self.due_count if self.due_count else None


@dataclass(frozen=True, slots=True)
class YearOfFindings:
    """What was sent for a period, every attempt counted, and what was found wrong in it. `period` None: not recognised."""

    period: str | None
    submission_count: int
    critical_count: int
    warning_count: int

    @property
    def per_submission(self) -> float:
        """Errors and warnings a submission."""
        return (self.critical_count + self.warning_count) / self.submission_count


@dataclass(frozen=True, slots=True)
class Todo:
    """One partner's list: what to send, what to mend (the gravest first), what to answer."""

    to_send: tuple[Owed, ...]
    to_mend: tuple[FindingCount, ...]
    to_answer: tuple[OpenQuestion, ...]
    coming: tuple[Owed, ...]
    rates: Rates
    history: tuple[YearOfFindings, ...]


def read_todo(connection: Connection, partner_code: str, today: date, at: datetime, zone: tzinfo) -> Todo:
    """The list of one partner as of a day, on what was known at an instant."""
    owed = [one for one in read_owed(connection, today, at, zone) if one.partner_code == partner_code]
    findings = [
        one
        for one in count_open_findings(connection)
        if one.partner_code == partner_code and one.turn is Turn.SUBMITTER and one.severity is not Severity.INFO
    ]
    questions = open_questions(connection, partner_code=partner_code)
    return Todo(
        tuple(sorted((one for one in owed if one.state in TO_SEND), key=lambda one: (one.due_on, one.contract))),
        tuple(sorted(findings, key=lambda one: (_GRAVEST.index(one.severity), -one.count))),
        tuple(one for one in questions if one.is_for_partner),
        tuple(one for one in owed if one.state is OwedState.NOT_DUE),
        rates_of(owed, today),
        tuple(read_history(connection, partner_code)),
    )


def rates_of(owed: Iterable[Owed], today: date) -> Rates:
    """Completeness and punctuality of some owed ledgers: those of a partner, a kind of ledger, a year."""
    due = [one.state for one in owed if one.due_on <= today and one.state is not OwedState.WAIVED]
    return Rates(len(due), sum(state in _TAKEN for state in due), sum(state in _ON_TIME for state in due))


def read_history(connection: Connection, partner_code: str | None = None) -> list[YearOfFindings]:
    """Findings by year, of one partner or of all: what partners sent, not what was judged again by us."""
    statement = (
        select(
            Submission.period,
            func.count(),
            func.coalesce(func.sum(Submission.critical_count), 0),
            func.coalesce(func.sum(Submission.warning_count), 0),
        )
        .where(Submission.reason != Reason.REPLAY)
        .group_by(Submission.period)
    )
    if partner_code is not None:
        statement = statement.where(Submission.partner_code == partner_code)
    found = [YearOfFindings(row[0], row[1], int(row[2]), int(row[3])) for row in connection.execute(statement)]
    return sorted(found, key=lambda one: one.period or "9999")
