"""Feedback: on which days who is reminded of what: before and after the due day, the unit's head later, never on a day off."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from schemas.holidays import WorkCalendar
from sources.partner import Partner
from tasks.feedback.remind import OpenItem

Reminded = Mapping[tuple[str, str, str, str], date]
"""Mail address, partner code, contract, period → the day that person last heard of that ledger."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often: days before the due day, days from one reminder to the next after it, days overdue until the head hears."""

    before_days: tuple[int, ...] = (14, 7, 1)
    repeat_days: int = 7
    escalate_after_days: int = 14


@dataclass(slots=True)
class Digest:
    """What one person is reminded of today; `escalated` are those it hears of as head of the unit."""

    items: list[OpenItem] = field(default_factory=list)
    escalated: list[OpenItem] = field(default_factory=list)
    is_due: bool = False

    def add(self, item: OpenItem, *, as_head: bool, is_due: bool) -> None:
        """Take in an item once; `is_due` when it is a reason to write today."""
        if item not in self.items:
            self.items.append(item)
        if as_head:
            self.escalated.append(item)
        self.is_due |= is_due


def reminder_day(due_on: date, today: date, pace: Pace, calendar: WorkCalendar) -> date | None:
    """The latest day up to `today` on which the contacts are to hear of a ledger due on `due_on`; None before the first.

    Days before the due day move to the working day before them, days after it to the working day after them; a ledger due
    on a day off counts as due on the last working day before.
    """
    effective = calendar.last_working_day(due_on)
    before = (calendar.last_working_day(effective - timedelta(days=days)) for days in pace.before_days)
    days = [day for day in before if day <= today]
    after = _repeated(due_on + timedelta(days=1), today, pace, calendar)
    return max([*days, *([after] if after else [])], default=None)


def escalation_day(due_on: date, today: date, pace: Pace, calendar: WorkCalendar) -> date | None:
    """The latest day up to `today` on which the unit's head is to hear of it; None before the first."""
    return _repeated(due_on + timedelta(days=pace.escalate_after_days), today, pace, calendar)


def _repeated(first: date, today: date, pace: Pace, calendar: WorkCalendar) -> date | None:
    for count in range((today - first).days // pace.repeat_days, -1, -1):
        day = calendar.next_working_day(first + timedelta(days=count * pace.repeat_days))
        if day <= today:
            return day
    return None


def digests(
    items: Iterable[OpenItem],
    partners: Mapping[str, Partner],
    reminded: Reminded,
    today: date,
    pace: Pace,
    calendar: WorkCalendar,
) -> dict[str, Digest]:
    """Who is written to today, by mail address, and about what: everything open they are responsible for, in one mail.

    Somebody is written to when a reminder day of one of their ledgers has come since they last heard of it, so that a day
    on which nothing could be sent is made up for. On a day off nobody is.
    """
    found: dict[str, Digest] = defaultdict(Digest)
    if not calendar.is_working_day(today):
        return {}
    for item in items:
        partner = partners.get(item.partner_code)
        if partner is None:
            continue
        call = reminder_day(item.due, today, pace, calendar)
        escalation = escalation_day(item.due, today, pace, calendar)
        contacts = tuple(dict.fromkeys(contact.email for contact in partner.contacts))
        heads = (partner.head_email,) if partner.head_email else ()
        for addresses, planned, as_head in ((contacts, call, False), (heads, escalation, True)):
            _add(found, item, addresses, planned, reminded, as_head=as_head)
    return {address: digest for address, digest in found.items() if digest.is_due}


def _add(
    found: dict[str, Digest],
    item: OpenItem,
    addresses: Sequence[str],
    planned: date | None,
    reminded: Reminded,
    *,
    as_head: bool,
) -> None:
    if planned is None:
        return
    for address in addresses:
        heard = reminded.get((address, item.partner_code, item.contract, item.period))
        found[address].add(item, as_head=as_head, is_due=heard is None or heard < planned)
