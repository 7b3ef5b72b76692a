"""What is done about sources that fail night after night: the operator's table, and mails to those who can mend them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from flows.artifacts import SourceRow, show_sources
from flows.inputs import whole
from flows.night import SOURCE_NAMES, NightRun
from flows.office import Office
from schemas.chinese import chinese_day
from tasks.feedback.source_failing import compose_source_failing, compose_sources_failing
from tasks.feedback.steps import send_mails
from tasks.mailing import Occasion
from warehouse.marts.nights import FailingSource, read_failing_sources, read_fetches

OPERATOR_AFTER = frozenset({1, 3, 7})
"""Nights in a row after which the operators get a mail; between them the table of the night says it."""
PARTNER_AFTER = 3
"""Nights in a row after which the partner itself is written to: one night's outage mends itself."""


def tell_source_health(night: NightRun) -> None:
    """Shows how each source answered, and writes to whoever has to do something about one that fails."""
    with night.office.engine.connect() as connection:
        failing = read_failing_sources(connection)
        fetches = read_fetches(connection, night.night_id)
    asked = {fetch.partner_code for fetch in fetches}
    streaks = {one.partner_code: one for one in failing if one.partner_code in asked}
    show_sources([
        SourceRow(
            source_name(night.office, fetch.partner_code), fetch, streaks.get(fetch.partner_code)
        )
        for fetch in fetches
    ])  # fmt: skip
    today = night.now.astimezone(night.office.settings.zone).date()
    mails = list(_mails(night.office, list(streaks.values()), today))
    if mails:
        send_mails(
            whole(night.office.engine),
            whole(night.office.settings.post_office),
            "source_failing",
            whole(mails),
            night.now,
        )


def source_name(office: Office, code: str) -> str:
    """The Chinese name of a source: a partner's, or what the mailbox is called."""
    partner = office.registry.partners.get(code)
    return partner.name if partner else SOURCE_NAMES.get(code, code)


def _mails(office: Office, failing: Sequence[FailingSource], today: date) -> Iterator[Occasion]:
    zone = office.settings.zone
    due = [one for one in failing if one.night_count in OPERATOR_AFTER]
    if due and office.settings.operators:
        rows = [
            (source_name(office, one.partner_code), str(one.night_count), one.reason or "", _day(one, office))
            for one in due
        ]
        yield f"source_failing:{today}", None, compose_sources_failing(office.settings.operators, rows, today)
    for one in failing:
        partner = office.registry.partners.get(one.partner_code)
        if partner and partner.contacts and one.night_count == PARTNER_AFTER:
            since = one.since.astimezone(zone).date()
            mail = compose_source_failing(partner, one.reason or "", since, one.night_count, today)
            yield f"source_failing:{partner.code}:{since}", partner.code, mail


def _day(source: FailingSource, office: Office) -> str:
    return chinese_day(source.last_good.astimezone(office.settings.zone).date()) if source.last_good else "从未"
