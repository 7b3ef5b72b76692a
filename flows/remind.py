"""Reminders: one mail a partner and day about everything it still owes or has to mend."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from prefect import flow

from flows.artifacts import show_reminders
from flows.inputs import whole
from flows.office import Office, instant_or_now, open_office
from flows.run_state import done, name_run, told_in_one_sentence
from tasks.feedback.remind import Lack, OpenItem, compose_reminder
from tasks.feedback.steps import send_mails
from tasks.mailing import Occasion
from warehouse.marts.owed import Owed, OwedState, read_owed

DAYS_BEFORE = 7
"""How long before its day a ledger is first reminded of."""

_LACKS = {OwedState.MISSING: Lack.OVERDUE, OwedState.REFUSED: Lack.REFUSED, OwedState.NOT_DUE: Lack.DUE_SOON}


@flow(name="remind", flow_run_name="催报", validate_parameters=True, persist_result=False)
@told_in_one_sentence
def remind(at: datetime | None = None) -> int:
    """催报：向到期未报、被退回或即将到期的单位发送提醒，每个单位每天一封。

    Args:
        at: 以这一时刻判断是否到期；平时留空，即现在（要填时，时区请选 Asia/Shanghai）。
    """
    with open_office() as office:
        now = instant_or_now(at)
        day = now.astimezone(office.settings.zone).date()
        mails = list(reminders(office, now))
        sent = _send(office, mails, now) if mails else 0
        said = f"应催报 {len(mails)} 个单位，本次发出 {sent} 封"
        show_reminders(said, [mail.subject for _, _, mail in mails])
        name_run(f"催报 {day}：{said}")
        return done(sent, said)


def _send(office: Office, mails: Sequence[Occasion], now: datetime) -> int:
    return send_mails(whole(office.engine), whole(office.settings.post_office), "reminder", whole(mails), now)


def reminders(office: Office, now: datetime) -> Iterator[Occasion]:
    """The reminders of the day `now` falls on in the office."""
    today = now.astimezone(office.settings.zone).date()
    with office.engine.connect() as connection:
        owed = read_owed(connection, today, now, office.settings.zone)
    by_partner: dict[str, list[OpenItem]] = defaultdict(list)
    for one in owed:
        by_partner[one.partner_code] += _open_items(one, today)
    for code, items in by_partner.items():
        mail = compose_reminder(office.registry.partners[code], items, today)
        if mail:
            yield f"reminder:{code}:{today.isoformat()}", code, mail


def _open_items(owed: Owed, today: date) -> Sequence[OpenItem]:
    lack = _LACKS.get(owed.state)
    if lack is None or (lack is Lack.DUE_SOON and owed.due_on > today + timedelta(days=DAYS_BEFORE)):
        return ()
    return (OpenItem(owed.contract_title, owed.period, owed.due_on, lack),)
