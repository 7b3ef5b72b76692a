"""A report's question, its composition, its draft on record and its sending, shared by the flow and the command."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from flows.office import Office, instant_or_now
from schemas.errors import UnavailableError
from tasks.mailing import send_once
from tasks.report.compose import compose_year
from tasks.report.deliver import compose_report_mail
from tasks.report.edition import Edition, compose_draft
from tasks.report.manifest import hash_file
from tasks.report.measure import measure_year
from tasks.report.model import ReportModel
from warehouse.engine import begin_write
from warehouse.store.reports import record_draft


@dataclass(frozen=True, slots=True)
class Question:
    """What a report answers: a year, up to a day, on what was known at an instant (UTC)."""

    year: int
    as_of: date
    known_at: datetime


def ask(office: Office, year: int | None, as_of: date | None, known_at: datetime) -> Question:
    """The question of a report, with what was left open filled in as of `known_at`."""
    today = known_at.astimezone(office.settings.zone).date()
    chosen = year or today.year - 1
    return Question(chosen, as_of or min(today, date(chosen, 12, 31)), known_at)


def compose(office: Office, question: Question) -> ReportModel:
    """Measure the year and compose its report for a look at it: no draft, no record."""
    measured = measure_year(office.engine, question.year, question.as_of, question.known_at)
    return compose_year(office.engine, measured, office.settings.college_name, scheme=office.settings.scoring_scheme)


def draft(office: Office, question: Question) -> Edition:
    """Measure the year and compose its draft, to be looked over, agreed to and issued."""
    measured = measure_year(office.engine, question.year, question.as_of, question.known_at)
    return compose_draft(office.engine, measured, office.settings.college_name, office.settings.scoring_scheme)


def record(office: Office, edition: Edition) -> int:
    """Put a draft on record; returns its id, by which people review, approve and issue it."""
    measured = edition.measured
    with begin_write(office.engine) as connection:
        return record_draft(
            connection, instant_or_now(None), year=measured.year, as_of=measured.as_of, known_at=measured.known_at,
            manifest=edition.manifest, figures=measured.figures,
        )  # fmt: skip


def send_report(office: Office, model: ReportModel, paths: list[Path]) -> bool:
    """Send the report to the leadership, once for each content; returns whether it went out now.

    Without addresses nothing is sent.

    Raises:
        UnavailableError: the mail server did not take it; the failure is on record and the next call tries again.
    """
    if not office.settings.leadership:
        return False
    key = "report:" + hashlib.sha256("\n".join(sorted(map(hash_file, paths))).encode()).hexdigest()
    mail = compose_report_mail(model, paths, office.settings.leadership)
    message = send_once(
        office.engine, office.settings.post_office, "report", (key, None, mail), instant_or_now(None)
    )  # fmt: skip
    if message is None:
        return False
    if message.outcome == "failed":
        raise UnavailableError(f"the report was not sent: {message.reason}")
    return True
