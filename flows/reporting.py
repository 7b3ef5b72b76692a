"""A report's question, its composition and its sending, shared by the flow and the command."""

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
from tasks.report.measure import Measured, measure_year
from tasks.report.model import ReportModel
from warehouse.engine import begin_write
from warehouse.store.reports import record_issue


@dataclass(frozen=True, slots=True)
class Question:
    """What a report answers: a year, up to a day, on what was known at an instant (UTC)."""

    year: int
    as_of: date
    known_at: datetime


@dataclass(frozen=True, slots=True)
class Composed:
    """A report before it is rendered: what was measured and the model that all renderings print."""

    measured: Measured
    model: ReportModel


def ask(office: Office, year: int | None, as_of: date | None, known_at: datetime) -> Question:
    """The question of a report, with what was left open filled in as of `known_at`."""
    today = known_at.astimezone(office.settings.zone).date()
    chosen = year or today.year - 1
    return Question(chosen, as_of or min(today, date(chosen, 12, 31)), known_at)


def compose(office: Office, question: Question) -> Composed:
    """Measure the year and compose its report."""
    measured = measure_year(office.engine, question.year, question.as_of, question.known_at)
    return Composed(
        measured,
        compose_year(office.engine, measured, office.settings.college_name, scheme=office.settings.scoring_scheme),
    )


def send_report(office: Office, composed: Composed, paths: list[Path]) -> bool:
    """Send the report to the leadership, once for each content, and record it as issued; returns whether it went out now.

    Without addresses nothing is sent.

    Raises:
        UnavailableError: the mail server did not take it; the failure is on record and the next call tries again.
    """
    if not office.settings.leadership:
        return False
    files = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    key = "report:" + hashlib.sha256("\n".join(sorted(files.values())).encode()).hexdigest()
    now = instant_or_now(None)
    mail = compose_report_mail(composed.model, paths, office.settings.leadership)
    message = send_once(office.engine, office.settings.post_office, "report", (key, None, mail), now)
    if message is None:
        return False
    if message.outcome == "failed":
        raise UnavailableError(f"the report was not sent: {message.reason}")
    measured, versions = composed.measured, {name: contract.version for name, contract in office.contracts.items()}
    with begin_write(office.engine) as connection:
        record_issue(
            connection, now, year=measured.year, as_of=measured.as_of, known_at=measured.known_at,
            issued_by="doublehigh", versions=versions, files=files, figures=measured.figures,
        )  # fmt: skip
    return True
