"""Reminders: one mail a person and day about everything their partners still owe or have to mend; none on days off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from prefect import flow, get_run_logger

from flows.artifacts import show_reminders
from flows.inputs import whole
from flows.office import Office, instant_or_now, open_office
from flows.run_state import done, name_run, told_in_one_sentence
from schemas.holidays import WorkCalendar, load_calendar
from tasks.feedback.remind import Lack, OpenItem, compose_reminder
from tasks.feedback.remind_days import Pace, digests
from tasks.feedback.steps import send_mails
from tasks.mailing import Occasion
from warehouse.marts.owed import Owed, OwedState, read_owed
from warehouse.marts.reminded import REMINDER, read_reminded

_LACKS = {OwedState.MISSING: Lack.OVERDUE, OwedState.REFUSED: Lack.REFUSED, OwedState.NOT_DUE: Lack.DUE_SOON}


@flow(name="remind", flow_run_name="催报", validate_parameters=True, persist_result=False)
@told_in_one_sentence
def remind(at: datetime | None = None) -> int:
    """催报：按到期前后的提醒日，向各单位联系人发送提醒，每人每天一封；逾期较久的同时报送单位负责人。节假日不发。

    Args:
        at: 以这一时刻判断是否到期；平时留空，即现在（要填时，时区请选 Asia/Shanghai）。
    """
    with open_office() as office:
        now = instant_or_now(at)
        day = now.astimezone(office.settings.zone).date()
        calendar = calendar_of(office)
        if day.year not in calendar.years:
            get_run_logger().warning("no holidays of %s are known: only weekends count as days off", day.year)
        mails = list(reminders(office, now))
        sent = _send(office, mails, now) if mails else 0
        units = {about["partner_code"] for _, _, mail in mails for about in mail.about}
        said = f"应催报 {len(units)} 个单位，本次发出 {sent} 封"
        if not calendar.is_working_day(day):
            said = "今天休息，不发催报"
        show_reminders(said, [mail.subject for _, _, mail in mails])
        name_run(f"催报 {day}：{said}")
        return done(sent, said)


def _send(office: Office, mails: Sequence[Occasion], now: datetime) -> int:
    return send_mails(whole(office.engine), whole(office.settings.post_office), REMINDER, whole(mails), now)


def calendar_of(office: Office) -> WorkCalendar:
    """The working days of the office."""
    own = office.settings.holidays_folder
    return load_calendar(*([own] if own else []))


def reminders(office: Office, now: datetime) -> Iterator[Occasion]:
    """The reminders of the day `now` falls on in the office that nobody has had yet."""
    settings = office.settings
    today = now.astimezone(settings.zone).date()
    with office.engine.connect() as connection:
        owed = read_owed(connection, today, now, settings.zone)
        reminded = read_reminded(connection, settings.zone)
    items = [_open_item(one, lack) for one in owed if (lack := _LACKS.get(one.state))]
    pace = Pace(settings.remind_before_days, settings.remind_every_days, settings.escalate_after_days)
    found = digests(items, office.registry.partners, reminded, today, pace, calendar_of(office))
    for address, digest in found.items():
        mail = compose_reminder(address, digest.items, today, digest.escalated)
        codes = {item.partner_code for item in digest.items}
        if mail:
            yield f"{REMINDER}:{address}:{today.isoformat()}", codes.pop() if len(codes) == 1 else None, mail


def _open_item(owed: Owed, lack: Lack) -> OpenItem:
    return OpenItem(
        owed.partner_code, owed.partner_name, owed.contract, owed.contract_title, owed.period, owed.due_on, lack
    )
